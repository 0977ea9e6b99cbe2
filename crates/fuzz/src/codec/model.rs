//! What becomes of a record on its way in and out, said a second time, and by other means than the encoder's.

use backends_core::{Document, Timestamp, Value};

/// What is declared at a place.
#[derive(Clone, Copy, PartialEq)]
enum Declared {
    Nothing,
    Instant,
    /// An array whose elements are instants.
    Instants,
    /// A map that holds an instant in `at`.
    Inner,
    /// An array of such maps.
    List,
    Id,
}

/// The definition that goes with [`stored`].
pub(crate) const DEFINITION: &str = r#"{"name": "records", "fields": {
    "at": "timestamp", "times[]": "timestamp", "inner.at": "timestamp", "list[].at": "timestamp"}}"#;

/// The record as it is read, without the library's id; nothing if no backend stores it.
pub(crate) fn stored(document: &Document) -> Option<Document> {
    fields(
        document,
        |name| match name {
            "at" => Declared::Instant,
            "times" => Declared::Instants,
            "inner" => Declared::Inner,
            "list" => Declared::List,
            "id" => Declared::Id,
            _ => Declared::Nothing,
        },
        0,
    )
    .filter(|document| document.get("_id").is_none())
}

fn fields(map: &Document, declared: impl Fn(&str) -> Declared, depth: usize) -> Option<Document> {
    let mut stored = Document::new();
    for (name, value) in map.iter() {
        if !is_name(name) || (depth == 0 && name == "_id") {
            return None;
        }
        match value_at(value, declared(name), depth + 1)? {
            Value::Null => {}
            value => {
                stored.insert(name, value);
            }
        }
    }
    Some(stored)
}

/// C5: what a field may be called.
fn is_name(name: &str) -> bool {
    let refused = |char: char| matches!(char, '.' | '"' | '\\' | '\u{7f}') || char < ' ';
    (1..=255).contains(&name.len())
        && !name.contains(refused)
        && !name.starts_with('$')
        && !name.starts_with("_backends")
}

/// The value as it is read, where `depth` arrays and maps would be open with it.
fn value_at(value: &Value, declared: Declared, depth: usize) -> Option<Value> {
    match value {
        Value::Null => Some(Value::Null),
        Value::Array(items) => {
            let below = match declared {
                Declared::Nothing | Declared::Inner => Declared::Nothing,
                Declared::Instants => Declared::Instant,
                Declared::List => Declared::Inner,
                Declared::Instant | Declared::Id => return None,
            };
            let items = items.iter().map(|item| value_at(item, below, depth + 1));
            (depth <= 30).then(|| items.collect::<Option<_>>().map(Value::Array)).flatten()
        }
        Value::Map(map) => {
            if depth > 30 || matches!(declared, Declared::Instant | Declared::Id) {
                return None;
            }
            let is_inner = declared == Declared::Inner;
            let below = |name: &str| if is_inner && name == "at" { Declared::Instant } else { Declared::Nothing };
            fields(map, below, depth).map(Value::Map)
        }
        scalar => match (declared, scalar) {
            (Declared::Instant, Value::Timestamp(at)) => Some(Value::Timestamp(*at)),
            (Declared::Instant, Value::String(text)) => text.parse::<Timestamp>().ok().map(Value::Timestamp),
            (Declared::Id, Value::String(id)) if id.is_empty() => Some(Value::Null),
            (Declared::Id, Value::String(id)) if is_object_id(id) => Some(scalar.clone()),
            (Declared::Instant | Declared::Id, _) | (_, Value::Timestamp(_)) => None,
            (_, Value::Float(float)) => number(*float),
            (_, Value::String(text)) if text.contains('\0') => None,
            _ => Some(scalar.clone()),
        },
    }
}

/// C2: numbers are one kind, and floats have a range.
fn number(float: f64) -> Option<Value> {
    // Through text, since a cast is what the library does.
    if float.trunc() == float
        && let Ok(int) = format!("{float:.0}").parse()
    {
        return Some(Value::Int(int));
    }
    (1e-130..1e126).contains(&float.abs()).then_some(Value::Float(float))
}

fn is_object_id(id: &str) -> bool {
    id.len() == 24 && id.chars().all(|char| char.is_ascii_hexdigit() && !char.is_ascii_uppercase())
}
