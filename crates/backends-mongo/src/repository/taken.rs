//! What refuses a write: the primary key, or another unique index.

use std::collections::BTreeSet;

use backends_core::driver::Context;
use backends_core::{Error, Key, Result};
use mongodb::bson::{Bson, Document, doc};

use super::MongoRepository;
use crate::codec::ID;
use crate::database::{Failure, max_time};
use crate::error::{Effect, taken_index};

/// The index that the server keeps on `_id`.
const ID_INDEX: &str = "_id_";

/// How many keys are looked for by one request: those of two parts are planned one by one.
const KEYS: usize = 500;

/// A document that was to be inserted, and is not.
pub(super) struct Refusal {
    pub(super) failure: Failure,
    /// Whether the primary key is taken.
    pub(super) is_of_key: bool,
}

impl MongoRepository {
    /// The error of a write, with the index that refused it.
    pub(super) fn refused(&self, failure: Failure) -> Error {
        match failure {
            Failure::Native { error, sent } => match taken_index(&error).map(|index| self.taken(index)) {
                Some(taken) => taken.with_native(error),
                None => self.database.fail(Failure::Native { error, sent }, Effect::Writes),
            },
            failure => self.database.fail(failure, Effect::Writes),
        }
    }

    /// Whether the primary key is what refused a write.
    pub(super) fn is_key_taken(&self, failure: &Failure) -> bool {
        failure.native().and_then(taken_index).is_some_and(|index| self.is_key(index))
    }

    pub(super) fn is_key(&self, index: &str) -> bool {
        if self.codec.id_is_key() { index == ID_INDEX } else { self.key_indexes.iter().any(|name| name == index) }
    }

    /// The name that the definition gives to an index of the server.
    pub(super) fn index_name<'a>(&'a self, index: &'a str) -> &'a str {
        self.indexes.iter().find(|(native, _)| native == index).map_or(index, |(_, name)| name)
    }

    /// The error of a write that the index `index` refused.
    pub(super) fn taken(&self, index: &str) -> Error {
        if self.is_key(index) {
            return Error::key_taken();
        }
        match &self.id_index {
            Some(name) if index == ID_INDEX => Error::value_taken(name),
            _ if index.is_empty() => Error::already_exists("a unique index holds this value already: change the value"),
            _ => Error::value_taken(self.index_name(index)),
        }
    }

    /// Why a document with this key was not inserted.
    pub(super) async fn refusal(&self, context: &Context, key: &Key, failure: Failure) -> Result<Refusal> {
        let is_of_key = match failure.native().and_then(taken_index) {
            Some(index) if self.may_hide_the_key(index) => self.has(context, key).await?,
            index => index.is_some_and(|index| self.is_key(index)),
        };
        Ok(Refusal { failure, is_of_key })
    }

    /// The error of a document that was not inserted.
    pub(super) fn told(&self, refusal: Refusal) -> Error {
        match refusal {
            Refusal { failure: Failure::Native { error, .. }, is_of_key: true } => {
                Error::key_taken().with_native(error)
            }
            Refusal { failure, .. } => self.refused(failure),
        }
    }

    /// Whether the primary key may be taken, too, where this index refused a document.
    ///
    /// MongoDB: it names the index that it looks at first, `_id_` before all, and then the older before the newer one.
    pub(super) fn may_hide_the_key(&self, index: &str) -> bool {
        !self.codec.id_is_key() && !self.is_key(index)
    }

    /// Whether there is a document with this key.
    async fn has(&self, context: &Context, key: &Key) -> Result<bool> {
        let find = self.collection.find_one(self.codec.filter(key)?).projection(doc! { ID: 1 });
        let find = find.max_time(max_time(context));
        Ok(self.database.call(context, Effect::Reads, find.into_future()).await?.is_some())
    }

    /// Those of the keys, which are sorted, that documents have.
    pub(super) async fn taken_keys(&self, context: &Context, keys: &[&Key]) -> Result<BTreeSet<Key>> {
        let names: Document = self.codec.key_names().map(|name| (name.to_owned(), Bson::Int32(1))).collect();
        let mut taken = BTreeSet::new();
        for keys in keys.chunks(KEYS) {
            let find = self.collection.find(self.codec.filter_of_many(keys)?).projection(names.clone());
            let find = find.batch_size(u32::try_from(keys.len() + 1).unwrap_or(u32::MAX)).max_time(max_time(context));
            let mut cursor = self.database.call(context, Effect::Reads, find.into_future()).await?;
            while self.database.call(context, Effect::Reads, Box::pin(cursor.advance())).await? {
                // One that another program stored in another form tells no key.
                taken.extend(self.codec.key_of(cursor.current().as_bytes()));
            }
            context.renew();
        }
        Ok(taken)
    }
}
