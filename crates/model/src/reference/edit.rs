//! What updates do to a document, said a second time: by taking it apart and putting it together again.

use backends::{Change, Document, Value};

use super::Reference;
use super::version::brought;

impl Reference {
    /// The record after an update; nothing if one of its changes does not apply.
    pub(crate) fn updated(&self, record: &Document, update: &backends::Update) -> Option<Document> {
        let updated = update.changes().iter().try_fold(record.clone(), |record, change| {
            let path: Vec<&str> = change.path().segments().collect();
            self.changed(record, &path, change)
        })?;
        Some(self.counted(updated, brought(record)))
    }

    fn changed(&self, mut map: Document, path: &[&str], change: &Change) -> Option<Document> {
        let [name, below @ ..] = path else { return None };
        let stands = map.remove(name);
        let is_taking = matches!(change, Change::Unset(_) | Change::Pull(..));
        let becomes = match (stands, below) {
            (stands, []) => self.value(stands, change)?,
            (Some(Value::Map(inner)), below) => Some(Value::Map(self.changed(inner, below, change)?)),
            // What is not there is not taken away either.
            (stands, _) if is_taking => stands,
            (None, below) => Some(Value::Map(self.changed(Document::new(), below, change)?)),
            (Some(_), _) => return None,
        };
        if let Some(value) = becomes {
            map.insert(*name, value);
        }
        Some(map)
    }

    /// What stands at the place then; the outer nothing if the change does not apply.
    fn value(&self, stands: Option<Value>, change: &Change) -> Option<Option<Value>> {
        let path = change.path().as_str();
        let member = |value: &Value| self.stored_at(&format!("{path}[]"), value);
        match (change, stands) {
            (Change::Set(_, value), _) if self.schema.is_missing(path, value) => Some(None),
            (Change::Set(_, value), _) => Some(Some(self.stored_at(path, value))),
            (Change::Unset(_), _) | (Change::Pull(..), None) => Some(None),
            (Change::Inc(_, by), None) => Some(Some(Value::Int(*by))),
            (Change::Inc(_, by), Some(Value::Int(int))) => int.checked_add(*by).map(|sum| Some(Value::Int(sum))),
            (Change::Push(_, value), None) => Some(Some(Value::Array(vec![member(value)]))),
            (Change::Push(_, value), Some(Value::Array(mut members))) => {
                members.push(member(value));
                Some(Some(Value::Array(members)))
            }
            (Change::Pull(_, value), Some(Value::Array(members))) => {
                let gone = member(value);
                Some(Some(Value::Array(members.into_iter().filter(|member| *member != gone).collect())))
            }
            _ => None,
        }
    }
}
