//! Records, ids and keys as BSON, and BSON as records.

use std::sync::Arc;

use backends_core::{Definition, Error, IdKind, Key, RecordBuf, Result, Token, Tokens, Value};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, Document, RawDocumentBuf, doc};
use mongodb::raw_batch_cursor::RawBatch;

use crate::place::Place;

mod batch;
pub(crate) mod element;
mod operand;
mod walk;
mod write;

pub(crate) use batch::BsonBatch;
use element::{Elements, fixed, tag};
pub(crate) use operand::{any_of, date, forms, hex_object_id, stored};
pub(crate) use walk::{BsonTokens, another_id, is_id};
use write::Id;
pub(crate) use write::expected_size;

/// The field of a document that holds the library's id.
pub(crate) const ID: &str = "_id";

/// What a definition says of the form of records.
#[derive(Debug, Clone)]
pub(crate) struct Codec {
    id_field: Arc<str>,
    id_kind: IdKind,
    id_is_key: bool,
    /// The field of the partition key, and of the sort key if there is one.
    keys: Vec<Place>,
}

impl Codec {
    pub(crate) fn new(definition: &Definition) -> Self {
        Self {
            id_field: definition.id_field().into(),
            id_kind: definition.id_kind(),
            id_is_key: definition.id_is_key(),
            keys: definition.key_fields().map(|field| Place::at(definition, &field.into())).collect(),
        }
    }

    /// The name that the library's id has in records.
    pub(crate) fn id_field(&self) -> &str {
        &self.id_field
    }

    /// Whether `_id` is the primary key.
    pub(crate) fn id_is_key(&self) -> bool {
        self.id_is_key
    }

