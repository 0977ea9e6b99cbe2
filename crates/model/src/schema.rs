//! Random definitions, in a form that a model and a generator can look into.

use std::time::Duration;

use backends::{Definition, Kind, TtlHolds, Value};
use serde_json::{Map, Value as Json, json};

/// A definition.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "each says by itself what a definition may say")]
pub(crate) struct Schema {
    pub(crate) name: String,
    /// The fields of the key; none if it is the id that the library gives.
    pub(crate) key: Vec<Place>,
    /// What else records hold.
    pub(crate) places: Vec<Place>,
    pub(crate) indexes: Vec<IndexOn>,
    pub(crate) has_text_ids: bool,
    pub(crate) has_custom_id: bool,
    /// Whether the library counts the writes of a record, in [`VERSION`].
    pub(crate) has_versions: bool,
    /// Whether several write at once, each the records that name it in [`WRITER`].
    pub(crate) is_shared: bool,
    /// What the instants in [`TIME`] are, where records expire by them.
    pub(crate) time: Option<TtlHolds>,
}

/// The field that tells the writers of a shared repository apart.
pub(crate) const WRITER: &str = "w";

/// The field in which the instants are, and how long records live.
pub(crate) const TIME: &str = "e";
pub(crate) const TTL: Duration = Duration::from_secs(5);

/// The field in which it does.
pub(crate) const VERSION: &str = "v";

/// A place in records.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) path: &'static str,
    /// What it is declared to hold.
    pub(crate) kind: Option<Kind>,
    pub(crate) role: Role,
    /// Whether an empty text there is none, which only an index field may say.
    pub(crate) empty_is_missing: bool,
    /// Whether its instants are compared as instants in whatever text another program stored them.
    pub(crate) has_foreign_text: bool,
}

impl Place {
    pub(crate) fn new(path: &'static str, kind: Option<Kind>, role: Role) -> Self {
        Self { path, kind, role, empty_is_missing: false, has_foreign_text: false }
    }

    /// What the definition says of it.
    fn declared(&self) -> Option<Json> {
        let kind = self.kind?.name();
        if !self.empty_is_missing && !self.has_foreign_text {
            return Some(json!(kind));
        }
        let (empty_is_missing, foreign_text) = (self.empty_is_missing, self.has_foreign_text);
        Some(json!({ "kind": kind, "emptyIsMissing": empty_is_missing, "foreignText": foreign_text }))
    }
}

/// What a place is for, which narrows its strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Key,
    Indexed,
    Other,
}

/// An index besides the key.
#[derive(Debug, Clone)]
pub(crate) struct IndexOn {
    pub(crate) fields: Vec<&'static str>,
    pub(crate) is_ordered: bool,
    /// Whether no two records have the same values; then it is there from the beginning.
    pub(crate) is_unique: bool,
    /// Whether only the second definition has it, over records that are there by then.
    pub(crate) is_late: bool,
}

impl Schema {
    /// The same for several writers: none of them is in another's way.
    pub(crate) fn shared(mut self) -> Self {
        self.is_shared = true;
        self.time = None;
        for index in &mut self.indexes {
            index.is_late = false;
            index.fields.extend(index.is_unique.then_some(WRITER));
        }
        self
    }

    /// The second repository of a program: few keys, few unique values, and versions, so that batches meet all of them.
    pub(crate) fn second(&self, writer: Option<u8>) -> Self {
        let writer = writer.map_or_else(String::new, |writer| format!("_{writer}"));
        let unique = IndexOn { fields: vec!["u"], is_ordered: false, is_unique: true, is_late: false };
        Self {
            name: format!("{}_second{writer}", self.name),
            key: vec![Place::new("p", Some(Kind::String), Role::Key)],
            places: vec![
                Place::new("u", Some(Kind::String), Role::Indexed),
                Place::new("n", Some(Kind::Integer), Role::Other),
                Place::new("text", Some(Kind::String), Role::Other),
            ],
            indexes: vec![unique],
            has_text_ids: self.has_text_ids,
            has_custom_id: self.has_custom_id,
            has_versions: true,
            is_shared: false,
            time: None,
        }
    }

