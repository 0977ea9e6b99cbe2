//! The record of the benches: about 300 bytes as JSON.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};

/// How many records are there from the start, and how many a call on many has.
pub const STORED: usize = 10_000;

/// The note of every record.
pub const NOTE: &str =
    "A note of some length, so that a record has the size of an ordinary document of a service, about 300 bytes";

/// What is stored. Its id is the key.
#[allow(missing_docs, reason = "the fields of an ordinary record")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub id: String,
    pub email: String,
    pub name: String,
    pub logins: u32,
    pub score: f64,
    pub active: bool,
    pub tags: Vec<String>,
    pub note: String,
}

/// Ids in order of time, as the library makes them.
pub fn id(number: usize) -> String {
    format!("{number:024x}")
}

/// The record of a number.
pub fn record(number: usize) -> Record {
    let small = u32::try_from(number).unwrap_or(u32::MAX);
    Record {
        id: id(number),
        email: format!("user{number}@example.org"),
        name: format!("User Number {number}"),
        logins: small,
        score: 0.5 + f64::from(small),
        active: number.is_multiple_of(2),
        tags: vec!["reader".into(), "writer".into(), "admin".into()],
        note: NOTE.into(),
    }
}

/// The records that are there from the start.
pub fn stored() -> Vec<Record> {
    (0..STORED).map(record).collect()
}

/// A record that is not there yet.
pub fn fresh() -> Record {
    record(next())
}

/// The record of a number with logins that it never had: SQLite does not write what is the same.
pub fn changed(number: usize) -> Record {
    Record { logins: u32::try_from(next()).unwrap_or(u32::MAX), ..record(number) }
}

fn next() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(STORED);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// So many of them.
pub fn many_fresh(count: usize) -> Vec<Record> {
    (0..count).map(|_| fresh()).collect()
}
