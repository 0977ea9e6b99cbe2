//! Records through attributes and back, and what other programs may have stored.

use std::time::Duration;

use aws_sdk_dynamodb::primitives::Blob;
use backends_conformance::spelled;
use backends_core::driver::Context;
use backends_core::{Batch, RecordBuf, Timestamp, Token, Tokens};

use super::*;
use crate::capabilities::MAX_RECORD_BYTES;
use crate::stamp::Stamp;

fn stamp() -> Stamp {
    Stamp::of(&Context::new(Timestamp::now(), Duration::from_secs(1)))
}

fn codec() -> Codec {
    Codec::new(&Definition::builder("notes").build().unwrap())
}

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn n(text: &str) -> AttributeValue {
    AttributeValue::N(text.to_owned())
}

/// The tokens of an item with the one field `f`, as text.
fn walk(value: AttributeValue) -> Result<String> {
    spelled(&mut ItemTokens::new(&Item::from([("f".to_owned(), value)])))
}

#[test]
fn c43_what_has_a_counterpart_reads_as_it() {
    let map = |fields: &[(&str, AttributeValue)]| {
        AttributeValue::M(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    };
    for (value, tokens) in [
        (s("grüße"), "{f:\"grüße\",."),
        (s(""), "{f:\"\",."),
        (n("7"), "{f:7i,."),
        (n("7.50"), "{f:7.5f,."),
        (AttributeValue::Bool(false), "{f:false,."),
        (AttributeValue::B(Blob::new([0, 255])), "{f:[0, 255],."),
        (AttributeValue::Null(true), "{."),
        (map(&[]), "{f:{.."),
        (map(&[("gone", AttributeValue::Null(true))]), "{f:{.."),
        (map(&[("_backends", n("1"))]), "{f:{_backends:1i,.."),
        (AttributeValue::L(vec![AttributeValue::Null(true), AttributeValue::L(vec![]), n("1")]), "{f:[null,[.1i,.."),
        (AttributeValue::Ss(vec!["a".to_owned(), "b".to_owned()]), "{f:[\"a\",\"b\",.."),
        (AttributeValue::Ns(vec!["1".to_owned(), "0.5".to_owned()]), "{f:[1i,0.5f,.."),
        (AttributeValue::Bs(vec![Blob::new([1])]), "{f:[[1],.."),
    ] {
        let told = format!("{value:?}");
        assert_eq!(walk(value).unwrap(), tokens, "{told}");
    }
    for value in [n("12345678901234567890"), AttributeValue::Ns(vec!["0.10000000000000000001".to_owned()])] {
        assert!(walk(value).unwrap_err().is_unreadable());
    }
}

#[test]
fn c43_what_cannot_be_read_is_passed_over_where_nobody_asks() {
    let bad = AttributeValue::L(vec![n("1e999"), AttributeValue::L(vec![s("x")])]);
    let item = Item::from([("bad".to_owned(), bad)]);
    let mut tokens = ItemTokens::new(&item);
    assert!(tokens.next().unwrap() == Token::Map && tokens.next().unwrap() == Token::Field("bad"));
    tokens.skip().unwrap();
    assert!(tokens.next().unwrap() == Token::End);
    let mut tokens = ItemTokens::new(&item);
    (0..3).for_each(|_| assert!(tokens.next().is_ok()));
    tokens.skip().unwrap();
    tokens.skip().unwrap();
    assert!(tokens.skip().is_err());
    assert!(tokens.next().unwrap() == Token::End);
    let mut tokens = ItemTokens::new(&item);
    tokens.skip().unwrap();
    assert!(tokens.next().is_err() && tokens.skip().is_err());
}

#[test]
fn c01_a_record_comes_back_as_it_was() {
    let mut record = RecordBuf::new();
    for token in [
        Token::Field("text"),
        Token::String("grüße \u{1f980}"),
        Token::Field("empty"),
        Token::String(""),
        Token::Field("least"),
        Token::Int(i64::MIN),
        Token::Field("float"),
        Token::Float(0.1),
        Token::Field("smallest"),
        Token::Float(-1e-130),
        Token::Field("yes"),
        Token::Bool(true),
        Token::Field("bytes"),
        Token::Bytes(&[0, 255]),
        Token::Field("list"),
        Token::Array,
        Token::Null,
        Token::Array,
        Token::End,
        Token::Map,
        Token::Field("deep"),
        Token::Int(1),
        Token::End,
        Token::End,
        Token::Field("map"),
        Token::Map,
        Token::End,
    ] {
        record.push(token);
    }
    let stamp = stamp();
    let item = codec().item(&record, &stamp).unwrap();
    assert!(stamp.is_on(&item));
    let batch = ItemBatch(vec![item]);
    assert!(RecordBuf::from_batch(&batch, 0).unwrap() == record);
    assert!(batch.read(1, &mut |_| Ok(())).is_err());
}

#[test]
fn c04_an_instant_is_text_of_one_length() {
    let mut record = RecordBuf::new();
    record.push(Token::Field("at"));
    record.push(Token::Timestamp(Timestamp::from_millis(1).unwrap()));
    assert_eq!(codec().item(&record, &stamp()).unwrap()["at"], s("1970-01-01T00:00:00.001Z"));
}

#[test]
fn c41_a_record_of_the_largest_size_and_none_above_becomes_an_item() {
    let of_size = |bytes: u64| {
        let mut record = RecordBuf::new();
        record.push(Token::Field("f"));
        record.push(Token::String(&"x".repeat(usize::try_from(bytes - 1 - stamp().size()).unwrap())));
        codec().item(&record, &stamp())
    };
    assert!(of_size(MAX_RECORD_BYTES).is_ok());
    let error = of_size(MAX_RECORD_BYTES + 1).unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("409600"), "{error}");
}

