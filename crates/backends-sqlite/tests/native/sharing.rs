//! Connections, locks and commits: callers, backends and runtimes that share a file.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::task::{Context as Task, Waker};

use crate::support::{PATIENCE, User, count, define, directory, fresh, open, user, users};
use backends_core::{Backend, Definition, Document, Repository, SchemaMode};
use backends_sqlite::{SqliteBackend, SqliteOptions, SqliteRepository, Synchronous};
use rusqlite::Connection;
use tokio::time::timeout;

#[tokio::test]
async fn every_connection_is_as_durable_as_was_asked() {
    let (_directory, path) = directory();
    for (synchronous, value) in [(Synchronous::Full, 2), (Synchronous::Normal, 1)] {
        let backend = SqliteBackend::open(SqliteOptions::new(&path).synchronous(synchronous).readers(3)).await.unwrap();
        let look = |file: &mut Connection| {
            let mode: String = file.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
            let synchronous: i32 = file.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
            let application: i32 = file.query_row("PRAGMA application_id", [], |row| row.get(0))?;
            Ok((mode, synchronous, application))
        };
        let expected = ("wal".to_owned(), value, 0x626b_6473);
        assert_eq!(backend.with_writer(look).await.unwrap(), expected);
        // Each keeps its connection until all have one, so that every connection is asked once.
        let all = Arc::new(Barrier::new(3));
        let readers: Vec<_> = (0..3)
            .map(|_| {
                let (backend, all) = (backend.clone(), Arc::clone(&all));
                tokio::spawn(async move {
                    let look = move |file: &mut Connection| {
                        all.wait();
                        look(file)
                    };
                    backend.with_reader(look).await
                })
            })
            .collect();
        for reader in readers {
            let seen = timeout(PATIENCE, reader).await.expect("there are fewer connections than readers");
            assert_eq!(seen.unwrap().unwrap(), expected);
        }
        let write = backend.with_reader(|file| file.execute_batch("CREATE TABLE x (y)")).await.unwrap_err();
        assert!(write.is_permission_denied(), "{write}");
    }
}

#[tokio::test]
async fn c44_the_native_connection_sees_the_table() {
    let (_directory, backend, users) = fresh().await;
    users.insert(&user("ada", 1)).await.unwrap();
    let native = users.native(|native: &SqliteRepository| native.clone()).unwrap();
    assert_eq!(native.table(), "users");
    let select = |file: &mut Connection| {
        file.query_row("SELECT record ->> 'email' FROM users WHERE partition_key = 'ada'", [], |row| row.get(0))
    };
    let email: String = native.backend().with_reader(select).await.unwrap();
    assert_eq!(email, "ada@example.org");
    let native: &SqliteBackend = backend.native().unwrap();
    let error = native.with_writer(|file| file.execute_batch("BEGIN; DELETE FROM users")).await.unwrap_err();
    assert!(error.is_invalid_input() && error.may_have_happened(), "a transaction was left open: {error}");
    assert!(users.get("ada").await.unwrap().is_some());
    let error = native.with_reader(|file| file.execute_batch("SELECT secret FROM nowhere")).await.unwrap_err();
    assert!(error.native::<rusqlite::Error>().is_some());
    assert!(!format!("{error:?} {error}").contains("secret"), "{error:?}");
}

