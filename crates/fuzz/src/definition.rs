//! Definitions in JSON: whatever the text, mistakes are told, and what is accepted keeps the laws of the normal form.

use backends_core::{Definition, ErrorKind, Index, reconcile};
use fastrand::Rng;
use serde_json::{Map, Value, json};

use crate::engine::{Target, Verdict};
use crate::properties::{SECRET, holds, of_error, show_text};

/// Definitions: JSON text, and behind U+0000 another that is compared with the first.
pub const DEFINITION: Target = Target { name: "definition", generate, words: WORDS, check, show: show_text };

/// The keys of a definition besides its name, and what else may stand in its text.
macro_rules! words {
    (keys: $($key:literal)*; others: $($other:literal)*) => {
        const KEYS: &[&str] = &[$($key),*];
        const WORDS: &[&str] = &[$(concat!("\"", $key, "\":"),)* $($other),*];
    };
}

words! {
    keys:
        "indexes"
        "hashKey"
        "hashKeyType"
        "rangeKey"
        "rangeKeyType"
        "readCapacity"
        "writeCapacity"
        "GSI"
        "enableTtl"
        "ttlAttribute"
        "ttl"
        "customId"
        "idKind"
        "fields"
        "version"
        "ttlHolds";
    others:
        "\"name\":"
        "\"unique\":"
        "\"ordered\":"
        "\"kind\":"
        "\"emptyIsMissing\":"
        "\"foreignText\":"
        "\"formatVersion\":1"
        "\"objectId\""
        "\"string\""
        "\"number\""
        "\"integer\""
        "\"timestamp\""
        "\"bool\""
        "\"bytes\""
        "\"S\""
        "\"N\""
        "\"B\""
        "\"start\""
        "\"expiry\""
        "\"id\""
        "\"_id\""
        "\"primary\""
        "\"system.x\""
        "\"a.b\""
        "\"e[].at\""
        "null"
        "true"
        "false"
        "-1"
        "2147483648"
        "1e3"
        "{}"
        "[]"
        ","
        "\0"
        "\\u0000"
        "\\n"
        "\"hunter2\""
}

const NAMES: &[&str] = &["id", "_id", "email", "a", "a_b", "b", "at", "rev", "a.b", "a[]", "e[].at", "Email", "x y"];
const KINDS: &[&str] = &["string", "number", "integer", "timestamp", "objectId", "bool", "bytes", "S", "N"];

fn generate(rng: &mut Rng) -> Vec<u8> {
    let mut text = definition(rng).to_string();
    if rng.u8(..4) == 0 {
        text.push('\0');
        text.push_str(&definition(rng).to_string());
    }
    text.into_bytes()
}

fn definition(rng: &mut Rng) -> Value {
    let mut map = Map::new();
    map.insert("name".to_owned(), pick(rng, &["users", "Teams", "a-b.c_d"]));
    for _ in 0..rng.usize(..7) {
        let key = rng.choice(KEYS).copied().unwrap_or_default();
        map.insert(key.to_owned(), value(rng, key));
    }
    Value::Object(map)
}

/// A value that fits `key` most of the time.
fn value(rng: &mut Rng, key: &str) -> Value {
    if rng.u8(..40) == 0 {
        let odd = [json!(null), json!(-1), json!(1.5), json!(""), json!([]), json!({}), json!(SECRET)];
        return rng.choice(odd).unwrap_or_default();
    }
    match key {
        "hashKey" | "rangeKey" | "ttlAttribute" | "version" => pick(rng, NAMES),
        "hashKeyType" | "rangeKeyType" | "kind" => pick(rng, KINDS),
        "idKind" => pick(rng, &["objectId", "string"]),
        "ttlHolds" => pick(rng, &["start", "expiry"]),
        "enableTtl" | "customId" | "unique" | "ordered" | "emptyIsMissing" | "foreignText" => rng.bool().into(),
        "name" => pick(rng, &["by_a", "ix", "Primary"]),
        "indexes" => (0..rng.usize(..4)).map(|_| if rng.bool() { pick(rng, NAMES) } else { index(rng) }).collect(),
        "fields" if rng.bool() => (0..rng.usize(..4)).map(|_| pick(rng, NAMES)).collect(),
        "fields" => named(rng, &["kind", "emptyIsMissing", "foreignText"]),
        "GSI" => named(rng, &["readCapacity", "writeCapacity"]),
        _ => rng.choice([json!(1), json!(5.0), json!(86_400)]).unwrap_or_default(),
    }
}

fn pick(rng: &mut Rng, from: &[&str]) -> Value {
    rng.choice(from).copied().unwrap_or_default().into()
}

fn object(rng: &mut Rng, keys: &[&str]) -> Value {
    let mut map = Map::new();
    for key in keys {
        if rng.u8(..3) > 0 {
            map.insert((*key).to_owned(), value(rng, key));
        }
    }
    Value::Object(map)
}

