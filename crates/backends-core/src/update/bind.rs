//! An update held against what is known of the records: values of the declared kinds, at places that may change.

use super::apply::find;
use super::{Change, Update};
use crate::decode::decode_tokens;
use crate::encode::encode;
use crate::filter::Scope;
use crate::schema::{Place, conform};
use crate::{Definition, Document, Error, Kind, Path, Result, Value};

impl Scope<'_> {
    /// The changes as drivers get them: every value as its place holds it.
    ///
    /// # Errors
    /// `InvalidInput` with the path: for an update without a change, a field that neither the type nor the definition
    /// knows, a field that never changes, two places of which one is at or below the other, and a value that may not
    /// stand at its place.
    pub(crate) fn bind_update(&self, update: &Update) -> Result<Vec<Change>> {
        update.check()?;
        if update.changes().is_empty() {
            return Err(Error::invalid_input("an update without a change: name one"));
        }
        check_places(update.changes())?;
        update.changes().iter().map(|change| self.change(change)).collect()
    }

    fn change(&self, change: &Change) -> Result<Change> {
        let path = change.path();
        self.check_path(path)?;
        let bound = match change {
            Change::Set(_, value) => self.value(path, value).map(|value| match value {
                // An empty text may count as missing.
                None => Change::Unset(path.clone()),
                Some(value) => Change::Set(path.clone(), value),
            }),
            Change::Unset(_) => Ok(change.clone()),
            Change::Inc(_, by) => match self.kind_at(path) {
                None | Some(Kind::Integer | Kind::Number) => Ok(Change::Inc(path.clone(), *by)),
                Some(kind) => Err(Error::invalid_input(format!("`inc` of a field of the kind {kind}: set it"))),
            },
            Change::Push(_, member) => self.member(path, member).map(|member| Change::Push(path.clone(), member)),
            Change::Pull(_, member) => self.member(path, member).map(|member| Change::Pull(path.clone(), member)),
        };
        check_may_change(self.definition(), change)?;
        let bound =
            bound.map_err(|error| if error.path().is_some() { error } else { error.with_path(path.as_str()) })?;
        check_may_change(self.definition(), &bound)?;
        Ok(bound)
    }

    /// The value as its place in a record holds it; nothing where it counts as missing.
    fn value(&self, path: &Path, value: &Value) -> Result<Option<Value>> {
        let mut record = self.as_stored(path, value.clone())?;
        Ok(find(&mut record, path).map(|value| std::mem::replace(value, Value::Null)))
    }

    /// The member as an array at the place holds it.
    fn member(&self, path: &Path, member: &Value) -> Result<Value> {
        if let Some(kind) = self.kind_at(path) {
            return Err(Error::invalid_input(format!("an array where the kind {kind} is declared: set the value")));
        }
        let mut record = self.as_stored(path, Value::Array(vec![member.clone()]))?;
        match find(&mut record, path) {
            Some(Value::Array(members)) if members.len() == 1 => Ok(members.remove(0)),
            _ => Err(Error::unexpected("an array of one member was encoded as something else")),
        }
    }

    /// A record that has this value at this place and nothing else, by the rules of every record.
    fn as_stored(&self, path: &Path, value: Value) -> Result<Document> {
        let is_dropped = value == Value::from("") && self.schema().place(path).is_some_and(Place::drops_empty);
        if !(is_dropped || matches!(value, Value::Null | Value::Array(_) | Value::Map(_)))
            && let Some(kind) = self.kind_at(path)
        {
            conform(kind, value.token()).map_err(|error| error.with_path(path.as_str()).naming_path())?;
        }
        let mut segments = path.as_str().rsplit('.');
        let last = segments.next().unwrap_or_default();
        let record = segments.fold(Document::from([(last, value)]), |inside, name| Document::from([(name, inside)]));
        let encoded = encode(&record, self.schema(), 0)?.record;
        decode_tokens(&mut encoded.tokens())
    }
}

/// Refuses changes of which one would change what another does.
fn check_places(changes: &[Change]) -> Result<()> {
    let mut paths: Vec<&str> = changes.iter().map(|change| change.path().as_str()).collect();
    // A path and those below it are neighbours, where `.` comes before every other byte.
    paths.sort_unstable_by(|left, right| left.split('.').cmp(right.split('.')));
    let is_below = |pair: &&[&str]| {
        let (above, below) = (pair[0], pair[1]);
        below.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    match paths.windows(2).find(is_below) {
        None => Ok(()),
        Some(pair) => {
            let message = if pair[0] == pair[1] {
                "a place that is changed twice: name it once"
            } else {
                "a place that is changed by itself and with what it is in: name one of them"
            };
            Err(Error::invalid_input(message).with_path(pair[1]))
        }
    }
}

/// Refuses a change of what never changes, or only by the library.
fn check_may_change(definition: &Definition, change: &Change) -> Result<()> {
    let path = change.path();
    let first = path.first();
    let refuse = |message: &'static str| Err(Error::invalid_input(message).with_path(path.as_str()));
    if definition.key_fields().any(|key| key == first) {
        return refuse("a field of the key, which never changes: delete the record, and insert another");
    }
    if first == definition.id_field() {
        return refuse("the library's id, which never changes: leave it out");
    }
    if definition.version() == Some(first) {
        return refuse("the version, which the library counts: leave it out");
    }
    if definition.ttl().is_some_and(|ttl| ttl.field() == first) && !matches!(change, Change::Set(..)) {
        return refuse("the timestamp by which the record expires: set it to another one");
    }
    Ok(())
}