    /// The fields of the primary key, as documents name them.
    pub(crate) fn key_names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.keys.iter().map(|key| key.name.as_str())
    }

    /// The record as a document, its id as `_id` in front.
    ///
    /// # Errors
    /// `InvalidInput` for a record over MongoDB's limit.
    pub(crate) fn document(&self, record: &RecordBuf) -> Result<RawDocumentBuf> {
        write::document(record, &self.id_field, self.id_of(record)?)
    }

    /// The same behind the documents in `out`, which are as before if it fails.
    pub(crate) fn append(&self, out: &mut Vec<u8>, record: &RecordBuf) -> Result<()> {
        write::append(out, record, &self.id_field, self.id_of(record)?)
    }

    fn id_of<'r>(&self, record: &'r RecordBuf) -> Result<Option<Id<'r>>> {
        match record.get(&self.id_field) {
            Some(Token::String(text)) => self.raw_id(text).map(Some),
            None => Ok(None),
            Some(_) => Err(Error::unexpected("the id of a record is no text")),
        }
    }

    /// The record as a document without its id.
    pub(crate) fn document_without_id(&self, record: &RecordBuf) -> Result<RawDocumentBuf> {
        write::document(record, &self.id_field, None)
    }

    /// The record as a document with the `_id` of a stored one, which may hold the same text in another form.
    ///
    /// # Errors
    /// `InvalidInput` if the record brings another id.
    pub(crate) fn document_with_id_of(&self, record: &RecordBuf, stored: &[u8]) -> Result<RawDocumentBuf> {
        let stored_id = RecordBuf::in_part(|| BsonTokens::new(stored, &self.id_field))?;
        if stored_id.get(&self.id_field) != record.get(&self.id_field) {
            return Err(Error::invalid_input("the record brings another id than the stored one, which never changes"));
        }
        self.document_with_stored_id(record, stored)
    }

    /// The same of a record that has the text of this id.
    pub(crate) fn document_with_stored_id(&self, record: &RecordBuf, stored: &[u8]) -> Result<RawDocumentBuf> {
        let id = Elements::new(stored, 0).find(ID)?;
        let id = match id.map(|id| (id.tag, id.start)) {
            Some((tag::OBJECT_ID, start)) => Some(Id::ObjectId(fixed(stored, start)?)),
            Some((tag::STRING | tag::SYMBOL, start)) => Some(Id::String(element::text(stored, start)?.0?)),
            _ => None,
        };
        write::document(record, &self.id_field, id)
    }

    fn raw_id<'t>(&self, text: &'t str) -> Result<Id<'t>> {
        Ok(match self.id_kind {
            IdKind::String => Id::String(text),
            IdKind::ObjectId => Id::ObjectId(object_id(text)?.bytes()),
        })
    }

    /// The text of an id as `_id` holds it.
    pub(crate) fn id(&self, text: &str) -> Result<Bson> {
        Ok(match self.id_kind {
            IdKind::String => Bson::String(text.to_owned()),
            IdKind::ObjectId => Bson::ObjectId(object_id(text)?),
        })
    }

    /// The text of an id in every form in which a program may have stored it.
    pub(crate) fn id_forms(&self, text: &str) -> Result<Vec<Bson>> {
        let other = match self.id_kind {
            IdKind::String => hex_object_id(text).map(Bson::ObjectId),
            IdKind::ObjectId => Some(Bson::String(text.to_owned())),
        };
        Ok(std::iter::once(self.id(text)?).chain(other).collect())
    }

    /// The condition that a document has this key.
    pub(crate) fn filter(&self, key: &Key) -> Result<Document> {
        let mut filter = Document::new();
        for (field, value) in self.keys.iter().zip([Some(key.partition()), key.sort()]) {
            let value = value.ok_or_else(|| Error::unexpected("a key lacks its second part"))?;
            filter.insert(field.name.clone(), any_of(field, std::iter::once(value))?);
        }
        Ok(filter)
    }

    /// The condition that a document has one of these keys, which are sorted.
    pub(crate) fn filter_of_many(&self, keys: &[&Key]) -> Result<Document> {
        let [partition, rest @ ..] = self.keys.as_slice() else {
            return Err(Error::unexpected("a definition has no key"));
        };
        let Some(sort) = rest.first() else {
            let values = keys.iter().map(|key| key.partition());
            return Ok(doc! { &partition.name: any_of(partition, values)? });
        };
        let mut groups = Vec::new();
        for keys in keys.chunk_by(|left, right| left.partition() == right.partition()) {
            let values = keys.iter().filter_map(|key| key.sort());
            groups.push(Bson::Document(doc! {
                &partition.name: any_of(partition, std::iter::once(keys[0].partition()))?,
                &sort.name: any_of(sort, values)?,
            }));
        }
        Ok(doc! { "$or": groups })
    }

    /// The documents of a reply as records.
    pub(crate) fn batch(&self, reply: RawBatch) -> Result<BsonBatch> {
        BsonBatch::of_reply(reply, Arc::clone(&self.id_field))
    }

    /// One document as a record.
    pub(crate) fn batch_of(&self, document: RawDocumentBuf) -> BsonBatch {
        BsonBatch::of_document(document, Arc::clone(&self.id_field))
    }

    /// The key of a document.
    ///
    /// # Errors
    /// `Unreadable` if it has none that can be read.
    pub(crate) fn key_of(&self, document: &[u8]) -> Result<Key> {
        let mut parts = vec![None; self.keys.len()];
        let mut tokens = BsonTokens::new(document, &self.id_field);
        tokens.next()?;
        loop {
            let place = match tokens.next()? {
                Token::Field(name) => self.keys.iter().position(|key| {
                    let field = if key.name == ID { &self.id_field } else { key.name.as_str() };
                    field == name
                }),
                _ => break,
            };
            match place {
                Some(place) => parts[place] = owned(tokens.next()?),
                None => tokens.skip()?,
            }
        }
        let mut parts = parts.into_iter().map(|part| {
            part.ok_or_else(|| Error::unreadable("a stored record lacks a field of its key: repair it, or delete it"))
        });
        let partition = parts.next().ok_or_else(|| Error::unexpected("a definition has no key"))??;
        Ok(Key::new(partition, parts.next().transpose()?))
    }
}

/// The scalar that a key field holds.
fn owned(token: Token<'_>) -> Option<Value> {
    match token {
        Token::Int(int) => Some(Value::Int(int)),
        Token::Float(float) => Some(Value::Float(float)),
        Token::String(text) => Some(Value::String(text.to_owned())),
        Token::Timestamp(at) => Some(Value::Timestamp(at)),
        _ => None,
    }
}

fn object_id(text: &str) -> Result<ObjectId> {
    ObjectId::parse_str(text).map_err(|_| Error::unexpected("an id of the kind objectId is not 24 hexadecimal digits"))
}

#[cfg(test)]
mod tests;
