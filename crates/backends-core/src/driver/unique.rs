//! Unique indexes: what a record takes in one, and stored records of which several take the same.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::order::compare;
use crate::{Definition, Error, FieldKind, Index, Kind, RecordBuf, Result, Token, Value, id};

/// The values of a record in an index, equal as numbers are, strings by their bytes, and instants whatever their text.
#[derive(Debug, Clone)]
pub(crate) struct Taken(Vec<Value>);

impl Taken {
    /// What a record takes in an index of the definition; nothing if it lacks one of the fields.
    pub(crate) fn by(record: &RecordBuf, definition: &Definition, index: &Index) -> Option<Self> {
        let value = |field| held(record.get(field)?, definition.field(field));
        index.fields().map(value).collect::<Option<_>>().map(Self)
    }
}

/// The value as a field of this kind holds it, if that is any: what was stored before the field was declared stands there
/// as it was written.
fn held(token: Token<'_>, kind: Option<FieldKind>) -> Option<Value> {
    match (token, kind) {
        (Token::String(""), Some(FieldKind { empty_is_missing: true, .. })) => None,
        (Token::String(text), Some(FieldKind { kind: Kind::Timestamp, .. })) => {
            Some(text.parse().map_or_else(|_| text.into(), Value::Timestamp))
        }
        (scalar, _) => Some(Value::from_scalar(scalar)).filter(|value| *value != Value::Null),
    }
}

impl Ord for Taken {
    fn cmp(&self, other: &Self) -> Ordering {
        let pairs = self.0.iter().zip(&other.0);
        pairs.fold(Ordering::Equal, |order, (left, right)| order.then_with(|| compare(left.token(), right.token())))
    }
}

impl PartialOrd for Taken {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Taken {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Taken {}

/// Stored records of which several have the same values in an index that is to be unique.
///
/// They are told by ids that the library gave; other ids are values of the caller's, and only counted.
///
/// ```
/// use backends_core::Index;
/// use backends_core::driver::Duplicates;
///
/// let groups = [vec!["000000000000000000000001".to_owned(), "ada".to_owned()]];
/// let error = Duplicates::new(groups).of(&Index::unique(["email"]));
/// assert!(error.is_definition_conflict());
/// assert!(error.message().contains("`email`") && error.message().contains("000000000000000000000001"));
/// assert!(!error.message().contains("ada"));
/// ```
#[derive(Debug)]
pub struct Duplicates(Vec<String>);

impl Duplicates {
    /// So many groups are told at most, and so many records of each: what a driver looks for is one more of both.
    pub const TOLD: usize = 5;

    /// The ids of records, those with the same values together.
    pub fn new(groups: impl IntoIterator<Item = Vec<String>>) -> Self {
        let mut groups = groups.into_iter();
        let mut told: Vec<_> = groups.by_ref().take(Self::TOLD).map(|group| Self::group(&group)).collect();
        told.extend(groups.next().map(|_| "and others".to_owned()));
        Self(told)
    }

    fn group(ids: &[String]) -> String {
        let shown = ids.iter().take(Self::TOLD).filter(|id| id::is_given(id));
        let mut told: Vec<_> = shown.cloned().collect();
        match ids.len() - told.len() {
            0 => {}
            more if told.is_empty() => told.push(format!("{more} whose ids are not shown")),
            more => told.push(format!("{more} more")),
        }
        told.join(", ")
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The error of a definition that wants this index.
    pub fn of(&self, index: &Index) -> Error {
        Error::definition_conflict(format!(
            "stored records have the same values in the unique index `{}` and nothing was created: change or delete all \
             but one of each of these: {}",
            index.name(),
            self.0.join("; ")
        ))
    }

    /// Looks at records that are all at hand.
    ///
    /// # Errors
    /// [`of`](Self::of) the index.
    pub(crate) fn refuse<'r>(
        definition: &Definition,
        index: &Index,
        records: impl IntoIterator<Item = &'r RecordBuf>,
    ) -> Result<()> {
        let mut groups: BTreeMap<Taken, Vec<String>> = BTreeMap::new();
        for record in records {
            let Some(taken) = Taken::by(record, definition, index) else { continue };
            groups.entry(taken).or_default().push(match record.get(definition.id_field()) {
                Some(Token::String(id)) => id.to_owned(),
                _ => String::new(),
            });
        }
        let found = Self::new(groups.into_values().filter(|ids| ids.len() > 1));
        if found.is_empty() { Ok(()) } else { Err(found.of(index)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Document;

    fn record(json: &str) -> RecordBuf {
        RecordBuf::from_document(&serde_json::from_str::<Document>(json).unwrap())
    }

    #[test]
    fn c31_what_a_record_takes_is_compared_as_values_are() {
        let index = Index::unique(["a", "b"]);
        let definition = Definition::builder("users").index(index.clone()).field("a", Kind::Number).build().unwrap();
        let taken = |json: &str| Taken::by(&record(json), &definition, &index);
        assert_eq!(taken(r#"{"a": 1, "b": "x"}"#), taken(r#"{"a": 1.0, "b": "x", "c": 7}"#));
        for other in [r#"{"a": 1, "b": "X"}"#, r#"{"a": "1", "b": "x"}"#, r#"{"a": 1.5, "b": "x"}"#] {
            assert!(taken(other).is_some() && taken(other) != taken(r#"{"a": 1, "b": "x"}"#), "{other}");
        }
        for exempt in [r#"{"a": 1}"#, r#"{"a": 1, "b": null}"#, "{}"] {
            assert_eq!(taken(exempt), None, "{exempt}");
        }
    }

    #[test]
    fn c31_c37_what_was_stored_before_a_kind_was_declared_is_read_by_it() {
        let nick = FieldKind::new(Kind::String).empty_is_missing();
        let indexes = [Index::unique(["nick"]), Index::unique(["at"])];
        let definition = Definition::builder("users").field("nick", nick).field("at", Kind::Timestamp);
        let definition = indexes.iter().cloned().fold(definition, crate::DefinitionBuilder::index).build().unwrap();
        let taken = |json: &str, at: usize| Taken::by(&record(json), &definition, &indexes[at]);
        assert_eq!(taken(r#"{"nick": ""}"#, 0), None);
        assert!(taken(r#"{"nick": "a"}"#, 0).is_some());
        let start = taken(r#"{"at": "2024-01-01T00:00:00Z"}"#, 1);
        assert_eq!(start, taken(r#"{"at": "2024-01-01T01:00:00+01:00"}"#, 1));
        assert_ne!(start, taken(r#"{"at": "2024-01-01T01:00:00Z"}"#, 1));
        let mut instant = RecordBuf::new();
        instant.set("at", Token::Timestamp("2024-01-01T00:00:00Z".parse().unwrap()));
        assert_eq!(start, Taken::by(&instant, &definition, &indexes[1]));
        assert!(start.is_some());
    }

    #[test]
    fn c37_what_is_told_of_duplicates_is_bounded() {
        let ids = |from: usize, count: usize| (from..from + count).map(|at| format!("{at:024}")).collect::<Vec<_>>();
        let told = |groups: Vec<Vec<String>>| Duplicates::new(groups).of(&Index::unique(["a"])).message().len();
        assert!(told(vec![ids(0, 5); 5]) < told(vec![ids(0, 6); 6]));
        assert!(told(vec![ids(0, 6); 6]) + 40 > told(vec![ids(0, 6_000); 600]));
        assert!(Duplicates::new([]).is_empty());
    }
}
