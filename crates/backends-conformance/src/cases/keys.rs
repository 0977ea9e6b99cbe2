//! C8, C9, C10: keys of one and two fields, their kinds and their lengths.

use std::fmt::Debug;

use backends_core::{Document, ErrorKind, Kind, Record, Timestamp};
use serde::Serialize;
use serde_json::json;

use crate::Context;
use crate::expect::{DIGITS, SECRET, refused};
use crate::records::{Holds, Keyed, Pair, User, document, id, instant};

/// How long the strings of keys and indexes may be.
const LONGEST: usize = 1_024;

/// Keys that look alike to a database that does not compare exactly.
fn texts() -> Vec<String> {
    let mut all: Vec<String> =
        ["a", "A", "a ", "b", "a|b", "a#b", "a,b", "a\u{1}b", "1", "01", "1.0", "true", "é", "e\u{301}"]
            .map(str::to_owned)
            .into();
    all.push("x".repeat(LONGEST));
    all.push("x".repeat(LONGEST - 1));
    all
}

const NUMBERS: [f64; 9] = [0.0, 1.0, -1.0, 0.5, 1e-130, -1e125, 1e22, 4_294_967_296.0, 0.1];
const INTEGERS: [i64; 8] = [0, 1, -1, 256, 9_007_199_254_740_992, 9_007_199_254_740_993, i64::MAX, i64::MIN];

fn instants() -> Vec<Timestamp> {
    [Timestamp::MIN, Timestamp::MAX, instant("2024-02-29T12:30:00.123Z"), instant("2024-02-29T12:30:00.124Z")].into()
}

fn object_ids() -> Vec<String> {
    vec![id(0), id(1), "f".repeat(24), "0123456789abcdef01234567".to_owned()]
}

/// That every key finds its own record, alone and among all.
async fn find_their_own<K>(context: &Context, kind: Kind, keys: Vec<K>)
where
    K: Record + Clone + PartialEq + Debug,
{
    let definition = context.definition(&format!("{kind}_keys")).partition_key_of("key", kind);
    let records = context.define::<Keyed<K>>(definition).await;
    for (at, key) in keys.iter().enumerate() {
        records.insert(&Keyed::new(key.clone(), &at.to_string())).await.unwrap();
    }
    let all = records.get_many(&keys).await.unwrap();
    for (at, key) in keys.iter().enumerate() {
        let one = records.get(key).await.unwrap().unwrap();
        assert_eq!(one.text, format!("{SECRET}-{at}"));
        assert_eq!(&one.key, key);
        assert_eq!(all[at].as_ref(), Some(&one));
        refused(records.insert(&Keyed::new(key.clone(), "again")).await, ErrorKind::AlreadyExists, "insert");
    }
}

pub async fn c08_d02_a_key_of_every_kind_finds_its_own_record(context: &Context) {
    find_their_own(context, Kind::String, texts()).await;
    find_their_own(context, Kind::Number, NUMBERS.to_vec()).await;
    find_their_own(context, Kind::Integer, INTEGERS.to_vec()).await;
    find_their_own(context, Kind::Timestamp, instants()).await;
    find_their_own(context, Kind::ObjectId, object_ids()).await;
}

/// The same for pairs of every partition key with every sort key.
async fn pairs_find_their_own<P, S>(context: &Context, kinds: [Kind; 2], partitions: &[P], sorts: &[S])
where
    P: Record + Clone + PartialEq + Debug,
    S: Record + Clone + PartialEq + Debug,
{
    let [partition, sort] = kinds;
    let name = format!("{partition}_{sort}");
    let definition = context.definition(&name).partition_key_of("p", partition).sort_key_of("s", sort);
    let records = context.define::<Pair<P, S>>(definition).await;
    let keys: Vec<(P, S)> = partitions.iter().flat_map(|p| sorts.iter().map(move |s| (p.clone(), s.clone()))).collect();
    let all: Vec<_> =
        keys.iter().enumerate().map(|(at, (p, s))| Pair::new(p.clone(), s.clone(), &at.to_string())).collect();
    records.insert_many(&all).await.unwrap();
    for (read, written) in records.get_many(&keys).await.unwrap().iter().zip(&all) {
        assert_eq!(read.as_ref(), Some(written), "{name}");
    }
    let (first, rest) = all.split_first().unwrap();
    assert_eq!(records.delete(&keys[0]).await.unwrap().as_ref(), Some(first));
    for (key, written) in keys[1..].iter().zip(rest).take(4) {
        assert_eq!(records.get(key).await.unwrap().as_ref(), Some(written), "{name}");
    }
    assert!(records.get(&keys[0]).await.unwrap().is_none());
}

