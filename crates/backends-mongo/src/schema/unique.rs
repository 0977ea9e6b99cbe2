//! Unique indexes besides the key: what they hold, which of another program will do, and what is stored twice.

use backends_core::driver::{DefineRequest, Duplicates};
use backends_core::{Definition, ErrorKind, Index, Kind, Mistakes, Result};
use mongodb::IndexModel;
use mongodb::bson::{Bson, DateTime, Document, doc};

use crate::codec::ID;
use crate::database::{Database, Failure};
use crate::error::Effect;
use crate::place::{Place, in_documents};

/// What a unique index holds: the documents that have every field, of the kind that is declared. None for one on the
/// library's id, which the server keeps unique by itself.
///
/// A missing field and null are equal to such an index, so they have to be left out of it; by `$exists` null would not
/// be, and by `$type` nothing would be read by it.
pub(super) fn held(definition: &Definition, index: &Index) -> Option<Document> {
    let fields = index.fields().map(|field| (in_documents(definition, field), definition.kind_of(field)));
    let held: Document =
        fields.filter(|(name, _)| name != ID).map(|(name, kind)| (name, of_kind(kind).into())).collect();
    (!held.is_empty()).then_some(held)
}

fn of_kind(kind: Option<Kind>) -> Document {
    match kind {
        Some(Kind::Number | Kind::Integer) => doc! { "$gte": f64::NEG_INFINITY },
        Some(Kind::Timestamp) => doc! { "$gte": DateTime::MIN },
        // Other programs store references as ObjectIds.
        Some(Kind::ObjectId) => doc! { "$type": ["string", "objectId"] },
        _ => doc! { "$gt": "" },
    }
}

/// Whether a unique index serves the reads of its fields, so that none is needed beside it.
pub(super) fn is_read_by(definition: &Definition, index: &Index) -> bool {
    // Reads of these ask for what other programs store in another form, too.
    let has_forms = |field| {
        field != definition.id_field() && matches!(definition.kind_of(field), Some(Kind::ObjectId | Kind::Timestamp))
    };
    !index.is_ordered() && !index.fields().any(has_forms)
}

/// Its fields, without the key behind them.
pub(super) fn keys(definition: &Definition, index: &Index) -> Document {
    index.fields().map(|field| (in_documents(definition, field), Bson::Int32(1))).collect()
}

/// Whether an index of the server keeps apart what one on these keys would that holds this. One that is sparse, as
/// other programs make it, does for a single field, where this library stores no null.
pub(super) fn guards(other: &IndexModel, keys: &Document, held: &Document) -> bool {
    let Some(options) = &other.options else { return false };
    let leaves_out = match &options.partial_filter_expression {
        Some(partial) => partial == held && options.sparse != Some(true),
        None => options.sparse == Some(true) && keys.len() == 1,
    };
    options.unique == Some(true)
        && leaves_out
        && options.hidden != Some(true)
        && options.collation.is_none()
        && other.keys.values().all(|direction| !matches!(direction, Bson::String(_)))
        && other.keys.keys().eq(keys.keys())
}

/// The documents that have every field of a unique index. `""` is a value as well, though no index holds it: nothing that
/// this library stores has it there.
fn compared(definition: &Definition, index: &Index) -> Document {
    let mut compared = held(definition, index).unwrap_or_default();
    compared.extend(texts(definition, index).map(|name| (name, doc! { "$gte": "" }.into())));
    compared
}

/// Those of them that the index does not hold; none if it holds all.
fn left_out(definition: &Definition, index: &Index) -> Option<Document> {
    let empty: Vec<Document> = texts(definition, index).map(|name| doc! { name: "" }).collect();
    (!empty.is_empty()).then(|| doc! { "$and": [compared(definition, index), { "$or": empty }] })
}

/// The fields of an index in which `""` is a value.
fn texts(definition: &Definition, index: &Index) -> impl Iterator<Item = String> {
    let is_text = |place: &Place| place.kind.is_none() || place.is_of(Kind::String);
    let places = index.fields().map(|field| Place::at(definition, &field.into()));
    places.filter(move |place| place.name != ID && is_text(place) && !place.drops_empty()).map(|place| place.name)
}

