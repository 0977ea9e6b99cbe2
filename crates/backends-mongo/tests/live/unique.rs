//! Unique indexes: created, taken over, and what other programs store in their fields.

use backends_core::{Document, ErrorKind, Filter, Order, Value, field};
use backends_mongo::mongodb::IndexModel;
use backends_mongo::mongodb::bson::{self, Bson, doc};
use backends_mongo::mongodb::options::IndexOptions;

use crate::store::{Store, definition};

const PEOPLE: &str = r#"{"name": "people", "hashKey": "key", "fields": {"number": "integer", "born": "timestamp",
    "friend": "objectId"}, "indexes": ["email", "friend", {"fields": ["born", "city"], "unique": true},
    {"fields": ["number"], "unique": true, "ordered": true}, "id"]}"#;

async fn indexes(store: &Store) -> Vec<IndexModel> {
    let mut cursor = store.collection("people").list_indexes().await.unwrap();
    let mut all = Vec::new();
    while cursor.advance().await.unwrap() {
        all.push(cursor.deserialize_current().unwrap());
    }
    all
}

fn names(indexes: &[IndexModel]) -> Vec<String> {
    let mut names: Vec<_> = indexes.iter().map(|index| index.options.clone().unwrap().name.unwrap()).collect();
    names.sort();
    names
}

fn index(name: &str, keys: bson::Document, options: bson::Document) -> IndexModel {
    let mut options: IndexOptions = bson::deserialize_from_document(options).unwrap();
    options.name = Some(name.to_owned());
    IndexModel::builder().keys(keys).options(options).build()
}

fn person(key: &str) -> Document {
    Document::from([("key", key)])
}

#[tokio::test]
async fn c31_c39_a_unique_index_is_partial_and_serves_what_it_holds() {
    let store = Store::open().await;
    for _ in 0..2 {
        let people = store.backend.define::<Document>(definition(PEOPLE)).await.unwrap();
        let all = indexes(&store).await;
        let wanted = [
            "_id_",
            "born_city",
            "born_city:read",
            "email",
            "friend",
            "friend:read",
            "number",
            "number:read",
            "primary",
        ];
        assert_eq!(names(&all), wanted);
        for index in &all {
            let options = index.options.clone().unwrap();
            let name = options.name.unwrap();
            let is_guard = matches!(name.as_str(), "email" | "friend" | "born_city" | "number");
            assert_eq!(options.partial_filter_expression.is_some(), is_guard, "{name}");
            assert_eq!(options.unique == Some(true), is_guard || name == "primary", "{name}");
        }
        let friend = "0".repeat(24);
        for (filter, name) in [
            (field("email").eq("x"), "email"),
            (field("email").is_in(["x", "y"]), "email"),
            (field("email").ge("x"), "email"),
            (field("friend").eq(&friend), "friend"),
            (field("born").eq("2020-01-01T00:00:00Z") & field("city").eq("x"), "born_city"),
            (field("number").eq(7), "number"),
            (field("number").is_missing(), "number"),
        ] {
            let plan = people.find(filter).explain().await.unwrap();
            assert!(plan.to_string().contains(&format!("the index `{name}`")), "{name}: {plan}");
        }
        let sorted = people.find(Filter::all()).sort("number", Order::Asc).explain().await.unwrap();
        assert!(sorted.to_string().contains("the index `number`"), "{sorted}");
    }
    store.remove().await;
}

#[tokio::test]
async fn c31_an_index_of_another_program_that_keeps_the_same_apart_is_taken_over() {
    let store = Store::open().await;
    let theirs = [
        index(
            "theirs",
            doc! { "email": -1 },
            doc! { "unique": true, "partialFilterExpression": { "email": { "$gt": "" } } },
        ),
        index("sparse", doc! { "friend": 1 }, doc! { "unique": true, "sparse": true }),
    ];
    store.collection("people").create_indexes(theirs).await.unwrap();
    let people = store.backend.define::<Document>(definition(PEOPLE)).await.unwrap();
    let all = names(&indexes(&store).await);
    for (name, is_there) in
        [("theirs", true), ("sparse", true), ("email", false), ("friend", false), ("born_city", true)]
    {
        assert_eq!(all.contains(&name.to_owned()), is_there, "{name}: {all:?}");
    }
    for (field, value, name) in [("email", "x".to_owned(), "email"), ("friend", "0".repeat(24), "friend")] {
        let mut first = person("a");
        first.insert(field, value.clone());
        people.upsert(&first).await.unwrap();
        let mut second = person("b");
        second.insert(field, value);
        // The definition's name, whatever it is called on the server.
        let error = people.insert(&second).await.unwrap_err();
        assert_eq!((error.kind(), error.index()), (ErrorKind::AlreadyExists, Some(name)), "{error}");
        people.delete("a").await.unwrap();
    }
    for key in ["a", "b", "c"] {
        people.insert(&person(key)).await.unwrap();
    }
    store.remove().await;
}