pub async fn c08_d02_a_pair_of_any_two_kinds_finds_its_own_record(context: &Context) {
    use Kind::{Integer, Number, ObjectId, String, Timestamp};
    let (texts, instants, ids) = (&texts()[..6], &instants()[..], &object_ids()[..]);
    let (numbers, integers) = (&NUMBERS[..5], &INTEGERS[..6]);
    macro_rules! pairs {
        ($(($first:ident, $left:ident) with $(($second:ident, $right:ident))+;)+) => {
            $($(pairs_find_their_own(context, [$first, $second], $left, $right).await;)+)+
        };
    }
    pairs! {
        (String, texts) with (String, texts) (Number, numbers) (Integer, integers) (Timestamp, instants) (ObjectId, ids);
        (Number, numbers) with (String, texts) (Number, numbers) (Integer, integers) (Timestamp, instants) (ObjectId, ids);
        (Integer, integers) with (String, texts) (Number, numbers) (Integer, integers) (Timestamp, instants) (ObjectId, ids);
        (Timestamp, instants) with (String, texts) (Number, numbers) (Integer, integers) (Timestamp, instants) (ObjectId, ids);
        (ObjectId, ids) with (String, texts) (Number, numbers) (Integer, integers) (Timestamp, instants) (ObjectId, ids);
    }
}

pub async fn c08_the_two_fields_of_a_key_do_not_run_together(context: &Context) {
    let definition = context.definition("pairs").partition_key("p").sort_key("s");
    let records = context.define::<Pair<String, String>>(definition).await;
    let keys = [
        ("a", "bc"),
        ("ab", "c"),
        ("a|b", "c"),
        ("a", "b|c"),
        ("a#b", "c"),
        ("a", "b#c"),
        ("a\u{1}b", "c"),
        ("a", "\u{1}bc"),
        ("a,b", "c"),
        ("a", "b,c"),
        ("a\"", "b"),
        ("a", "\"b"),
        ("a/b", "c"),
        ("a", "b/c"),
        ("b", "a"),
        ("c", "ab"),
    ];
    for (p, s) in keys {
        records.insert(&Pair::new(p.to_owned(), s.to_owned(), &format!("{p}+{s}"))).await.unwrap();
    }
    for (p, s) in keys {
        assert_eq!(records.get((p, s)).await.unwrap().unwrap().text, format!("{SECRET}-{p}+{s}"));
    }
    assert!(records.get(("c", "a")).await.unwrap().is_none());
}

pub async fn c08_the_key_is_id_unless_the_definition_names_another(context: &Context) {
    let users = context.repository::<User>("users").await;
    assert_eq!(users.definition().key_fields().collect::<Vec<_>>(), ["id"]);
    let users = context.define::<User>(context.definition("others").partition_key("name")).await;
    let ada = users.insert(&User::new("ada")).await.unwrap();
    assert_eq!(users.get(&ada.name).await.unwrap().as_ref(), Some(&ada));
    assert!(users.get(&ada.id).await.unwrap().is_none());
}

pub async fn c08_a_record_without_its_key_is_refused(context: &Context) {
    let definition = context.definition("pairs").partition_key("p").sort_key("s").build().unwrap();
    let records = context.backend().await.define::<Document>(definition).await.unwrap();
    for (record, missing) in [
        (json!({"s": "x"}), "p"),
        (json!({"p": "x"}), "s"),
        (json!({"p": "x", "s": null}), "s"),
        (json!({"p": null, "s": "x"}), "p"),
    ] {
        let record = document(record);
        let error = refused(records.insert(&record).await, ErrorKind::InvalidInput, "insert");
        assert_eq!(error.path(), Some(missing), "{error}");
        refused(records.upsert(&record).await, ErrorKind::InvalidInput, "upsert");
        refused(records.replace(&record).await, ErrorKind::InvalidInput, "replace");
    }
}

