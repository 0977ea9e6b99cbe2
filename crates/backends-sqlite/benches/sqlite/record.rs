//! The record of the benches: about 300 bytes as JSON.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) logins: u32,
    pub(crate) score: f64,
    pub(crate) active: bool,
    pub(crate) tags: Vec<String>,
    pub(crate) note: String,
}

/// Ids in order of time, as the library makes them.
pub(crate) fn id(number: usize) -> String {
    format!("{number:024x}")
}

pub(crate) fn record(number: usize) -> Record {
    Record {
        id: id(number),
        email: format!("user{number}@example.org"),
        name: format!("User Number {number}"),
        logins: u32::try_from(number).unwrap(),
        score: 0.5 + f64::from(u32::try_from(number).unwrap()),
        active: number.is_multiple_of(2),
        tags: vec!["reader".into(), "writer".into(), "admin".into()],
        note:
            "A note of some length, so that a record has the size of an ordinary document of a service, about 300 bytes"
                .into(),
    }
}
