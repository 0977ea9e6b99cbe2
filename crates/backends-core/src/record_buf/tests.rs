//! Walks, look-ups and changes of flat records.

use super::*;

fn sample() -> RecordBuf {
    let mut record = RecordBuf::new();
    for token in [
        Token::Field("name"),
        Token::String("Ada"),
        Token::Field("tags"),
        Token::Array,
        Token::Null,
        Token::Map,
        Token::Field("name"),
        Token::Int(1),
        Token::End,
        Token::End,
        Token::Field("at"),
        Token::Timestamp(Timestamp::MAX),
        Token::Field("raw"),
        Token::Bytes(&[0, 255]),
        Token::Field("ratio"),
        Token::Float(0.5),
    ] {
        record.push(token);
    }
    record
}

#[test]
fn a_copy_by_tokens_is_equal() {
    let record = sample();
    assert!(RecordBuf::from_tokens(&mut record.tokens()).unwrap() == record);
}

#[test]
fn fields_are_found_changed_and_removed_at_the_top_only() {
    let mut record = sample();
    assert!(record.get("name") == Some(Token::String("Ada")));
    assert!(record.get("tags") == Some(Token::Array));
    assert!(record.get("missing").is_none());
    record.set("name", Token::String("Grace"));
    assert!(record.get("name") == Some(Token::String("Grace")));
    assert!(record.remove("tags") && !record.remove("tags"));
    assert!(record.get("raw") == Some(Token::Bytes(&[0, 255])));
}

#[test]
fn a_walk_skips_whole_values() {
    let record = sample();
    let mut walk = record.tokens();
    assert!(walk.step().unwrap() == Token::Map);
    for name in ["name", "tags", "at", "raw", "ratio"] {
        assert!(walk.step().unwrap() == Token::Field(name));
        walk.skip().unwrap();
    }
    assert!(walk.step().unwrap() == Token::End);
    assert!(walk.step().is_err());
}

#[test]
fn c41_malformed_records_are_errors() {
    for tokens in [&[Token::End][..], &[Token::Field("a"), Token::Map]] {
        let mut record = RecordBuf::new();
        for token in tokens {
            record.push(*token);
        }
        assert!(RecordBuf::from_tokens(&mut record.tokens()).is_err());
        assert!(record.get("b").is_none());
    }
}

#[test]
fn c40_debug_holds_no_value() {
    assert!(!format!("{:?} {:?}", sample(), Token::String("Ada")).contains("Ada"));
}

#[test]
fn c01_a_map_has_no_order() {
    let fields = [("a", Token::Int(1)), ("b", Token::Null), ("c", Token::Float(0.5))];
    let build = |order: &[usize]| {
        let mut record = RecordBuf::new();
        record.push(Token::Field("inner"));
        record.push(Token::Map);
        for at in order {
            record.push(Token::Field(fields[*at].0));
            record.push(fields[*at].1);
        }
        record.push(Token::End);
        record
    };
    assert!(build(&[0, 1, 2]) == build(&[2, 0, 1]));
    assert!(build(&[0, 1, 2]) != build(&[0, 1]));
    assert!(build(&[0, 1]) != build(&[0, 2]));
}

#[test]
fn c43_a_copy_in_part_fails_only_where_a_value_could_not_be_read() {
    let mut batch = crate::json::JsonBatch::new();
    let big = "99999999999999999999";
    batch.push(&format!(r#"{{"a": 1, "big": {big}, "list": [{big}, {{"b": {big}, "c": 2}}], "z": "x"}}"#));
    batch.push(r#"{"a": 1, "big": }"#);
    assert!(RecordBuf::from_batch(&batch, 0).unwrap_err().is_unreadable());
    let copy = RecordBuf::from_batch_in_part(&batch, 0).unwrap();
    let mut walk = copy.tokens();
    let mut steps = Vec::new();
    while steps.last() != Some(&"z: a string") {
        steps.push(match walk.step() {
            Ok(Token::Field("z")) => {
                assert!(walk.step().unwrap() == Token::String("x"));
                "z: a string"
            }
            Ok(token) => token.describe(),
            Err(error) => {
                assert!(error.is_unreadable() && error.message().contains("outside the range of an i64"), "{error}");
                "unreadable"
            }
        });
    }
    let expected = "a map,a field,an integer,a field,unreadable,a field,an array,unreadable,a map,a field,unreadable,\
                    a field,an integer,an end,an end,z: a string";
    assert_eq!(steps.join(","), expected);
    assert!(copy.get("a") == Some(Token::Int(1)) && copy.get("list") == Some(Token::Array));
    // What is no record at all is none in part either.
    assert!(RecordBuf::from_batch_in_part(&batch, 1).unwrap_err().is_unreadable());
    for broken in [r#"{"list": [x]}"#, r#"{"list": [1 2]}"#, r#"{"list": ["\x", 1]}"#] {
        let mut batch = crate::json::JsonBatch::new();
        batch.push(broken);
        assert!(RecordBuf::from_batch_in_part(&batch, 0).unwrap_err().is_unreadable(), "{broken}");
    }
}

#[test]
fn c43_many_values_that_cannot_be_read_leave_the_others_readable() {
    let mut batch = crate::json::JsonBatch::new();
    let list = vec!["99999999999999999999"; 10_000].join(",");
    batch.push(&format!(r#"{{"name": "x", "list": [{list}], "z": 1}}"#));
    let copy = RecordBuf::from_batch_in_part(&batch, 0).unwrap();
    assert!(copy.get("name") == Some(Token::String("x")) && copy.get("z") == Some(Token::Int(1)));
}

/// A walk that stays where it could not read.
struct Stuck(usize);

impl crate::Tokens for Stuck {
    fn next(&mut self) -> crate::Result<Token<'_>> {
        self.0 += 1;
        match self.0 {
            1 => Ok(Token::Map),
            2 => Ok(Token::Field("list")),
            3 => Ok(Token::Array),
            _ => Err(crate::Error::unreadable("again and again")),
        }
    }

    fn skip(&mut self) -> crate::Result<()> {
        Ok(())
    }
}

impl crate::Batch for Stuck {
    fn len(&self) -> usize {
        1
    }

    fn read(&self, _: usize, reader: &mut dyn FnMut(&mut dyn crate::Tokens) -> crate::Result<()>) -> crate::Result<()> {
        reader(&mut Stuck(0))
    }
}

#[test]
fn c43_a_walk_that_breaks_its_rules_ends() {
    assert!(RecordBuf::from_batch_in_part(&Stuck(0), 0).unwrap_err().is_unreadable());
}
