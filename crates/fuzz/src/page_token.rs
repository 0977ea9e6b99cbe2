//! Page tokens: whatever text a client hands back, it is refused, or goes on within its query.

use std::sync::Arc;

use backends_core::memory::MemoryBackend;
use backends_core::{Backend, Definition, Document, Error, ErrorKind, Order, PageToken, Repository, Value, field};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use fastrand::Rng;
use serde_json::json;

use crate::codec::done;
use crate::engine::{Target, Verdict};
use crate::properties::{holds, of_error};

/// Page tokens: text, and the values of a token whose check sum is right.
pub const PAGE_TOKEN: Target = Target { name: "page_token", generate, words: WORDS, check, show };

const WORDS: &[&str] =
    &["\0", "\u{1}", "\u{4}", "\u{6}", "\u{7}", "\u{8}", "\u{9}", "\u{a}", "\u{b}", "AQ", "_", "-", "="];

fn show(input: &[u8]) -> String {
    format!("\"{}\"", input.escape_ascii())
}

/// Records, and a query of them with the head of its tokens.
struct Stage {
    repository: Repository<Document>,
    /// The version and the fingerprint.
    head: Vec<u8>,
    /// The values of some tokens.
    values: Vec<Vec<u8>>,
}

/// So many bytes at the end of a token are its check sum.
const SUM: usize = 8;
/// So many at its beginning are the version and the fingerprint.
const HEAD: usize = 9;

impl Stage {
    fn new() -> Result<Self, Error> {
        let definition = Definition::builder("records").partition_key("name").build()?;
        let repository = done(Backend::new(Arc::new(MemoryBackend::open(""))).define(definition))?;
        let values = [
            json!(1),
            json!(1),
            json!("a"),
            json!(0.5),
            json!([1]),
            json!(true),
            json!(null),
            json!({"$binary": "AA=="}),
        ];
        for (at, value) in (0..).zip(values) {
            let value: Value = serde_json::from_value(value).map_err(|error| Error::unexpected(error.to_string()))?;
            let record = Document::from([("name", Value::from(format!("n{at}"))), ("v", value), ("n", Value::Int(at))]);
            done(repository.insert(&record))?;
        }
        let mut stage = Self { repository, head: Vec::new(), values: Vec::new() };
        let mut token = None;
        while let Some(next) = done(stage.page(1, token))?.1 {
            let bytes = BASE64.decode(next.to_string()).map_err(|error| Error::unexpected(error.to_string()))?;
            stage.head = bytes[..HEAD].to_vec();
            stage.values.push(bytes[HEAD..bytes.len() - SUM].to_vec());
            token = Some(next);
        }
        Ok(stage)
    }

    async fn page(&self, size: u32, token: Option<PageToken>) -> Result<(Vec<i64>, Option<PageToken>), Error> {
        let find = self.repository.find(field("n").gt(0)).sort("v", Order::Asc);
        let page = find.page(size).after(token).await?;
        let number = |record: &Document| match record.get("n") {
            Some(Value::Int(number)) => *number,
            _ => -1,
        };
        Ok((page.records.iter().map(number).collect(), page.next))
    }

    /// The token of the query with these values.
    fn token(&self, values: &[u8]) -> String {
        let mut bytes = self.head.clone();
        bytes.extend_from_slice(values);
        let sum = bytes
            .iter()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
        bytes.extend_from_slice(&sum.to_le_bytes());
        BASE64.encode(bytes)
    }
}

thread_local! {
    static STAGE: Result<Stage, Error> = Stage::new();
}

fn generate(rng: &mut Rng) -> Vec<u8> {
    STAGE.with(|stage| {
        let Ok(stage) = stage else { return Vec::new() };
        let values = rng.choice(&stage.values).cloned().unwrap_or_default();
        match rng.u8(..4) {
            0 => stage.token(&values).into_bytes(),
            1 => {
                let mut values = values;
                for _ in 0..rng.usize(1..4) {
                    let at = rng.usize(..values.len());
                    values[at] = rng.u8(..12);
                }
                values
            }
            2 => [values, rng.choice(&stage.values).cloned().unwrap_or_default()].concat(),
            _ => values,
        }
    })
}

fn check(input: &[u8]) -> Result<Verdict, String> {
    STAGE.with(|stage| {
        let stage = stage.as_ref().map_err(|error| format!("no records: {error}"))?;
        let of_text = of_token(stage, &String::from_utf8_lossy(input))?;
        let of_values = of_token(stage, &stage.token(input))?;
        let accepted = [of_text, of_values].contains(&Verdict::Accepted);
        Ok(if accepted { Verdict::Accepted } else { Verdict::Refused })
    })
}

fn of_token(stage: &Stage, text: &str) -> Result<Verdict, String> {
    let token = match text.parse::<PageToken>() {
        Ok(token) => token,
        Err(error) => {
            of_error(&error, &[ErrorKind::InvalidInput], false)?;
            return Ok(Verdict::Refused);
        }
    };
    holds(token.to_string() == text, "a token is the text that was read")?;
    let json = serde_json::to_string(&token).map_err(|error| format!("a token cannot be written: {error}"))?;
    let again: PageToken = serde_json::from_str(&json).map_err(|error| format!("a token cannot be read: {error}"))?;
    holds(again == token, "a token is the same after it was written and read")?;
    let all = done(stage.page(100, None)).map_err(|error| error.to_string())?.0;
    let mut found = Vec::new();
    let mut next = Some(token);
    for _ in 0..=all.len() {
        match done(stage.page(2, next.take())) {
            Ok((records, token)) => {
                found.extend(records);
                next = token;
            }
            Err(error) if found.is_empty() => {
                of_error(&error, &[ErrorKind::InvalidInput], false)?;
                return Ok(Verdict::Refused);
            }
            Err(error) => return Err(format!("a page's own token is refused: {error}")),
        }
        if next.is_none() {
            break;
        }
    }
    holds(next.is_none(), "pages have an end")?;
    holds(all.ends_with(&found), "a token goes on within its query, and to its end")?;
    Ok(Verdict::Accepted)
}
