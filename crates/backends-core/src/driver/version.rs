//! The version that a write expects of the record that it meets.

use std::fmt;

use super::Expiry;
use crate::{Error, RecordBuf, Result, Token, Tokens};

/// The version that a record has to have where a write meets it. A record without one, which another program may have
/// stored, has the version 0.
///
/// Only a driver that claims [`versions`](crate::Capabilities::versions) is asked for it; for others core compares.
#[derive(Clone, PartialEq, Eq)]
pub struct ExpectedVersion(Box<Parts>);

/// Apart, since few calls expect a version, and every future of a write holds a request.
#[derive(Clone, PartialEq, Eq)]
struct Parts {
    field: String,
    version: i64,
    by_core: bool,
}

impl ExpectedVersion {
    /// The expectation that the top-level field `field` holds `version`.
    pub fn new(field: impl Into<String>, version: i64) -> Self {
        Self(Box::new(Parts { field: field.into(), version, by_core: false }))
    }

    /// The top-level field that holds the version.
    pub fn field(&self) -> &str {
        &self.0.field
    }

    /// What it has to hold. Where this is 0 the field may be missing.
    pub fn version(&self) -> i64 {
        self.0.version
    }

    /// Whether a record that was stored without a version is meant too.
    pub fn means_missing(&self) -> bool {
        self.0.version == 0
    }

    /// The same, which the driver is not asked for where it does not compare versions.
    pub(crate) fn compared_by_core(mut self, by_core: bool) -> Self {
        self.0.by_core = by_core;
        self
    }

    /// Whether the whole write is core's, by a read and a swap.
    pub(crate) fn is_by_core(expected: Option<&Self>) -> bool {
        expected.is_some_and(|expected| expected.0.by_core)
    }

    /// Compares with a stored record. What is no integer there is another version than any that is expected.
    ///
    /// # Errors
    /// `Conflict` for another version.
    ///
    /// ```
    /// use backends_core::driver::ExpectedVersion;
    /// use backends_core::{RecordBuf, Token};
    ///
    /// # fn main() -> backends_core::Result<()> {
    /// let mut record = RecordBuf::new();
    /// ExpectedVersion::new("revision", 0).check(&record)?;
    /// record.set("revision", Token::Int(3));
    /// assert!(ExpectedVersion::new("revision", 2).check(&record).unwrap_err().is_conflict());
    /// # Ok(())
    /// # }
    /// ```
    pub fn check(&self, stored: &RecordBuf) -> Result<()> {
        Before::look(&mut stored.tokens(), None, Some(self), None)?.version
    }

    fn check_token(&self, stored: Option<Token<'_>>) -> Result<()> {
        match stored {
            None | Some(Token::Null) if self.means_missing() => Ok(()),
            Some(Token::Int(version)) if version == self.version() => Ok(()),
            _ => Err(Error::stale_version(self.field())),
        }
    }
}

impl fmt::Debug for ExpectedVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExpectedVersion").field("field", &self.0.field).finish_non_exhaustive()
    }
}

/// What a write looks at in the record that it meets.
#[derive(Debug)]
pub(super) struct Before {
    /// The text of the field of the library's id.
    pub(super) id: Option<String>,
    /// Whether the version is the expected one.
    pub(super) version: Result<()>,
    /// Whether it has expired.
    pub(super) is_over: bool,
}

