//! Records through BSON and back, and what other programs may have stored.

use backends_conformance::spelled;
use backends_core::{Batch, Definition, ErrorKind, Key, RecordBuf, Timestamp, Token, Tokens, Value};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{
    Binary, Bson, DateTime, Decimal128, Document, JavaScriptCodeWithScope, RawDocumentBuf, Regex, doc, oid::ObjectId,
};

use super::element::{Elements, end_of, tag};
use super::*;

const HEX: &str = "0123456789abcdef01234567";

fn codec(json: &str) -> Codec {
    Codec::new(&Definition::from_json(json).unwrap())
}

fn notes() -> Codec {
    codec(r#"{"name": "notes"}"#)
}

fn raw(document: &Document) -> RawDocumentBuf {
    RawDocumentBuf::try_from(document).unwrap()
}

/// The tokens of a document, as text.
fn walk(document: &Document, id_field: &str) -> backends_core::Result<String> {
    spelled(&mut BsonTokens::new(raw(document).as_bytes(), id_field))
}

/// Every kind of value, at every depth.
fn record() -> RecordBuf {
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
        Token::Field("yes"),
        Token::Bool(true),
        Token::Field("bytes"),
        Token::Bytes(&[0, 255]),
        Token::Field("at"),
        Token::Timestamp(Timestamp::MIN),
        Token::Field("list"),
        Token::Array,
        Token::Null,
        Token::Array,
        Token::End,
        Token::Map,
        Token::Field("id"),
        Token::Int(1),
        Token::End,
        Token::End,
        Token::Field("map"),
        Token::Map,
        Token::End,
        Token::Field("id"),
        Token::String(HEX),
    ] {
        record.push(token);
    }
    record
}

#[test]
fn c01_a_record_comes_back_as_it_was() {
    let document = notes().document(&record()).unwrap();
    let parsed = Document::try_from(&*document).unwrap();
    assert_eq!(
        parsed,
        doc! {
            "_id": ObjectId::parse_str(HEX).unwrap(), "text": "grüße \u{1f980}", "empty": "", "least": i64::MIN, "float": 0.1,
            "yes": true, "bytes": Binary { subtype: BinarySubtype::Generic, bytes: vec![0, 255] },
            "at": DateTime::from_millis(Timestamp::MIN.millis()), "list": [Bson::Null, [], { "id": 1_i64 }], "map": {},
        }
    );
    assert_eq!(parsed.keys().next().unwrap(), "_id");
    let batch = notes().batch_of(document);
    assert!(RecordBuf::from_batch(&batch, 0).unwrap() == record());
    assert!(batch.read(1, &mut |_| Ok(())).is_err());
}

#[test]
fn c01_long_arrays_number_their_elements() {
    let mut record = RecordBuf::new();
    record.push(Token::Field("list"));
    record.push(Token::Array);
    (0..1_201).for_each(|int| record.push(Token::Int(int)));
    record.push(Token::End);
    let document = notes().document_without_id(&record).unwrap();
    let list = Elements::new(document.as_bytes(), 0).find("list").unwrap().unwrap();
    let mut elements = Elements::new(document.as_bytes(), list.start);
    for number in 0..1_201 {
        assert_eq!(elements.next().unwrap().unwrap().name, number.to_string().as_bytes());
    }
    assert!(elements.next().unwrap().is_none());
}