#[tokio::test]
async fn c31_c43_what_other_programs_store_is_compared_as_what_it_is() {
    let store = Store::open().await;
    let people = store.backend.define::<Document>(definition(PEOPLE)).await.unwrap();
    let foreign = [
        doc! { "key": "a", "number": 1.0, "email": Bson::Symbol("x".into()) },
        doc! { "key": "b", "number": 2_i32, "email": Bson::Null },
        doc! { "key": "c", "number": Bson::Null, "email": Bson::Null, "born": Bson::Null },
        doc! { "key": "d", "friend": bson::oid::ObjectId::from_bytes([0; 12]) },
    ];
    store.collection("people").insert_many(foreign).await.unwrap();
    for (field, value) in [("number", Value::from(1)), ("number", Value::from(2)), ("email", "x".into())] {
        let mut record = person("n");
        record.insert(field, value);
        let error = people.insert(&record).await.unwrap_err();
        assert_eq!((error.kind(), error.index()), (ErrorKind::AlreadyExists, Some(field)), "{error}");
    }
    let nulls = doc! { "key": "e", "number": Bson::Null, "email": Bson::Null, "born": Bson::Null };
    store.collection("people").insert_one(nulls).await.unwrap();
    store.remove().await;
}

#[tokio::test]
async fn c31_c37_arrays_of_other_programs_are_a_conflict_and_not_many_values() {
    let store = Store::open().await;
    store.collection("people").insert_one(doc! { "key": "a", "email": ["x", "y"] }).await.unwrap();
    let error = store.backend.define::<Document>(definition(PEOPLE)).await.unwrap_err();
    assert!(error.is_definition_conflict() && error.to_string().contains("`email`"), "{error}");
    assert!(!names(&indexes(&store).await).contains(&"email".to_owned()));
    store.remove().await;
}

#[tokio::test]
async fn c31_c37_stored_empty_texts_are_duplicates_of_a_new_index() {
    let store = Store::open().await;
    let id = |n: u8| bson::oid::ObjectId::from_bytes([n; 12]);
    let stored = [
        doc! { "_id": id(10), "email": "", "one": "", "two": 1_i64, "nick": "" },
        doc! { "_id": id(11), "email": "", "one": "", "two": 2_i64, "nick": "" },
        doc! { "_id": id(12), "one": "", "two": 2_i64, "phone": "x" },
        doc! { "_id": id(13), "one": "", "phone": "x" },
    ];
    store.collection("notes").insert_many(stored).await.unwrap();
    let json = |indexes: &str| {
        format!(
            r#"{{"name": "notes", "fields": {{"two": "integer", "email": "string",
            "nick": {{"kind": "string", "emptyIsMissing": true}}}}, "indexes": ["nick"{indexes}]}}"#
        )
    };
    let all = json(r#", "email", "phone", {"fields": ["one", "two"], "unique": true}"#);
    let error = store.backend.define::<Document>(definition(&all)).await.unwrap_err();
    assert_eq!((error.kind(), error.mistakes().len()), (ErrorKind::DefinitionConflict, 3), "{error}");
    for (index, ids) in [("`email`", [10, 11]), ("`phone`", [12, 13]), ("`one_two`", [11, 12])] {
        assert!(
            error
                .mistakes()
                .iter()
                .any(|told| told.contains(index) && ids.iter().all(|n| told.contains(&id(*n).to_hex()))),
            "{index}: {error}"
        );
    }
    assert_eq!(store.collection("notes").list_index_names().await.unwrap(), ["_id_"]);
    store.backend.define::<Document>(definition(&json(""))).await.unwrap();
    // An index that is there does not hold them, and is not looked at again.
    store.collection("notes").delete_many(doc! { "_id": { "$in": [id(11), id(13)] } }).await.unwrap();
    store.backend.define::<Document>(definition(&all)).await.unwrap();
    store.collection("notes").insert_one(doc! { "_id": id(14), "email": "" }).await.unwrap();
    let again = crate::store::open(&store.name).await;
    again.define::<Document>(definition(&all)).await.unwrap();
    again.close().await.unwrap();
    store.remove().await;
}