pub async fn d03_a_missing_sort_key_is_an_error(context: &Context) {
    let definition = context.definition("pairs").partition_key("p").sort_key("s");
    let records = context.define::<Pair<String, i64>>(definition).await;
    records.insert(&Pair::new("a".to_owned(), 1, "x")).await.unwrap();
    refused(records.get("a").await, ErrorKind::InvalidInput, "get");
    refused(records.get(("a",)).await, ErrorKind::InvalidInput, "get");
    refused(records.get(("a", 1, 2)).await, ErrorKind::InvalidInput, "get");
    refused(records.get(("a", Option::<i64>::None)).await, ErrorKind::InvalidInput, "get");
    refused(records.get(json!({"p": "a", "s": 1})).await, ErrorKind::InvalidInput, "get");
    refused(records.delete("a").await, ErrorKind::InvalidInput, "delete");
    let error = refused(records.get_many(["a"]).await, ErrorKind::InvalidInput, "get_many");
    assert!(error.message().contains("`p`") && error.message().contains("`s`"), "{error}");
    assert!(records.get(("a", 1)).await.unwrap().is_some());
    let users = context.repository::<User>("users").await;
    refused(users.get((id(1), 2)).await, ErrorKind::InvalidInput, "get");
}

/// That no read and no delete takes the operand.
async fn is_no_key<K: Record>(context: &Context, kind: Kind, operand: impl Serialize + Copy) {
    let definition = context.definition(&format!("{kind}_key")).partition_key_of("key", kind);
    let records = context.define::<Keyed<K>>(definition).await;
    let error = refused(records.get(operand).await, ErrorKind::InvalidInput, "get");
    assert_eq!(error.path(), Some("key"), "{error}");
    assert!(error.message().contains(kind.name()) || kind == Kind::Timestamp, "{error}");
    refused(records.delete(operand).await, ErrorKind::InvalidInput, "delete");
    let error = refused(records.get_many([operand]).await, ErrorKind::InvalidInput, "get_many");
    assert_eq!(error.position(), Some(0), "{error}");
}

pub async fn c09_an_operand_of_another_kind_is_refused(context: &Context) {
    is_no_key::<String>(context, Kind::String, DIGITS).await;
    is_no_key::<String>(context, Kind::String, true).await;
    is_no_key::<f64>(context, Kind::Number, SECRET).await;
    is_no_key::<f64>(context, Kind::Number, "471147").await;
    is_no_key::<i64>(context, Kind::Integer, SECRET).await;
    is_no_key::<i64>(context, Kind::Integer, false).await;
    is_no_key::<Timestamp>(context, Kind::Timestamp, DIGITS).await;
    is_no_key::<Timestamp>(context, Kind::Timestamp, SECRET).await;
    is_no_key::<String>(context, Kind::ObjectId, DIGITS).await;
    is_no_key::<String>(context, Kind::ObjectId, SECRET).await;
    is_no_key::<String>(context, Kind::ObjectId, "").await;
}

pub async fn c09_an_integer_key_compares_with_any_number(context: &Context) {
    let definition = context.definition("numbers").partition_key_of("key", Kind::Integer);
    let records = context.define::<Keyed<i64>>(definition).await;
    records.insert(&Keyed::new(1, "x")).await.unwrap();
    assert!(records.get(1.0).await.unwrap().is_some());
    assert!(records.get(1.5).await.unwrap().is_none());
    assert!(records.delete(0.5).await.unwrap().is_none());
}

pub async fn c09_an_empty_operand_of_no_kind_is_refused(context: &Context) {
    let users = context.repository::<User>("users").await;
    refused(users.get(()).await, ErrorKind::InvalidInput, "get");
    refused(users.get(Option::<String>::None).await, ErrorKind::InvalidInput, "get");
    refused(users.get(f64::NAN).await, ErrorKind::InvalidInput, "get");
    refused(users.get(u64::MAX).await, ErrorKind::InvalidInput, "get");
    refused(users.get(format!("{SECRET}\0")).await, ErrorKind::InvalidInput, "get");
    refused(users.delete(format!("{SECRET}\0")).await, ErrorKind::InvalidInput, "delete");
}

