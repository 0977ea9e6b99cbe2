//! A repository of records with odd values at every kind of place.

use std::collections::BTreeSet;

use backends_core::{DefinitionBuilder, Document, Filter, Kind, Repository, Timestamp, Value};

use super::random::instant;
use crate::records::{id, text};
use crate::{Context, oracle};

/// Records with odd values, and the repository that holds them.
///
/// `p` and `s` are the key, `v` and `m.v` hold any value, `m.0` and `w` another one; `text`, `integer`, `number`, `at`,
/// `flag`, `bytes`, `ref`, `inner.at` and `times` are declared.
pub(crate) struct Table {
    pub(crate) repository: Repository<Document>,
    /// As they are stored.
    pub(crate) records: Vec<Document>,
}

impl Table {
    /// Stores the records.
    pub(crate) async fn new(context: &Context) -> Self {
        let definition = context.definition("odd").partition_key("p").sort_key_of("s", Kind::Integer);
        let definition = definition
            .field("text", Kind::String)
            .field("integer", Kind::Integer)
            .field("number", Kind::Number)
            .field("at", Kind::Timestamp)
            .field("flag", Kind::Bool)
            .field("bytes", Kind::Bytes)
            .field("ref", Kind::ObjectId)
            .field("inner.at", Kind::Timestamp)
            .field("times[]", Kind::Timestamp);
        let repository = context.define::<Document>(definition).await;
        let written: Vec<_> = (0..values().len()).map(record).collect();
        repository.insert_many(&written).await.unwrap();
        let keys: Vec<_> = written.iter().map(|record| (record.get("p"), record.get("s"))).collect();
        let read = repository.get_many(&keys).await.unwrap();
        let records: Vec<_> = read.into_iter().map(|record| record.unwrap()).collect();
        Self { repository, records }
    }

    /// Those that a filter means by the oracle.
    pub(crate) fn meant(&self, filter: &Filter) -> BTreeSet<i64> {
        self.records.iter().filter(|record| oracle::matches(filter, record)).map(number).collect()
    }

    /// Finds, and compares with the oracle.
    pub(crate) async fn check(&self, filter: &Filter, what: &str) -> usize {
        let found = self.repository.find(filter).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        let expected = self.meant(filter);
        assert_eq!(numbers(&found), expected, "{what}: found on the left, meant on the right");
        assert_eq!(found.len(), expected.len(), "{what}: a record came twice");
        found.len()
    }
}

/// The number of a record, which is its sort key.
pub(crate) fn number(record: &Document) -> i64 {
    match record.get("s") {
        Some(Value::Int(number)) => *number,
        other => panic!("{other:?} where the number of a record is expected"),
    }
}

/// The numbers of records.
pub(crate) fn numbers(records: &[Document]) -> BTreeSet<i64> {
    records.iter().map(number).collect()
}

/// The record of this number: a value of its own in `v`, others of the list elsewhere, and many places without any.
fn record(at: usize) -> Document {
    let values = values();
    let value = |step: usize| values[(at + step) % values.len()].clone();
    let pick = |from: &[Value]| from[at % from.len()].clone();
    let number = i64::try_from(at).unwrap_or_default();
    let mut record = Document::from([
        ("p", Value::from(["a", "b", "A", "é", "$gt", "a%b"][at % 6])),
        ("s", Value::Int(number)),
        ("w", pick(&values[..7])),
        ("v", value(0)),
        (
            "m",
            Value::Map(Document::from([
                ("v", value(0)),
                ("0", value(17)),
                ("same", Value::from(at.is_multiple_of(2))),
            ])),
        ),
        ("text", pick(&texts()[..13])),
        ("integer", pick(&[Value::Null, 0.into(), (-1).into(), i64::MAX.into(), 9_007_199_254_740_993_i64.into()])),
        ("number", pick(&[0.5.into(), Value::Null, 3.into(), 1e19.into(), (-2.5).into(), i64::MIN.into()])),
        ("at", pick(&[Value::Null, instant(0), instant(1), instant(-1), Value::Timestamp(Timestamp::MAX)])),
        ("flag", pick(&[true.into(), Value::Null, false.into()])),
        ("bytes", pick(&[Value::Bytes(vec![]), Value::Bytes(vec![0, 255]), Value::Null, Value::Bytes(vec![97])])),
        ("ref", pick(&[id(1).into(), id(2).into(), Value::Null, "ffffffffffffffffffffffff".into()])),
        ("inner", Value::Map(Document::from([("at", pick(&[instant(5), Value::Null, instant(6)]))]))),
        ("times", pick(&[Value::Null, Value::Array(vec![instant(5), Value::Null]), Value::Array(vec![instant(6)])])),
    ]);
    if at % 4 == 3 {
        // What has no field, and what has a scalar where others have a map.
        record.remove("w");
        record.insert("m", value(0));
    }
    record
}

