//! Random definitions.

use backends::Kind;
use fastrand::Rng;

use crate::schema::{IndexOn, Place, Role, Schema};

/// The fields of records, of which each definition declares some.
const FIELDS: [&str; 6] = ["a", "b", "c", "n", "o", "t"];

/// What is inside maps.
const INNER: [&str; 3] = ["m.x", "m.y", "m.deep.z"];

/// A definition; `number` keeps the names of one store apart.
pub(super) fn schema(rng: &mut Rng) -> Schema {
    let mut places: Vec<Place> = FIELDS.iter().chain(&INNER).map(|path| place(rng, path)).collect();
    places.push(Place::new("list", None, Role::Other));
    if rng.u8(..4) == 0 {
        places.push(Place::new("list[]", Some(Kind::Timestamp), Role::Other));
    }
    let has_custom_id = rng.u8(..6) == 0;
    let key = match rng.u8(..8) {
        0..3 if !has_custom_id => Vec::new(),
        0..3 => vec![Place::new("id", Some(Kind::String), Role::Key)],
        3..5 => vec![key_place(rng, "p")],
        _ => vec![key_place(rng, "p"), key_place(rng, "s")],
    };
    let indexes = indexes(rng, &mut places);
    let name = format!("model_{}", rng.u16(..));
    Schema {
        name,
        key,
        places,
        indexes,
        has_text_ids: rng.bool(),
        has_custom_id,
        has_versions: false,
        is_shared: false,
        time: None,
    }
}

fn place(rng: &mut Rng, path: &'static str) -> Place {
    let kind = (rng.u8(..3) > 0).then(|| match rng.u8(..12) {
        0..4 => Kind::String,
        4..6 => Kind::Number,
        6..8 => Kind::Integer,
        8 => Kind::Timestamp,
        9 => Kind::ObjectId,
        10 => Kind::Bool,
        _ => Kind::Bytes,
    });
    Place { has_foreign_text: kind == Some(Kind::Timestamp) && rng.bool(), ..Place::new(path, kind, Role::Other) }
}

fn key_place(rng: &mut Rng, path: &'static str) -> Place {
    let kind = match rng.u8(..8) {
        0..4 => Kind::String,
        4 => Kind::Number,
        5 => Kind::Integer,
        6 => Kind::Timestamp,
        _ => Kind::ObjectId,
    };
    Place::new(path, Some(kind), Role::Key)
}

/// Up to three indexes on the declared fields that may have one.
fn indexes(rng: &mut Rng, places: &mut [Place]) -> Vec<IndexOn> {
    let mut indexes: Vec<IndexOn> = Vec::new();
    for _ in 0..rng.usize(..4) {
        let mut fields: Vec<&'static str> = Vec::new();
        for _ in 0..rng.usize(1..4) {
            let fit: Vec<_> =
                places.iter().filter(|place| may_be_indexed(place) && !fields.contains(&place.path)).collect();
            fields.extend(rng.choice(fit).map(|place| place.path));
        }
        if fields.is_empty() || indexes.iter().any(|known| known.fields == fields) {
            continue;
        }
        let is_unique = rng.u8(..4) == 0;
        let is_late = !is_unique && rng.u8(..3) == 0;
        for place in places.iter_mut().filter(|place| fields.contains(&place.path)) {
            place.role = Role::Indexed;
            // The first definition has no index there that comes late.
            place.empty_is_missing |= !is_late && place.kind == Some(Kind::String) && rng.u8(..3) == 0;
            // A unique index compares what is stored, which is another text for the same instant.
            place.has_foreign_text &= !is_unique;
        }
        indexes.push(IndexOn { fields, is_ordered: rng.u8(..3) == 0, is_unique, is_late });
    }
    indexes
}

fn may_be_indexed(place: &Place) -> bool {
    !place.path.contains(['.', '[']) && place.kind.is_some_and(Kind::is_key_kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_definition_is_one_that_the_library_takes() {
        let mut has_both = false;
        for seed in 0..2_000 {
            let schema = schema(&mut Rng::with_seed(seed));
            for is_late in [false, true] {
                let definition = schema.definition(is_late);
                assert!(definition.is_ok(), "seed {seed}: {} of {}", definition.unwrap_err(), schema.json(is_late));
            }
            has_both |= schema.indexes.iter().any(|index| index.is_unique)
                && schema.places.iter().any(|place| place.has_foreign_text);
        }
        assert!(has_both);
    }
}
