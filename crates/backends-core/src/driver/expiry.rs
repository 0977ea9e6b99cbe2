//! Which stored records have expired.

use std::fmt;

use super::version::Before;
use crate::{Filter, Path, Result, Timestamp, Token, Tokens, Ttl, TtlHolds};

/// Which stored records have expired where a request meets them: those whose top-level field holds an instant that is
/// not later than this one. A record without an instant there never expires.
///
/// What has expired is not there: it is neither read nor changed nor deleted, and in nobody's way. Only a driver that
/// claims [`ttl`](crate::Capabilities::ttl) is asked for it.
#[derive(Clone, PartialEq, Eq)]
pub struct Expiry(Box<Parts>);

/// Apart, since few records expire, and every future of a write holds a request.
#[derive(Clone, PartialEq, Eq)]
struct Parts {
    field: String,
    until: Timestamp,
}

impl Expiry {
    /// The records whose field `field` holds an instant that is not later than `until`.
    pub fn new(field: impl Into<String>, until: Timestamp) -> Self {
        Self(Box::new(Parts { field: field.into(), until }))
    }

    /// The records that have expired `now`; none if it is too early for any.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use backends_core::driver::Expiry;
    /// use backends_core::{Definition, Timestamp};
    ///
    /// # fn main() -> backends_core::Result<()> {
    /// let sessions = Definition::builder("sessions").ttl("at", Duration::from_secs(60)).build()?;
    /// let expiry = Expiry::at(sessions.ttl().unwrap(), "2026-01-01T00:01:00Z".parse()?).unwrap();
    /// assert_eq!(expiry.until().to_string(), "2026-01-01T00:00:00.000Z");
    /// assert!(Expiry::at(sessions.ttl().unwrap(), Timestamp::MIN).is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn at(ttl: &Ttl, now: Timestamp) -> Option<Self> {
        let until = match ttl.holds() {
            TtlHolds::Start => Timestamp::from_millis(now.millis() - i64::from(ttl.seconds()) * 1_000).ok()?,
            TtlHolds::Expiry => now,
        };
        Some(Self::new(ttl.field(), until))
    }

    /// The top-level field that holds the instant.
    pub fn field(&self) -> &str {
        &self.0.field
    }

    /// The last instant with which a record has expired.
    pub fn until(&self) -> Timestamp {
        self.0.until
    }

    /// Whether a stored record has expired.
    ///
    /// # Errors
    /// Those of the walk. Text that is no instant is none, and so is what cannot be read.
    pub fn is_over(&self, stored: &mut dyn Tokens) -> Result<bool> {
        Before::look(stored, None, None, Some(self)).map(|before| before.is_over)
    }

    pub(super) fn is_over_at(&self, token: Token<'_>) -> bool {
        match token {
            Token::Timestamp(at) => at <= self.until(),
            Token::String(text) => text.parse::<Timestamp>().is_ok_and(|at| at <= self.until()),
            _ => false,
        }
    }

    /// The records that a filter means and that have not expired.
    pub(crate) fn among(&self, filter: Filter) -> Filter {
        let not_over = Filter::not_over(Path::from(self.field()), self.until());
        if filter.is_all() { not_over } else { filter & not_over }
    }
}