    /// The same without an index; only a field of an index may say that an empty text is none.
    pub(crate) fn remove_index(&mut self, at: usize) {
        self.indexes.remove(at);
        let fields: Vec<_> =
            self.indexes.iter().filter(|index| !index.is_late).flat_map(|index| &index.fields).collect();
        for place in &mut self.places {
            place.empty_is_missing &= fields.contains(&&place.path);
        }
    }

    /// The definition as services write it, with the late indexes or without.
    pub(crate) fn json(&self, is_late: bool) -> Json {
        let mut json = Map::new();
        json.insert("name".to_owned(), json!(self.name));
        for (place, [key, kind]) in
            self.key.iter().zip([["hashKey", "hashKeyType"], ["rangeKey", "rangeKeyType"]]).filter(|_| self.names_key())
        {
            json.insert(key.to_owned(), json!(place.path));
            json.insert(kind.to_owned(), json!(place.kind.map_or("string", Kind::name)));
        }
        if self.has_text_ids {
            json.insert("idKind".to_owned(), json!("string"));
        }
        if self.has_custom_id {
            json.insert("customId".to_owned(), json!(true));
        }
        if self.has_versions {
            json.insert("version".to_owned(), json!(VERSION));
        }
        if let Some(holds) = self.time {
            json.insert("enableTtl".to_owned(), json!(true));
            json.insert("ttlAttribute".to_owned(), json!(TIME));
            json.insert("ttl".to_owned(), json!(TTL.as_secs()));
            json.insert("ttlHolds".to_owned(), json!(holds.name()));
        }
        let shared = self.is_shared.then(|| Place::new(WRITER, Some(Kind::Integer), Role::Indexed));
        let fields =
            self.places.iter().chain(&shared).filter_map(|place| Some((place.path.to_owned(), place.declared()?)));
        json.insert("fields".to_owned(), Json::Object(fields.collect()));
        let indexes = self.indexes.iter().filter(|index| is_late || !index.is_late).map(|index| {
            let mut json = json!({ "fields": index.fields, "unique": index.is_unique });
            if index.is_ordered {
                json["ordered"] = json!(true);
            }
            json
        });
        json.insert("indexes".to_owned(), indexes.collect());
        Json::Object(json)
    }

    /// The same, as the library takes it.
    pub(crate) fn definition(&self, is_late: bool) -> backends::Result<Definition> {
        Definition::from_json(&self.json(is_late).to_string())
    }

    /// With `customId` a field `id` is the key if no other is named.
    fn names_key(&self) -> bool {
        self.key.first().is_some_and(|place| place.path != "id")
    }

    /// Whether records are found by the id that the library gives.
    pub(crate) fn is_by_id(&self) -> bool {
        self.key.is_empty()
    }

    /// The field that holds the id that the library gives.
    pub(crate) fn id_field(&self) -> &'static str {
        if self.has_custom_id { "_id" } else { "id" }
    }

    /// The fields of the key.
    pub(crate) fn key_fields(&self) -> Vec<&'static str> {
        if self.is_by_id() { vec![self.id_field()] } else { self.key.iter().map(|place| place.path).collect() }
    }

    /// Whether a value at a place is left out of what is stored.
    pub(crate) fn is_missing(&self, path: &str, value: &Value) -> bool {
        let is_empty = matches!(value, Value::String(text) if text.is_empty());
        let is_none = || self.places.iter().any(|place| place.path == path && place.empty_is_missing);
        matches!(value, Value::Null) || is_empty && is_none()
    }

    /// The kind of a place.
    pub(crate) fn kind(&self, path: &str) -> Option<Kind> {
        self.key.iter().chain(&self.places).find(|place| place.path == path)?.kind
    }

    /// Every place that a filter or an order may name, with its kind.
    pub(crate) fn all_places(&self) -> Vec<(&'static str, Option<Kind>)> {
        let id_kind = if self.has_text_ids { Kind::String } else { Kind::ObjectId };
        let places = self.key.iter().chain(&self.places).filter(|place| !place.path.ends_with("[]"));
        let places = places.map(|place| (place.path, place.kind)).chain([(self.id_field(), Some(id_kind))]);
        let places = places.chain(self.is_shared.then_some((WRITER, Some(Kind::Integer))));
        places.chain(self.has_versions.then_some((VERSION, Some(Kind::Integer)))).collect()
    }
}
