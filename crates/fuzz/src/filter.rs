//! Filters in JSON: whatever the text, mistakes are told, and what is accepted keeps the laws of logic.

use std::collections::BTreeSet;

use backends_core::{
    Backend, Definition, Document, Error, ErrorKind, Filter, Repository, Value, memory::MemoryBackend,
};
use fastrand::Rng;
use serde_json::{Value as Json, json};

use crate::codec::done;
use crate::engine::{Target, Verdict};
use crate::properties::{SECRET, hidden, holds, of_error, show_text};

/// Filters: JSON text.
pub const FILTER: Target = Target { name: "filter", generate, words: WORDS, check, show: show_text };

const WORDS: &[&str] = &[
    "{\"field\":\"a\",\"eq\":1}",
    "{\"and\":[",
    "{\"or\":[",
    "{\"not\":",
    "{\"all\":true}",
    "\"field\":",
    "\"eq\":",
    "\"ne\":",
    "\"between\":[1,2]",
    "\"in\":[]",
    "\"notIn\":[1,1.0,\"a\"]",
    "\"like\":\"%a%%\"",
    "\"startsWith\":",
    "\"contains\":",
    "\"isMissing\":true",
    "\"isSet\":true",
    "\"at\"",
    "\"m.a\"",
    "\"a..b\"",
    "\"$where\"",
    "\"$ne\":",
    "{\"$binary\":\"AP8=\"}",
    "\"2024-02-29T12:30:00Z\"",
    "9223372036854775808",
    "1e126",
    "0.5",
    "null",
    "true",
    "false",
    "\\u0000",
    "\"hunter2\"",
    "]",
    "}",
    ",",
];

const OPERATORS: &[&str] = &[
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "between",
    "in",
    "notIn",
    "like",
    "startsWith",
    "contains",
    "isMissing",
    "isSet",
];
const PATHS: &[&str] = &["a", "a", "b", "m.a", "m.b", "list", "at", "n", "name", "id", "m", "x.y.z", "", "$a"];

fn generate(rng: &mut Rng) -> Vec<u8> {
    filter(rng, 4).to_string().into_bytes()
}

fn filter(rng: &mut Rng, depth: usize) -> Json {
    let list = |rng: &mut Rng| -> Json { (0..rng.usize(..4)).map(|_| filter(rng, depth - 1)).collect() };
    match rng.u8(..if depth == 0 { 9 } else { 16 }) {
        0 => json!({"all": true}),
        1..9 => test(rng),
        9..12 => json!({"and": list(rng)}),
        12..14 => json!({"or": list(rng)}),
        _ => json!({"not": filter(rng, depth - 1)}),
    }
}

fn test(rng: &mut Rng) -> Json {
    let operator = rng.choice(OPERATORS).copied().unwrap_or_default();
    // The last two are refused, so they stay rare.
    let paths = if rng.u8(..9) == 0 { PATHS } else { &PATHS[..PATHS.len() - 2] };
    let path = rng.choice(paths).copied().unwrap_or_default();
    let value = match operator {
        "between" => json!([scalar(rng, path), scalar(rng, path)]),
        "in" | "notIn" => (0..rng.usize(..4)).map(|_| scalar(rng, path)).collect(),
        "like" | "startsWith" => rng.choice([json!("%a%"), json!("a%"), json!(""), json!("%%")]).unwrap_or_default(),
        "isMissing" | "isSet" => json!(true),
        _ => scalar(rng, path),
    };
    json!({"field": path, operator: value})
}

fn scalar(rng: &mut Rng, path: &str) -> Json {
    let of_place = match path {
        "at" => &["2024-02-29T12:30:00Z", "2024-02-29T13:30:00+01:00", "1970-01-01T00:00:00Z"][..],
        "name" => &["a", "b", "", "n1"],
        "id" => &["0123456789abcdef01234567", "000000000000000000000000"],
        _ => &[],
    };
    if let (Some(text), true) = (rng.choice(of_place), rng.u8(..9) > 0) {
        return (*text).into();
    }
    let any =
        [json!(1), json!(1.0), json!(0.5), json!(-7), json!("a"), json!("ab"), json!(true), json!({"$binary": "AA=="})];
    if path == "n" { json!(rng.u8(..9)) } else { rng.choice(any).unwrap_or_default() }
}

