//! Records as JSON text: whatever the text, it is read as any other reader of JSON reads it, or refused by its byte.

use std::collections::BTreeMap;

use backends_core::driver;
use backends_core::json::{self, JsonBatch, JsonTokens};
use backends_core::{Document, Error, ErrorKind, RecordBuf, Token, Tokens};
use fastrand::Rng;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::codec::tree;
use crate::engine::{Target, Verdict};
use crate::properties::{SECRET, hidden, holds, of_error, show_text};
use crate::source::{self, Source};

mod other;
mod spell;
mod twice;

/// Records as JSON text.
pub const JSON: Target = Target { name: "json", generate, words: WORDS, check, show: show_text };

const WORDS: &[&str] = &[
    "{\"a\":",
    "\"$binary\":",
    "{\"$binary\":\"AP8=\"}",
    "\"\\u0000\"",
    "\\ud83d\\ude00",
    "\\ud800",
    "\\n",
    "\\\"",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "1e400",
    "-0.0",
    "0.1",
    "1E5",
    "1e-400",
    "18446744073709551616",
    "null",
    "true",
    "false",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    " \t\r\n",
    "\"hunter2\"",
    "\"2024-02-29T12:30:00.123Z\"",
    "\"id\":",
    "\"name\":",
    "\"tags\":[\"a\"]",
    "[[[[[[[[[[[[[[[[",
    "{\"a\":{\"a\":{\"a\":",
];

fn generate(rng: &mut Rng) -> Vec<u8> {
    let bytes = source::bytes(rng);
    let document = tree::document(&mut Source::new(&bytes));
    spell::document(&document, rng).into_bytes()
}

fn check(input: &[u8]) -> Result<Verdict, String> {
    let text = &*String::from_utf8_lossy(input);
    wander(text)?;
    let read = json::parse(text);
    let mut batch = JsonBatch::new();
    batch.push(text);
    as_types(&batch)?;
    match &read {
        Err(error) => of_text_error(error, text)?,
        Ok(record) => {
            round_trip(record)?;
            JsonTokens::new(text).skip().map_err(|error| format!("what is read cannot be passed over: {error}"))?;
        }
    }
    let document = driver::read::<Document>(&batch, 0);
    other::compare(text, &read, &document)?;
    Ok(if read.is_ok() { Verdict::Accepted } else { Verdict::Refused })
}

/// An error of reading says where, and shows nothing of what is there.
fn of_text_error(error: &Error, text: &str) -> Result<(), String> {
    of_error(error, &[ErrorKind::Unreadable], true)?;
    let byte = error.context().find(|(name, _)| *name == "byte").and_then(|(_, byte)| byte.parse::<usize>().ok());
    holds(byte.is_some_and(|byte| byte <= text.len() + 2), "an error of reading says at which byte")
}

/// What was read is written, and read as the same.
fn round_trip(record: &RecordBuf) -> Result<(), String> {
    let text = json::to_string(record).map_err(|error| format!("what was read cannot be written: {error}"))?;
    let again = json::parse(&text).map_err(|error| format!("what was written cannot be read: {error}"))?;
    holds(again == *record, "a record is the same after it was written and read")?;
    let copy = RecordBuf::from_tokens(&mut record.tokens()).map_err(|error| format!("no copy: {error}"))?;
    holds(copy == *record, "a copy is the same")
}

/// A walk ends, wherever a caller skips and whether or not it minds errors.
fn wander(text: &str) -> Result<(), String> {
    for every in [2, 5] {
        let mut tokens = JsonTokens::new(text);
        let mut ends = 0;
        for step in 1..=2 * text.len() + 8 {
            let token = tokens.next();
            ends += usize::from(matches!(token, Ok(Token::End)));
            let is_before_value = matches!(token, Ok(Token::Field(_) | Token::Array | Token::Map));
            if is_before_value && step % every == 0 {
                // An error is as good as a value here: a caller may go on behind it.
                drop(tokens.skip());
            }
        }
        holds(ends <= text.len(), "a walk ends")?;
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only read into")]
struct Closed {
    id: Option<String>,
    name: String,
    a: Option<Inner>,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only read into")]
enum Inner {
    Unit,
    Number(i8),
    Pair(u8, f32),
    Struct { a: Option<Box<Inner>> },
}

/// Whatever type a record is read as, it is read or it does not fit.
fn as_types(batch: &JsonBatch) -> Result<(), String> {
    as_type::<Closed>(batch)?;
    as_type::<IgnoredAny>(batch)?;
    as_type::<BTreeMap<String, Inner>>(batch)?;
    as_type::<BTreeMap<i8, (bool, char, String)>>(batch)?;
    as_type::<serde_json::Value>(batch)?;
    as_type::<Vec<u8>>(batch)
}

fn as_type<T: DeserializeOwned>(batch: &JsonBatch) -> Result<(), String> {
    match driver::read::<T>(batch, 0) {
        Ok(_) => Ok(()),
        Err(error) => {
            of_error(&error, &[ErrorKind::Unreadable], false)?;
            // Names of fields may be shown; a value is not one of the types' own words.
            if error.path().is_none_or(|path| !path.contains(SECRET)) { hidden(error.message()) } else { Ok(()) }
        }
    }
}