const MAILS: &str = r#"{"name": "people", "idKind": "string", "hashKey": "email", "version": "v", "indexes": [{"fields": ["id"], "unique": true, "name": "by_id"}]}"#;

fn mail(email: &str, id: &str) -> Document {
    Document::from([("email", Value::from(email)), ("id", id.into())])
}

#[tokio::test]
async fn c26_c31_a_key_that_is_taken_is_told_whichever_index_the_server_names() {
    let store = Store::open().await;
    let people = store.backend.define::<Document>(definition(&MAILS.replace(r#""version": "v", "#, ""))).await.unwrap();
    for (email, id) in [("a", "x"), ("b", "y")] {
        people.insert(&mail(email, id)).await.unwrap();
    }
    for (email, id, index) in [("a", "x", "primary"), ("a", "y", "primary"), ("a", "z", "primary"), ("c", "x", "by_id")]
    {
        let record = mail(email, id);
        let error = people.insert(&record).await.unwrap_err();
        assert_eq!((error.kind(), error.index()), (ErrorKind::AlreadyExists, Some(index)), "{email} {id}: {error}");
        let error = people.insert_many([&mail("new", "new"), &record]).await.unwrap_err();
        assert_eq!((error.position(), error.index()), (Some(1), Some(index)), "{email} {id}: {error}");
        people.delete("new").await.unwrap();
    }
    // One after the other in one call: the first is refused for its id alone, and leaves its key to the second.
    let error = people.insert_many([&mail("c", "x"), &mail("c", "z"), &mail("c", "x")]).await.unwrap_err();
    let failures: Vec<_> = error.inserted().unwrap().failures().map(|(at, error)| (at, error.index())).collect();
    assert_eq!(failures, [(0, Some("by_id")), (2, Some("primary"))]);
    assert_eq!(people.upsert(&mail("d", "x")).await.unwrap_err().index(), Some("by_id"));
    assert!(people.get("d").await.unwrap().is_none());
    store.remove().await;
}

#[tokio::test]
async fn c30_c31_an_upsert_of_a_new_version_of_a_taken_key_is_a_conflict() {
    let store = Store::open().await;
    let people = store.backend.define::<Document>(definition(MAILS)).await.unwrap();
    let ada = mail("a", "x");
    people.upsert(&ada).await.unwrap();
    assert_eq!(people.upsert(&ada).await.unwrap_err().kind(), ErrorKind::Conflict);
    let error = people.upsert(&mail("b", "x")).await.unwrap_err();
    assert_eq!((error.kind(), error.index()), (ErrorKind::AlreadyExists, Some("by_id")), "{error}");
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c30_c31_upserts_that_race_for_one_key_and_one_id_never_fail() {
    let store = Store::open().await;
    let people = store.backend.define::<Document>(definition(&MAILS.replace(r#""version": "v", "#, ""))).await.unwrap();
    for round in 0..10 {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let (people, record) = (people.clone(), mail(&format!("a{round}"), &format!("x{round}")));
            tasks.spawn(async move { people.upsert(&record).await.unwrap().created });
        }
        assert_eq!(tasks.join_all().await.into_iter().filter(|created| *created).count(), 1);
    }
    store.remove().await;
}

#[tokio::test]
async fn c26_c31_c33_a_batch_tells_of_the_key_too() {
    let store = Store::open().await;
    let people = store.backend.define::<Document>(definition(&MAILS.replace(r#""version": "v", "#, ""))).await.unwrap();
    people.insert(&mail("a", "x")).await.unwrap();
    for (email, index) in [("a", "primary"), ("b", "by_id")] {
        let batch = store.backend.batch().insert(&people, &mail("n", "n")).insert(&people, &mail(email, "x"));
        let error = batch.await.unwrap_err();
        assert_eq!((error.kind(), error.index()), (ErrorKind::AlreadyExists, Some(index)), "{email}: {error}");
    }
    assert!(people.get("n").await.unwrap().is_none());
    store.remove().await;
}

#[tokio::test]
async fn c26_c31_a_key_that_is_another_field_is_told_first() {
    let store = Store::open().await;
    let people = store.backend.define::<Document>(definition(PEOPLE)).await.unwrap();
    let ada = Document::from([("key", "a"), ("email", "x")]);
    people.insert(&ada).await.unwrap();
    assert_eq!(people.insert(&ada).await.unwrap_err().index(), Some("primary"));
    let all = people.insert_many([&ada]).await.unwrap_err();
    assert_eq!(all.index(), Some("primary"));
    store.remove().await;
}
