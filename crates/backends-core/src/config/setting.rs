//! A value that is given in code for a property.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

/// What [`DatabaseConfig::set`](super::DatabaseConfig::set) takes: text, a flag, an integer, a duration, a list of
/// texts, or any JSON value.
#[derive(Clone)]
pub struct Setting(pub(super) Value);

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Setting(…)")
    }
}

/// In whole milliseconds, rounded up, which is the unit of every property that holds a duration.
impl From<Duration> for Setting {
    fn from(duration: Duration) -> Self {
        let milliseconds = duration.as_nanos().div_ceil(1_000_000);
        Self(u64::try_from(milliseconds).unwrap_or(u64::MAX).into())
    }
}

impl<const N: usize> From<[&str; N]> for Setting {
    fn from(list: [&str; N]) -> Self {
        Self(list.into_iter().map(Value::from).collect())
    }
}

impl From<Vec<String>> for Setting {
    fn from(list: Vec<String>) -> Self {
        Self(list.into())
    }
}

macro_rules! from_json_scalar {
    ($($scalar:ty),+) => {
        $(impl From<$scalar> for Setting {
            fn from(value: $scalar) -> Self {
                Self(value.into())
            }
        })+
    };
}

from_json_scalar!(&str, String, bool, i32, u32, i64, u64, Value);
