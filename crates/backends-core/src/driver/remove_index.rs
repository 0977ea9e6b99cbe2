//! Removing an index, which no definition does.

use super::Context;
use crate::{Definition, Error, Index, Result};

/// A request to remove an index of a repository.
///
/// A driver removes what it has created for the index, then stores the definition without it in the place of the one
/// that it read. So a request that was ended half-way can be made again.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RemoveIndexRequest {
    /// Deadline, clock and consistency.
    pub context: Context,
    /// The name of the repository.
    pub repository: String,
    /// The name that the definition gives to the index.
    pub index: String,
    /// The caller's word that no process which has the index writes or reads any more, for drivers that need it.
    pub no_other_writers: bool,
}

impl RemoveIndexRequest {
    /// A request to remove the index of this name.
    pub fn new(context: Context, repository: impl Into<String>, index: impl Into<String>) -> Self {
        Self { context, repository: repository.into(), index: index.into(), no_other_writers: false }
    }

    /// The stored definition, the index to remove, and the definition without it: `stored` is what
    /// [`Definition::to_json`] gave.
    ///
    /// # Errors
    /// `NotFound` if there is no such repository or index; `Unreadable` for a stored text of a later version of this
    /// library.
    pub fn split(&self, stored: Option<&str>) -> Result<(Definition, Index, Definition)> {
        let Some(stored) = stored else {
            return Err(Error::not_found("no repository of this name is stored: check the name, or define it"));
        };
        let stored = Definition::from_stored(stored)?;
        let Some(index) = stored.index(&self.index).cloned() else {
            let names: Vec<_> = stored.indexes().map(|index| format!("`{}`", index.name())).collect();
            let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            return Err(Error::not_found(format!("the repository has no index of this name; it has {known}")));
        };
        let rest = stored.without_index(index.name());
        Ok((stored, index, rest))
    }

    /// The error of a driver that has no indexes, which is never asked to remove one.
    pub fn unsupported(&self) -> Error {
        Error::unsupported("the capability `indexes`: this backend keeps none, so that there is none to remove")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Timestamp;

    fn split(stored: Option<&str>, index: &str) -> Result<(Definition, Index, Definition)> {
        let context = Context::new(Timestamp::now(), Duration::from_secs(1));
        RemoveIndexRequest::new(context, "users", index).split(stored)
    }

    #[test]
    fn c37_an_index_is_taken_out_by_its_name() {
        let definition = Definition::builder("users").index(Index::on(["role"])).index(Index::unique(["email"]));
        let text = definition.build().unwrap().to_json();
        let (_, index, rest) = split(Some(&text), "email").unwrap();
        assert!(index.is_unique() && rest.indexes().map(Index::name).eq(["role"]));
        let error = split(Some(&text), "emial").unwrap_err();
        assert!(error.is_not_found() && error.message().ends_with("it has `email`, `role`"), "{error}");
        assert!(split(Some(&rest.to_json()), "email").unwrap_err().is_not_found());
        assert!(split(None, "email").unwrap_err().is_not_found());
    }
}