/// Sees that no records have the same values in one of these indexes, which are about to be created, where it would not
/// hold them.
pub(super) async fn refuse_empty(
    database: &Database,
    request: &DefineRequest,
    definition: &Definition,
    indexes: &[&Index],
) -> Result<()> {
    for index in indexes {
        let Some(left_out) = left_out(definition, index) else { continue };
        if !stored_twice(database, request, definition, index, left_out).await?.is_empty() {
            return refuse(database, request, definition, indexes).await;
        }
    }
    Ok(())
}

/// Names the stored records of which several have the same values in one of these indexes.
pub(super) async fn refuse(
    database: &Database,
    request: &DefineRequest,
    definition: &Definition,
    indexes: &[&Index],
) -> Result<()> {
    let mut mistakes = Mistakes::new(ErrorKind::DefinitionConflict);
    for index in indexes {
        let found = stored_twice(database, request, definition, index, compared(definition, index)).await?;
        if !found.is_empty() {
            mistakes.check(Err::<(), _>(found.of(index)));
        }
    }
    mistakes.into_result()
}

async fn stored_twice(
    database: &Database,
    request: &DefineRequest,
    definition: &Definition,
    index: &Index,
    documents: Document,
) -> Result<Duplicates> {
    let values = index.fields().map(|field| Bson::String(format!("${}", in_documents(definition, field))));
    let most = i64::try_from(Duplicates::TOLD + 1).unwrap_or(i64::MAX);
    let pipeline = [
        doc! { "$match": documents },
        doc! { "$group": {
            "_id": values.collect::<Vec<_>>(),
            "first": { "$first": "$_id" }, "last": { "$last": "$_id" }, "records": { "$sum": 1_i64 },
        } },
        doc! { "$match": { "records": { "$gt": 1 } } },
        doc! { "$limit": most },
    ];
    let collection = database.collection(definition.name());
    let context = &request.context;
    let find = collection.aggregate(pipeline).allow_disk_use(true);
    let mut cursor = database.call(context, Effect::Reads, find.into_future()).await?;
    let mut groups = Vec::new();
    while database.call(context, Effect::Reads, Box::pin(cursor.advance())).await? {
        let group = cursor.deserialize_current();
        groups.push(ids(&group.map_err(|native| database.fail(Failure::of(native), Effect::Reads))?));
    }
    Ok(Duplicates::new(groups))
}

/// Two of the ids, and an empty one for each other record.
fn ids(group: &Document) -> Vec<String> {
    let id = |name| match group.get(name) {
        Some(Bson::ObjectId(id)) => id.to_hex(),
        Some(Bson::String(id)) => id.clone(),
        _ => String::new(),
    };
    let mut ids = vec![id("first"), id("last")];
    let records = group.get_i64("records").unwrap_or_default();
    ids.resize(usize::try_from(records).unwrap_or_default().max(2), String::new());
    ids
}

#[cfg(test)]
mod tests {
    use mongodb::options::IndexOptions;

    use super::*;

    fn definition(json: &str) -> Definition {
        Definition::from_json(json).unwrap()
    }

