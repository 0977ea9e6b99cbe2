//! Users and their rights, on the server that `TEST_MONGODB_URL` names: it wants users, and knows those of
//! `TEST_MONGODB_ADMIN_USER` and `TEST_MONGODB_WRITER_USER`, who reads and writes records and creates nothing.

#![allow(clippy::unwrap_used, reason = "tests stop where something is wrong")]
#![allow(unreachable_pub, reason = "a module of several programs of tests")]

#[allow(dead_code, reason = "other programs of tests use more of it")]
#[path = "common/store.rs"]
mod store;

use std::time::{Duration, Instant};

use backends_core::{Backend, DatabaseConfig, Document, Filter, Registry, Result, SchemaMode, Update, Value};
use backends_mongo::Mongodb;
use store::{definition, fresh_name, url, variable};

async fn as_user(database: &str, user: &str, password: &str) -> Result<Backend> {
    let registry = Registry::new().register(Mongodb);
    let config = DatabaseConfig::from_uri(&url(database, ""), &registry.supported(), &[])?;
    let manager = registry.manager(&config.set("user", user).set("pass", password))?;
    manager.backend("mongodb").await
}

async fn admin(database: &str) -> Backend {
    let (user, password) = (variable("TEST_MONGODB_ADMIN_USER"), variable("TEST_MONGODB_ADMIN_PASSWORD"));
    as_user(database, &user, &password).await.unwrap()
}

async fn writer(database: &str) -> Backend {
    let (user, password) = (variable("TEST_MONGODB_WRITER_USER"), variable("TEST_MONGODB_WRITER_PASSWORD"));
    as_user(database, &user, &password).await.unwrap()
}

async fn drop_database(backend: &Backend, name: &str) {
    backend.native::<backends_mongo::mongodb::Client>().unwrap().database(name).drop().await.unwrap();
}