#[test]
fn c08_a_key_is_found_again_in_whatever_form_its_number_is_written() {
    let two = r#"{"name": "two", "hashKey": "a", "rangeKey": "b", "rangeKeyType": "N"}"#;
    let codec = Codec::new(&Definition::from_json(two).unwrap());
    assert_eq!(codec.partition(), "a");
    let types: Vec<_> = codec.keys().iter().map(KeyField::attribute_type).collect();
    assert_eq!(types, [ScalarAttributeType::S, ScalarAttributeType::N]);
    for (value, stored) in [(Value::Int(1000), "1E+3"), (Value::Float(0.5), "5E-1"), (Value::Int(-7), "-7")] {
        let key = Key::new(Value::from("x"), Some(value));
        let sent = codec.key(&key).unwrap();
        let item = Item::from([("a".to_owned(), s("x")), ("b".to_owned(), n(stored)), ("c".to_owned(), n("1"))]);
        assert!(codec.key_of(&item).is_some() && codec.key_of(&sent) == codec.key_of(&item), "{stored}");
        assert_eq!(Codec::wanted(&key), codec.key_of(&item), "{stored}");
        assert_eq!(codec.core_key(&item), Some(key), "{stored}");
    }
    let at = Key::new(Value::Timestamp(Timestamp::MAX), Some(Value::Int(1)));
    assert_eq!(Codec::wanted(&at), codec.key_of(&codec.key(&at).unwrap()));
    assert!(codec.key_of(&Item::from([("a".to_owned(), s("x"))])).is_none());
    assert!(codec.key(&Key::new(Value::from("x"), None)).is_err());
    for unread in [n("12345678901234567890123"), s("1")] {
        assert_eq!(codec.core_key(&Item::from([("a".to_owned(), s("x")), ("c".to_owned(), unread)])), None);
    }
    assert!(codec.key(&Key::new(Value::Bool(true), Some(Value::Int(1)))).is_err());
}