pub async fn c40_an_operand_that_is_refused_names_the_key_field(context: &Context) {
    let users = context.repository::<User>("users").await;
    let definition = context.definition("pairs").partition_key("p").sort_key("s");
    let pairs = context.define::<Pair<String, String>>(definition).await;
    let bad = || format!("{SECRET}\0");
    for (error, path) in [
        (refused(users.get(bad()).await, ErrorKind::InvalidInput, "get"), "id"),
        (refused(users.get(()).await, ErrorKind::InvalidInput, "get"), "id"),
        (refused(users.get_many([bad()]).await, ErrorKind::InvalidInput, "get_many"), "id"),
        (refused(pairs.get((bad(), "x")).await, ErrorKind::InvalidInput, "get"), "p"),
        (refused(pairs.get(("x", bad())).await, ErrorKind::InvalidInput, "get"), "s"),
        (refused(pairs.delete(("x", f64::NAN)).await, ErrorKind::InvalidInput, "delete"), "s"),
    ] {
        assert_eq!(error.path(), Some(path), "{error}");
    }
}

pub async fn c10_key_strings_of_1_to_1024_bytes_are_stored(context: &Context) {
    let definition = context.definition("pairs").partition_key("p").sort_key("s");
    let records = context.define::<Pair<String, String>>(definition).await;
    let longest = "ä".repeat(LONGEST / 2);
    for key in [("x".to_owned(), longest.clone()), (longest.clone(), "x".to_owned()), (longest.clone(), longest)] {
        records.insert(&Pair::new(key.0.clone(), key.1.clone(), "x")).await.unwrap();
        assert!(records.get(&key).await.unwrap().is_some());
    }
}

pub async fn c10_longer_and_empty_key_strings_are_refused(context: &Context) {
    let definition = context.definition("pairs").partition_key("p").sort_key("s");
    let records = context.define::<Pair<String, String>>(definition).await;
    let longer = SECRET.repeat(171);
    assert!(longer.len() > LONGEST);
    for (p, s, path) in [("", "x", "p"), ("x", "", "s"), (&longer, "x", "p"), ("x", &longer, "s")] {
        let record = Pair::new(p.to_owned(), s.to_owned(), "x");
        let error = refused(records.insert(&record).await, ErrorKind::InvalidInput, "insert");
        assert_eq!(error.path(), Some(path), "{error}");
        refused(records.upsert(&record).await, ErrorKind::InvalidInput, "upsert");
        refused(records.replace(&record).await, ErrorKind::InvalidInput, "replace");
        refused(records.insert_many([&record]).await, ErrorKind::InvalidInput, "insert_many");
    }
}

pub async fn c10_longer_and_empty_operands_are_answered(context: &Context) {
    let texts = context.define::<Keyed<String>>(context.definition("texts").partition_key("key")).await;
    let longer = SECRET.repeat(200);
    for key in ["", &longer] {
        assert!(texts.get(key).await.unwrap().is_none());
        assert!(texts.delete(key).await.unwrap().is_none());
        assert_eq!(texts.get_many([key, "x", key]).await.unwrap(), [None, None, None]);
    }
    let definition = context.definition("pairs").partition_key("p").sort_key("s");
    let pairs = context.define::<Pair<String, String>>(definition).await;
    for key in [("", "x"), ("x", ""), (&longer, "x"), ("x", &longer)] {
        assert!(pairs.get(key).await.unwrap().is_none());
        assert!(pairs.delete(key).await.unwrap().is_none());
    }
}

pub async fn c08_newtypes_and_references_are_keys(context: &Context) {
    #[derive(Serialize)]
    struct Email<'a>(&'a str);
    let texts = context.define::<Keyed<String>>(context.definition("texts").partition_key("key")).await;
    texts.insert(&Keyed::new("a".to_owned(), "x")).await.unwrap();
    let owned = "a".to_owned();
    assert!(texts.get(Email("a")).await.unwrap().is_some());
    assert!(texts.get(&owned).await.unwrap().is_some());
    assert!(texts.get(Some(owned)).await.unwrap().is_some());
    assert!(texts.get('a').await.unwrap().is_some());
    let uuids = context.define::<Keyed<uuid::Uuid>>(context.definition("uuids").partition_key("key")).await;
    let uuid = uuid::Uuid::from_u128(7);
    uuids.insert(&Keyed::new(uuid, "x")).await.unwrap();
    assert_eq!(uuids.get(uuid).await.unwrap().unwrap().key, uuid);
    assert!(uuids.get(uuid.to_string()).await.unwrap().is_some());
    let holds = context.repository::<Holds<i64>>("plain").await;
    assert!(holds.get(id(1)).await.unwrap().is_none());
}
