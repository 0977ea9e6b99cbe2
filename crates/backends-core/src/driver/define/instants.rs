//! Texts that stood in records before their places were declared as instants, in the form that the library writes.

use crate::schema::Place;
use crate::{FieldKind, Kind, RecordBuf, Result, Timestamp, Token, Tokens};

/// What is declared where texts become instants: timestamps, but for those whose text stays that of another program.
pub(super) fn places<'k>(added: impl IntoIterator<Item = &'k (String, FieldKind)>) -> Option<Place> {
    let mut root = Place::default();
    let is_own = |kind: &FieldKind| kind.kind == Kind::Timestamp && !kind.foreign_text;
    added.into_iter().filter(|(_, kind)| is_own(kind)).for_each(|(path, kind)| root.declare(path, *kind));
    root.has_timestamps().then_some(root)
}

/// The record that `tokens` walks with the instants that stand at these places as texts of another form; nothing where
/// none does.
///
/// # Errors
/// Those of the walk.
pub(super) fn rewritten(places: &Place, tokens: &mut dyn Tokens) -> Result<Option<RecordBuf>> {
    let mut record = RecordBuf::new();
    let mut is_changed = false;
    // Of each map and array that is open, whether it is an array, and its place.
    let mut open: Vec<(bool, Option<&Place>)> = Vec::new();
    let mut here = Some(places);
    loop {
        let token = tokens.next()?;
        match token {
            Token::Field(name) => {
                here = open.last().and_then(|(_, place)| *place).and_then(|place| place.field(name));
                record.push(token);
                continue;
            }
            Token::Map | Token::Array => {
                if !open.is_empty() {
                    record.push(token);
                }
                open.push((token == Token::Array, here));
            }
            Token::End => {
                open.pop();
                if open.is_empty() {
                    return Ok(is_changed.then_some(record));
                }
                record.push(token);
            }
            Token::String(text) => match instant(here, text) {
                Some(at) => {
                    is_changed |= at.to_string() != text;
                    record.push(Token::Timestamp(at));
                }
                None => record.push(token),
            },
            scalar => record.push(scalar),
        }
        here = match open.last() {
            Some((true, Some(array))) => array.elements(),
            _ => None,
        };
    }
}

fn instant(place: Option<&Place>, text: &str) -> Option<Timestamp> {
    place.and_then(Place::kind).filter(|kind| kind.kind == Kind::Timestamp).and_then(|_| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{JsonTokens, to_string};

    #[test]
    fn c04_texts_at_the_places_of_instants_become_what_the_library_writes() {
        let added = ["at", "times[]", "events[].log.at"].map(|path| (path.to_owned(), Kind::Timestamp.into()));
        let foreign = ("theirs".to_owned(), FieldKind::new(Kind::Timestamp).foreign_text());
        let places = places(added.iter().chain([&foreign])).unwrap();
        let rewritten = |json: &str| {
            rewritten(&places, &mut JsonTokens::new(json)).unwrap().map(|record| to_string(&record).unwrap())
        };
        let late = r#"{"other":"2024-01-01T00:00:00Z","at":"2024-01-01T02:00:00+02:00","theirs":"2024-01-01T00:00:00Z",
            "times":["2024-01-01T00:00:00Z",1,null,["2024-01-01T00:00:00Z"]],"map":{"at":"2024-01-01T00:00:00Z"},
            "events":[{"at":"2024-01-01T00:00:00Z","log":{"at":"2024-01-01t00:00:00Z"}},{}]}"#;
        let own = r#"{"other":"2024-01-01T00:00:00Z","at":"2024-01-01T00:00:00.000Z","theirs":"2024-01-01T00:00:00Z",
            "times":["2024-01-01T00:00:00.000Z",1,null,["2024-01-01T00:00:00Z"]],"map":{"at":"2024-01-01T00:00:00Z"},
            "events":[{"at":"2024-01-01T00:00:00Z","log":{"at":"2024-01-01T00:00:00.000Z"}},{}]}"#;
        let own: String = own.split("\n            ").collect();
        assert_eq!(rewritten(late).as_ref(), Some(&own));
        assert_eq!(rewritten(&own), None);
        assert_eq!(rewritten(r#"{"at": "soon", "times": "2024-01-01T00:00:00Z"}"#), None);
        assert!(super::places([&foreign]).is_none());
    }
}