fn repository() -> Result<Repository<Document>, Error> {
    let definition = Definition::from_json(
        r#"{"name": "records", "hashKey": "name", "fields": {"at": "timestamp", "n": "number", "m.b": "string"}}"#,
    )?;
    let repository = done(Backend::new(std::sync::Arc::new(MemoryBackend::open(""))).define(definition))?;
    let records: Vec<Document> = serde_json::from_value(json!([
        {"name": "a", "a": 1, "b": "a", "n": 1, "at": "2024-02-29T12:30:00Z"},
        {"name": "b", "a": "ab", "m": {"a": 0.5, "b": "ab"}, "n": 7.5, "list": [1, "a", null, [1]]},
        {"name": "n1", "a": true, "m": {"a": [1]}, "list": []},
        {"name": "c", "a": {"$binary": "AA=="}, "m": 5, "b": null, "at": "1970-01-01T00:00:00Z"},
        {"name": "d", "a": {"a": 1}, "b": -7, "list": "a%b"},
        {"name": "e"}
    ]))
    .map_err(|error| Error::unexpected(format!("no records: {error}")))?;
    done(repository.insert_many(&records))?;
    Ok(repository)
}

thread_local! {
    static REPOSITORY: Result<Repository<Document>, Error> = repository();
}

fn check(input: &[u8]) -> Result<Verdict, String> {
    let text = &*String::from_utf8_lossy(input);
    // Names of fields and of unknown keys may be shown.
    let hides = !names(text).iter().any(|name| name.contains(SECRET));
    let filter = match Filter::from_json(text) {
        Ok(filter) => filter,
        Err(error) => {
            of_error(&error, &[ErrorKind::InvalidInput], hides)?;
            return Ok(Verdict::Refused);
        }
    };
    if hides {
        hidden(&format!("{filter:?}"))?;
    }
    let written = serde_json::to_string(&filter).map_err(|error| format!("a filter cannot be written: {error}"))?;
    let again =
        Filter::from_json(&written).map_err(|error| format!("a filter that was written is not read: {error}"))?;
    holds(again == filter, "a filter is the same after it was written and read")?;
    let tree = serde_json::from_str::<Json>(text).map_err(|error| format!("what is read is no JSON: {error}"))?;
    holds(serde_json::from_value::<Filter>(tree).is_ok_and(|again| again == filter), "a tree is read as its text")?;
    REPOSITORY.with(|repository| match repository {
        Ok(repository) => of_records(repository, &filter, hides),
        Err(error) => Err(error.to_string()),
    })
}

/// The strings of the text that stand where a name may: all keys, and what `field` says.
fn names(text: &str) -> Vec<String> {
    fn collect(value: &Json, names: &mut Vec<String>) {
        match value {
            Json::Object(map) => {
                for (key, value) in map {
                    names.push(key.clone());
                    if key == "field" {
                        names.push(value.to_string());
                    }
                    collect(value, names);
                }
            }
            Json::Array(items) => items.iter().for_each(|item| collect(item, names)),
            _ => {}
        }
    }
    let mut names = Vec::new();
    match serde_json::from_str(text) {
        Ok(value) => collect(&value, &mut names),
        // What is no JSON is shown by its line and column only.
        Err(_) => return names,
    }
    // Of a key that is there twice the tree has lost one.
    names.push(text.matches(SECRET).skip(1).collect());
    names
}

/// What a filter means, its opposite does not, and nothing means neither.
fn of_records(repository: &Repository<Document>, filter: &Filter, hides: bool) -> Result<Verdict, String> {
    let found = match find(repository, filter) {
        Ok(found) => found,
        Err(error) => {
            of_error(&error, &[ErrorKind::InvalidInput], hides)?;
            holds(done(repository.count(!filter.clone())).is_err(), "the opposite of a wrong filter is wrong")?;
            return Ok(Verdict::Refused);
        }
    };
    let of = |filter: Filter| {
        find(repository, &filter).map_err(|error| format!("a filter is not answered in other words: {error}"))
    };
    let all = of(Filter::all())?;
    let others: BTreeSet<_> = all.difference(&found).cloned().collect();
    holds(of(!filter.clone())? == others, "a filter and its opposite share nothing and leave nothing out")?;
    holds(of(!!filter.clone())? == found, "twice the opposite is the filter")?;
    holds(of(filter.clone() & filter.clone())? == found, "a filter and itself is the filter")?;
    holds(of(filter.clone() | Filter::all())? == all, "a filter or all is all")?;
    holds(of(filter.clone() & !filter.clone())?.is_empty(), "a filter and its opposite is nothing")?;
    let count = done(repository.count(filter)).map_err(|error| error.to_string())?;
    holds(usize::try_from(count) == Ok(found.len()), "as many are counted as are found")?;
    Ok(Verdict::Accepted)
}

fn find(repository: &Repository<Document>, filter: &Filter) -> Result<BTreeSet<String>, Error> {
    let name = |record: Document| match record.get("name") {
        Some(Value::String(name)) => name.clone(),
        _ => String::new(),
    };
    Ok(done(repository.find(filter))?.into_iter().map(name).collect())
}
