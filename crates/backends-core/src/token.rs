//! The meeting point of a type and a driver: a record as a walk over tokens.

use crate::{Error, Position, Result, Timestamp};

/// One step of a walk over a record.
// With a tag of one byte the bool would share the tag's word, and every copy of a token would read that word in pieces,
// right after the tag was written: the processor waits then, a dozen cycles for each token.
#[repr(u64)]
#[derive(Clone, Copy, PartialEq)]
pub enum Token<'a> {
    /// No value; only as an element of an array.
    Null,
    /// True or false.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float that is no integer inside i64: make it with [`number`](Self::number).
    Float(f64),
    /// Text.
    String(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// An instant.
    Timestamp(Timestamp),
    /// An array begins; its elements follow, then [`End`](Self::End).
    Array,
    /// A map begins; its fields follow, each before its value, then [`End`](Self::End).
    Map,
    /// The name of the field whose value follows.
    Field(&'a str),
    /// The array or map ends.
    End,
}

impl Token<'_> {
    /// The token of a stored double: an integer if it has that value, since numbers are one kind.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "guarded by the range test")]
    pub fn number(float: f64) -> Self {
        // 2^63 is the first double above i64; -2^63 is in it.
        const LIMIT: f64 = 9_223_372_036_854_775_808.0;
        if (-LIMIT..LIMIT).contains(&float) && (float as i64) as f64 == float {
            return Self::Int(float as i64);
        }
        Self::Float(float)
    }

    /// What it is, for messages: a value's kind, never the value.
    pub fn describe(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a bool",
            Self::Int(_) => "an integer",
            Self::Float(_) => "a float",
            Self::String(_) => "a string",
            Self::Bytes(_) => "bytes",
            Self::Timestamp(_) => "a timestamp",
            Self::Array => "an array",
            Self::Map => "a map",
            Self::Field(_) => "a field",
            Self::End => "an end",
        }
    }
}

impl std::fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.describe())
    }
}

/// Whether every backend stores this float, which is no integer inside i64.
// DynamoDB keeps 38 digits and an exponent from -130 to 125.
pub(crate) fn is_storable(float: f64) -> bool {
    (1e-130..1e126).contains(&float.abs())
}

/// Walks one record: [`Token::Map`], then its fields, then the [`Token::End`] of the record.
///
/// A driver's walker keeps these rules, so that one deserializer serves all of them:
/// - A map never yields a field whose value is null.
/// - A double with an integral value inside i64 is an [`Int`](Token::Int).
/// - A value for which [`next`](Self::next) is [`Unreadable`](crate::ErrorKind::Unreadable) is passed over with that, whole:
///   the walk goes on behind it. A walk that cannot go on says `Unexpected` from then on.
/// - The library's id stands in the field `id` (`_id` with `customId`), an `ObjectId` is its 24 hexadecimal digits,
///   and what the driver stores for itself is not yielded.
///
/// What is borrowed lives until the next call, so a walker may lend its scratch space.
pub trait Tokens {
    /// The next token.
    ///
    /// # Errors
    /// `Unreadable` for a value that no record of this library holds, behind which the walk goes on; `Unexpected` for a
    /// walk that cannot go on.
    fn next(&mut self) -> Result<Token<'_>>;

    /// Passes over the value that would come next, whole, also one for which [`next`](Self::next) is `Unreadable`.
    ///
    /// # Errors
    /// `Unreadable` or `Unexpected` where its end is not found.
    fn skip(&mut self) -> Result<()>;
}

/// Records in the form in which a driver has them.
///
/// `read` may be called many times for one index: for the filter, then the sort key, then the type.
pub trait Batch: Send + Sync {
    /// How many records there are.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Calls `reader` with a walk over the record at `index`, which is below [`len`](Self::len).
    ///
    /// # Errors
    /// Those of `reader`; `Unreadable` for what is no record; `Unexpected` for an index outside.
    fn read(&self, index: usize, reader: &mut dyn FnMut(&mut dyn Tokens) -> Result<()>) -> Result<()>;
}

/// What `read` makes of the record at `index` of `batch`.
#[inline]
pub(crate) fn read_one<R>(batch: &dyn Batch, index: usize, read: impl Fn(&mut dyn Tokens) -> Result<R>) -> Result<R> {
    let mut record = None;
    batch.read(index, &mut |tokens| {
        record = Some(read(tokens)?);
        Ok(())
    })?;
    record.ok_or_else(|| Error::unexpected("a batch was asked for a record and gave none"))
}

/// Where records come from, a batch at a time.
#[async_trait::async_trait]
pub trait Cursor: Send {
    /// The next batch, which may be empty, or `None` after the last. After an error it is not called again.
    async fn next(&mut self) -> Result<Option<Box<dyn Batch>>>;

    /// The place in the order up to which every record was looked at, where that is further than the last record of
    /// the batch that [`next`](Self::next) gave: a page whose time is over ends there, although nothing matched. `None`
    /// where the driver knows of none, or its order is not the one asked for.
    fn reached(&self) -> Option<Position>;

    /// The indexes, in ascending order, of those records of the batch that [`next`](Self::next) gave at which the driver
    /// could not look, though it does the filter: core looks at them, and says what is wrong with each.
    fn in_doubt(&self) -> &[usize];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c02_a_double_with_an_integral_value_inside_i64_is_that_integer() {
        for (float, token) in [
            (-0.0, Token::Int(0)),
            (1.0, Token::Int(1)),
            (-9_223_372_036_854_775_808.0, Token::Int(i64::MIN)),
            (9_223_372_036_854_774_784.0, Token::Int(9_223_372_036_854_774_784)),
            (9_223_372_036_854_775_808.0, Token::Float(9_223_372_036_854_775_808.0)),
            (0.5, Token::Float(0.5)),
            (1e300, Token::Float(1e300)),
        ] {
            assert!(Token::number(float) == token, "{float}");
        }
        assert!(matches!(Token::number(f64::INFINITY), Token::Float(_)));
        assert!(matches!(Token::number(f64::NAN), Token::Float(_)));
    }
}
