//! The unique index on a primary key that is not the id.

use backends_core::driver::{DefineRequest, SchemaMode};
use backends_core::{Error, Result};
use mongodb::IndexModel;
use mongodb::bson::{Bson, Document};
use mongodb::options::IndexOptions;

use super::{KEY_INDEX, indexes};
use crate::codec::Codec;
use crate::database::{Database, max_time};
use crate::error::{Effect, came_of};

/// The names of the indexes that refuse a key which is taken; one that leaves no key out is there when this returns.
///
/// # Errors
/// `DefinitionConflict` if stored records have the same key, or if there is none and none may be created.
pub(super) async fn ensure(
    database: &Database,
    request: &DefineRequest,
    codec: &Codec,
    seen: Option<&[IndexModel]>,
) -> Result<Vec<String>> {
    // What may not be looked at was created by who may.
    let Some(seen) = seen else { return Ok(vec![KEY_INDEX.to_owned()]) };
    let on_key = seen.iter().filter(|index| refuses_keys(index, codec));
    let mut names: Vec<String> = on_key.filter_map(indexes::name).map(str::to_owned).collect();
    if seen.iter().any(|index| keeps_unique(index, codec)) {
        return Ok(names);
    }
    if request.mode == SchemaMode::Verify {
        return Err(DefineRequest::missing("the unique index on the key"));
    }
    let keys: Document = codec.key_names().map(|name| (name.to_owned(), Bson::Int32(1))).collect();
    let options = IndexOptions::builder().name(KEY_INDEX.to_owned()).unique(true).build();
    let index = IndexModel::builder().keys(keys).options(options).build();
    let collection = database.collection(request.definition.name());
    let create = || collection.create_index(index.clone()).max_time(max_time(&request.context)).into_future();
    let created = database.ask_again(&request.context, create).await;
    match created.map_err(|failure| database.fail(failure, Effect::Reads)) {
        Ok(_) => {
            names.push(KEY_INDEX.to_owned());
            Ok(names)
        }
        Err(error) if came_of(&error, &indexes::DUPLICATE) => Err(Error::definition_conflict(
            "stored records have the same key, or lack it: make their keys different first",
        )
        .with_index(KEY_INDEX)
        .with_context("collection", collection.name())),
        Err(error) => Err(error.with_index(KEY_INDEX)),
    }
}

/// Whether it lets no two documents have one key, and leaves none out.
fn keeps_unique(index: &IndexModel, codec: &Codec) -> bool {
    let is_unique = index.options.as_ref().is_some_and(|options| options.unique == Some(true));
    is_unique && indexes::has_all(index) && index.keys.keys().map(String::as_str).eq(codec.key_names())
}

/// Whether all that it refuses is a key which is taken; it may leave some out.
fn refuses_keys(index: &IndexModel, codec: &Codec) -> bool {
    let is_unique =
        index.options.as_ref().is_some_and(|options| options.unique == Some(true) && options.collation.is_none());
    is_unique
        && index.keys.len() == codec.key_names().count()
        && codec.key_names().all(|name| index.keys.contains_key(name))
}

#[cfg(test)]
mod tests {
    use backends_core::Definition;
    use mongodb::bson::doc;

    use super::*;

    #[test]
    fn c37_only_an_index_that_keeps_every_key_unique_will_do() {
        let definition = Definition::from_json(r#"{"name": "two", "hashKey": "a", "rangeKey": "b"}"#).unwrap();
        let codec = Codec::new(&definition);
        let index = |keys: Document, options: Document| {
            let options = mongodb::bson::deserialize_from_document::<IndexOptions>(options).unwrap();
            IndexModel::builder().keys(keys).options(options).build()
        };
        for (keys, options, will_do, refuses) in [
            (doc! { "a": 1, "b": 1 }, doc! { "unique": true }, true, true),
            (doc! { "a": 1, "b": -1 }, doc! { "unique": true }, true, true),
            (doc! { "b": 1, "a": 1 }, doc! { "unique": true }, false, true),
            (doc! { "a": 1 }, doc! { "unique": true }, false, false),
            (doc! { "a": 1, "b": 1, "c": 1 }, doc! { "unique": true }, false, false),
            (doc! { "a": 1, "b": 1 }, doc! {}, false, false),
            (doc! { "a": 1, "b": 1 }, doc! { "unique": true, "sparse": true }, false, true),
            (doc! { "a": 1, "b": 1 }, doc! { "unique": true, "partialFilterExpression": { "c": 1 } }, false, true),
            (doc! { "a": 1, "b": 1 }, doc! { "unique": true, "collation": { "locale": "de" } }, false, false),
            (doc! { "a": 1, "b": "hashed" }, doc! {}, false, false),
        ] {
            let index = index(keys.clone(), options.clone());
            assert_eq!(keeps_unique(&index, &codec), will_do, "{keys} {options}");
            assert_eq!(refuses_keys(&index, &codec), refuses, "{keys} {options}");
        }
    }
}
