//! What is written, what is read, and what is refused.

use super::*;
use crate::{Batch, Document, Timestamp, Token, Tokens, Value};

mod random;

fn record(tokens: &[Token<'_>]) -> RecordBuf {
    let mut record = RecordBuf::new();
    for token in tokens {
        record.push(*token);
    }
    record
}

/// A record whose only field `a` holds this.
fn holding(value: Token<'_>) -> RecordBuf {
    record(&[Token::Field("a"), value])
}

fn read(text: &str) -> Result<Document> {
    crate::decode::decode_tokens(&mut JsonTokens::new(text))
}

/// The value of the field `a` of this text.
fn read_value(value: &str) -> Result<Value> {
    Ok(read(&format!("{{\"a\":{value}}}"))?.remove("a").unwrap())
}

fn refused(text: &str) -> Error {
    let error = parse(text).unwrap_err();
    assert!(error.is_unreadable(), "{error}: {text}");
    assert!(error.context().any(|(name, _)| name == "byte"), "{error}");
    error
}

fn byte(error: &Error) -> usize {
    error.context().find(|(name, _)| *name == "byte").unwrap().1.parse().unwrap()
}

#[test]
fn scalars_are_written_compactly() {
    let at: Timestamp = "2024-02-29T12:30:00.123Z".parse().unwrap();
    for (token, text) in [
        (Token::Bool(true), "true"),
        (Token::Bool(false), "false"),
        (Token::Int(0), "0"),
        (Token::Int(i64::MIN), "-9223372036854775808"),
        (Token::Int(i64::MAX), "9223372036854775807"),
        (Token::Float(0.1), "0.1"),
        (Token::Float(-1.5), "-1.5"),
        (Token::Float(1e-130), "1e-130"),
        (Token::String(""), r#""""#),
        (Token::String("ä\u{7f}\u{2028}😀/"), "\"ä\u{7f}\u{2028}😀/\""),
        (Token::String("\"\\\u{8}\u{c}\n\r\t\u{1}\u{1f}"), r#""\"\\\b\f\n\r\t\u0001\u001f""#),
        (Token::Bytes(&[]), r#"{"$binary":""}"#),
        (Token::Bytes(&[0, 255]), r#"{"$binary":"AP8="}"#),
        (Token::Bytes(&[251, 239, 255]), r#"{"$binary":"++//"}"#),
        (Token::Timestamp(at), r#""2024-02-29T12:30:00.123Z""#),
    ] {
        assert_eq!(to_string(&holding(token)).unwrap(), format!("{{\"a\":{text}}}"));
    }
}

#[test]
fn arrays_and_maps_are_written_with_commas_between_and_nothing_else() {
    use Token::{Array, End, Field, Int, Map, Null};
    for (tokens, text) in [
        (vec![], "{}"),
        (vec![Field("a"), Map, End, Field("b"), Array, End], r#"{"a":{},"b":[]}"#),
        (vec![Field("a\"b"), Array, Null, Array, Int(1), End, Null, End], r#"{"a\"b":[null,[1],null]}"#),
        (
            vec![
                Field("a"),
                Map,
                Field("b"),
                Map,
                Field("c"),
                Int(1),
                End,
                Field("d"),
                Int(2),
                End,
                Field("e"),
                Int(3),
            ],
            r#"{"a":{"b":{"c":1},"d":2},"e":3}"#,
        ),
    ] {
        assert_eq!(to_string(&record(&tokens)).unwrap(), text);
    }
}

#[test]
fn a_walk_that_breaks_the_rules_is_an_error_and_writes_nothing() {
    use Token::{Array, End, Field, Int, Map, Null};
    let mut deep = vec![Field("a")];
    deep.extend([Array; LEVELS]);
    for tokens in [
        vec![Int(1)],
        vec![Field("a")],
        vec![Field("a"), Field("b"), Int(1)],
        vec![Field("a"), Int(1), Int(2)],
        vec![Field("a"), Null],
        vec![Field("a"), Array, Field("b"), End],
        vec![Field("a"), Map, Int(1), End],
        vec![Field("a"), Map, Field("b"), End],
        vec![Field("a"), Array],
        vec![Field("a"), Token::Float(f64::NAN)],
        vec![Field("a"), Token::Float(f64::INFINITY)],
        deep,
    ] {
        let mut out = "before".to_owned();
        assert!(write(&mut record(&tokens).tokens(), &mut out).unwrap_err().is_unexpected(), "{tokens:?}");
        assert_eq!(out, "before");
    }
    let dynamic: &mut dyn Tokens = &mut JsonTokens::new("[]");
    assert!(write(dynamic, &mut String::new()).is_err());
}

#[test]
fn c02_numbers_are_read_by_their_value() {
    for (text, expected) in [
        ("0", Value::Int(0)),
        ("-0", Value::Int(0)),
        ("-0.0", Value::Int(0)),
        ("0e5", Value::Int(0)),
        ("1.0", Value::Int(1)),
        ("1e2", Value::Int(100)),
        ("1E+2", Value::Int(100)),
        ("100e-2", Value::Int(1)),
        ("9007199254740993", Value::Int(9_007_199_254_740_993)),
        ("9223372036854775807", Value::Int(i64::MAX)),
        ("-9223372036854775808", Value::Int(i64::MIN)),
        ("9223372036854775808e0", Value::Float(9_223_372_036_854_775_808.0)),
        ("1e19", Value::Float(1e19)),
        ("123456789012345678901.0", Value::Float(123_456_789_012_345_680_000.0)),
        ("0.1", Value::Float(0.1)),
        ("-1.5e-3", Value::Float(-0.0015)),
        ("1e300", Value::Float(1e300)),
        ("5e-324", Value::Float(5e-324)),
        ("0.000000000000000001", Value::Float(1e-18)),
        ("-9007199254740992.5", Value::Int(-9_007_199_254_740_992)),
        ("900719925474099.25", Value::Float(900_719_925_474_099.2)),
        ("-0.30000000000000004", Value::Float(-0.300_000_000_000_000_04)),
        ("1.1199999999999999", Value::Float(1.119_999_999_999_999_9)),
    ] {
        let read = read_value(text).unwrap();
        assert!(read.token() == expected.token(), "{text}: {read:?}");
    }
    for text in ["1e400", "-1e400", "1e-400", "0.0001e-400", &"9".repeat(400)].into_iter().chain([
        "9223372036854775808",
        "-9223372036854775809",
        "9999999999999999999",
        "123456789012345678901",
    ]) {
        assert!(refused(&format!("{{\"a\":{text}}}")).message().contains("outside the range"), "{text}");
    }
    for text in ["", "-", "01", "-01", "00", "+1", ".5", "1.", "1.e1", "1e", "1e+", "1a", "0x1", "1_0", "NaN", "1 2"] {
        refused(&format!("{{\"a\":{text}}}"));
        refused(&format!("{{\"a\":[{text},]}}"));
    }
}

#[test]
fn c03_null_fields_are_missing_and_null_elements_stay() {
    for (text, expected) in [
        (r#"{"a":null}"#, "{}"),
        (r#" { "a" : null , "b" : 1 , "c" : null } "#, r#"{"b":1}"#),
        (r#"{"a":{"b":null,"c":{"d":null}},"e":[null,{"f":null}]}"#, r#"{"a":{"c":{}},"e":[null,{}]}"#),
    ] {
        assert_eq!(to_string(&parse(text).unwrap()).unwrap(), expected);
    }
    for text in [r#"{"a":nul}"#, r#"{"a":nulls}"#, r#"{"a":null,}"#, r#"{"a":null"b":1}"#, r#"{"a":NULL}"#] {
        refused(text);
    }
}

#[test]
fn c06_bytes_stand_alone_in_their_map() {
    for text in [r#"{"$binary":"AP8="}"#, " { \"$binary\" : \"AP8=\" } ", r#"{"\u0024binary":"AP\u0038="}"#] {
        assert_eq!(read_value(text).unwrap(), Value::Bytes(vec![0, 255]));
    }
    assert_eq!(read_value(r#"[{"$binary":""},{"$binary":"++\/\/"}]"#).unwrap().token(), Token::Array);
    for text in [
        r#"{"$binary":"AP8"}"#,
        r#"{"$binary":"AP9="}"#,
        r#"{"$binary":"A P8="}"#,
        r#"{"$binary":"__8="}"#,
        r#"{"$binary":null}"#,
        r#"{"$binary":1}"#,
        r#"{"$binary":["AP8="]}"#,
        r#"{"$binary":"AP8=","b":1}"#,
        r#"{"$binary":"AP8=","b":null}"#,
        r#"{"b":1,"$binary":"AP8="}"#,
        r#"{"b":1,"$binary":null}"#,
        r#"{"b":1,"\u0024binary":"AP8="}"#,
    ] {
        assert!(refused(&format!("{{\"a\":{text}}}")).message().contains("`$binary`"), "{text}");
    }
    assert!(refused(r#"{"$binary":"AP8="}"#).message().contains("`$binary`"));
    let others = read_value(r#"{"$b":1,"$binar":2,"\\":3}"#).unwrap();
    assert!(matches!(others, Value::Map(fields) if fields.keys().eq(["$b", "$binar", "\\"])));
}

#[test]
fn c05_strings_of_every_character_come_back() {
    let mut all: String = ('\0'..='\u{ff}').collect();
    all.push_str("\u{2028}\u{d7ff}\u{e000}\u{ffff}😀\u{10ffff}");
    for length in 0..all.chars().count() {
        let text: String = all.chars().skip(length).chain(all.chars().take(length)).collect();
        let written = to_string(&holding(Token::String(&text))).unwrap();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&written).unwrap(), serde_json::json!({"a": text}));
        assert!(parse(&written).unwrap().get("a") == Some(Token::String(&text)));
    }
    for (text, expected) in [
        (r#""\ud83d\ude00""#, "😀"),
        (r#""x\uD83D\uDE00y""#, "x😀y"),
        (r#""\u00e4\/\"\\\b\f\n\r\t\u0000""#, "ä/\"\\\u{8}\u{c}\n\r\t\0"),
        ("\"\u{7f}\u{85}\"", "\u{7f}\u{85}"),
    ] {
        assert_eq!(read_value(text).unwrap(), expected.into());
    }
}

#[test]
fn strings_that_are_none_are_refused() {
    for half in [r"\ud83d", r"\ude00", r"\ud83dx", r"\ud83d\n", r"\ud83d\ud83d", r"\ude00\ud83d", r"\ud83d\u0041"] {
        assert!(refused(&format!("{{\"a\":\"{half}\"}}")).message().contains("surrogate"), "{half}");
        assert!(refused(&format!("{{\"a\":\"{half}")).message().contains("surrogate"), "{half}");
    }
    for text in
        [r#""\x""#, r#""\u12""#, r#""\u12g4""#, r#""\u+123""#, r#""\ü""#, r#""\"#, r#""\""#, "\"\n\"", "\"\0\"", "'a'"]
    {
        refused(&format!("{{\"a\":{text}}}"));
        refused(&format!("{{{text}:1}}"));
    }
}

#[test]
fn c40_malformed_text_is_told_by_its_byte_and_not_shown() {
    for (text, at) in [
        ("", 0),
        ("   ", 3),
        ("secret", 0),
        ("{", 1),
        ("{\"secret\"", 9),
        ("{\"secret\":", 10),
        ("{\"secret\":}", 10),
        ("{\"secret\" 1}", 10),
        ("{\"secret\":1", 11),
        ("{\"secret\":1,}", 12),
        ("{\"secret\":1;}", 11),
        ("{,}", 1),
        ("{secret:1}", 1),
        ("{\"secret\":[1,]}", 13),
        ("{\"secret\":[,1]}", 11),
        ("{\"secret\":[1 2]}", 13),
        ("{\"secret\":[1}", 12),
        ("{\"secret\":{1]}", 11),
        ("{\"secret\":1}x", 12),
        ("{\"secret\":1} {}", 13),
        ("{\"secret\":1}\u{a0}", 12),
        ("\u{feff}{}", 0),
        ("{\"secret\":True}", 10),
        ("{\"secret\":tru}", 10),
        ("{\"secret\":\"secret", 17),
    ] {
        let error = refused(text);
        assert_eq!(byte(&error), at, "{text}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
    }
    for text in ["[]", "1", "\"secret\"", "null", "true", "[{}]"] {
        assert!(refused(text).message().contains("no map of fields"));
    }
    assert_eq!(
        refused("{\"a\":x}").to_string(),
        "unreadable: the stored text is not well-formed JSON: repair the record, or delete it (byte: 5)"
    );
}

#[test]
fn deep_nesting_is_refused_and_does_not_exhaust_the_stack() {
    let nest = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(to_string(&parse(&nest(LEVELS - 1)).unwrap()).unwrap(), nest(LEVELS - 1));
    for levels in [LEVELS, 1_000_000] {
        assert!(refused(&nest(levels)).message().contains("256 arrays and maps"));
        let skipped = JsonTokens::new(&nest(levels)).skip().unwrap_err();
        assert!(skipped.is_unreadable());
    }
    assert!(JsonTokens::new(&nest(LEVELS - 1)).skip().is_ok());
    refused(&"{\"a\":".repeat(1_000_000));
}

#[test]
fn duplicated_fields_are_walked_as_they_stand() {
    let mut tokens = JsonTokens::new(r#"{"a":1,"a":2}"#);
    for expected in [Token::Map, Token::Field("a"), Token::Int(1), Token::Field("a"), Token::Int(2), Token::End] {
        assert!(tokens.next().unwrap() == expected);
    }
    assert!(tokens.next().unwrap_err().is_unexpected());
    assert!(tokens.skip().unwrap_err().is_unexpected());
}

#[test]
fn skip_passes_over_one_value_whole() {
    for value in [
        "1",
        "-1.5e+3",
        "true",
        r#""plain""#,
        r#""with \" and \\ and } and ] and \u0022""#,
        "[]",
        "{}",
        r#"[1,"]",{"a":"}"},[[]] , null]"#,
        r#"{ "x" : { "y\"}" : [ "\\" ] } , "z" : null }"#,
        r#"{"$binary":"AP8="}"#,
    ] {
        let text = format!("{{\"skipped\" : {value} ,\"array\":[ {value} , {value},{value}],\"last\":7}}");
        let mut tokens = JsonTokens::new(&text);
        assert!(tokens.next().unwrap() == Token::Map && tokens.next().unwrap() == Token::Field("skipped"));
        tokens.skip().unwrap();
        assert!(tokens.next().unwrap() == Token::Field("array") && tokens.next().unwrap() == Token::Array);
        for _ in 0..3 {
            tokens.skip().unwrap();
        }
        for expected in [Token::End, Token::Field("last"), Token::Int(7), Token::End] {
            assert!(tokens.next().unwrap() == expected, "{text}");
        }
        assert!(JsonTokens::new(&text).skip().is_ok());
        assert!(JsonTokens::new(&format!("{text}x")).skip().unwrap_err().is_unreadable());
    }
    for value in ["[}", "{]", "[1", "{\"a\":[}]", "\"", "\"\\", "]", "}", ",", ":", "ä", ""] {
        assert!(JsonTokens::new(value).skip().unwrap_err().is_unreadable(), "{value}");
    }
    let mut at_the_end = JsonTokens::new(r#"{"a":[]}"#);
    for _ in 0..3 {
        at_the_end.next().unwrap();
    }
    assert!(at_the_end.skip().is_err());
}

#[test]
fn a_record_is_written_into_a_batch_whole_or_not_at_all() {
    let mut batch = JsonBatch::new();
    batch.write(&mut holding(Token::Int(1)).tokens()).unwrap();
    assert!(batch.write(&mut record(&[Token::Field("a")]).tokens()).is_err());
    batch.write(&mut holding(Token::Int(2)).tokens()).unwrap();
    assert_eq!((batch.len(), batch.bytes()), (2, 14));
    assert_eq!((batch.get(0), batch.get(1)), (Some(r#"{"a":1}"#), Some(r#"{"a":2}"#)));
}

#[test]
fn a_batch_reads_each_of_its_texts() {
    let texts = [r#"{"a":1}"#, "", "{}", r#"{"a":"ä"}"#];
    let mut batch = JsonBatch::with_capacity(4, 16);
    assert!(batch.is_empty());
    batch.extend(texts);
    assert_eq!(batch.len(), 4);
    assert_eq!(format!("{batch:?}"), "JsonBatch { records: 4, .. }");
    for (index, text) in texts.into_iter().enumerate() {
        assert_eq!(batch.get(index), Some(text));
        match RecordBuf::from_batch(&batch, index) {
            Ok(record) => assert_eq!(to_string(&record).unwrap(), text),
            Err(error) => assert!(text.is_empty() && error.is_unreadable()),
        }
    }
    assert!(batch.get(4).is_none());
    assert!(batch.read(4, &mut |_| Ok(())).unwrap_err().is_unexpected());
}
