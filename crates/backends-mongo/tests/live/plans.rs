//! What the server does for a read, by its own log, against what `explain` says.

use std::fmt::Write as _;

use backends_core::action::Find;
use backends_core::{Document, Filter, Order, Repository, Value, field};
use backends_mongo::mongodb::bson::{self, doc};

use crate::proxied::proxied_notes;
use crate::store::{Store, definition};

const PEOPLE: &str = r#"{"name": "people", "idKind": "string", "indexes": [{"fields": ["role", "age"], "unique": false},
    {"fields": ["age"], "unique": false, "ordered": true}, {"fields": ["email"], "unique": false}], "fields": {"age": "integer"}}"#;

const RECORDS: i64 = 3_000;

async fn people(store: &Store) -> Repository<Document> {
    let people = store.backend.define::<Document>(definition(PEOPLE)).await.unwrap();
    let person = |n: i64| {
        let mut person = Document::from([
            ("id", Value::from(format!("id {n:05}"))),
            ("role", Value::from(["admin", "user", "guest"][usize::try_from(n % 3).unwrap()])),
            ("email", Value::from(format!("{n:05}@example.org"))),
            ("note", Value::from(n % 7)),
        ]);
        if n % 10 > 0 {
            person.insert("age", n / 30);
        }
        person
    };
    let all: Vec<_> = (0..RECORDS).map(person).collect();
    people.insert_many(&all).await.unwrap();
    people
}

/// What the server noted of the last read: `IXSCAN { … }`, whether it sorted, and how many documents it looked at.
async fn noted(store: &Store) -> (String, bool, i64) {
    let profile = store.other.collection::<bson::Document>("system.profile");
    let last = doc! { "ns": format!("{}.people", store.name), "op": { "$in": ["query", "command"] } };
    let noted = profile.find_one(last).sort(doc! { "$natural": -1 }).await.unwrap().unwrap();
    let examined = noted.get("docsExamined").and_then(|number| match number {
        bson::Bson::Int32(int) => Some(i64::from(*int)),
        bson::Bson::Int64(int) => Some(*int),
        _ => None,
    });
    let summary = noted.get_str("planSummary").unwrap().to_owned();
    (summary, noted.get_bool("hasSortStage").unwrap_or_default(), examined.unwrap_or_default())
}

