//! The record that is measured: 8 fields, about 300 bytes.

use backends_core::{RecordBuf, json, json::JsonBatch};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) about: String,
    pub(crate) logins: u32,
    pub(crate) score: f64,
    pub(crate) active: bool,
    pub(crate) tags: Vec<String>,
    pub(crate) team: Option<String>,
}

pub(crate) const ID: &str = "64b64cf0a1b2c3d4e5f60718";

impl User {
    pub(crate) fn ada() -> Self {
        Self {
            id: ID.to_owned(),
            email: "ada.lovelace@example.org".to_owned(),
            about: "Wrote the first program for a machine that was never built, and saw what it could be used for \
                    beyond numbers."
                .to_owned(),
            logins: 1843,
            score: 97.25,
            active: true,
            tags: vec!["mathematics".to_owned(), "engines".to_owned(), "poetry".to_owned()],
            team: Some("analytical".to_owned()),
        }
    }

    pub(crate) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    pub(crate) fn record(&self) -> RecordBuf {
        json::parse(&self.json()).unwrap_or_default()
    }

    pub(crate) fn json_batch(&self) -> JsonBatch {
        let mut batch = JsonBatch::new();
        batch.push(&self.json());
        batch
    }
}
