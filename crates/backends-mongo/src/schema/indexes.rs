//! The indexes besides the key: what there is, and what is missing.

use backends_core::driver::{Context, DefineRequest, SchemaMode};
use backends_core::{Definition, Index, Result};
use mongodb::IndexModel;
use mongodb::bson::{Bson, Document};
use mongodb::options::IndexOptions;

use super::unique;
use crate::codec::Codec;
use crate::database::{Database, Failure};
use crate::error::{Effect, came_of, has_code};
use crate::place::in_documents;

// MongoDB: NamespaceNotFound.
const NO_COLLECTION: [i32; 1] = [26];

// MongoDB: NamespaceNotFound, IndexNotFound.
const NOT_THERE: [i32; 2] = [26, 27];

// MongoDB: DuplicateKey.
pub(super) const DUPLICATE: [i32; 1] = [11000];

/// An index of the definition, and the name that it has on the server.
pub(crate) type Named = (String, String);

/// The indexes that there are; `None` where they may not be looked at, and somebody else created them.
pub(super) async fn look(database: &Database, request: &DefineRequest) -> Result<Option<Vec<IndexModel>>> {
    match list(database, request).await {
        Ok(indexes) => Ok(Some(indexes)),
        // A user who may only read and write records cannot look; who created the indexes did.
        Err(error) if error.is_permission_denied() && request.mode == SchemaMode::Verify => Ok(None),
        Err(error) => Err(error),
    }
}

async fn list(database: &Database, request: &DefineRequest) -> Result<Vec<IndexModel>> {
    let collection = database.collection(request.definition.name());
    let context = &request.context;
    let mut cursor = match database.ask(context, collection.list_indexes().into_future()).await {
        Ok(cursor) => cursor,
        Err(failure) if failure.native().is_some_and(|native| has_code(native, &NO_COLLECTION)) => {
            return Ok(Vec::new());
        }
        Err(failure) => return Err(database.fail(failure, Effect::Reads)),
    };
    let mut indexes = Vec::new();
    while database.call(context, Effect::Reads, Box::pin(cursor.advance())).await? {
        let index = cursor.deserialize_current();
        indexes.push(index.map_err(|native| database.fail(Failure::of(native), Effect::Reads))?);
    }
    Ok(indexes)
}

/// Creates what is missing, and waits until it can be used: the names on the server, and in the definition.
///
/// # Errors
/// `DefinitionConflict` for a name that belongs to another index, for records of which several have the same values in a
/// unique one, and for what is missing and may not be created.
pub(super) async fn ensure(
    database: &Database,
    request: &DefineRequest,
    definition: &Definition,
    codec: &Codec,
    seen: Option<&[IndexModel]>,
) -> Result<Vec<Named>> {
    let mut names: Vec<(Wanted<'_>, Named)> = Vec::new();
    let mut missing: Vec<IndexModel> = Vec::new();
    let mut guards: Vec<&Index> = Vec::new();
    for wanted in definition.indexes().flat_map(|index| Wanted::of(definition, codec, index)) {
        let same = seen.unwrap_or_default().iter().find(|other| wanted.is(other));
        let known = names.iter().find(|(other, _)| other.serves(&wanted)).map(|(_, (native, _))| native.as_str());
        let native = known.or_else(|| same.and_then(name)).unwrap_or(&wanted.name).to_owned();
        // One of the same name may be about to be built by another process: who creates it again waits for it. One that
        // another program made in its own way would only be in the way.
        if known.is_none() && native == wanted.name && same.is_none_or(|same| wanted.is_exactly(same)) {
            missing.push(wanted.model());
            guards.extend(wanted.guard.as_ref().filter(|_| same.is_none()).map(|_| wanted.index));
            if seen.is_some() && same.is_none() && request.mode == SchemaMode::Verify {
                return Err(DefineRequest::missing(&format!("the index `{native}`")));
            }
        }
        let own = wanted.index.name().to_owned();
        names.push((wanted, (native, own)));
    }
    if !missing.is_empty() && request.mode == SchemaMode::Ensure {
        unique::refuse_empty(database, request, definition, &guards).await?;
        let collection = database.collection(definition.name());
        // All of them or none.
        let create = || collection.create_indexes(missing.clone()).into_future();
        let created = database.ask_again(&request.context, create).await;
        if let Err(error) = created.map_err(|failure| database.fail(failure, Effect::Reads)) {
            if came_of(&error, &DUPLICATE) {
                unique::refuse(database, request, definition, &guards).await?;
            }
            // Or whoever had the same values has others by now.
            return Err(error.with_context("collection", collection.name()));
        }
    }
    Ok(names.into_iter().map(|(_, named)| named).collect())
}

/// Removes what was created for an index under its own name, if it is there.
pub(super) async fn remove(
    database: &Database,
    context: &Context,
    definition: &Definition,
    index: &Index,
) -> Result<()> {
    let collection = database.collection(definition.name());
    for wanted in Wanted::of(definition, &Codec::new(definition), index) {
        let drop = || collection.drop_index(wanted.name.as_str()).into_future();
        match database.ask_again(context, drop).await {
            Ok(()) => {}
            Err(failure) if failure.native().is_some_and(|native| has_code(native, &NOT_THERE)) => {}
            Err(failure) => return Err(database.fail(failure, Effect::Writes)),
        }
    }
    Ok(())
}

/// An index as it is to be on the server.
struct Wanted<'d> {
    index: &'d Index,
    name: String,
    keys: Document,
    /// What it holds, if it is a unique one.
    guard: Option<Document>,
}