#[tokio::test]
#[allow(clippy::print_stdout, reason = "the figures of a test, for who asks for them with `--nocapture`")]
async fn c19_c39_l07_reads_use_the_indexes_that_explain_names() {
    let store = Store::open().await;
    let people = people(&store).await;
    store.other.run_command(doc! { "profile": 2 }).await.unwrap();
    let role = || field("role").eq("user");
    let one = Filter::and([field("id").eq("id 00007"), field("note").ge(0)]);
    let searched = || field("role").contains("us") | field("email").contains("77@");
    let mut wrong = String::new();
    // The filter, the order, whether it is the second page, and: how it is reached, who sorts, at most how many
    // documents are looked at.
    for (filter, order, pages, reached, sorted, most) in [
        (one, None, false, "one primary key", "in any order", 1),
        (field("id").is_in(["id 00007", "id 00008", "x"]), None, false, "several primary keys", "in any order", 2),
        (field("id").between("id 00010", "id 00019"), None, false, "a range of primary keys", "in any order", 10),
        (field("id").starts_with("id 0001"), None, false, "a range of primary keys", "in any order", 10),
        (Filter::all(), None, true, "a range of primary keys", "in the order", 22),
        (role() & field("age").eq(7), None, false, "the index `role_age`", "in any order", 10),
        (field("email").like("00007@%org"), None, false, "the index `email`", "in any order", 1),
        (
            field("email").starts_with("0001"),
            Some(("email", Order::Desc)),
            false,
            "the index `email`",
            "in the order",
            10,
        ),
        (role(), Some(("age", Order::Asc)), true, "the index `role_age`", "in the order", 44),
        (role(), Some(("age", Order::Desc)), true, "the index `role_age`", "in the order", 44),
        (Filter::all(), Some(("age", Order::Asc)), true, "the index `age`", "in the order", 44),
        (Filter::all(), Some(("age", Order::Desc)), true, "the index `age`", "in the order", 44),
        (Filter::all(), Some(("id", Order::Desc)), true, "a range of primary keys", "in the order", 22),
        (field("age").is_missing(), Some(("age", Order::Asc)), true, "the index `age`", "in the order", 44),
        (field("age").ne(50), Some(("age", Order::Asc)), true, "the index `age`", "in the order", 44),
        (field("note").eq(3), None, false, "every record", "in any order", RECORDS),
        (role(), Some(("note", Order::Asc)), false, "the index `role_age`", "by the database", RECORDS / 3),
        (field("note").eq(3), Some(("note", Order::Asc)), false, "every record", "by the database", RECORDS),
        (searched(), Some(("age", Order::Asc)), true, "the index `age`", "in the order", 200),
        (searched() & field("age").ge(50), Some(("age", Order::Desc)), true, "the index `age`", "in the order", 200),
        (
            field("note").eq(3) | field("role").eq("admin"),
            Some(("age", Order::Asc)),
            true,
            "the index `age`",
            "in the order",
            200,
        ),
        (
            role() & (field("note").eq(3) | field("email").ge("02")),
            Some(("age", Order::Desc)),
            true,
            "the index `role_age`",
            "in the order",
            200,
        ),
        (
            field("email").starts_with("0001") | field("role").eq("x"),
            Some(("age", Order::Asc)),
            false,
            "the index `email`, `role_age`",
            "by the database",
            10,
        ),
    ] {
        let find = || {
            let find = people.find(&filter);
            match order {
                Some((path, direction)) => find.sort(path, direction),
                None => find,
            }
        };
        let plan = if pages { find().page(20).explain().await } else { find().explain().await }.unwrap();
        if pages {
            let first = find().page(20).await.unwrap();
            assert_eq!(first.records.len(), 20);
            let second = find().page(20).after(first.next).await.unwrap();
            assert_eq!(second.records.len(), 20);
        } else {
            find().await.unwrap();
        }
        let (summary, sorts, examined) = noted(&store).await;
        let text = plan.to_string();
        let is_scan = summary.contains("COLLSCAN");
        let what = if pages { "second page" } else { "all" };
        println!("{reached}, {sorted}, {what}: the server has {summary}, sorts: {sorts}, {examined} documents");
        if !text.contains(reached)
            || !text.contains(sorted)
            || !text.contains("core:      filters nothing")
            || is_scan != (reached == "every record")
            || sorts != (sorted == "by the database")
            || examined > most
        {
            let _ = writeln!(wrong, "{filter:?} by {order:?}: {summary}, sorts {sorts}, {examined} documents\n{text}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    store.remove().await;
}

#[tokio::test]
async fn c25_explain_says_how_many_requests_are_sent() {
    let (proxy, store, notes) = proxied_notes("").await;
    let note = |n: i64| Document::from([("id", Value::from(format!("{n:05}"))), ("n", Value::from(n))]);
    notes.insert_many(&(0..12_000).map(note).collect::<Vec<_>>()).await.unwrap();
    let find = || notes.find(field("n").ge(0));
    let each = "1 for each 10,000 records or 16 MB read";
    let queries: [(&dyn Fn() -> Find<Document>, &str, usize); 5] = [
        (&find, each, 2),
        (&|| notes.find(field("n").lt(9_000)), each, 1),
        (&|| find().limit(10), "1", 1),
        (&|| find().limit(11_000), "1 for each 16 MB read", 1),
        (&|| find().sort("n", Order::Desc).limit(10), "1", 1),
    ];
    for (query, says, sends) in queries {
        let plan = query().explain().await.unwrap();
        assert_eq!(plan.requests, says, "{plan}");
        proxy.clear();
        query().await.unwrap();
        assert_eq!(proxy.operations().len(), sends, "{:?}", proxy.operations());
    }
    let plan = find().page(20).explain().await.unwrap();
    assert_eq!(plan.requests, "1, and more where little is found in time", "{plan}");
    proxy.clear();
    assert_eq!(find().page(20).await.unwrap().records.len(), 20);
    assert_eq!(proxy.operations(), ["find"]);
    store.remove().await;
}
