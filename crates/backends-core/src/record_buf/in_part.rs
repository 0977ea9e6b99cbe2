//! Copies of records in which some values cannot be read.

use std::borrow::Cow;

use super::{RecordBuf, RecordTokens, tag, walk};
use crate::token::read_one;
use crate::{Batch, Error, Result, Token, Tokens};

/// So many values of one record are left out before the whole of it counts as unreadable: no record that a database
/// holds has more, and a walk that does not go on behind such a value ends.
const MOST: usize = 1_000_000;

impl RecordBuf {
    /// Copies the record that each of these walks goes through. In the place of a value that cannot be read stands why,
    /// so that only who asks for it fails.
    ///
    /// # Errors
    /// Those of the walk; `Unreadable` where more cannot be read than single values.
    pub fn in_part<W: Tokens>(walk: impl Fn() -> W) -> Result<Self> {
        match Self::from_tokens(&mut walk()) {
            Err(error) if error.is_unreadable() => copy_in_part(&mut walk()).map_err(|_| error),
            copied => copied,
        }
    }

    /// The same for the record at `index` of `batch`.
    pub(crate) fn from_batch_in_part(batch: &dyn Batch, index: usize) -> Result<Self> {
        match Self::from_batch(batch, index) {
            Err(error) if error.is_unreadable() => read_one(batch, index, copy_in_part).map_err(|_| error),
            copied => copied,
        }
    }

    /// The record without those of its fields in which something could not be read.
    pub fn readable(&self) -> Cow<'_, Self> {
        let fields = self.fields();
        if fields.iter().all(|field| field.is_readable) {
            return Cow::Borrowed(self);
        }
        let readable = fields.into_iter().filter(|field| field.is_readable);
        Cow::Owned(Self(readable.flat_map(|field| field.whole).copied().collect()))
    }

    /// The readable ones of these fields.
    #[must_use]
    pub fn part(&self, is_in: impl Fn(&str) -> bool) -> Self {
        let is_in = |field: &Field<'_>| field.is_readable && std::str::from_utf8(field.name).is_ok_and(&is_in);
        Self(self.fields().into_iter().filter(is_in).flat_map(|field| field.whole).copied().collect())
    }

    /// The names of those in which something could not be read.
    pub fn unreadable(&self) -> Vec<&str> {
        let unreadable = self.fields().into_iter().filter(|field| !field.is_readable);
        unreadable.filter_map(|field| std::str::from_utf8(field.name).ok()).collect()
    }

    fn fields(&self) -> Vec<Field<'_>> {
        let (mut fields, mut rest) = (Vec::new(), self.0.as_slice());
        while !rest.is_empty() {
            let begin = rest;
            let Ok(name) = walk::name(&mut rest) else { break };
            let value = rest;
            if walk::skip(&mut rest).is_err() {
                break;
            }
            let is_readable = is_readable(&value[..value.len() - rest.len()]);
            fields.push(Field { name, whole: &begin[..begin.len() - rest.len()], is_readable });
        }
        fields
    }

    /// Takes a field of the record itself out of it, to the end of another one.
    pub(crate) fn hand_over(&mut self, field: &str, other: &mut Self) {
        if let Some(place) = self.place(field) {
            other.0.extend(self.0.drain(place.start..place.end));
        }
    }

    fn push_unreadable(&mut self, why: &str) {
        self.push_run(tag::UNREADABLE, why.as_bytes());
    }
}

/// A field of a record.
struct Field<'r> {
    name: &'r [u8],
    /// Its name and its value, as they stand there.
    whole: &'r [u8],
    is_readable: bool,
}

/// Whether every token of a value can be read.
fn is_readable(value: &[u8]) -> bool {
    let mut tokens = RecordTokens::of_value(value);
    while !tokens.is_at_end() {
        if tokens.step().is_err() {
            return false;
        }
    }
    true
}

#[cold]
fn copy_in_part(tokens: &mut dyn Tokens) -> Result<RecordBuf> {
    if tokens.next()? != Token::Map {
        return Err(super::no_map());
    }
    let mut record = RecordBuf::new();
    // For each array and map that is open, whether it is an array.
    let mut open = vec![false];
    let (mut is_value_due, mut unreadable) = (false, 0);
    while let Some(is_array) = open.last() {
        let is_value = *is_array || is_value_due;
        is_value_due = false;
        let token = match tokens.next() {
            Err(error) if is_value && is_passed_over(&error, &mut unreadable) => {
                record.push_unreadable(error.message());
                continue;
            }
            token => token?,
        };
        match token {
            Token::Array => open.push(true),
            Token::Map => open.push(false),
            Token::End => _ = open.pop(),
            Token::Field(_) => is_value_due = true,
            _ => {}
        }
        if !open.is_empty() {
            record.push(token);
        }
    }
    Ok(record)
}

/// Whether the value is one more that is left out.
fn is_passed_over(error: &Error, unreadable: &mut usize) -> bool {
    *unreadable += 1;
    error.is_unreadable() && *unreadable <= MOST
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    /// A record with a value that cannot be read in a field of its own, and with one inside a map.
    fn in_part() -> RecordBuf {
        let mut record = RecordBuf::new();
        record.push(Token::Field("a"));
        record.push(Token::Int(1));
        record.push(Token::Field("odd"));
        record.push_unreadable("odd");
        record.push(Token::Field("map"));
        for token in [Token::Map, Token::Field("fine"), Token::Int(2), Token::Field("odd")] {
            record.push(token);
        }
        record.push_unreadable("odd");
        record.push(Token::End);
        record.push(Token::Field("b"));
        // The byte of the mark, in a text.
        record.push(Token::String("\u{c}"));
        record
    }

    #[test]
    fn c43_a_record_without_what_cannot_be_read_has_the_other_fields() {
        let record = in_part();
        assert!(record.tokens().step().is_ok() && RecordBuf::from_tokens(&mut record.tokens()).is_err());
        let mut expected = RecordBuf::new();
        expected.set("a", Token::Int(1));
        expected.set("b", Token::String("\u{c}"));
        assert!(*record.readable() == expected && *expected.readable() == expected);
        let copied = RecordBuf::in_part(|| record.tokens()).unwrap();
        assert!(copied == record && copied.readable() == record.readable());
        assert_eq!((record.unreadable(), expected.unreadable()), (vec!["odd", "map"], vec![]));
    }

    #[test]
    fn c43_records_that_cannot_be_read_at_the_same_place_are_the_same_in_any_order() {
        let (record, mut other) = (in_part(), in_part());
        let mut a = RecordBuf::new();
        other.hand_over("a", &mut a);
        assert!(record != other && a.get("a") == Some(Token::Int(1)));
        other.set("a", Token::Int(1));
        assert!(record == other);
        other.set("odd", Token::Int(1));
        assert!(record != other);
    }

    #[test]
    fn what_fails_for_another_reason_is_not_passed_over() {
        struct Broken;
        impl Tokens for Broken {
            fn next(&mut self) -> Result<Token<'_>> {
                Err(Error::unexpected("broken"))
            }
            fn skip(&mut self) -> Result<()> {
                Err(Error::unexpected("broken"))
            }
        }
        assert!(RecordBuf::in_part(|| Broken).is_err_and(|error| error.is_unexpected()));
    }
}
