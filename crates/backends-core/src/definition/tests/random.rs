//! Random definitions: none panics, and each that is accepted keeps the laws of the normal form.

use fastrand::Rng;
use serde_json::{Map, Value, json};

use super::*;
use crate::definition::json::KEYS;

const NAMES: [&str; 14] =
    ["id", "_id", "email", "a", "a_b", "b", "at", "rev", "a.b", "a[]", "e[].at", "Email", "$x", "primary"];
const KINDS: [&str; 9] = ["string", "number", "integer", "timestamp", "objectId", "bool", "bytes", "S", "N"];

fn pick(rng: &mut Rng, from: &[&str]) -> Value {
    from[rng.usize(..from.len())].into()
}

fn names(rng: &mut Rng) -> Value {
    (0..rng.usize(..4)).map(|_| pick(rng, &NAMES)).collect()
}

/// A value that fits `key` most of the time.
fn value(rng: &mut Rng, key: &str) -> Value {
    if rng.u8(..40) == 0 {
        return [json!(null), json!(-1), json!(1.5), json!(""), json!([]), json!({}), json!(true)][rng.usize(..7)]
            .clone();
    }
    match key {
        "name" => pick(rng, &["users", "Users", "teams"]),
        "hashKey" | "rangeKey" | "ttlAttribute" | "version" => pick(rng, &NAMES),
        "hashKeyType" | "rangeKeyType" | "kind" => pick(rng, &KINDS),
        "idKind" => pick(rng, &["objectId", "string"]),
        "ttlHolds" => pick(rng, &["start", "expiry"]),
        "enableTtl" | "customId" | "unique" | "ordered" | "emptyIsMissing" | "foreignText" => rng.bool().into(),
        "indexes" => (0..rng.usize(..4))
            .map(|_| if rng.bool() { pick(rng, &NAMES) } else { object(rng, &["fields", "unique", "name", "ordered"]) })
            .collect(),
        "fields" if rng.bool() => names(rng),
        "fields" => map(rng, &["kind"]),
        "GSI" => map(rng, &["readCapacity", "writeCapacity"]),
        _ => [json!(1), json!(5.0), json!(60)][rng.usize(..3)].clone(),
    }
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

fn map(rng: &mut Rng, keys: &[&str]) -> Value {
    let mut map = Map::new();
    for _ in 0..rng.usize(..3) {
        if let Value::String(name) = pick(rng, &NAMES) {
            let entry = if rng.bool() && keys == ["kind"] { pick(rng, &KINDS) } else { object(rng, keys) };
            map.insert(name, entry);
        }
    }
    Value::Object(map)
}

fn definition(rng: &mut Rng) -> Value {
    let mut map = Map::new();
    map.insert("name".to_owned(), "users".into());
    for _ in 0..rng.usize(..5) {
        let key = KEYS.get(rng.usize(..=KEYS.len())).copied().unwrap_or("other");
        map.insert(key.to_owned(), value(rng, key));
    }
    Value::Object(map)
}

#[test]
fn c36_the_normal_form_reads_back_and_merging_settles() {
    let mut rng = Rng::with_seed(0x00de_f1e5);
    let mut accepted: Vec<Definition> = Vec::new();
    let mut merged_pairs = 0;
    for _ in 0..5_000 {
        let json = definition(&mut rng);
        let from_value = Definition::from_json_value(&json);
        let from_text = Definition::from_json(&json.to_string());
        assert_eq!(from_value.is_ok(), from_text.is_ok(), "{json}");
        let Ok(one) = from_text else { continue };
        assert_eq!(one.to_json(), from_value.unwrap().to_json());
        let back = Definition::from_stored(&one.to_json()).unwrap_or_else(|error| panic!("{json}: {error}"));
        assert_eq!(back, one, "{json}");
        assert_eq!(back.to_json(), one.to_json());
        let same = reconcile(&back, &one).unwrap();
        assert!(same.is_unchanged() && same.kept.is_empty(), "{json}: {same:?}");
        if let Some(other) = accepted.last()
            && let Ok(result) = reconcile(other, &one)
        {
            merged_pairs += 1;
            let text = result.merged.to_json();
            let stored = Definition::from_stored(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(stored, result.merged);
            assert!(reconcile(&stored, &one).unwrap().is_unchanged(), "{text} {}", one.to_json());
            assert!(reconcile(&stored, other).unwrap().is_unchanged(), "{text} {}", other.to_json());
            assert_eq!(result.is_unchanged(), stored == *other);
        }
        accepted.push(one);
    }
    assert!(accepted.len() > 500 && merged_pairs > 50, "{} {merged_pairs}", accepted.len());
}

#[test]
fn c38_no_text_panics() {
    let mut rng = Rng::with_seed(7);
    for _ in 0..5_000 {
        let mut text = definition(&mut rng).to_string().into_bytes();
        for _ in 0..rng.usize(1..4) {
            let at = rng.usize(..text.len());
            match rng.u8(..3) {
                0 => text[at] = rng.u8(0x20..0x7f),
                1 => text.truncate(at + 1),
                _ => text.insert(at, b"{}[]\",:0"[rng.usize(..8)]),
            }
        }
        let text = String::from_utf8_lossy(&text);
        for result in [Definition::from_json(&text), Definition::from_stored(&text)] {
            if let Err(error) = result {
                assert!(!error.to_string().contains('\n') && (error.is_invalid_input() || error.is_unreadable()));
            }
        }
    }
}
