//! What a definition says of the values at each path, as a tree that the codec walks along with a record.

use crate::error::declaration;
use crate::{Error, FieldKind, Kind, Path, Result, Timestamp, Token};

/// A place in a record: what is declared there and below.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    kind: Option<FieldKind>,
    held_by: Holder,
    fields: Vec<(Box<str>, Place)>,
    elements: Option<Box<Place>>,
}

/// What holds the values at a place besides the record, the strictest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Holder {
    #[default]
    Nobody,
    /// The library gives it, or counts it, whatever else it is.
    Library,
    Index,
    Key,
}

/// DynamoDB's partition and sort keys hold 1 to 2,048 and 1,024 bytes; the smaller limit holds everywhere.
pub(crate) const KEY_STRING: usize = 1_024;

impl Place {
    /// Declares the kind of the values at `path` (`address.city`, `events[].at`).
    pub(crate) fn declare(&mut self, path: &str, kind: FieldKind) {
        self.at(path).kind = Some(kind);
    }

    /// Says that a field of the library is at `path`, or that the primary key or an index holds the values there, so that
    /// their length is limited.
    pub(crate) fn mark_held(&mut self, path: &str, holder: Holder) {
        let place = self.at(path);
        place.held_by = place.held_by.max(holder);
    }

    fn at(&mut self, path: &str) -> &mut Self {
        let mut place = self;
        for segment in path.split('.') {
            let name = segment.trim_end_matches("[]");
            let known = place.fields.iter().position(|(field, _)| **field == *name);
            let known = known.unwrap_or_else(|| {
                place.fields.push((name.into(), Self::default()));
                place.fields.len() - 1
            });
            place = &mut place.fields[known].1;
            for _ in 0..(segment.len() - name.len()) / 2 {
                place = place.elements.get_or_insert_default();
            }
        }
        place
    }

    /// The place of a field below this one, if anything is declared there.
    #[inline]
    pub(crate) fn field(&self, name: &str) -> Option<&Self> {
        self.fields.iter().find(|(field, _)| **field == *name).map(|(_, place)| place)
    }

    /// The place at a path below this one, if anything is declared there.
    pub(crate) fn place(&self, path: &Path) -> Option<&Self> {
        path.segments().try_fold(self, |place, segment| place.field(segment))
    }

    /// The place of the elements of an array here, if anything is declared there.
    pub(crate) fn elements(&self) -> Option<&Self> {
        self.elements.as_deref()
    }

    /// What the values here are, if it is declared.
    pub(crate) fn kind(&self) -> Option<FieldKind> {
        self.kind
    }

    /// The names of the fields of which something is known.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> + Clone {
        self.fields.iter().map(|(name, _)| &**name)
    }

    /// Whether a key, an index or the library limits the strings here.
    pub(crate) fn is_held(&self) -> bool {
        self.held_by != Holder::Nobody
    }

    /// Whether `""` here counts as missing.
    pub(crate) fn drops_empty(&self) -> bool {
        self.kind.is_some_and(|kind| kind.empty_is_missing)
    }

    /// Whether an instant is declared here or anywhere below.
    pub(crate) fn has_timestamps(&self) -> bool {
        self.kind.is_some_and(|kind| kind.kind == Kind::Timestamp)
            || self.fields.iter().any(|(_, place)| place.has_timestamps())
            || self.elements.as_ref().is_some_and(|place| place.has_timestamps())
    }

    /// The scalar as it is stored here: RFC 3339 text at a timestamp's place becomes the instant.
    ///
    /// # Errors
    /// `InvalidInput` if the value is of another kind than the one declared.
    pub(crate) fn conform<'t>(&self, token: Token<'t>) -> Result<Token<'t>> {
        let Some(FieldKind { kind, .. }) = self.kind else { return Ok(token) };
        let conforming = conform(kind, token).map_err(|error| self.with_remedy(error, kind, token))?;
        if self.held_by != Holder::Nobody
            && let Token::String(text) = conforming
            && !(1..=KEY_STRING).contains(&text.len())
        {
            return Err(Error::invalid_input(match (text.is_empty(), self.held_by) {
                (true, Holder::Key) => "an empty string in a key field: give the record a key",
                (true, _) => "an empty string in an index field: leave the field out, or declare `emptyIsMissing`",
                (false, _) => {
                    "a string in a key or index field has at most 1,024 bytes: shorten it, or use a hash of it"
                }
            }));
        }
        Ok(conforming)
    }

    /// Where nothing but the record holds the value, its field may as well be declared as of the value's own kind.
    #[cold]
    fn with_remedy(&self, error: Error, declared: Kind, token: Token<'_>) -> Error {
        let is_malformed = matches!((declared, token), (Kind::Timestamp | Kind::ObjectId, Token::String(_)));
        match kind_of(token) {
            Some(own) if self.held_by == Holder::Nobody && !is_malformed => {
                let (wrong, line) = (error.message(), declaration(own));
                Error::invalid_input(format!("{wrong}, or declare the field's kind with {line}"))
            }
            _ => error,
        }
    }
}

