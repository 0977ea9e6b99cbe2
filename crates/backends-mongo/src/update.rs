//! An update as one request without a read, where its condition says all that the document has to be for the server to do
//! exactly what core would make of it.
//!
//! The condition may be narrower than it need be: what does not meet it is read, and changed as what was read. It is wider
//! only where a document is odd: where another program stored what no record holds deep inside a field that changes, what
//! the type of the records never took, or an array or text where something else is declared; and where an older version of
//! the service stored no field that the type needs by now. What was there is handed over, and such a change is taken back.

use std::ops::RangeInclusive;

use backends_core::driver::UpdateRequest;
use backends_core::{Change, Definition, Index, Path, Result, Value};
use mongodb::bson::{Bson, Document, doc};

use crate::alternatives::Alternatives;
use crate::codec::element::tag;
use crate::codec::stored;
use crate::filter::{Condition, MOST_BYTES, UNREADABLE, size};

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
    let mut writer = Writer { is_untyped: request.is_untyped(), not: Vec::new(), update: Document::new() };
    for change in request.changes.iter() {
        let Some(most) = request.leaving(change) else { return Ok(None) };
        // Two strings within their own limit are within that of both.
        let is_text = matches!(change, Change::Set(_, Value::String(_)));
        let is_limited =
            |index: &Index| index.fields().len() > 2 && index.fields().any(|field| field == change.path().first());
        if is_text && definition.indexes().any(is_limited) {
            return Ok(None);
        }
        if writer.change(change, &most).is_none() {
            return Ok(None);
        }
    }
    let Writer { not, update, .. } = writer;
    let mut condition = if filter.document.is_empty() {
        meant
    } else {
        doc! { "$and": [meant, filter.document] }
    };
    if !not.is_empty() {
        condition.insert("$nor", not);
    }
    let has_room = size(&condition) + size(&update) <= MOST_BYTES;
    Ok(has_room.then_some(AtOnce { condition, update }))
}

/// The document that the changes of such a request left of this one; none if they cannot have been done.
pub(crate) fn left_by(changes: &[Change], mut document: Document) -> Option<Document> {
    // MongoDB: new fields come last, by their names, and those that are numbers by these.
    let mut changes: Vec<&Change> = changes.iter().collect();
    changes.sort_unstable_by(|left, right| {
        let (left, right) = (left.path().as_str(), right.path().as_str());
        let are_numbers = [left, right].iter().all(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
        let length = |name: &str| if are_numbers { name.len() } else { 0 };
        (length(left), left).cmp(&(length(right), right))
    });
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
    is_untyped: bool,
    /// What must not hold.
    not: Vec<Document>,
    update: Document,
}

impl Writer {
    /// Adds a change; `most` are the integers that an `inc` may come to.
    ///
    /// What an operator is not for the server refuses by itself: to add to what is no number, and to append to what is no
    /// array.
    fn change(&mut self, change: &Change, most: &RangeInclusive<i64>) -> Option<()> {
        let name = field(change.path())?;
        match change {
            Change::Set(_, value) => {
                self.is_readable(name);
                self.does("$set", name, stored(value));
            }
            Change::Unset(_) => {
                self.is_readable(name);
                self.does("$unset", name, "".into());
            }
            Change::Inc(_, by) => {
                let (least, largest) = UpdateRequest::summands(*by, most)?.into_inner();
                self.not.push(doc! { name: { "$type": [i32::from(tag::DOUBLE), i32::from(tag::DECIMAL128)] } });
                for (operator, bound, edge) in [("$lt", least, i64::MIN), ("$gt", largest, i64::MAX)] {
                    if bound != edge {
                        self.not.push(doc! { name: { operator: bound } });
                    }
                }
                if !most.contains(by) {
                    self.not.push(doc! { name: { "$exists": false } });
                }
                self.does("$inc", name, (*by).into());
            }
            Change::Push(_, member) => {
                self.is_readable(name);
                self.does("$push", name, stored(member));
            }
            // The server removes what is equal to it, which is more; and what this version does not know it does not do.
            _ => return None,
        }
        Some(())
    }

    /// What is overwritten has to be what a record holds, and so have the members of an array. What a type reads it says by
    /// itself.
    fn is_readable(&mut self, name: &str) {
        if self.is_untyped {
            let unreadable = UNREADABLE.iter().map(|(number, _)| *number).chain([i32::from(tag::BINARY)]);
            self.not.push(doc! { name: { "$type": unreadable.collect::<Vec<_>>() } });
        }
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

#[cfg(test)]
mod tests;