#[tokio::test]
async fn a_closure_that_panics_harms_nobody_else() {
    let (_directory, backend, users) = fresh().await;
    let native: &SqliteBackend = backend.native().unwrap();
    let panics = native.with_writer::<(), _>(|file| {
        file.execute_batch("BEGIN; DELETE FROM users").unwrap();
        panic!("as it has to")
    });
    assert!(panics.await.unwrap_err().is_unexpected());
    assert!(native.with_reader::<(), _>(|_| panic!("as it has to")).await.unwrap_err().is_unexpected());
    users.insert(&user("ada", 1)).await.unwrap();
    assert!(users.get("ada").await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_backends_on_one_file_see_each_other() {
    let (_directory, path) = directory();
    let (one, two) = (open(&path).await, open(&path).await);
    let (first, second) = (define(&one).await, define(&two).await);
    for round in 0..40 {
        let (writes, reads) = if round % 2 == 0 { (&first, &second) } else { (&second, &first) };
        writes.insert(&user(&format!("u{round}"), round)).await.unwrap();
        assert_eq!(reads.get(format!("u{round}")).await.unwrap().unwrap().logins, round);
    }
    let all: Vec<_> = (0..32)
        .map(|n| {
            let users = if n % 2 == 0 { first.clone() } else { second.clone() };
            tokio::spawn(async move {
                for i in 0..10 {
                    users.insert(&user(&format!("p{n}-{i}"), i)).await.unwrap();
                }
            })
        })
        .collect();
    for writes in all {
        writes.await.unwrap();
    }
    assert_eq!(count(&one).await, 360);
    one.close().await.unwrap();
    assert!(second.get("u1").await.unwrap().is_some());
    two.close().await.unwrap();
    assert!(!path.with_extension("db-wal").exists(), "the last one takes the log into the file");
}

#[tokio::test(flavor = "multi_thread")]
async fn c36_many_may_define_at_once() {
    let (_directory, path) = directory();
    let (one, two) = (open(&path).await, open(&path).await);
    let tasks: Vec<_> = (0..8)
        .map(|n| {
            let backend = if n % 2 == 0 { one.clone() } else { two.clone() };
            tokio::spawn(async move {
                let name = if n < 4 { "users" } else { "teams" };
                let json = format!(r#"{{"name": "{name}", "idKind": "string", "fields": {{"f{n}": "integer"}}}}"#);
                backend.define::<Document>(Definition::from_json(&json).unwrap()).await
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let last = open(&path).await.define::<Document>(users()).await.unwrap();
    for n in 0..4 {
        assert!(last.definition().kind_of(&format!("f{n}")).is_some(), "what one added stays, whoever came last: f{n}");
    }
}

#[tokio::test]
async fn c37_another_definition_or_another_table_is_a_conflict() {
    let (_directory, path) = directory();
    let backend = open(&path).await;
    let users = define(&backend).await;
    users.insert(&user("ada", 1)).await.unwrap();
    let other = open(&path).await;
    for (json, what) in [
        (r#"{"name": "users", "idKind": "string", "hashKey": "email"}"#, "another key"),
        (r#"{"name": "Users", "idKind": "string"}"#, "another case"),
        (r#"{"name": "users", "idKind": "string", "fields": {"logins": "string"}}"#, "a kind that is not stored"),
    ] {
        let error = other.define::<Document>(Definition::from_json(json).unwrap()).await.unwrap_err();
        assert!(error.is_definition_conflict(), "{what}: {error}");
    }
    let file = Connection::open(&path).unwrap();
    file.execute_batch("CREATE TABLE theirs (a); CREATE VIEW seen AS SELECT 1; CREATE INDEX at_index ON theirs (a)")
        .unwrap();
    for name in ["theirs", "SEEN", "at_index"] {
        let error = other.define::<Document>(Definition::builder(name).build().unwrap()).await.unwrap_err();
        assert!(error.is_definition_conflict() && error.to_string().contains(name), "{error}");
    }
}

#[tokio::test]
async fn c37_modes_that_create_nothing() {
    let (_directory, path) = directory();
    let backend = open(&path).await;
    let verify = backend.define::<User>(users()).schema_mode(SchemaMode::Verify).await.unwrap_err();
    assert!(verify.is_definition_conflict(), "{verify}");
    let trusted = backend.define::<User>(users()).schema_mode(SchemaMode::Trust).await.unwrap();
    for error in [
        trusted.get("ada").await.unwrap_err(),
        trusted.insert(&user("ada", 1)).await.unwrap_err(),
        trusted.insert_many(&[user("ada", 1)]).await.unwrap_err(),
    ] {
        assert!(error.is_definition_conflict() && error.to_string().contains("SchemaMode::Ensure"), "{error}");
        assert!(error.context().any(|part| part == ("SQLite code", "1")), "{error}");
    }
    let other = open(&path).await;
    define(&other).await;
    let verified = open(&path).await.define::<User>(users()).schema_mode(SchemaMode::Verify).await.unwrap();
    verified.insert(&user("ada", 1)).await.unwrap();
    assert!(trusted.get("ada").await.unwrap().is_some());
    let native: &SqliteBackend = other.native().unwrap();
    native.with_writer(|file| file.execute_batch("DROP TABLE users")).await.unwrap();
    let gone = open(&path).await.define::<User>(users()).schema_mode(SchemaMode::Verify).await.unwrap_err();
    assert!(gone.is_definition_conflict(), "{gone}");
    define(&open(&path).await).await.insert(&user("ada", 1)).await.unwrap();
}

#[tokio::test]
async fn names_are_only_names() {
    let (_directory, path) = directory();
    let options = SqliteOptions::new(&path).table_prefix("app-1.");
    let backend = Backend::new(Arc::new(SqliteBackend::open(options).await.unwrap()));
    let definition = Definition::from_json(r#"{"name": "select.from-where", "idKind": "string"}"#).unwrap();
    let records: Repository<User> = backend.define(definition).await.unwrap();
    let weird = "x'; DROP TABLE \"users\"; -- ? ?1 :a @b $c \u{1F600} \u{1}";
    records.insert(&user(weird, 7)).await.unwrap();
    assert_eq!(records.get(weird).await.unwrap(), Some(user(weird, 7)));
    assert_eq!(
        records.native(|native: &SqliteRepository| native.table().to_owned()).unwrap(),
        "app-1.select.from-where"
    );
    assert_eq!(records.delete(weird).await.unwrap(), Some(user(weird, 7)));
}

#[tokio::test]
async fn l43_the_prefix_keeps_the_tables_of_programs_apart() {
    let (_directory, path) = directory();
    let mut opened = Vec::new();
    for prefix in ["a-", "b-"] {
        let options = SqliteOptions::new(&path).table_prefix(prefix);
        let backend = Backend::new(Arc::new(SqliteBackend::open(options).await.unwrap()));
        let records = define(&backend).await;
        let table = records.native(|native: &SqliteRepository| native.table().to_owned()).unwrap();
        assert_eq!(table, format!("{prefix}users"));
        opened.push((backend, records));
    }
    let [(_, first), (_, second)] = &opened[..] else { panic!("two were opened") };
    first.insert(&user("ada", 1)).await.unwrap();
    assert_eq!(second.get("ada").await.unwrap(), None);
    second.insert(&user("ada", 2)).await.unwrap();
    assert_eq!(first.get("ada").await.unwrap(), Some(user("ada", 1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn c26_of_fifty_at_once_one_wins() {
    let (_directory, backend, users) = fresh().await;
    let tasks: Vec<_> = (0..50)
        .map(|n| {
            let users = users.clone();
            tokio::spawn(async move { users.insert(&user("same", n)).await })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => won += 1,
            Err(error) => assert!(error.is_already_exists(), "{error}"),
        }
    }
    assert_eq!((won, count(&backend).await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_that_wait_share_a_commit() {
    let (_directory, backend, users) = fresh().await;
    let commits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&commits);
    let native: &SqliteBackend = backend.native().unwrap();
    native
        .with_writer(move |file| {
            file.commit_hook(Some(move || {
                counted.fetch_add(1, Ordering::Relaxed);
                false
            }))
        })
        .await
        .unwrap();
    let tasks: Vec<_> = (0..32)
        .map(|n| {
            let users = users.clone();
            tokio::spawn(async move {
                for i in 0..20 {
                    users.insert(&user(&format!("u{n}-{i}"), i)).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let commits = commits.load(Ordering::Relaxed);
    assert!(commits > 0 && commits < 640 / 3, "{commits} commits for 640 inserts");
    assert_eq!(count(&backend).await, 640);
}

#[tokio::test(flavor = "multi_thread")]
async fn c42_a_write_that_nobody_waits_for_is_stored() {
    let (_directory, backend, users) = fresh().await;
    for n in 0..50 {
        let ada = user(&format!("u{n}"), n);
        let mut insert = users.insert(&ada).into_future();
        // Begun, and every second one dropped.
        let is_done = insert.as_mut().poll(&mut Task::from_waker(Waker::noop())).is_ready();
        if n % 2 == 0 && !is_done {
            insert.await.unwrap();
        }
    }
    // What was begun is in the queue; a later write stands behind it.
    users.insert(&user("last", 0)).await.unwrap();
    assert_eq!(count(&backend).await, 51);
}

#[tokio::test(flavor = "multi_thread")]
async fn c42_dropped_without_close_nothing_acknowledged_is_lost() {
    let (_directory, path) = directory();
    let backend = open(&path).await;
    let users = define(&backend).await;
    users.insert_many(&(0..2_000).map(|n| user(&format!("u{n}"), n)).collect::<Vec<_>>()).await.unwrap();
    drop((backend, users));
    let backend = open(&path).await;
    assert_eq!(define(&backend).await.get("u1999").await.unwrap().unwrap().logins, 1_999);
    assert_eq!(count(&backend).await, 2_000);
}

#[test]
fn a_backend_outlives_the_runtime_it_was_opened_in() {
    let (_directory, path) = directory();
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let first = runtime();
    let (backend, users) = first.block_on(async {
        let backend = open(&path).await;
        let users = define(&backend).await;
        (backend, users)
    });
    drop(first);
    runtime().block_on(async {
        users.insert(&user("ada", 1)).await.unwrap();
        assert_eq!(users.get("ada").await.unwrap(), Some(user("ada", 1)));
        backend.close().await.unwrap();
        assert!(backend.ping().await.unwrap_err().is_unavailable());
    });
}
