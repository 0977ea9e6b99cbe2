//! Whether a stored record holds at a path what a definition declares there.

use crate::schema::conform;
use crate::{FieldKind, Kind, RecordBuf, Result, Token, Tokens};

/// What is declared at a path.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub(super) kind: FieldKind,
    /// Whether text may stand for an instant.
    pub(super) takes_text: bool,
}

impl Wanted {
    fn is(self, scalar: Token<'_>) -> bool {
        let is_text = matches!(scalar, Token::String(_));
        let is_refused = is_text && !self.takes_text && self.kind.kind == Kind::Timestamp;
        !is_refused && conform(self.kind.kind, scalar).is_ok()
    }
}

/// Whether what the record holds at `path` is of the kind. A scalar on the way to a path is no value at the path.
///
/// # Errors
/// `Unreadable` for a value at the path that cannot be read; those beside it are not asked for.
pub(super) fn record_fits(record: &RecordBuf, path: &str, wanted: Wanted) -> Result<bool> {
    let mut tokens = record.tokens();
    tokens.next()?;
    map_fits(&mut tokens, path, wanted)
}

/// The same of a map that has been begun.
fn map_fits(tokens: &mut dyn Tokens, path: &str, wanted: Wanted) -> Result<bool> {
    let (segment, rest) = path.split_once('.').map_or((path, None), |(segment, rest)| (segment, Some(rest)));
    let name = segment.trim_end_matches("[]");
    let mut fits = true;
    while let Token::Field(field) = tokens.next()? {
        if field == name {
            fits = value_fits(tokens, &segment[name.len()..], rest, wanted)?.unwrap_or(true);
        } else {
            tokens.skip()?;
        }
    }
    Ok(fits)
}

/// The same of the value that comes next; nothing if that is the end of an array. `arrays` is a pair of brackets for
/// each array between the value and the path.
fn value_fits(tokens: &mut dyn Tokens, arrays: &str, rest: Option<&str>, wanted: Wanted) -> Result<Option<bool>> {
    let is_on_the_way = !arrays.is_empty() || rest.is_some();
    let is_array = match tokens.next() {
        Ok(Token::End) => return Ok(None),
        Ok(Token::Array) => true,
        Ok(Token::Map) => false,
        Ok(Token::Null) => return Ok(Some(true)),
        Ok(Token::String("")) if wanted.kind.empty_is_missing => return Ok(Some(true)),
        Ok(scalar) => return Ok(Some(is_on_the_way || wanted.is(scalar))),
        Err(error) if is_on_the_way && error.is_unreadable() => return Ok(Some(true)),
        Err(error) => return Err(error),
    };
    match (arrays.get(2..), rest) {
        (Some(arrays), _) if is_array => {
            let mut fits = true;
            while let Some(element) = value_fits(tokens, arrays, rest, wanted)? {
                fits &= element;
            }
            Ok(Some(fits))
        }
        (None, Some(rest)) if !is_array => map_fits(tokens, rest, wanted).map(Some),
        _ => pass(tokens).map(|()| Some(is_on_the_way)),
    }
}

/// Passes over the rest of an array or a map that has been begun.
fn pass(tokens: &mut dyn Tokens) -> Result<()> {
    let mut open = 1_usize;
    while open > 0 {
        match tokens.next() {
            Ok(Token::Array | Token::Map) => open += 1,
            Ok(Token::End) => open -= 1,
            Err(error) if !error.is_unreadable() => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::json::JsonBatch;

    /// A record in which no kind can hold what stands at some places.
    fn record() -> RecordBuf {
        let mut batch = JsonBatch::new();
        batch.push(
            r#"{"a": 1, "b": {"c": "x", "big": 99999999999999999999}, "big": 99999999999999999999,
                "bigs": [[99999999999999999999], {"at": "x"}],
                "events": [{"at": "2020-01-01T00:00:00Z"}, {"at": 7}, 3], "tags": ["x", null]}"#,
        );
        RecordBuf::from_batch_in_part(&batch, 0).unwrap()
    }

    #[test]
    fn c37_stored_values_are_held_against_new_kinds() {
        for (path, kind, fits) in [
            ("a", Kind::Integer, true),
            ("a", Kind::String, false),
            ("b.c", Kind::String, true),
            ("b.c", Kind::Timestamp, false),
            ("b", Kind::String, false),
            ("b.c.d", Kind::Bool, true),
            ("missing.x", Kind::Bool, true),
            ("events[].at", Kind::Timestamp, false),
            ("events[].other", Kind::Timestamp, true),
            ("tags[]", Kind::String, true),
            ("tags[]", Kind::Integer, false),
            ("tags", Kind::String, false),
            ("bigs[].at", Kind::String, true),
            ("bigs[].at", Kind::Bool, false),
            ("big.x", Kind::Bool, true),
            ("bigs.x", Kind::Bool, true),
        ] {
            let wanted = Wanted { kind: kind.into(), takes_text: true };
            assert_eq!(record_fits(&record(), path, wanted).unwrap(), fits, "{path} {kind}");
        }
    }

    #[test]
    fn c43_what_no_record_holds_is_told_where_it_is_declared() {
        for path in ["big", "b.big", "bigs[][]"] {
            let wanted = Wanted { kind: Kind::String.into(), takes_text: true };
            let error = record_fits(&record(), path, wanted).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unreadable, "{path}");
        }
    }
}
