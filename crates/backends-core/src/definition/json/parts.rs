//! The parts of a definition in JSON: key, indexes, fields, capacities and time to live.

use std::time::Duration;

use super::object::Object;
use crate::definition::draft::{Draft, KeyField, KeyKind, PartialIndex};
use crate::definition::index::Index;
use crate::definition::report::Report;
use crate::definition::rules::shown;
use crate::definition::settings::{IdKind, Throughput, Ttl, TtlHolds};
use crate::json::tree::Json;
use crate::names::unknown;
use crate::{FieldKind, Kind};

const INDEX_KEYS: [&str; 4] = ["name", "fields", "unique", "ordered"];
const FIELD_KEYS: [&str; 3] = ["kind", "emptyIsMissing", "foreignText"];
const CAPACITY_KEYS: [&str; 2] = ["readCapacity", "writeCapacity"];

/// Everything that the object says, mistakes left out and reported.
pub(super) fn read_draft(object: &Object<'_>, report: &mut Report) -> Draft {
    let partition_key = read_key(object, "hashKey", "hashKeyType", report);
    let mut draft = Draft {
        name: required_text(object, "name", report).map(str::to_owned),
        partition_key_is_reported: partition_key.is_none() && object.get("hashKey").is_some(),
        partition_key,
        sort_key: read_key(object, "rangeKey", "rangeKeyType", report),
        read_indexes: read_gsi(object, report),
        fields: read_fields(object, report),
        id_kind: read_choice(object, "idKind", &IdKind::ALL.map(|kind| (kind.name(), kind)), report),
        custom_id: object.flag("customId", report).unwrap_or_default(),
        version: object.text("version", report).map(str::to_owned),
        ttl_holds: read_choice(object, "ttlHolds", &TtlHolds::ALL.map(|holds| (holds.name(), holds)), report),
        throughput: read_throughput(object, report),
        ..Draft::default()
    };
    read_indexes(object, &mut draft, report);
    read_ttl(object, &mut draft, report);
    draft
}

fn required_text<'a>(object: &Object<'a>, key: &str, report: &mut Report) -> Option<&'a str> {
    if object.get(key).is_none() {
        report.add(|| format!("`{key}` of {} is missing: add it", object.place()));
    }
    object.text(key, report)
}

fn read_choice<T: Copy>(object: &Object<'_>, key: &str, choices: &[(&str, T)], report: &mut Report) -> Option<T> {
    let text = object.text(key, report)?;
    let found = choices.iter().find(|(name, _)| *name == text);
    if found.is_none() {
        report.add(|| unknown(&format!("`{key}`"), text, choices.iter().map(|(name, _)| *name)));
    }
    found.map(|(_, choice)| *choice)
}

fn read_key(object: &Object<'_>, key: &str, type_key: &str, report: &mut Report) -> Option<KeyField> {
    let kind = object.text(type_key, report).and_then(|text| read_key_kind(type_key, text, report));
    if object.get(key).is_none() && object.get(type_key).is_some() {
        report.add(|| format!("`{type_key}` is given without `{key}`: add the field, or leave the type out"));
    }
    Some(KeyField { name: object.text(key, report)?.to_owned(), kind })
}

fn read_key_kind(type_key: &str, text: &str, report: &mut Report) -> Option<KeyKind> {
    match text {
        "S" => Some(KeyKind::Text),
        "N" => Some(KeyKind::Numeric),
        "B" => {
            report.add(|| format!("`{type_key}`: bytes cannot be a key: store them as text and say `S`"));
            None
        }
        _ => {
            let kind = Kind::from_name(text);
            if kind.is_none() {
                let names = ["S", "N"].into_iter().chain(key_kind_names());
                report.add(|| unknown(&format!("`{type_key}`"), text, names));
            }
            kind.map(KeyKind::Kind)
        }
    }
}

fn key_kind_names() -> impl Iterator<Item = &'static str> + Clone {
    Kind::ALL.iter().filter(|kind| kind.is_key_kind()).map(|kind| kind.name())
}

fn read_indexes(object: &Object<'_>, draft: &mut Draft, report: &mut Report) {
    let items = match object.get("indexes") {
        None => return,
        Some(Json::Array(items)) => items,
        Some(_) => {
            return report.add(|| object.wrong("indexes", "an array of fields and objects"));
        }
    };
    for (position, item) in items.iter().enumerate() {
        match item {
            Json::String(field) => draft.indexes.push(Index::unique([field])),
            _ => read_index(&format!("`indexes[{position}]`"), item, draft, report),
        }
    }
}

