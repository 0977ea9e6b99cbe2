//! What is changed in a record: changes of places in it, each a path of its own.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::encode::encode_value;
use crate::{Error, Path, Result, Value};

mod apply;
mod bind;

pub(crate) use apply::apply;

/// Changes of a record, which are done together or not at all. Immutable; a clone is one pointer.
///
/// Each change has a path of its own, through maps only: `address.city`. What is wrong with an update comes as
/// `InvalidInput` when the call that uses it is awaited, as one on a field of the key, on the library's id, or on two
/// places of which one is at or below the other.
///
/// ```
/// use backends_core::Update;
///
/// let login = Update::new().set("last.from", "10.0.0.7").inc("logins", 1).push("tags", "seen").unset("invited");
/// assert_eq!(login.changes().len(), 4);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Update {
    changes: Arc<Vec<Change>>,
    /// What was wrong first, where the update was made.
    mistake: Option<Arc<Error>>,
}

/// One change of a place in a record. `Debug` shows no value.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// The value is this. Maps on the way that are missing are made.
    Set(Path, Value),
    /// There is no value.
    Unset(Path),
    /// This is added to the integer; to none that is missing.
    Inc(Path, i64),
    /// This is one more member at the end of the array; of a new one where it is missing.
    Push(Path, Value),
    /// No member of the array equals this.
    Pull(Path, Value),
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple(self.name()).field(self.path()).finish_non_exhaustive()
    }
}

impl Change {
    /// The place that is changed.
    pub fn path(&self) -> &Path {
        match self {
            Self::Set(path, _) | Self::Unset(path) | Self::Inc(path, _) | Self::Push(path, _) | Self::Pull(path, _) => {
                path
            }
        }
    }

    /// The name of the change: that of the method of [`Update`].
    pub fn name(&self) -> &'static str {
        match self {
            Self::Set(..) => "set",
            Self::Unset(_) => "unset",
            Self::Inc(..) => "inc",
            Self::Push(..) => "push",
            Self::Pull(..) => "pull",
        }
    }
}

impl Update {
    /// No change, which no call takes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a value of any serde type at a place, in the form in which records hold it. Maps on the way that are missing
    /// are made; a value on the way that is no map is `InvalidInput`, and the record stays as it is. Null is
    /// [`unset`](Self::unset).
    #[must_use]
    pub fn set(self, path: impl Into<Path>, value: impl Serialize) -> Self {
        self.with(path, value, |path, value| match value {
            Value::Null => Change::Unset(path),
            value => Change::Set(path, value),
        })
    }

    /// Takes the value of a place away, if there is one.
    #[must_use]
    pub fn unset(mut self, path: impl Into<Path>) -> Self {
        Arc::make_mut(&mut self.changes).push(Change::Unset(path.into()));
        self
    }

    /// Adds to an integer; one that is missing becomes this. A fraction, another kind or a sum outside 64 bits is
    /// `InvalidInput`, and the record stays as it is.
    #[must_use]
    pub fn inc(mut self, path: impl Into<Path>, by: i64) -> Self {
        Arc::make_mut(&mut self.changes).push(Change::Inc(path.into(), by));
        self
    }

    /// Appends to an array; one that is missing begins with this. Another kind is `InvalidInput`, and the record stays
    /// as it is.
    #[must_use]
    pub fn push(self, path: impl Into<Path>, member: impl Serialize) -> Self {
        self.with(path, member, Change::Push)
    }

    /// Removes every member of an array that equals this, if there are any. Another kind is `InvalidInput`, and the
    /// record stays as it is.
    #[must_use]
    pub fn pull(self, path: impl Into<Path>, member: impl Serialize) -> Self {
        self.with(path, member, Change::Pull)
    }

    /// The changes, in the order in which they were named.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    fn with(
        mut self,
        path: impl Into<Path>,
        value: impl Serialize,
        change: impl FnOnce(Path, Value) -> Change,
    ) -> Self {
        let path = path.into();
        match encode_value(&value) {
            Ok(value) => Arc::make_mut(&mut self.changes).push(change(path, value)),
            Err(error) if self.mistake.is_none() => {
                let inner = error.path().map(str::to_owned);
                let at = inner.map_or_else(|| path.as_str().to_owned(), |inner| format!("{path}.{inner}"));
                self.mistake = Some(Arc::new(error.with_path(at).naming_path()));
            }
            Err(_) => {}
        }
        self
    }

    /// Refuses what was wrong where the update was made.
    fn check(&self) -> Result<()> {
        self.mistake.as_ref().map_or(Ok(()), |error| Err(error.repeat()))
    }
}