#[tokio::test]
async fn c40_a_wrong_password_is_permission_denied_at_once_and_never_shown() {
    let began = Instant::now();
    let name = fresh_name();
    for (user, password) in [
        (variable("TEST_MONGODB_ADMIN_USER"), "hunter2 @:/"),
        ("hunter2 @:/".to_owned(), variable("TEST_MONGODB_ADMIN_PASSWORD").as_str()),
    ] {
        let error = as_user(&name, &user, password).await.unwrap_err();
        assert!(error.is_permission_denied() && !error.may_have_happened(), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        assert!(!format!("{error} {error:?}").contains(password), "{error:?}");
    }
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn c40_who_does_not_log_in_is_told_so() {
    let registry = Registry::new().register(Mongodb);
    let backend = registry.open(&url(&fresh_name(), "")).await.unwrap();
    let error = backend.define::<Document>(definition(r#"{"name": "notes"}"#)).await.unwrap_err();
    assert!(error.is_permission_denied() && error.to_string().contains("13"), "{error}");
}

#[tokio::test]
async fn c37_a_user_who_creates_nothing_verifies_and_writes() {
    let name = fresh_name();
    let (admin, writer) = (admin(&name).await, writer(&name).await);
    let json = r#"{"name": "teams", "hashKey": "tenant"}"#;
    let refused = writer.define::<Document>(definition(json)).await.unwrap_err();
    assert!(refused.is_permission_denied(), "{refused}");
    let missing = writer.define::<Document>(definition(json)).schema_mode(SchemaMode::Verify).await.unwrap_err();
    assert!(missing.is_definition_conflict(), "{missing}");
    admin.define::<Document>(definition(json)).await.unwrap();
    let teams = writer.define::<Document>(definition(json)).schema_mode(SchemaMode::Verify).await.unwrap();
    let team = Document::from([("tenant", Value::from("t"))]);
    teams.insert(&team).await.unwrap();
    assert!(teams.insert(&team).await.unwrap_err().is_already_exists());
    assert!(!teams.upsert(&team).await.unwrap().created);
    assert!(teams.delete("t").await.unwrap().is_some());
    drop_database(&admin, &name).await;
}

#[tokio::test]
async fn c37_who_may_not_even_look_verifies_by_the_stored_definition() {
    let name = fresh_name();
    let admin = admin(&name).await;
    let json = r#"{"name": "teams", "hashKey": "tenant"}"#;
    admin.define::<Document>(definition(json)).await.unwrap();
    let native = admin.native::<backends_mongo::mongodb::Client>().unwrap().database(&name);
    let bare = backends_mongo::mongodb::bson::doc! {
        "createRole": "bare",
        "privileges": [{
            "resource": { "db": &name, "collection": "" },
            "actions": ["find", "insert", "update", "remove"],
        }],
        "roles": [],
    };
    native.run_command(bare).await.unwrap();
    let user = backends_mongo::mongodb::bson::doc! { "createUser": "bare", "pwd": "p@ss", "roles": ["bare"] };
    native.run_command(user).await.unwrap();
    let registry = Registry::new().register(Mongodb);
    let config = DatabaseConfig::from_uri(&url(&name, ""), &registry.supported(), &[]).unwrap();
    let config = config.set("user", "bare").set("pass", "p@ss").set("authSource", name.as_str());
    // The block of the Go package, whose driver looked for the user in the database of the block.
    let server = url("", "");
    let hosts = server.trim_start_matches("mongodb://").split('/').next().unwrap();
    let block = DatabaseConfig::new("mongodb").set("host", hosts).set("database", name.as_str());
    let block = block.set("user", "bare").set("pass", "p@ss");
    let logged_in = registry.clone().manager(&block).unwrap().backend("mongodb").await.unwrap();
    logged_in.close().await.unwrap();
    let elsewhere = registry.clone().manager(&block.set("authSource", "admin")).unwrap();
    let elsewhere = elsewhere.backend("mongodb").await.unwrap_err();
    assert!(elsewhere.is_permission_denied() && elsewhere.to_string().contains("`authSource`"), "{elsewhere}");
    let bare = registry.clone().manager(&config).unwrap().backend("mongodb").await.unwrap();
    let teams = bare.define::<Document>(definition(json)).schema_mode(SchemaMode::Verify).await.unwrap();
    teams.insert(&Document::from([("tenant", Value::from("t"))])).await.unwrap();
    assert!(teams.get("t").await.unwrap().is_some());
    let trusted = bare.define::<Document>(definition(json)).schema_mode(SchemaMode::Trust).await.unwrap();
    assert!(trusted.get("t").await.unwrap().is_some());
    let nowhere = definition(r#"{"name": "nowhere"}"#);
    let nowhere = bare.define::<Document>(nowhere).schema_mode(SchemaMode::Trust).await.unwrap();
    let error = nowhere.insert(&Document::new()).await.unwrap_err();
    assert!(error.is_definition_conflict(), "{error}");
    native.run_command(backends_mongo::mongodb::bson::doc! { "dropAllUsersFromDatabase": 1 }).await.unwrap();
    native.run_command(backends_mongo::mongodb::bson::doc! { "dropAllRolesFromDatabase": 1 }).await.unwrap();
    drop_database(&admin, &name).await;
}

#[tokio::test]
async fn c40_who_may_only_read_is_told_so_by_every_write_and_changes_nothing() {
    let name = fresh_name();
    let admin = admin(&name).await;
    let json = r#"{"name": "teams", "hashKey": "tenant"}"#;
    let teams = admin.define::<Document>(definition(json)).await.unwrap();
    let team = |tenant: &str| Document::from([("tenant", Value::from(tenant)), ("size", Value::from(1))]);
    let before = teams.insert(&team("t")).await.unwrap();
    let native = admin.native::<backends_mongo::mongodb::Client>().unwrap().database(&name);
    let user = backends_mongo::mongodb::bson::doc! { "createUser": "reader", "pwd": "p@ss", "roles": ["read"] };
    native.run_command(user).await.unwrap();
    let registry = Registry::new().register(Mongodb);
    let config = DatabaseConfig::from_uri(&url(&name, ""), &registry.supported(), &[]).unwrap();
    let config = config.set("user", "reader").set("pass", "p@ss").set("authSource", name.as_str());
    let reader = registry.manager(&config).unwrap().backend("mongodb").await.unwrap();
    let read = reader.define::<Document>(definition(json)).schema_mode(SchemaMode::Verify).await.unwrap();
    assert!(read.get("t").await.unwrap().as_ref() == Some(&before));
    let count = || Update::new().inc("size", 1);
    for (write, answer) in [
        ("insert", read.insert(&team("new")).await.map(drop)),
        ("replace", read.replace(&team("t")).await.map(drop)),
        ("upsert", read.upsert(&team("new")).await.map(drop)),
        ("update", read.update("t", count()).await.map(drop)),
        ("update_many", read.update_many(Filter::all(), count()).await.map(drop)),
        ("delete", read.delete("t").await.map(drop)),
        ("delete_many", read.delete_many(Filter::all()).await.map(drop)),
    ] {
        let error = answer.unwrap_err();
        assert!(error.is_permission_denied() && !error.may_have_happened(), "{write}: {error}");
        assert_eq!(error.operation(), Some(write), "{error}");
    }
    assert!(teams.find(Filter::all()).await.unwrap() == [before]);
    native.run_command(backends_mongo::mongodb::bson::doc! { "dropAllUsersFromDatabase": 1 }).await.unwrap();
    drop_database(&admin, &name).await;
}
