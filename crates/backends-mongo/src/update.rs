//! An update as one request without a read, where its condition says all that the document has to be for the server to do
//! exactly what core would make of it.
//!
//! The condition may be narrower than it need be: what does not meet it is read, and changed as what was read. It is never
//! wider, but for what no record holds deep inside a field that changes, and for what the type of the records never took;
//! what was there is handed over, and such a change is taken back.

use std::ops::RangeInclusive;

use backends_core::driver::UpdateRequest;
use backends_core::{Change, Definition, Path, Result};
use mongodb::bson::{Bson, Document, doc};

use crate::alternatives::Alternatives;
use crate::codec::element::tag;
use crate::codec::stored;
use crate::filter::{ARRAY, Condition, MOST_BYTES, UNREADABLE, joined, size};

/// The two documents of a request.
#[derive(Debug, PartialEq)]
pub(crate) struct AtOnce {
    pub(crate) condition: Document,
    pub(crate) update: Document,
}

/// The request for the document that is `meant`, by its key and version; none where it has to be read.
pub(crate) fn at_once(request: &UpdateRequest, definition: &Definition, meant: Document) -> Result<Option<AtOnce>> {
    let filter = Condition::new(definition, &request.filter, Alternatives::Any)?;
    // What core looks at besides takes a read.
    if !filter.left.is_all() {
        return Ok(None);
    }
    let mut writer = Writer { all: vec![meant], update: Document::new() };
    if !filter.document.is_empty() {
        writer.all.push(filter.document);
    }
    for change in request.changes.iter() {
        let Some(most) = request.leaving(change) else { return Ok(None) };
        if writer.change(definition, change, &most).is_none() {
            return Ok(None);
        }
    }
    let Writer { all, update } = writer;
    let condition = joined("$and", all);
    let has_room = size(&condition) + size(&update) <= MOST_BYTES;
    Ok(has_room.then_some(AtOnce { condition, update }))
}

/// The document that the changes of such a request left of this one; none if they cannot have been done.
pub(crate) fn left_by(changes: &[Change], mut document: Document) -> Option<Document> {
    // MongoDB: new fields come last, by their names.
    let mut changes: Vec<&Change> = changes.iter().collect();
    changes.sort_unstable_by_key(|change| change.path().as_str());
    for change in changes {
        let name = change.path().as_str();
        match change {
            Change::Set(_, value) => _ = document.insert(name, stored(value)),
            Change::Unset(_) => _ = document.remove(name),
            Change::Inc(_, by) => {
                let count = match document.get(name) {
                    None => 0,
                    Some(Bson::Int32(count)) => i64::from(*count),
                    Some(Bson::Int64(count)) => *count,
                    Some(_) => return None,
                };
                document.insert(name, count.checked_add(*by)?);
            }
            Change::Push(_, member) => match document.entry(name.to_owned()).or_insert_with(|| Bson::Array(Vec::new()))
            {
                Bson::Array(members) => members.push(stored(member)),
                _ => return None,
            },
            _ => return None,
        }
    }
    Some(document)
}

struct Writer {
    /// What has to hold, all of it.
    all: Vec<Document>,
    update: Document,
}

impl Writer {
    /// Adds a change; `most` are the integers that an `inc` may come to.
    fn change(&mut self, definition: &Definition, change: &Change, most: &RangeInclusive<i64>) -> Option<()> {
        let name = field(change.path())?;
        match change {
            Change::Set(_, value) => {
                self.is_readable(definition, name);
                self.does("$set", name, stored(value));
            }
            Change::Unset(_) => {
                self.is_readable(definition, name);
                self.does("$unset", name, "".into());
            }
            Change::Inc(_, by) => {
                let (least, largest) = UpdateRequest::summands(*by, most)?.into_inner();
                let of_integers = vec![i32::from(tag::INT32), i32::from(tag::INT64)];
                let mut is_between = doc! { "$type": of_integers, "$not": { "$type": ARRAY } };
                for (bound, operator, edge) in [(least, "$gte", i64::MIN), (largest, "$lte", i64::MAX)] {
                    if bound != edge {
                        is_between.insert(operator, bound);
                    }
                }
                self.holds_or_is_missing(name, is_between, most.contains(by));
                self.does("$inc", name, (*by).into());
            }
            Change::Push(_, member) => {
                let is_list = doc! { "$type": ARRAY, "$not": { "$type": unreadable() } };
                self.holds_or_is_missing(name, is_list, true);
                self.does("$push", name, stored(member));
            }
            // The server removes what is equal to it, which is more; and what this version does not know it does not do.
            _ => return None,
        }
        Some(())
    }

    /// What is overwritten has to be what a record holds; what is declared is.
    fn is_readable(&mut self, definition: &Definition, name: &str) {
        if definition.field(name).is_none() {
            self.all.push(doc! { name: { "$not": { "$type": unreadable() } } });
        }
    }

    fn holds_or_is_missing(&mut self, name: &str, holds: Document, may_be_missing: bool) {
        let holds = doc! { name: holds };
        self.all.push(if may_be_missing {
            doc! { "$or": [holds, { name: { "$exists": false } }] }
        } else {
            holds
        });
    }

    fn does(&mut self, operator: &str, name: &str, operand: Bson) {
        match self.update.get_document_mut(operator) {
            Ok(operands) => _ = operands.insert(name, operand),
            Err(_) => _ = self.update.insert(operator, doc! { name: operand }),
        }
    }
}

/// The name of the field that changes; none where the change is inside of one, which core reads as a whole.
fn field(path: &Path) -> Option<&str> {
    let name = path.as_str();
    let is_name = path.segments().count() == 1 && !name.is_empty() && !name.starts_with('$');
    is_name.then_some(name)
}

/// The types of values that no record holds, or not all of them.
fn unreadable() -> Vec<i32> {
    UNREADABLE.iter().map(|(number, _)| *number).chain([i32::from(tag::BINARY)]).collect()
}

#[cfg(test)]
mod tests;