/// Texts that some language of queries, patterns or numbers would take for something else.
pub(crate) fn texts() -> Vec<Value> {
    [
        "a",
        "",
        "ab",
        "A",
        "b",
        "a%b",
        "a_b",
        "%",
        "axb",
        "aXb",
        "é",
        "_",
        r"\",
        r"\%",
        "a\nb",
        "\n",
        " a",
        "e\u{301}",
        "\u{e9}\u{301}",
        "\u{ffff}",
        "\u{1f600}",
        "$gt",
        "$v",
        "' OR 1=1 --",
        "\"",
        "null",
        "true",
        "1",
        "1.0",
        "(",
        ".*",
        "[a-z]*",
        "?*",
        "2024-02-29T12:30:00Z",
        "0123456789abcdef01234567",
        "{\"$ne\": null}",
        ":v0",
        "#n0",
    ]
    .map(Value::from)
    .to_vec()
}

/// Every other scalar that compares in a special way.
pub(crate) fn scalars() -> Vec<Value> {
    let numbers = [0, 1, -1, 2, 9_007_199_254_740_992, 9_007_199_254_740_993, i64::MAX, i64::MIN].map(Value::Int);
    let floats = [0.5, -0.5, 1.5, 9_223_372_036_854_775_808.0, -1e19, 1e19, 1e-130, -1e-130, 9.9e125].map(Value::Float);
    let bytes = [vec![], vec![0], vec![97], vec![0, 255]].map(Value::Bytes);
    let bools = [true.into(), false.into()];
    numbers.into_iter().chain(floats).chain(bytes).chain(bools).collect()
}

/// What `v` holds, one a record.
pub(crate) fn values() -> Vec<Value> {
    let list = |members: &[Value]| Value::Array(members.to_vec());
    let map = |name: &str, value: Value| Value::Map(Document::from([(name, value)]));
    let wholes = [
        Value::Null,
        list(&[]),
        list(&[1.into()]),
        list(&[1.5.into(), "a".into(), true.into()]),
        list(&[Value::Null]),
        list(&[list(&[1.into(), "a".into()])]),
        list(&[map("v", 1.into()), map("0", "a".into())]),
        list(&["ab".into(), Value::Bytes(vec![97])]),
        list(&["a".into(), Value::Null, "".into()]),
        map("v", 1.into()),
        map("0", "a".into()),
        map("v", map("v", 1.into())),
        map("v", list(&[1.into()])),
        Value::Map(Document::new()),
    ];
    let mut values: Vec<_> = scalars().into_iter().chain(texts()).collect();
    // Among the others, so that what stands side by side differs.
    wholes.into_iter().enumerate().for_each(|(at, whole)| values.insert(at * 4, whole));
    values
}

/// A repository that is keyed by `name`, with these records.
pub(crate) async fn few(context: &Context, records: serde_json::Value) -> Repository<Document> {
    few_of(context.definition("few"), context, records).await
}

/// The same by a definition of its own, which is keyed by `name` as well.
pub(crate) async fn few_of(
    definition: DefinitionBuilder,
    context: &Context,
    records: serde_json::Value,
) -> Repository<Document> {
    let repository = context.define::<Document>(definition.partition_key("name")).await;
    let records: Vec<Document> = serde_json::from_value(records).unwrap();
    repository.insert_many(&records).await.unwrap();
    repository
}

/// The names of the records that a filter means, in order of the names.
pub(crate) async fn names(repository: &Repository<Document>, filter: impl Into<Filter>) -> String {
    let mut names = names_in_order(&repository.find(filter).await.unwrap());
    names.sort();
    names.join(" ")
}

/// The names of records, as they come.
pub(crate) fn names_in_order(records: &[Document]) -> Vec<String> {
    records.iter().map(|record| text(record.get("name")).to_owned()).collect()
}
