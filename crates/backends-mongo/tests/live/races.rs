//! Many at once: definitions, upserts, inserts.

use backends_core::{Backend, Document, Value};
use tokio::task::JoinSet;

use crate::records::{User, user};
use crate::store::{Store, all, definition, open};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c36_eight_processes_define_at_once() {
    let store = Store::open().await;
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let backend: Backend = open(&store.name).await;
        tasks.spawn(async move {
            let json = r#"{"name": "Teams", "hashKey": "tenant", "rangeKey": "team"}"#;
            let teams = backend.define::<Document>(definition(json)).await.unwrap();
            let team = Document::from([("tenant", Value::from("t")), ("team", Value::from("same"))]);
            let stored = teams.insert(&team).await.is_ok();
            backend.close().await.unwrap();
            stored
        });
    }
    let stored = tasks.join_all().await;
    assert_eq!(stored.iter().filter(|stored| **stored).count(), 1);
    let definitions = all(&store.collection("_backends_definitions")).await;
    assert_eq!(definitions.len(), 1);
    assert_eq!(definitions[0].get_str("_id").unwrap(), "teams");
    assert_eq!(store.collection("Teams").list_index_names().await.unwrap(), ["_id_", "primary"]);
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c36_kinds_that_are_added_at_once_all_stay() {
    let store = Store::open().await;
    store.backend.define::<Document>(definition(r#"{"name": "things"}"#)).await.unwrap();
    let mut tasks = JoinSet::new();
    for n in 0..6 {
        let backend = open(&store.name).await;
        tasks.spawn(async move {
            let json = format!(r#"{{"name": "things", "fields": {{"f{n}": "integer"}}}}"#);
            backend.define::<Document>(definition(&json)).await.unwrap();
            backend.close().await.unwrap();
        });
    }
    tasks.join_all().await;
    let late = open(&store.name).await;
    let things = late.define::<Document>(definition(r#"{"name": "things"}"#)).await.unwrap();
    assert!((0..6).all(|n| things.definition().kind_of(&format!("f{n}")).is_some()));
    assert_eq!(things.warnings().len(), 6);
    late.close().await.unwrap();
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c30_fifty_upserts_of_one_key_never_fail() {
    let store = Store::open().await;
    for (json, rounds) in [
        (r#"{"name": "by_id", "idKind": "string"}"#, 5),
        (r#"{"name": "by_mail", "idKind": "string", "hashKey": "email"}"#, 5),
    ] {
        let users = store.backend.define::<User>(definition(json)).await.unwrap();
        for round in 0..rounds {
            let mut tasks = JoinSet::new();
            for n in 0..50 {
                let users = users.clone();
                let by_id = json.contains("by_id");
                tasks.spawn(async move {
                    let mut user = user(&format!("same{round}"), n);
                    if !by_id {
                        user.id.clear();
                    }
                    users.upsert(&user).await.unwrap()
                });
            }
            let answers = tasks.join_all().await;
            assert_eq!(answers.iter().filter(|answer| answer.created).count(), 1);
            let id = &answers[0].record.id;
            assert!(answers.iter().all(|answer| answer.record.id == *id));
        }
    }
    store.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c26_of_fifty_inserts_of_one_key_one_wins() {
    let store = Store::open().await;
    let json = r#"{"name": "users", "hashKey": "email"}"#;
    let users = store.backend.define::<User>(definition(json)).await.unwrap();
    let mut tasks = JoinSet::new();
    for n in 0..50 {
        let users = users.clone();
        tasks.spawn(async move {
            let same = User { email: "same".into(), ..user("", n) };
            users.insert(&same).await.map(|_| ()).map_err(|error| error.is_already_exists())
        });
    }
    let answers = tasks.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == Err(true)).count(), 49);
    store.remove().await;
}