/// What the name of an index ends with that is read by beside a unique one; no name of an index ends so.
const TO_READ: &str = ":read";

impl<'d> Wanted<'d> {
    /// What an index of the definition is on the server. The index on the key serves one on the same fields too.
    fn of(definition: &'d Definition, codec: &Codec, index: &'d Index) -> Vec<Self> {
        let (name, keys) = (index.name().to_owned(), keys(definition, codec, index.fields()));
        let is_key = keys.keys().map(String::as_str).eq(codec.key_names());
        let to_read = |name| (!is_key).then(|| Self { index, name, keys, guard: None });
        if !index.is_unique() {
            return to_read(name).into_iter().collect();
        }
        let read_by = if unique::is_read_by(definition, index) { None } else { to_read(format!("{name}{TO_READ}")) };
        let guard = unique::held(definition, index).map(|held| Self {
            index,
            name,
            keys: unique::keys(definition, index),
            guard: Some(held),
        });
        guard.into_iter().chain(read_by).collect()
    }

    fn model(&self) -> IndexModel {
        let mut options = IndexOptions::builder().name(self.name.clone()).build();
        options.unique = self.guard.is_some().then_some(true);
        options.partial_filter_expression.clone_from(&self.guard);
        IndexModel::builder().keys(self.keys.clone()).options(options).build()
    }

    /// Whether an index of the server will do.
    fn is(&self, other: &IndexModel) -> bool {
        match &self.guard {
            Some(held) => unique::guards(other, &self.keys, held),
            None => has_all(other) && is_on(other, &self.keys),
        }
    }

    /// Whether an index of the server is the same in every detail.
    fn is_exactly(&self, other: &IndexModel) -> bool {
        let details = |index: &IndexModel| {
            let options = index.options.clone().unwrap_or_default();
            (options.unique == Some(true), options.sparse == Some(true), options.partial_filter_expression)
        };
        let own = self.model();
        own.keys.iter().eq(other.keys.iter()) && details(&own) == details(other)
    }

    /// Whether what is read by the other can be read by this one.
    fn serves(&self, other: &Self) -> bool {
        self.guard.is_none() && other.guard.is_none() && self.keys.keys().eq(other.keys.keys())
    }
}

/// What an index is on: its fields, and the key behind them, so that it serves an order with its ties.
fn keys<'f>(definition: &Definition, codec: &Codec, fields: impl Iterator<Item = &'f str>) -> Document {
    let own: Vec<String> = fields.map(|field| in_documents(definition, field)).collect();
    let rest = codec.key_names().map(str::to_owned).filter(|key| !own.contains(key)).collect::<Vec<_>>();
    own.into_iter().chain(rest).map(|name| (name, Bson::Int32(1))).collect()
}

/// The name on the server.
pub(super) fn name(index: &IndexModel) -> Option<&str> {
    index.options.as_ref()?.name.as_deref()
}

/// Whether it holds every document, and is in the order of its values.
pub(super) fn has_all(index: &IndexModel) -> bool {
    let Some(options) = &index.options else { return false };
    options.partial_filter_expression.is_none()
        && options.sparse != Some(true)
        && options.hidden != Some(true)
        && options.collation.is_none()
        && index.keys.values().all(|direction| !matches!(direction, Bson::String(_)))
}

