//! Writes by key: what they come to, as a function of what is stored.

use backends::{Document, ErrorKind, Update, Value};

use super::Reference;
use super::version::brought;
use crate::operation::{Operation, Outside};

/// A write by key whose record is chosen.
#[derive(Debug, Clone)]
pub(crate) enum Write {
    /// With its key, unless the library gives it.
    Insert(Option<Vec<Value>>, Document),
    Replace(Vec<Value>, Document),
    /// With its key, unless the library gives it.
    Upsert(Option<Vec<Value>>, Document),
    /// With the version that is expected.
    Update(Vec<Value>, Update, Option<i64>),
    /// With the version that is expected.
    Delete(Vec<Value>, Option<i64>),
    /// An upsert of what no backend stores.
    Mistake(Document),
}

/// What a write comes to.
#[derive(Debug)]
pub(crate) enum Came {
    /// The record is there now, at this place.
    Put { at: usize, created: bool },
    /// The record was deleted.
    Gone(Document),
    /// There was none.
    Nothing,
}

impl Write {
    /// The key, unless the library gives it.
    pub(crate) fn key(&self) -> Option<&[Value]> {
        match self {
            Self::Insert(key, _) | Self::Upsert(key, _) => key.as_deref(),
            Self::Replace(key, _) | Self::Update(key, ..) | Self::Delete(key, _) => Some(key),
            Self::Mistake(_) => None,
        }
    }

    /// The document that is written as a whole.
    pub(crate) fn document(&self) -> Option<&Document> {
        match self {
            Self::Insert(_, document)
            | Self::Replace(_, document)
            | Self::Upsert(_, document)
            | Self::Mistake(document) => Some(document),
            Self::Update(..) | Self::Delete(..) => None,
        }
    }
}

impl Reference {
    /// The write that an operation is as things stand; nothing where there is no record for it, or it is no write by key.
    pub(crate) fn chosen(&self, operation: &Operation) -> Option<Write> {
        let whole = |at, body| self.document(at, body);
        let versioned = |key: Option<&[Value]>, document| self.with_version(key, document);
        let expected = |key: &[Value], off: i64| self.schema.has_versions.then(|| self.version(Some(key)) + off);
        Some(match operation {
            Operation::Insert(at, body) => {
                let (key, document) = whole(at, body)?;
                Write::Insert(key, document)
            }
            Operation::Replace(at, body) => {
                let (key, document) = whole(at, body)?;
                let key = key?;
                let document = versioned(Some(&key), document);
                Write::Replace(key, document)
            }
            Operation::Upsert(at, body) => {
                let (key, document) = whole(at, body)?;
                let document = versioned(key.as_deref(), document);
                Write::Upsert(key, document)
            }
            Operation::Update(at, update) => Write::Update(self.key(at)?, update.clone(), None),
            Operation::ExpectingUpdate(at, update, off) => {
                let key = self.key(at)?;
                let version = expected(&key, *off);
                Write::Update(key, update.clone(), version)
            }
            Operation::Delete(at) => Write::Delete(self.key(at)?, None),
            Operation::ExpectingDelete(at, off) => {
                let key = self.key(at)?;
                let version = expected(&key, *off);
                Write::Delete(key, version)
            }
            Operation::Outside(Outside::Write(at, body)) => Write::Mistake(whole(at, body)?.1),
            _ => return None,
        })
    }

    /// Whether a write is refused before anybody is asked.
    pub(crate) fn is_mistake(&self, write: &Write) -> bool {
        match write {
            Write::Insert(_, document) => self.is_stale(None, document),
            Write::Mistake(_) => true,
            _ => false,
        }
    }

    /// Does a write. A new record has no id yet where the library gives it.
    ///
    /// # Errors
    /// The kind that the library has to tell; then nothing is changed.
    pub(crate) fn write(&mut self, write: &Write) -> Result<Came, ErrorKind> {
        if self.is_mistake(write) {
            return Err(ErrorKind::InvalidInput);
        }
        let position = write.key().and_then(|key| self.position(key));
        match write {
            Write::Insert(..) if position.is_some() => Err(ErrorKind::AlreadyExists),
            Write::Replace(..) if position.is_none() => Err(ErrorKind::NotFound),
            Write::Replace(key, document) => self.put(position, Some(key), document),
            Write::Insert(key, document) | Write::Upsert(key, document) => self.put(position, key.as_deref(), document),
            Write::Mistake(_) => Err(ErrorKind::InvalidInput),
            Write::Update(_, update, expected) => match position {
                None => Ok(Came::Nothing),
                Some(at) => self.change(at, update, *expected),
            },
            Write::Delete(key, expected) => {
                if expected.is_some_and(|expected| position.is_none() || expected != self.version(Some(key))) {
                    return Err(ErrorKind::Conflict);
                }
                Ok(position.map_or(Came::Nothing, |at| Came::Gone(self.records.remove(at))))
            }
        }
    }

    /// Puts a document in the place of a record, or as a new one.
    fn put(&mut self, at: Option<usize>, key: Option<&[Value]>, document: &Document) -> Result<Came, ErrorKind> {
        if self.is_stale(key, document) {
            return Err(ErrorKind::Conflict);
        }
        if self.is_held(&self.stored(document), at) {
            return Err(ErrorKind::AlreadyExists);
        }
        let mut stored = self.counted(self.written(document), brought(document));
        let Some(at) = at else {
            self.records.push(stored);
            return Ok(Came::Put { at: self.records.len() - 1, created: true });
        };
        let id_field = self.schema.id_field();
        if let Some(id) = self.records[at].get(id_field) {
            stored.insert(id_field, id.clone());
        }
        self.records[at] = stored;
        Ok(Came::Put { at, created: false })
    }

    fn change(&mut self, at: usize, update: &Update, expected: Option<i64>) -> Result<Came, ErrorKind> {
        let record = &self.records[at];
        if expected.is_some_and(|expected| expected != brought(record)) {
            return Err(ErrorKind::Conflict);
        }
        let updated = self.updated(record, update).ok_or(ErrorKind::InvalidInput)?;
        if self.is_held(&updated, Some(at)) {
            return Err(ErrorKind::AlreadyExists);
        }
        self.records[at] = updated;
        Ok(Came::Put { at, created: false })
    }
}