fn read_index(place: &str, item: &Json, draft: &mut Draft, report: &mut Report) {
    let Some(object) = Object::new(place, item, &INDEX_KEYS, report) else { return };
    let name = object.text("name", report).map(str::to_owned);
    let ordered = object.flag("ordered", report).unwrap_or_default();
    let unique = object.flag("unique", report);
    if object.get("unique").is_none() {
        report.add(|| format!("`unique` of {place} is missing: say `true` or `false`"));
    }
    let fields = read_index_fields(&object, report);
    let (Some(unique), Some(fields)) = (unique, &fields) else {
        return draft.partial_indexes.push(PartialIndex { name, fields });
    };
    let index = if unique { Index::unique(fields) } else { Index::on(fields) };
    let index = if ordered { index.ordered() } else { index };
    draft.indexes.push(match name {
        Some(name) => index.named(name),
        None => index,
    });
}

fn read_index_fields(object: &Object<'_>, report: &mut Report) -> Option<Vec<String>> {
    let text = |item: &Json| match item {
        Json::String(text) => Some(text.clone()),
        _ => None,
    };
    let fields = match object.get("fields") {
        Some(Json::Array(items)) => items.iter().map(text).collect(),
        _ => None,
    };
    if fields.is_none() {
        report.add(|| object.wrong("fields", "an array of field names"));
    }
    fields
}

fn read_gsi(object: &Object<'_>, report: &mut Report) -> Vec<(String, Option<Throughput>)> {
    let Some(entries) = object.get("GSI").and_then(|json| Object::any_keys("`GSI`", json, report)) else {
        return Vec::new();
    };
    let read = |(name, json): (&str, &Json)| {
        let place = format!("`GSI` of `{}`", shown(name));
        let capacities = Object::new(place, json, &CAPACITY_KEYS, report)?;
        Some((name.to_owned(), read_throughput(&capacities, report)))
    };
    entries.entries().filter_map(read).collect()
}

fn read_throughput(object: &Object<'_>, report: &mut Report) -> Option<Throughput> {
    let [read, write] = CAPACITY_KEYS.map(|key| object.get(key).map(|_| object.whole(key, report)));
    if read.is_some() != write.is_some() {
        report.add(|| format!("{} has one capacity of two: give `readCapacity` and `writeCapacity`", object.place()));
    }
    // One that was not read is reported already; the other is still checked.
    (read.is_some() || write.is_some())
        .then(|| Throughput::new(read.flatten().unwrap_or(1), write.flatten().unwrap_or(1)))
}

fn read_fields(object: &Object<'_>, report: &mut Report) -> Vec<(String, Option<FieldKind>)> {
    let Some(entries) = object.get("fields").and_then(|json| Object::any_keys("`fields`", json, report)) else {
        return Vec::new();
    };
    let read = |(path, json): (&str, &Json)| (path.to_owned(), read_field(path, json, report));
    entries.entries().map(read).collect()
}

fn read_field(path: &str, json: &Json, report: &mut Report) -> Option<FieldKind> {
    let place = format!("field `{}`", shown(path));
    if let Json::String(kind) = json {
        return read_kind(&place, kind, report).map(FieldKind::from);
    }
    if !matches!(json, Json::Object(_)) {
        report.add(|| format!("{place} has to be a kind, or an object with `kind`"));
        return None;
    }
    let object = Object::new(place.as_str(), json, &FIELD_KEYS, report)?;
    let empty_is_missing = object.flag("emptyIsMissing", report).unwrap_or_default();
    let foreign_text = object.flag("foreignText", report).unwrap_or_default();
    let kind = read_kind(&place, required_text(&object, "kind", report)?, report)?;
    Some(FieldKind { kind, empty_is_missing, foreign_text })
}

fn read_kind(place: &str, name: &str, report: &mut Report) -> Option<Kind> {
    let kind = Kind::from_name(name);
    if kind.is_none() {
        report.add(|| unknown(&format!("kind of {place}"), name, Kind::ALL.iter().map(|kind| kind.name())));
    }
    kind
}

fn read_ttl(object: &Object<'_>, draft: &mut Draft, report: &mut Report) {
    let enabled = object.flag("enableTtl", report).unwrap_or_default();
    let field = object.text("ttlAttribute", report).map(str::to_owned);
    let seconds = object.whole("ttl", report);
    if !enabled {
        if draft.ttl_holds.is_some() {
            report
                .add(|| "`ttlHolds` is given without `enableTtl`: say `\"enableTtl\": true`, or leave `ttlHolds` out");
        }
        if seconds.is_some_and(|seconds| seconds > Ttl::MAX_SECONDS.into()) {
            report.add(Ttl::out_of_range);
        }
        draft.idle_ttl = field;
        return;
    }
    for (key, what) in [("ttlAttribute", "name a field"), ("ttl", "give seconds")] {
        if object.get(key).is_none() {
            report.add(|| format!("`enableTtl` needs `{key}`: {what}"));
        }
    }
    if field.is_none() && seconds.is_some_and(|seconds| seconds > Ttl::MAX_SECONDS.into()) {
        report.add(Ttl::out_of_range);
    }
    // Without its seconds the field is still checked, and the mistake is reported already.
    draft.ttl = field.map(|field| (field, Duration::from_secs(seconds.unwrap_or_default())));
}