fn index(rng: &mut Rng) -> Value {
    let mut index = object(rng, &["name", "ordered"]);
    let fields: Vec<Value> = (0..rng.usize(1..4)).map(|_| pick(rng, NAMES)).collect();
    index["fields"] = fields.into();
    if rng.u8(..8) > 0 {
        index["unique"] = rng.bool().into();
    }
    index
}

fn named(rng: &mut Rng, keys: &[&str]) -> Value {
    let mut map = Map::new();
    for _ in 0..rng.usize(..3) {
        let entry = if keys.contains(&"kind") && rng.bool() { pick(rng, KINDS) } else { object(rng, keys) };
        map.insert(rng.choice(NAMES).copied().unwrap_or_default().to_owned(), entry);
    }
    Value::Object(map)
}

fn check(input: &[u8]) -> Result<Verdict, String> {
    let input = String::from_utf8_lossy(input);
    let (text, other) = match input.split_once('\0') {
        Some((text, other)) => (text, Some(other)),
        None => (&*input, None),
    };
    of_stored(text)?;
    of_list(text)?;
    let Some(definition) = of_text(text)? else { return Ok(Verdict::Refused) };
    of_normal_form(&definition)?;
    if let Some(other) = other.map(of_text).transpose()?.flatten() {
        of_two(&definition, &other)?;
    }
    Ok(Verdict::Accepted)
}

/// Text is read, or refused for its mistakes, and a tree is read as its text is.
fn of_text(text: &str) -> Result<Option<Definition>, String> {
    let read = Definition::from_json(text);
    if let Err(error) = &read {
        of_error(error, &[ErrorKind::InvalidInput], !text.contains(SECRET) || shows_only_scalars(text))?;
    }
    if let Ok(tree) = serde_json::from_str::<Value>(text) {
        let from_tree = Definition::from_json_value(&tree);
        if let Ok(definition) = &read {
            holds(from_tree.as_ref().ok() == Some(definition), "a tree is read as its text")?;
        } else if let Ok(definition) = &from_tree {
            // A tree has lost the keys that its text has twice; nothing else may be worse in text.
            holds(
                Definition::from_json(&tree.to_string()).as_ref().ok() == Some(definition),
                "text is read as its tree",
            )?;
        }
    }
    Ok(read.ok())
}

/// Whether the secret stands only where a number or a bool is due, which no message repeats; names it may.
fn shows_only_scalars(text: &str) -> bool {
    let Ok(Value::Object(map)) = serde_json::from_str(text) else { return false };
    let scalars = ["ttl", "readCapacity", "writeCapacity", "enableTtl", "customId"];
    map.iter().all(|(key, value)| scalars.contains(&key.as_str()) || !json!({key: value}).to_string().contains(SECRET))
}

/// What this library stored is read; what it did not is unreadable.
fn of_stored(text: &str) -> Result<(), String> {
    match Definition::from_stored(text) {
        Ok(definition) => of_normal_form(&definition),
        Err(error) => of_error(&error, &[ErrorKind::Unreadable], false),
    }
}

fn of_list(text: &str) -> Result<(), String> {
    for list in [text.to_owned(), format!("[{text}]")] {
        if let Err(error) = Definition::list_from_json(&list) {
            of_error(&error, &[ErrorKind::InvalidInput], false)?;
        }
    }
    Ok(())
}

/// The normal form comes back as itself, needs nothing, and answers what it is asked.
fn of_normal_form(definition: &Definition) -> Result<(), String> {
    let text = definition.to_json();
    let back = Definition::from_stored(&text).map_err(|error| format!("what was stored is not read: {error}"))?;
    holds(back == *definition && back.to_json() == text, "what is stored comes back as it was")?;
    let same = reconcile(&back, definition).map_err(|error| format!("a definition conflicts with itself: {error}"))?;
    holds(same.is_unchanged(), "a definition needs no change to become itself")?;
    let keys: Vec<_> = definition.key_fields().collect();
    holds((1..=2).contains(&keys.len()) && keys[0] == definition.partition_key(), "a key has one or two fields")?;
    let indexed = definition.indexes().flat_map(Index::fields);
    for field in keys.iter().copied().chain(indexed) {
        holds(definition.kind_of(field).is_some(), "a key or index field has a kind")?;
    }
    holds(definition.indexes().len() <= 20, "there are at most 20 indexes")
}

/// Two definitions conflict, or merge into one that both are content with.
fn of_two(stored: &Definition, wanted: &Definition) -> Result<(), String> {
    let reconciled = match reconcile(stored, wanted) {
        Ok(reconciled) => reconciled,
        Err(error) => return of_error(&error, &[ErrorKind::DefinitionConflict], false),
    };
    of_normal_form(&reconciled.merged)?;
    for one in [stored, wanted] {
        let again =
            reconcile(&reconciled.merged, one).map_err(|error| format!("what was merged conflicts: {error}"))?;
        holds(again.is_unchanged() || one == stored, "what was merged needs no further change")?;
    }
    Ok(())
}
