//! An instant: UTC, to the millisecond, years 0001 to 9999.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Error, Result};

mod calendar;

/// The name by which this crate's serializer and deserializer know a [`Timestamp`].
pub(crate) const TIMESTAMP: &str = "$__backends_timestamp";

/// An instant: UTC, to the millisecond, from 0001-01-01T00:00:00.000Z to 9999-12-31T23:59:59.999Z.
///
/// In JSON and other text formats it is RFC 3339 text. In a record it may stand only where the definition
/// declares a timestamp; `define::<T>` declares the ones of a typed record by itself. [`SystemTime`] is the way to the
/// types of chrono, jiff and time, and back: each of them converts from it and to it.
///
/// ```
/// use backends_core::Timestamp;
///
/// let at: Timestamp = "2024-02-29T13:30:00.1239+01:00".parse()?;
/// assert_eq!(at.to_string(), "2024-02-29T12:30:00.123Z");
/// assert_eq!(at.millis(), 1_709_209_800_123);
/// # Ok::<(), backends_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

const OUTSIDE: &str = "a timestamp lies in the years 0001 to 9999, counted in UTC: pass one of those";

impl Timestamp {
    /// 0001-01-01T00:00:00.000Z.
    pub const MIN: Self = Self(-62_135_596_800_000);
    /// 9999-12-31T23:59:59.999Z.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// The instant `millis` milliseconds after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) outside the years 0001 to 9999.
    pub fn from_millis(millis: i64) -> Result<Self> {
        if (Self::MIN.0..=Self::MAX.0).contains(&millis) {
            Ok(Self(millis))
        } else {
            Err(Error::invalid_input(OUTSIDE))
        }
    }

    /// The current time of this machine's clock.
    pub fn now() -> Self {
        Self::try_from(SystemTime::now()).unwrap_or(Self::MAX)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// The instant `duration` later, at most [`MAX`](Self::MAX); parts of a millisecond are cut off.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(millis).min(Self::MAX.0))
    }

    /// Calls `use_text` with the 24 bytes of RFC 3339 text (`2024-02-29T12:30:00.123Z`), without an allocation.
    pub fn with_text<R>(self, use_text: impl FnOnce(&str) -> R) -> R {
        let text = calendar::format(self.0);
        use_text(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl TryFrom<SystemTime> for Timestamp {
    type Error = Error;

    fn try_from(time: SystemTime) -> Result<Self> {
        let millis = match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_millis()).ok(),
            // Cut off towards the past, as everywhere.
            Err(before) => i64::try_from(before.duration().as_nanos().div_ceil(1_000_000)).ok().map(|millis| -millis),
        };
        Self::from_millis(millis.unwrap_or(i64::MAX))
    }
}

impl From<Timestamp> for SystemTime {
    fn from(at: Timestamp) -> Self {
        let distance = Duration::from_millis(at.0.unsigned_abs());
        if at.0 < 0 { Self::UNIX_EPOCH - distance } else { Self::UNIX_EPOCH + distance }
    }
}

impl FromStr for Timestamp {
    type Err = Error;

    /// Reads RFC 3339 text with any offset; finer fractions than milliseconds are cut off.
    fn from_str(text: &str) -> Result<Self> {
        match calendar::parse(text) {
            Some(millis) => Self::from_millis(millis),
            None => Err(no_instant(text)),
        }
    }
}

#[cold]
fn no_instant(text: &str) -> Error {
    Error::invalid_input(if calendar::is_leap_second(text) {
        "a leap second, which no database has: pass the second before or after it"
    } else if calendar::is_other_year(text) {
        OUTSIDE
    } else {
        "not an RFC 3339 instant: write it like 2024-02-29T12:30:00.123Z"
    })
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.write_str(text))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The inside of the newtype that serde sees: text for text formats, milliseconds for the others.
struct Inner(Timestamp);

impl Serialize for Inner {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            self.0.with_text(|text| serializer.serialize_str(text))
        } else {
            serializer.serialize_i64(self.0.0)
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(TIMESTAMP, &Inner(*self))
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(TIMESTAMP, Visitor)
    }
}

struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an RFC 3339 instant")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Timestamp, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_str(self)
        } else {
            i64::deserialize(deserializer).and_then(|millis| Timestamp::from_millis(millis).map_err(de::Error::custom))
        }
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
        text.parse().map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

#[cfg(test)]
mod tests;
