//! Where in a record a value is: a field, or a place in maps.

use std::fmt;
use std::sync::Arc;

use crate::RecordBuf;
use crate::encode::check_name;
use crate::{Error, Result};

/// Where in a record a value is: the name of a field, or of a place in maps (`address.city`).
///
/// A path leads through maps only, never into arrays: `a.0` is the field `0` of the map `a`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Arc<str>);

impl Path {
    /// The path as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The names that it leads through, outermost first.
    pub fn segments(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.split('.')
    }

    /// The field of the record itself: the first of the names.
    pub fn first(&self) -> &str {
        self.0.split_once('.').map_or(&*self.0, |(first, _)| first)
    }

    /// Refuses what no record can have a value at.
    ///
    /// # Errors
    /// `InvalidInput` with the path.
    pub(crate) fn check(&self) -> Result<()> {
        let checked = match self.segments().count() {
            segments if segments > RecordBuf::MAX_DEPTH + 1 => {
                Err(Error::invalid_input("a path through more than 30 maps, deeper than any record: shorten it"))
            }
            _ => self.segments().try_for_each(check_name),
        };
        checked.map_err(|error| error.with_path(self.as_str()))
    }
}

impl From<&str> for Path {
    fn from(path: &str) -> Self {
        Self(path.into())
    }
}

impl From<String> for Path {
    fn from(path: String) -> Self {
        Self(path.into())
    }
}

impl From<&String> for Path {
    fn from(path: &String) -> Self {
        Self(path.as_str().into())
    }
}

impl From<&Path> for Path {
    fn from(path: &Path) -> Self {
        path.clone()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}