    #[test]
    fn c31_what_lacks_a_field_is_left_out() {
        let json = r#"{"name": "notes", "fields": {"nnn": "number", "iii": "integer", "ttt": "timestamp", "ooo": "objectId"},
            "indexes": ["sss", "nnn", "iii", "ttt", "ooo", "id", {"fields": ["sss", "id", "nnn"], "unique": true, "ordered": true}]}"#;
        let definition = definition(&json.replace("\"id\", {", "{"));
        let infinity = f64::NEG_INFINITY;
        for (name, wanted, is_read) in [
            ("sss", doc! { "sss": { "$gt": "" } }, true),
            ("nnn", doc! { "nnn": { "$gte": infinity } }, true),
            ("iii", doc! { "iii": { "$gte": infinity } }, true),
            ("ttt", doc! { "ttt": { "$gte": DateTime::MIN } }, false),
            ("ooo", doc! { "ooo": { "$type": ["string", "objectId"] } }, false),
            ("sss_id_nnn", doc! { "sss": { "$gt": "" }, "nnn": { "$gte": infinity } }, false),
        ] {
            let index = definition.index(name).unwrap();
            assert_eq!((held(&definition, index), is_read_by(&definition, index)), (Some(wanted), is_read), "{name}");
        }
        let on_id = Definition::builder("notes").partition_key("key").index(Index::unique(["id"])).build().unwrap();
        assert_eq!(held(&on_id, on_id.indexes().next().unwrap()), None);
    }

    #[test]
    fn c31_c37_an_empty_text_is_compared_and_not_held() {
        let json = r#"{"name": "notes", "fields": {"nnn": "number", "eee": {"kind": "string", "emptyIsMissing": true}},
            "indexes": ["sss", "nnn", "eee", {"fields": ["sss", "nnn", "eee"], "unique": true}]}"#;
        let definition = definition(json);
        for (name, wanted, empty) in [
            ("sss", doc! { "sss": { "$gte": "" } }, true),
            ("nnn", doc! { "nnn": { "$gte": f64::NEG_INFINITY } }, false),
            ("eee", doc! { "eee": { "$gt": "" } }, false),
            (
                "sss_nnn_eee",
                doc! { "sss": { "$gte": "" }, "nnn": { "$gte": f64::NEG_INFINITY }, "eee": { "$gt": "" } },
                true,
            ),
        ] {
            let index = definition.index(name).unwrap();
            assert_eq!(compared(&definition, index), wanted, "{name}");
            let empty = empty.then(|| doc! { "$and": [wanted, { "$or": [{ "sss": "" }] }] });
            assert_eq!(left_out(&definition, index), empty, "{name}");
        }
    }

    #[test]
    fn c31_only_an_index_that_keeps_the_same_apart_is_taken_for_it() {
        let (one, two) = (doc! { "a": 1 }, doc! { "a": 1, "b": 1 });
        let held_one = doc! { "a": { "$gt": "" } };
        let held_two = doc! { "a": { "$gt": "" }, "b": { "$gt": "" } };
        for (keys, options, will_do) in [
            (&one, doc! { "unique": true, "partialFilterExpression": &held_one }, true),
            (&two, doc! { "unique": true, "partialFilterExpression": &held_two }, true),
            (&one, doc! { "unique": true, "sparse": true }, true),
            (&two, doc! { "unique": true, "sparse": true }, false),
            (&one, doc! { "unique": true }, false),
            (&one, doc! { "sparse": true }, false),
            (&one, doc! { "partialFilterExpression": &held_one }, false),
            (&one, doc! { "unique": true, "partialFilterExpression": { "a": { "$exists": true } } }, false),
            (&one, doc! { "unique": true, "sparse": true, "hidden": true }, false),
            (&one, doc! { "unique": true, "sparse": true, "collation": { "locale": "de" } }, false),
        ] {
            let held = if keys.len() == 1 { &held_one } else { &held_two };
            let model = |keys: Document| {
                let options = mongodb::bson::deserialize_from_document::<IndexOptions>(options.clone()).unwrap();
                IndexModel::builder().keys(keys).options(options).build()
            };
            assert_eq!(guards(&model(keys.clone()), keys, held), will_do, "{keys} {options}");
            let descending: Document = keys.keys().map(|name| (name.clone(), Bson::Int32(-1))).collect();
            assert_eq!(guards(&model(descending), keys, held), will_do, "{keys} {options}");
            assert!(!guards(&model(doc! { "c": 1 }), keys, held));
        }
    }

    #[test]
    fn c37_records_that_are_not_named_are_counted() {
        let group = doc! { "first": "x", "last": "y", "records": 7_i64 };
        let ids = ids(&group);
        assert!(ids.len() == 7 && ids[..2] == ["x", "y"] && ids[2..].iter().all(String::is_empty));
    }
}
