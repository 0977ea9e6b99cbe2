//! When the service may remove an item: the second at which its record has surely expired, in a hidden attribute.

use aws_sdk_dynamodb::types::AttributeValue;
use backends_core::{Timestamp, Ttl, TtlHolds};

use super::{Item, number};

/// The attribute that holds it, by which the time to live of a table is turned on.
pub(crate) const EXPIRES: &str = "_backends_expires";

/// Where the records of a repository say when they expire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expires {
    field: String,
    /// How long after the instant in the field, in milliseconds.
    after: i64,
}

impl Expires {
    pub(crate) fn new(ttl: &Ttl) -> Self {
        let after = match ttl.holds() {
            TtlHolds::Start => i64::from(ttl.seconds()) * 1_000,
            TtlHolds::Expiry => 0,
        };
        Self { field: ttl.field().to_owned(), after }
    }

    /// The field of the record.
    pub(crate) fn field(&self) -> &str {
        &self.field
    }

    /// The first whole second, counted from 1970, at which the record of an item has expired. None without an instant,
    /// and for what was over before 1970, which no service removes.
    pub(crate) fn of(&self, item: &Item) -> Option<i64> {
        let Some(AttributeValue::S(text)) = item.get(&self.field) else { return None };
        let at = text.parse::<Timestamp>().ok()?.millis().saturating_add(self.after);
        // Rounded up, so that nothing is removed before its millisecond.
        Some(at.div_euclid(1_000) + i64::from(at.rem_euclid(1_000) > 0)).filter(|second| *second >= 0)
    }

    /// The second that an item carries.
    pub(crate) fn stored(item: &Item) -> Option<i64> {
        match item.get(EXPIRES) {
            Some(AttributeValue::N(second)) => second.parse().ok(),
            _ => None,
        }
    }

    /// Adds what the item has to carry; how many bytes that is.
    pub(super) fn put_into(&self, item: &mut Item) -> u64 {
        let Some(second) = self.of(item) else { return 0 };
        let second = second.to_string();
        // As of every number: the least that it can be.
        let size = EXPIRES.len() + number::significant(&second).div_ceil(2) + 1;
        item.insert(EXPIRES.to_owned(), AttributeValue::N(second));
        size as u64
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use backends_core::Definition;

    use super::*;

    fn expires(seconds: u32, holds: TtlHolds) -> Expires {
        let builder = Definition::builder("sessions").ttl("at", Duration::from_secs(seconds.into())).ttl_holds(holds);
        Expires::new(builder.build().unwrap().ttl().unwrap())
    }

    fn at(text: &str) -> Item {
        Item::from([("at".to_owned(), AttributeValue::S(text.to_owned()))])
    }

    #[test]
    fn c35_the_service_never_removes_before_the_millisecond() {
        let day = 1_767_225_600;
        for (seconds, holds, text, second) in [
            (0, TtlHolds::Start, "2026-01-01T00:00:00.000Z", Some(day)),
            (60, TtlHolds::Start, "2026-01-01T00:00:00.000Z", Some(day + 60)),
            (60, TtlHolds::Start, "2026-01-01T00:00:00.001Z", Some(day + 61)),
            (60, TtlHolds::Start, "2026-01-01T00:00:00.999Z", Some(day + 61)),
            (60, TtlHolds::Expiry, "2026-01-01T00:00:00.001Z", Some(day + 1)),
            (60, TtlHolds::Expiry, "2026-01-01T01:00:00+01:00", Some(day)),
            (0, TtlHolds::Start, "1969-12-31T23:59:59.001Z", Some(0)),
            (0, TtlHolds::Start, "1969-12-31T23:59:58.999Z", None),
            (0, TtlHolds::Start, "0001-01-01T00:00:00.000Z", None),
            (Ttl::MAX_SECONDS, TtlHolds::Start, "9999-12-31T23:59:59.999Z", Some(255_549_784_447)),
            (60, TtlHolds::Start, "1999", None),
        ] {
            assert_eq!(expires(seconds, holds).of(&at(text)), second, "{seconds} {text}");
        }
        let number = Item::from([("at".to_owned(), AttributeValue::N("0".to_owned()))]);
        for item in [number, Item::new()] {
            assert_eq!(expires(60, TtlHolds::Expiry).of(&item), None);
        }
    }

    #[test]
    fn c35_it_stands_beside_the_record_and_counts_to_its_size() {
        let mut item = at("2026-01-01T00:00:00.000Z");
        assert_eq!(expires(0, TtlHolds::Start).put_into(&mut item), 17 + 5);
        assert_eq!(item[EXPIRES], AttributeValue::N("1767225600".to_owned()));
        assert_eq!(Expires::stored(&item), Some(1_767_225_600));
        let mut item = Item::new();
        assert_eq!((expires(0, TtlHolds::Start).put_into(&mut item), item.len()), (0, 0));
        assert_eq!(Expires::stored(&item), None);
    }
}