/// The scalar as a place of this kind holds it.
///
/// # Errors
/// `InvalidInput` if it is of another kind.
pub(crate) fn conform(kind: Kind, token: Token<'_>) -> Result<Token<'_>> {
    let fits = match (kind, token) {
        (Kind::Timestamp, Token::String(text)) => {
            return text.parse::<Timestamp>().map(Token::Timestamp);
        }
        (Kind::ObjectId, Token::String(text)) if is_object_id(text) => true,
        (Kind::ObjectId, Token::String(_)) => {
            return Err(Error::invalid_input(
                "an id of the kind objectId is exactly 24 lower-case hexadecimal digits: declare `idKind: string` (or the field's kind as string) to bring others",
            ));
        }
        (Kind::String, Token::String(_))
        | (Kind::Number, Token::Int(_) | Token::Float(_))
        | (Kind::Integer, Token::Int(_))
        | (Kind::Timestamp, Token::Timestamp(_))
        | (Kind::Bool, Token::Bool(_))
        | (Kind::Bytes, Token::Bytes(_)) => true,
        _ => false,
    };
    if fits { Ok(token) } else { Err(another_kind(kind, token)) }
}

fn another_kind(kind: Kind, token: Token<'_>) -> Error {
    let (is, wanted) = (token.describe(), wanted(kind));
    Error::invalid_input(format!("{is} where the kind {kind} is declared: pass {wanted}"))
}

/// What to pass where this kind is declared.
fn wanted(kind: Kind) -> &'static str {
    match kind {
        Kind::String => "a string",
        Kind::Number => "a number",
        Kind::Integer => "an integer",
        Kind::Timestamp => "a timestamp, or RFC 3339 text",
        Kind::ObjectId => "a string of 24 lower-case hexadecimal digits",
        Kind::Bool => "a bool",
        Kind::Bytes => "bytes",
    }
}

/// The kind that a scalar is of.
fn kind_of(token: Token<'_>) -> Option<Kind> {
    Some(match token {
        Token::String(_) => Kind::String,
        Token::Int(_) => Kind::Integer,
        Token::Float(_) => Kind::Number,
        Token::Timestamp(_) => Kind::Timestamp,
        Token::Bool(_) => Kind::Bool,
        Token::Bytes(_) => Kind::Bytes,
        Token::Null | Token::Array | Token::Map | Token::Field(_) | Token::End => return None,
    })
}

/// Whether it is what the library takes for an `ObjectId`: exactly 24 lower-case hexadecimal digits.
pub(crate) fn is_object_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Definition;

    #[test]
    fn c09_places_are_found_along_paths() {
        let mut root = Place::default();
        root.declare("events[].at", Kind::Timestamp.into());
        root.declare("address.city", Kind::String.into());
        let events = root.field("events").unwrap();
        assert!(events.kind().is_none());
        let at = events.elements().unwrap().field("at").unwrap();
        assert_eq!(at.kind().unwrap().kind, Kind::Timestamp);
        assert!(root.has_timestamps() && !root.field("address").unwrap().has_timestamps());
        assert!(root.field("city").is_none());
    }

    #[test]
    fn c09_a_value_of_another_kind_is_refused_without_being_shown() {
        for (kind, token) in [
            (Kind::String, Token::Int(4711)),
            (Kind::Number, Token::String("4711")),
            (Kind::Integer, Token::Float(4711.5)),
            (Kind::Timestamp, Token::Int(4711)),
            (Kind::Timestamp, Token::String("4711")),
            (Kind::ObjectId, Token::String("4711")),
            (Kind::ObjectId, Token::String("A0000000000000000000000F")),
            (Kind::Bool, Token::Int(4711)),
            (Kind::Bytes, Token::Map),
        ] {
            let error = conform(kind, token).unwrap_err();
            assert!(error.is_invalid_input() && !error.to_string().contains("4711"), "{error}");
        }
        assert_eq!(
            conform(Kind::String, Token::Int(1)).unwrap_err().message(),
            "an integer where the kind string is declared: pass a string"
        );
        assert_eq!(
            conform(Kind::Bytes, Token::Map).unwrap_err().message(),
            "a map where the kind bytes is declared: pass bytes"
        );
        assert!(conform(Kind::Number, Token::Int(1)).unwrap() == Token::Int(1));
    }
    #[test]
    fn c09_only_a_field_that_nothing_else_holds_may_be_declared_as_another_kind() {
        for (holder, offers) in
            [(Holder::Nobody, true), (Holder::Library, false), (Holder::Index, false), (Holder::Key, false)]
        {
            let mut root = Place::default();
            root.declare("at", Kind::Timestamp.into());
            root.mark_held("at", holder);
            let place = root.field("at").unwrap();
            let message = |token| place.conform(token).unwrap_err().message().to_owned();
            assert_eq!(message(Token::Int(1)).contains("or declare"), offers, "{holder:?}");
            assert!(!message(Token::String("yesterday")).contains("or declare"), "the text of an instant is malformed");
        }
    }

    #[test]
    fn c09_the_declaration_that_a_refusal_offers_is_one_that_definitions_take() {
        let mut root = Place::default();
        root.declare("size", Kind::String.into());
        let error = root.field("size").unwrap().conform(Token::Int(1)).unwrap_err().with_path("size").naming_path();
        let line = error.message().split('`').nth(1).unwrap().replace("fields:", "\"fields\":");
        let definition = Definition::from_json(&format!("{{\"name\": \"parcels\", {line}}}")).unwrap();
        assert!(definition.fields().any(|(path, kind)| path == "size" && kind.kind == Kind::Integer));
    }
}