impl Before {
    /// Looks at the field of the id, of the version and of the time to live, where they are asked for.
    pub(super) fn look(
        tokens: &mut dyn Tokens,
        id_field: Option<&str>,
        expected: Option<&ExpectedVersion>,
        expiry: Option<&Expiry>,
    ) -> Result<Self> {
        let (mut id, mut version) = (None, expected.map(|expected| expected.check_token(None)));
        let mut is_over = false;
        let asked = [id_field.is_some(), expected.is_some(), expiry.is_some()];
        let mut left = asked.into_iter().filter(|asked| *asked).count();
        tokens.next()?;
        while left > 0 {
            let (is_id, is_version, expiry) = match tokens.next()? {
                Token::Field(name) => (
                    id_field == Some(name),
                    expected.is_some_and(|expected| expected.field() == name),
                    expiry.filter(|expiry| expiry.field() == name),
                ),
                _ => break,
            };
            if !is_id && !is_version && expiry.is_none() {
                tokens.skip()?;
                continue;
            }
            left -= 1;
            let token = match tokens.next() {
                // What cannot be read is no time, and no version that a write can expect.
                Err(error) if error.is_unreadable() && !is_id => {
                    if let Some(expected) = expected.filter(|_| is_version) {
                        version = Some(Err(Error::stale_version(expected.field())));
                    }
                    continue;
                }
                token => token?,
            };
            let opens = matches!(token, Token::Array | Token::Map);
            is_over |= expiry.is_some_and(|expiry| expiry.is_over_at(token));
            match (token, expected) {
                (token, Some(expected)) if is_version => version = Some(expected.check_token(Some(token))),
                (Token::String(text), _) if is_id => id = Some(text.to_owned()),
                _ => {}
            }
            if opens {
                pass_over(tokens)?;
            }
        }
        Ok(Self { id, version: version.unwrap_or(Ok(())), is_over })
    }
}

/// Passes over the rest of an array or a map that has begun.
fn pass_over(tokens: &mut dyn Tokens) -> Result<()> {
    let mut open = 1_usize;
    while open > 0 {
        match tokens.next() {
            Ok(Token::Array | Token::Map) => open += 1,
            Ok(Token::End) => open -= 1,
            Ok(_) => {}
            Err(error) if error.is_unreadable() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::json::JsonTokens;

    /// A record with a map and an array before what is looked for.
    fn record(version: Option<Token<'_>>) -> RecordBuf {
        let mut record = RecordBuf::new();
        for token in [Token::Field("v2"), Token::Map, Token::Field("v"), Token::Int(9), Token::End] {
            record.push(token);
        }
        if let Some(token) = version {
            record.push(Token::Field("v"));
            record.push(token);
            if matches!(token, Token::Array) {
                for token in [Token::Map, Token::End, Token::Null, Token::End] {
                    record.push(token);
                }
            }
        }
        record.set("id", Token::String("a"));
        record
    }

    #[test]
    fn c32_what_is_stored_is_compared_and_missing_is_0() {
        let stale = Some(ErrorKind::Conflict);
        for (stored, expected, outcome) in [
            (None, 0, None),
            (None, 1, stale),
            (Some(Token::Int(0)), 0, None),
            (Some(Token::Int(1)), 1, None),
            (Some(Token::Int(2)), 1, stale),
            (Some(Token::Int(1)), 0, stale),
            (Some(Token::Int(-1)), 0, stale),
            (Some(Token::Int(i64::MAX)), i64::MAX, None),
            (Some(Token::Float(1.5)), 1, stale),
            (Some(Token::String("1")), 1, stale),
            (Some(Token::Array), 0, stale),
        ] {
            let (record, expected) = (record(stored), ExpectedVersion::new("v", expected));
            let kind = |outcome: Result<()>| outcome.err().map(|error| error.kind());
            assert_eq!(kind(expected.check(&record)), outcome, "{stored:?}");
            let before = Before::look(&mut record.tokens(), Some("id"), Some(&expected), None).unwrap();
            assert_eq!((before.id.as_deref(), kind(before.version)), (Some("a"), outcome), "{stored:?}");
        }
    }

    #[test]
    fn c32_a_version_that_cannot_be_read_is_another() {
        for expected in [0, 1] {
            let expected = ExpectedVersion::new("v", expected);
            let mut stored = JsonTokens::new(r#"{"v": 12345678901234567890123, "id": "a"}"#);
            let before = Before::look(&mut stored, Some("id"), Some(&expected), None).unwrap();
            assert!(before.version.unwrap_err().is_conflict() && before.id.as_deref() == Some("a"));
        }
    }

    #[test]
    fn c40_an_expected_version_is_not_shown() {
        assert!(!format!("{:?}", ExpectedVersion::new("v", 4711)).contains("4711"));
        let error = ExpectedVersion::new("v", 4711).check(&record(Some(Token::Int(1147)))).unwrap_err();
        assert!(!error.to_string().contains("11") && error.path() == Some("v"), "{error}");
    }
}