/// Whether it is on these keys, read in one direction.
fn is_on(index: &IndexModel, keys: &Document) -> bool {
    let descends = |direction: &Bson| match direction {
        Bson::Int32(int) => *int < 0,
        Bson::Int64(int) => *int < 0,
        Bson::Double(float) => *float < 0.0,
        _ => false,
    };
    let mut directions = index.keys.values().map(descends);
    let first = directions.next();
    index.keys.keys().eq(keys.keys()) && directions.all(|direction| Some(direction) == first)
}

#[cfg(test)]
mod tests {
    use mongodb::bson::doc;

    use super::*;

    fn model(keys: Document, options: Document) -> IndexModel {
        let options = mongodb::bson::deserialize_from_document::<IndexOptions>(options).unwrap();
        IndexModel::builder().keys(keys).options(options).build()
    }

    #[test]
    fn c39_an_index_ends_with_the_key() {
        for (json, fields, on) in [
            (r#"{"name": "notes"}"#, &["role"][..], doc! { "role": 1, "_id": 1 }),
            (r#"{"name": "notes", "hashKey": "a", "rangeKey": "b"}"#, &["role"], doc! { "role": 1, "a": 1, "b": 1 }),
            (r#"{"name": "notes", "hashKey": "a", "rangeKey": "b"}"#, &["b", "id"], doc! { "b": 1, "_id": 1, "a": 1 }),
        ] {
            let definition = Definition::from_json(json).unwrap();
            let keys = keys(&definition, &Codec::new(&definition), fields.iter().copied());
            assert!(keys.iter().eq(on.iter()), "{json}: {keys}");
        }
    }

    #[test]
    fn c37_only_what_would_be_created_is_created_again() {
        let json = r#"{"name": "notes", "indexes": ["email", {"fields": ["role"], "unique": false}]}"#;
        let definition = Definition::from_json(json).unwrap();
        let codec = Codec::new(&definition);
        let wanted: Vec<_> = definition.indexes().flat_map(|index| Wanted::of(&definition, &codec, index)).collect();
        let [email, role] = wanted.as_slice() else { panic!("{} indexes", wanted.len()) };
        for (wanted, keys, options, is_exactly) in [
            (
                email,
                doc! { "email": 1 },
                doc! { "unique": true, "partialFilterExpression": { "email": { "$gt": "" } } },
                true,
            ),
            (email, doc! { "email": 1 }, doc! { "unique": true, "sparse": true }, false),
            (
                email,
                doc! { "email": -1 },
                doc! { "unique": true, "partialFilterExpression": { "email": { "$gt": "" } } },
                false,
            ),
            (role, doc! { "role": 1, "_id": 1 }, doc! { "v": 2 }, true),
            (role, doc! { "role": -1, "_id": -1 }, doc! { "v": 2 }, false),
            (role, doc! { "role": 1, "_id": 1 }, doc! { "unique": true }, false),
        ] {
            let other = model(keys.clone(), options.clone());
            assert!(wanted.is(&other), "{keys} {options}");
            assert_eq!(wanted.is_exactly(&other), is_exactly, "{keys} {options}");
        }
    }

    #[test]
    fn c39_only_an_index_that_serves_the_same_is_taken_for_it() {
        let wanted = doc! { "role": 1, "_id": 1 };
        for (keys, options, will_do) in [
            (doc! { "role": 1, "_id": 1 }, doc! {}, true),
            (doc! { "role": 1.0, "_id": 1_i64 }, doc! { "unique": true }, true),
            (doc! { "role": -1, "_id": -1 }, doc! {}, true),
            (doc! { "role": 1, "_id": -1 }, doc! {}, false),
            (doc! { "role": 1 }, doc! {}, false),
            (doc! { "_id": 1, "role": 1 }, doc! {}, false),
            (doc! { "role": "hashed", "_id": 1 }, doc! {}, false),
            (doc! { "role": 1, "_id": 1 }, doc! { "sparse": true }, false),
            (doc! { "role": 1, "_id": 1 }, doc! { "hidden": true }, false),
            (doc! { "role": 1, "_id": 1 }, doc! { "partialFilterExpression": { "a": 1 } }, false),
            (doc! { "role": 1, "_id": 1 }, doc! { "collation": { "locale": "de" } }, false),
        ] {
            let index = model(keys.clone(), options.clone());
            assert_eq!(has_all(&index) && is_on(&index, &wanted), will_do, "{keys} {options}");
        }
    }
}