#[test]
fn c11_the_id_stands_under_its_own_name_in_both_worlds() {
    let mut own = RecordBuf::new();
    own.set("id", Token::Int(7));
    own.set("_id", Token::String("a"));
    let custom = codec(r#"{"name": "own", "customId": true, "idKind": "string", "fields": {"id": "integer"}}"#);
    let document = custom.document(&own).unwrap();
    assert_eq!(Document::try_from(&*document).unwrap(), doc! { "_id": "a", "id": 7_i64 });
    assert_eq!(custom.filter(&Key::new(Value::from(7), None)).unwrap(), doc! { "id": 7_i64 });
    assert_eq!(walk(&doc! { "_id": "a", "id": 7 }, "_id").unwrap(), r#"{_id:"a",id:7i,."#);
    // Another program's field `id` stands behind the id.
    assert_eq!(
        walk(&doc! { "id": 7, "_id": "a", "x": { "id": 8, "_id": 9 } }, "id").unwrap(),
        r#"{id:"a",x:{id:8i,_id:9i,.."#
    );
    let text = codec(r#"{"name": "text", "idKind": "string"}"#);
    assert_eq!(text.filter(&Key::new(Value::from(HEX), None)).unwrap(), doc! { "_id": HEX });
    assert_eq!(
        notes().filter(&Key::new(Value::from(HEX), None)).unwrap(),
        doc! { "_id": ObjectId::parse_str(HEX).unwrap() }
    );
}

#[test]
fn c43_foreign_values_with_a_counterpart_read_as_it() {
    let id = ObjectId::parse_str(HEX).unwrap();
    for (value, text) in [
        (Bson::Int32(-7), "v:-7i,"),
        (Bson::Double(3.0), "v:3i,"),
        (Bson::Double(-0.0), "v:0i,"),
        (Bson::Double(0.5), "v:0.5f,"),
        (Bson::ObjectId(id), "v:\"0123456789abcdef01234567\","),
        (Bson::Symbol("s".into()), "v:\"s\","),
        (Bson::Null, ""),
        (Bson::Array(vec![Bson::Null, Bson::Int32(1)]), "v:[null,1i,."),
        (Bson::Document(doc! { "a": null, "b": { "c": null } }), "v:{b:{.."),
        (Bson::DateTime(DateTime::from_millis(0)), "v:1970-01-01T00:00:00.000Z,"),
        (Bson::Binary(Binary { subtype: BinarySubtype::BinaryOld, bytes: vec![1, 2] }), "v:[1, 2],"),
    ] {
        let walked = walk(&doc! { "v": value.clone(), "_backends_stamp": 1, "z": true }, "id").unwrap();
        assert_eq!(walked, format!("{{{text}z:true,."), "{value}");
    }
}

#[test]
fn c43_foreign_values_without_one_are_unreadable_only_where_they_are_read() {
    for value in [
        Bson::Decimal128(Decimal128::from_bytes([1; 16])),
        Bson::RegularExpression(Regex { pattern: "a".try_into().unwrap(), options: "i".try_into().unwrap() }),
        Bson::JavaScriptCode("f".into()),
        Bson::JavaScriptCodeWithScope(JavaScriptCodeWithScope { code: "f".into(), scope: doc! { "a": 1 } }),
        Bson::Timestamp(mongodb::bson::Timestamp { time: 1, increment: 2 }),
        Bson::Undefined,
        Bson::MinKey,
        Bson::MaxKey,
        Bson::Double(f64::NAN),
        Bson::Double(f64::INFINITY),
        Bson::Double(1e300),
        Bson::DateTime(DateTime::from_millis(i64::MAX)),
        Bson::Binary(Binary { subtype: BinarySubtype::Uuid, bytes: vec![4; 16] }),
    ] {
        let document = doc! { "_id": "a", "v": value.clone(), "list": [value.clone(), 2], "z": true };
        let error = walk(&document, "id").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unreadable, "{value}");
        // The field is passed over by whoever does not ask for it.
        let raw = raw(&document);
        let mut tokens = BsonTokens::new(raw.as_bytes(), "id");
        let mut names = Vec::new();
        assert!(tokens.next().unwrap() == Token::Map);
        while let Token::Field(name) = tokens.next().unwrap() {
            names.push(name.to_owned());
            if name == "list" {
                assert!(tokens.next().unwrap() == Token::Array);
                tokens.skip().unwrap();
                assert!(tokens.next().unwrap() == Token::Int(2));
                assert!(tokens.next().unwrap() == Token::End);
            } else {
                tokens.skip().unwrap();
            }
        }
        assert_eq!(names, ["id", "v", "list", "z"], "{value}");
        // Who does ask goes on behind it.
        let mut tokens = BsonTokens::new(raw.as_bytes(), "id");
        let step = |tokens: &mut BsonTokens<'_>| match tokens.next() {
            Err(error) if error.is_unreadable() => "unreadable".to_owned(),
            token => format!("{token:?}"),
        };
        let steps: Vec<_> = (0..13).map(|_| step(&mut tokens)).collect();
        let steps = steps.join(",").replace("Ok(", "").replace(')', "");
        let expected = "a map,a field,a string,a field,unreadable,a field,an array,unreadable,an integer,an end,a field,\
                        a bool,an end";
        assert_eq!(steps, expected, "{value}");
    }
}

#[test]
fn c43_an_id_that_is_no_text_and_no_object_id_is_unsupported() {
    for id in [Bson::Int32(1), Bson::Null, Bson::Document(doc! {}), Bson::DateTime(DateTime::from_millis(0))] {
        let document = doc! { "_id": id, "a": 1 };
        assert_eq!(walk(&document, "id").unwrap_err().kind(), ErrorKind::Unsupported, "{document}");
        let raw = raw(&document);
        let mut tokens = BsonTokens::new(raw.as_bytes(), "id");
        tokens.next().unwrap();
        tokens.next().unwrap();
        tokens.skip().unwrap();
        assert!(tokens.next().unwrap() == Token::Field("a"));
    }
}

#[test]
fn c41_damaged_bytes_are_an_error() {
    let document = raw(
        &doc! { "_id": "a", "s": "text", "list": [1, { "b": "x" }], "b": Binary { subtype: BinarySubtype::Generic, bytes: vec![1] } },
    );
    let bytes = document.as_bytes();
    let drain = |bytes: &[u8]| {
        let mut tokens = BsonTokens::new(bytes, "id");
        // A damaged length may end a walk early, and never makes it endless.
        for _ in 0..bytes.len() * 2 + 4 {
            if tokens.next().is_err_and(|error| !error.is_unreadable()) {
                return;
            }
        }
        panic!("the walk does not end");
    };
    for cut in 0..bytes.len() {
        drain(&bytes[..cut]);
        for bit in 0..8 {
            let mut damaged = bytes.to_vec();
            damaged[cut] ^= 1 << bit;
            drain(&damaged);
        }
    }
    assert!(end_of(tag::STRING, &[255, 255, 255, 255], 0).is_err());
    assert!(end_of(0x77, bytes, 4).is_err());
}

#[test]
fn c10_records_over_the_limit_are_refused_with_the_limit() {
    let with = |length: usize| {
        let mut record = RecordBuf::new();
        record.set("t", Token::String(&"x".repeat(length)));
        record
    };
    // 4 + 1 bytes around the document, 1 + 2 before the text, 4 + 1 around it.
    let most = 16_777_216 - 13;
    assert_eq!(notes().document(&with(most)).unwrap().as_bytes().len(), 16_777_216);
    let error = notes().document(&with(most + 1)).unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("16777216"), "{error}");
}