impl fmt::Debug for Expiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expiry").field("field", &self.0.field).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::driver::ExpectedVersion;
    use crate::json::JsonTokens;
    use crate::schema::Place;
    use crate::{Definition, Matcher, Predicate, RecordBuf, Value};

    fn ttl(seconds: u32, holds: TtlHolds) -> Ttl {
        let builder = Definition::builder("sessions").ttl("at", Duration::from_secs(seconds.into())).ttl_holds(holds);
        builder.build().unwrap().ttl().unwrap().clone()
    }

    #[test]
    fn c34_a_record_expires_to_the_millisecond_and_at_no_end_of_time() {
        let at = |millis: i64| Timestamp::from_millis(millis).unwrap();
        for (seconds, holds, now, until) in [
            (1, TtlHolds::Start, at(5_000), Some(at(4_000))),
            (0, TtlHolds::Start, at(5_000), Some(at(5_000))),
            (1, TtlHolds::Expiry, at(5_000), Some(at(5_000))),
            (1, TtlHolds::Start, Timestamp::MIN, None),
            (Ttl::MAX_SECONDS, TtlHolds::Start, Timestamp::MIN, None),
            (Ttl::MAX_SECONDS, TtlHolds::Expiry, Timestamp::MIN, Some(Timestamp::MIN)),
            (Ttl::MAX_SECONDS, TtlHolds::Start, at(0), Some(at(-2_147_483_647_000))),
        ] {
            assert_eq!(Expiry::at(&ttl(seconds, holds), now).map(|expiry| expiry.until()), until, "{seconds} {now}");
        }
    }

    #[test]
    fn c34_only_an_instant_ends_a_record() {
        let expiry = Expiry::new("at", "2026-01-01T00:00:00Z".parse().unwrap());
        for (token, is_over) in [
            (Some(Token::Timestamp("2026-01-01T00:00:00Z".parse().unwrap())), true),
            (Some(Token::Timestamp("2026-01-01T00:00:00.001Z".parse().unwrap())), false),
            (Some(Token::String("2026-01-01T01:00:00+01:00")), true),
            (Some(Token::String("2026-01-01T00:00:00.001Z")), false),
            (Some(Token::String("1999")), false),
            (Some(Token::Int(0)), false),
            (None, false),
        ] {
            let mut record = RecordBuf::new();
            record.set("id", Token::String("a"));
            if let Some(token) = token {
                record.set("at", token);
            }
            assert_eq!(expiry.is_over(&mut record.tokens()).unwrap(), is_over, "{token:?}");
        }
    }

    #[test]
    fn c34_what_cannot_be_read_is_no_time() {
        let expiry = Expiry::new("at", Timestamp::MAX);
        let big = "12345678901234567890123";
        for at in [big.to_owned(), format!("[{big}, 1]"), format!(r#"{{"a": {big}}}"#)] {
            let text = format!(r#"{{"at": {at}, "revision": 3, "id": "a"}}"#);
            assert!(!expiry.is_over(&mut JsonTokens::new(&text)).unwrap(), "{text}");
            let expected = ExpectedVersion::new("revision", 3);
            let before = Before::look(&mut JsonTokens::new(&text), Some("id"), Some(&expected), Some(&expiry)).unwrap();
            assert_eq!(
                (before.id.as_deref(), before.version.is_ok(), before.is_over),
                (Some("a"), true, false),
                "{text}"
            );
            let filter = Filter::test(Path::from("name"), Predicate::Eq("x".into()));
            let matcher = Matcher::new(&Place::default(), &expiry.among(filter), []);
            let named = format!(r#"{{"at": {at}, "name": "x"}}"#);
            assert!(matcher.look(&mut JsonTokens::new(&named), &mut matcher.sighting()).unwrap(), "{named}");
        }
        // What is asked for is told.
        let asked = Filter::test(Path::from("at"), Predicate::Le(Value::Timestamp(Timestamp::MAX)));
        let matcher = Matcher::new(&Place::default(), &expiry.among(asked), []);
        let text = format!(r#"{{"at": {big}}}"#);
        let error = matcher.look(&mut JsonTokens::new(&text), &mut matcher.sighting()).unwrap_err();
        assert!(error.is_unreadable() && error.path() == Some("at"), "{error}");
        // Text that is broken there ends the walk.
        let broken = Before::look(&mut JsonTokens::new(r#"{"at": [x], "id": "a"}"#), Some("id"), None, Some(&expiry));
        assert!(broken.is_err());
    }

    #[test]
    fn c40_no_instant_is_shown() {
        assert!(!format!("{:?}", Expiry::new("at", Timestamp::MAX)).contains("9999"));
    }
}
