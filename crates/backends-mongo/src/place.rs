//! The places in documents that filters and orders name, and what the definition says of them.

use backends_core::{Definition, FieldKind, IdKind, Kind, Path};

use crate::codec::ID;

/// A place in documents.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The path as documents have it.
    pub(crate) name: String,
    /// What is declared there; a value that is declared is a scalar.
    pub(crate) kind: Option<FieldKind>,
    /// What is declared of the elements of an array there.
    pub(crate) elements: Option<FieldKind>,
    /// Whether the ids here are real `ObjectId`s.
    pub(crate) is_object_id: bool,
}

impl Place {
    /// The place at a path of records.
    pub(crate) fn at(definition: &Definition, path: &Path) -> Self {
        let is_id = path.as_str() == definition.id_field();
        // Brackets are a part of a name here, and stand for an array in a definition.
        let is_plain = path.segments().all(|name| !name.ends_with("[]"));
        let declared = |path: &str| definition.field(path).filter(|_| is_plain);
        Self {
            name: in_documents(definition, path.as_str()),
            kind: declared(path.as_str()),
            elements: declared(&format!("{path}[]")),
            is_object_id: is_id && definition.id_kind() == IdKind::ObjectId,
        }
    }

    /// The places on the way to it, outermost first.
    pub(crate) fn ways(&self) -> impl Iterator<Item = &str> {
        self.name.match_indices('.').map(|(at, _)| &self.name[..at])
    }

    /// Whether it is a declared field of the document itself: no array is there or on the way.
    pub(crate) fn is_declared_field(&self) -> bool {
        self.kind.is_some() && !self.name.contains('.')
    }

    pub(crate) fn is_of(&self, kind: Kind) -> bool {
        self.kind.is_some_and(|declared| declared.kind == kind)
    }

    /// Whether `""` here counts as missing.
    pub(crate) fn drops_empty(&self) -> bool {
        self.kind.is_some_and(|declared| declared.empty_is_missing)
    }

    /// Whether text of other programs here is compared as an instant.
    pub(crate) fn has_foreign_text(&self) -> bool {
        self.kind.is_some_and(|declared| declared.foreign_text)
    }

    /// Whether a string here may be an `ObjectId` that another program stored.
    pub(crate) fn may_be_object_id(&self) -> bool {
        self.kind.is_none() || self.is_of(Kind::ObjectId) && !self.is_object_id
    }
}

/// The path of a record as documents have it: the library's id is `_id`.
pub(crate) fn in_documents(definition: &Definition, path: &str) -> String {
    match path.strip_prefix(definition.id_field()) {
        Some(rest) if rest.is_empty() || rest.starts_with('.') => format!("{ID}{rest}"),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(json: &str, path: &str) -> Place {
        Place::at(&Definition::from_json(json).unwrap(), &path.into())
    }

    #[test]
    fn c09_places_are_what_the_definition_says() {
        let json = r#"{"name": "notes", "fields": {"a.b": "string", "tags[]": "integer"}}"#;
        let id = place(json, "id");
        assert!(id.name == "_id" && id.is_object_id && id.is_declared_field() && !id.may_be_object_id());
        let below = place(json, "id.x");
        assert!(below.name == "_id.x" && !below.is_object_id && below.kind.is_none());
        assert_eq!(place(json, "idx").name, "idx");
        let inner = place(json, "a.b");
        assert!(inner.is_of(Kind::String) && !inner.is_declared_field() && inner.ways().eq(["a"]));
        let tags = place(json, "tags");
        assert!(tags.kind.is_none() && tags.elements == Some(Kind::Integer.into()));
        assert!(place(json, "tags[]").kind.is_none());
        assert!(place(json, "x.y.z").ways().eq(["x", "x.y"]));
        let own = r#"{"name": "own", "customId": true, "idKind": "string", "fields": {"id": "objectId"}}"#;
        assert!(!place(own, "_id").is_object_id && place(own, "id").name == "id");
        assert!(place(own, "id").may_be_object_id());
    }
}