#[test]
fn d02_keys_are_read_back_from_documents_whatever_their_kind() {
    let two = codec(
        r#"{"name": "two", "hashKey": "a", "rangeKey": "b", "rangeKeyType": "number", "fields": {"a": "timestamp"}}"#,
    );
    let at = Timestamp::from_millis(5).unwrap();
    let key = Key::new(Value::from(at), Some(Value::Float(1.5)));
    let stored =
        raw(&doc! { "_id": 5, "bad": Decimal128::from_bytes([0; 16]), "b": 1.5, "a": DateTime::from_millis(5) });
    assert!(two.key_of(stored.as_bytes()).unwrap() == key);
    assert_eq!(two.filter(&key).unwrap(), doc! { "a": DateTime::from_millis(5), "b": 1.5 });
    assert!(two.key_of(raw(&doc! { "_id": 5, "b": 1 }).as_bytes()).unwrap_err().is_unreadable());
    let other = Key::new(Value::from(at), Some(Value::Int(2)));
    assert_eq!(
        two.filter_of_many(&[&key, &other]).unwrap(),
        doc! { "$or": [{ "a": DateTime::from_millis(5), "b": { "$in": [1.5, 2_i64] } }] }
    );
    let reference = codec(r#"{"name": "refs", "hashKey": "user", "fields": {"user": "objectId"}}"#);
    let id = ObjectId::parse_str(HEX).unwrap();
    assert_eq!(reference.filter(&Key::new(Value::from(HEX), None)).unwrap(), doc! { "user": { "$in": [HEX, id] } });
}

#[test]
fn c07_values_of_keys_never_act() {
    let named = codec(r#"{"name": "named", "hashKey": "name"}"#);
    let filter = named.filter(&Key::new(Value::from("$where"), None)).unwrap();
    assert_eq!(filter, doc! { "name": "$where" });
}

#[test]
fn c11_the_stored_id_keeps_its_form() {
    let document = raw(&doc! { "_id": "a", "n": 1 });
    let kept = codec(r#"{"name": "kept", "idKind": "string"}"#);
    let mut record = RecordBuf::new();
    record.set("id", Token::String("a"));
    record.set("n", Token::Int(2));
    let with_id = kept.document_with_id_of(&record, document.as_bytes()).unwrap();
    assert_eq!(Document::try_from(&*with_id).unwrap(), doc! { "_id": "a", "n": 2_i64 });
    record.set("id", Token::String("b"));
    assert!(kept.document_with_id_of(&record, document.as_bytes()).unwrap_err().is_invalid_input());
}
