//! Rows of instants, dates and times of four libraries; each has a repository of its own, which declares its instants.

use std::collections::BTreeMap;

use backends_core::Timestamp;
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use jiff::civil;
use serde_json::{Value as Json, json};

use super::{Row, Shape, becomes, check, refused, same, shapes};
use crate::Context;
use crate::records::{Holds, instant};

/// How many rows there are.
pub(super) const COUNT: usize = 35;

const TEXT: &str = "2024-02-29T12:30:00.123Z";

shapes! {
    struct Inner { at: Timestamp, more: Vec<Timestamp> }
    enum Event { Started { at: Timestamp }, Ended(Timestamp), Never }
    #[serde(tag = "type")] enum Tagged { At { at: Timestamp } }
    #[serde(untagged)] enum Untagged { At(DateTime<Utc>), Text(String) }
    struct Flat { #[serde(flatten)] inner: Inner }
    struct Seconds { #[serde(with = "chrono::serde::ts_seconds")] at: DateTime<Utc> }
    struct Rfc3339 { #[serde(with = "time::serde::rfc3339")] at: time::OffsetDateTime }
    struct SomeRfc3339 { #[serde(with = "time::serde::rfc3339::option")] at: Option<time::OffsetDateTime> }
    struct Unix { #[serde(with = "time::serde::timestamp")] at: time::OffsetDateTime }
}

/// Rows of which each has a repository of its own.
struct Checking<'a> {
    context: &'a Context,
    count: usize,
}

impl Checking<'_> {
    async fn one<V: Shape>(&mut self, row: Row, _of: &V) {
        self.count += 1;
        let typed = self.context.repository::<Holds<V>>(&format!("instants{}", self.count)).await;
        check(&typed.untyped(), vec![row]).await;
    }

    async fn same<V: Shape>(&mut self, name: &'static str, value: V, stored: Json) {
        self.one(same(name, value.clone(), stored), &value).await;
    }

    async fn becomes<V: Shape>(&mut self, name: &'static str, value: V, expected: V, stored: Json) {
        self.one(becomes(name, value.clone(), expected, stored), &value).await;
    }

    async fn refused<V: Shape>(&mut self, name: &'static str, value: V) {
        self.one(refused(name, value.clone()), &value).await;
    }
}

pub(super) async fn check_all(context: &Context) {
    let mut rows = Checking { context, count: 0 };
    own(&mut rows).await;
    of_chrono(&mut rows).await;
    of_jiff(&mut rows).await;
    of_time(&mut rows).await;
    assert_eq!(rows.count, COUNT, "say how many rows there are");
}

async fn own(rows: &mut Checking<'_>) {
    let at = instant(TEXT);
    let inner = Inner { at, more: vec![at, at] };
    rows.same("an instant", at, json!(TEXT)).await;
    rows.same("the first instant", Timestamp::MIN, json!("0001-01-01T00:00:00.000Z")).await;
    rows.same("the last instant", Timestamp::MAX, json!("9999-12-31T23:59:59.999Z")).await;
    rows.same("some instant", Some(at), json!(TEXT)).await;
    rows.same("no instant", None::<Timestamp>, json!(null)).await;
    rows.same("instants in a vector", vec![at, at], json!([TEXT, TEXT])).await;
    rows.same("options of instants in a vector", vec![Some(at), None], json!([TEXT, null])).await;
    rows.same("instants in vectors in a vector", vec![vec![at]], json!([[TEXT]])).await;
    rows.same("instants in a struct", inner.clone(), json!({"at": TEXT, "more": [TEXT, TEXT]})).await;
    rows.same("instants in structs in a vector", vec![inner.clone()], json!([{"at": TEXT, "more": [TEXT, TEXT]}]))
        .await;
    rows.same("an instant in a struct variant", Event::Started { at }, json!({"Started": {"at": TEXT}})).await;
    rows.same("an instant in a variant", Event::Ended(at), json!({"Ended": TEXT})).await;
    rows.same("the variant without one", Event::Never, json!("Never")).await;
    rows.refused("an instant in a map, whose fields a type does not tell", BTreeMap::from([("a".to_owned(), at)]))
        .await;
    rows.refused("an instant beside a tag, which hides it", Tagged::At { at }).await;
    rows.refused("an instant in a flat struct, which hides it", Flat { inner }).await;
}

async fn of_chrono(rows: &mut Checking<'_>) {
    let at: DateTime<Utc> = TEXT.parse().unwrap();
    let fine: DateTime<Utc> = "2024-02-29T12:30:00.123456789Z".parse().unwrap();
    let east: DateTime<FixedOffset> = "2024-02-29T13:30:00.123+01:00".parse().unwrap();
    let date: NaiveDate = "2024-02-29".parse().unwrap();
    let local: NaiveDateTime = "2024-02-29T12:30:00.5".parse().unwrap();
    let time: NaiveTime = "12:30:00".parse().unwrap();
    let whole_seconds: DateTime<Utc> = "2024-02-29T12:30:00Z".parse().unwrap();
    rows.same("chrono: an instant", at, json!(TEXT)).await;
    rows.becomes("chrono: a finer instant", fine, at, json!(TEXT)).await;
    rows.same("chrono: an instant with an offset", east, json!(TEXT)).await;
    rows.same("chrono: a date", date, json!("2024-02-29")).await;
    rows.same("chrono: a local time", local, json!("2024-02-29T12:30:00.500")).await;
    rows.same("chrono: a time", time, json!("12:30:00")).await;
    rows.same("chrono: seconds", Seconds { at: whole_seconds }, json!({"at": 1_709_209_800})).await;
    rows.same("chrono: an instant without a tag stays text", Untagged::At(at), json!(TEXT)).await;
}

async fn of_jiff(rows: &mut Checking<'_>) {
    let at: jiff::Timestamp = TEXT.parse().unwrap();
    let date: civil::Date = "2024-02-29".parse().unwrap();
    let local: civil::DateTime = "2024-02-29T12:30:00".parse().unwrap();
    let zoned = at.to_zoned_datetime(jiff::tz::TimeZone::fixed(jiff::tz::offset(1)));
    rows.same("jiff: an instant", at, json!(TEXT)).await;
    rows.same("jiff: a date", date, json!("2024-02-29")).await;
    rows.same("jiff: a local time", local, json!("2024-02-29T12:30:00")).await;
    rows.same("jiff: a time with its zone", zoned, json!("2024-02-29T13:30:00.123+01:00[+01:00]")).await;
    rows.same("jiff: a duration", jiff::SignedDuration::from_secs(90), json!("PT1M30S")).await;
}

async fn of_time(rows: &mut Checking<'_>) {
    let at = time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(instant(TEXT).millis()) * 1_000_000).unwrap();
    let date = time::Date::from_calendar_date(2024, time::Month::February, 29).unwrap();
    rows.same("time: an instant by RFC 3339", Rfc3339 { at }, json!({"at": TEXT})).await;
    rows.same("time: some instant by RFC 3339", SomeRfc3339 { at: Some(at) }, json!({"at": TEXT})).await;
    rows.same("time: an instant undecorated", at, json!("2024-02-29 12:30:00.123 +00:00:00")).await;
    rows.same("time: a date", date, json!("2024-02-29")).await;
    rows.same("time: an hour", date.with_hms(12, 30, 0).unwrap(), json!("2024-02-29 12:30:00.0")).await;
    rows.same("time: seconds", Unix { at: at.replace_millisecond(0).unwrap() }, json!({"at": 1_709_209_800})).await;
}
