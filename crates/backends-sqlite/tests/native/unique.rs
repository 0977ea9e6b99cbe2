//! Unique indexes as they stand in the file, and what other programs do to them.

use backends_core::{Backend, Definition, Document, ErrorKind, Filter, Repository, SchemaMode, Value};
use backends_sqlite::SqliteBackend;
use rusqlite::Connection;

use crate::support::{directory, open};

const DEFINITION: &str = r#"{"name": "people", "idKind": "string", "fields": {"weight": "number"},
    "indexes": ["email", {"fields": ["weight", "role"], "unique": true}]}"#;

async fn define(backend: &Backend) -> Repository {
    backend.define(Definition::from_json(DEFINITION).unwrap()).await.unwrap()
}

async fn execute(backend: &Backend, sql: &'static str) {
    let native: &SqliteBackend = backend.native().unwrap();
    native.with_writer(move |file: &mut Connection| file.execute_batch(sql)).await.unwrap();
}

async fn indexes(backend: &Backend) -> Vec<String> {
    let native: &SqliteBackend = backend.native().unwrap();
    let names = |file: &mut Connection| {
        let mut statement = file.prepare("SELECT name FROM sqlite_schema WHERE type = 'index' ORDER BY name")?;
        statement.query_map([], |row| row.get(0))?.collect()
    };
    native.with_reader(names).await.unwrap()
}

fn person(id: &str, weight: f64) -> Document {
    Document::from([("id", Value::from(id)), ("weight", weight.into()), ("role", "x".into())])
}

#[tokio::test]
async fn c31_a_unique_index_is_one_to_find_by_and_a_guard() {
    let (_directory, path) = directory();
    let backend = open(&path).await;
    define(&backend).await;
    let all = ["people:email", "people:email:unique", "people:weight_role", "people:weight_role:unique"];
    assert_eq!(indexes(&backend).await, all);
    execute(&backend, "DROP INDEX \"people:email:unique\"").await;
    let definition = Definition::from_json(DEFINITION).unwrap();
    let verified = backend.define::<Document>(definition).schema_mode(SchemaMode::Verify).await.unwrap_err();
    assert!(verified.is_definition_conflict() && verified.message().contains("`email`"), "{verified}");
    let people = define(&backend).await;
    assert_eq!(indexes(&backend).await, all);
    people.insert(&Document::from([("id", "a"), ("email", "x")])).await.unwrap();
    let error = people.insert(&Document::from([("id", "b"), ("email", "x")])).await.unwrap_err();
    assert_eq!((error.kind(), error.index()), (ErrorKind::AlreadyExists, Some("email")));
}

#[tokio::test]
async fn c02_c31_c43_numbers_of_other_programs_are_those_numbers() {
    let (_directory, path) = directory();
    let backend = open(&path).await;
    let people = define(&backend).await;
    execute(
        &backend,
        r#"INSERT INTO people VALUES ('a', '{"id":"a","weight":1.0,"role":"x"}'),
            ('b', '{"id":"b","weight":2e0,"role":"x"}'), ('c', '{"id":"c","weight":null,"role":"x"}'),
            ('d', '{"id":"d","weight":null,"role":"x"}'), ('e', '{"id":"e","role":"x"}')"#,
    )
    .await;
    for weight in [1.0, 2.0] {
        let error = people.insert(&person("n", weight)).await.unwrap_err();
        assert_eq!(error.index(), Some("weight_role"), "{weight}: {error}");
    }
    people.insert(&person("n", 3.0)).await.unwrap();
    assert_eq!(people.count(Filter::all()).await.unwrap(), 6);
}

#[tokio::test]
async fn c31_c37_what_came_while_a_guard_was_gone_is_told() {
    let (_directory, path) = directory();
    let backend = open(&path).await;
    let people = define(&backend).await;
    execute(&backend, "DROP INDEX \"people:weight_role:unique\"").await;
    people.insert_many(&[person("a", 0.5), person("b", 0.5)]).await.unwrap();
    let error = backend.define::<Document>(Definition::from_json(DEFINITION).unwrap()).await.unwrap_err();
    assert!(error.is_definition_conflict() && error.message().contains("`weight_role`"), "{error}");
    people.delete("a").await.unwrap();
    define(&backend).await;
    assert!(people.insert(&person("c", 0.5)).await.unwrap_err().is_already_exists());
}

#[tokio::test]
async fn c26_an_index_of_another_program_refuses_without_a_name() {
    let (_directory, path) = directory();
    let backend = open(&path).await;
    let people = define(&backend).await;
    execute(&backend, "CREATE UNIQUE INDEX mine ON people (json_extract(record, '$.other'))").await;
    let with = |id: &str| Document::from([("id", id), ("other", "x")]);
    people.insert(&with("a")).await.unwrap();
    let error = people.insert(&with("b")).await.unwrap_err();
    assert_eq!((error.kind(), error.index()), (ErrorKind::AlreadyExists, None), "{error}");
    // Those that share its transaction are stored.
    let all = [with("c"), Document::from([("id", "d")])];
    let error = people.insert_many(&all).await.unwrap_err();
    assert_eq!(error.inserted().unwrap().stored(), 1);
}
