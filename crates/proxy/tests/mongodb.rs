//! The proxy before a real MongoDB, a replica set: `cargo xtask integration --backend mongodb`.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use proxy::{Fault, Protocol, Proxy, mongodb};
use servers::mongo::{Client, Document, Refusal, Value};

/// What became of a command.
#[derive(Debug, PartialEq)]
enum Outcome {
    Answer(Document),
    Refused(i32),
    /// The connection was closed without an answer.
    Lost,
}

async fn proxy() -> Proxy {
    let url = std::env::var("TEST_MONGODB_URL");
    let url = url.unwrap_or_else(|_| panic!("TEST_MONGODB_URL is not set; call `cargo xtask integration`"));
    Proxy::start(&url, Protocol::MongoDb).await.unwrap()
}

/// Runs commands on one connection through the proxy; the client waits as a thread of its own.
async fn run_all(proxy: &Proxy, commands: Vec<Document>) -> Vec<Outcome> {
    let address = proxy.address().to_string();
    let client = move || {
        let mut client = Client::connect(&address).unwrap();
        let outcome = |command| match client.run("proxy", command) {
            Ok(answer) => Outcome::Answer(answer),
            Err(error) => Refusal::code_of(&error).map_or(Outcome::Lost, Outcome::Refused),
        };
        commands.into_iter().map(outcome).collect()
    };
    tokio::task::spawn_blocking(client).await.unwrap()
}

async fn run(proxy: &Proxy, command: Document) -> Outcome {
    run_all(proxy, vec![command]).await.remove(0)
}

fn insert(collection: &str, id: &str) -> Document {
    let records = Value::Array(vec![Document::new().with("_id", id).into()]);
    Document::new().with("insert", collection).with("documents", records)
}

/// How many records a collection has.
async fn count(proxy: &Proxy, collection: &str) -> Value {
    // MongoDB: without a query it counts what transactions have not committed.
    let all = Document::new().with("_id", Document::new().with("$gte", ""));
    match run(proxy, Document::new().with("count", collection).with("query", all)).await {
        Outcome::Answer(answer) => answer.get("n").unwrap().clone(),
        other => panic!("{other:?}"),
    }
}

/// An empty collection of its own for a test.
async fn emptied(proxy: &Proxy, collection: &str) {
    run(proxy, Document::new().with("drop", collection)).await;
    assert!(matches!(run(proxy, Document::new().with("create", collection)).await, Outcome::Answer(_)));
    proxy.clear();
}

#[tokio::test]
async fn commands_pass_and_are_recorded_with_their_answers() {
    let proxy = proxy().await;
    emptied(&proxy, "passed").await;
    let commands = vec![Document::new().with("hello", 1), insert("passed", "a"), insert("passed", "a")];
    let outcomes = run_all(&proxy, commands).await;
    assert!(matches!(&outcomes[0], Outcome::Answer(hello) if hello.text("setName").is_some()), "{outcomes:?}");
    assert!(matches!(&outcomes[1], Outcome::Answer(answer) if answer.get("n") == Some(&Value::Int(1))));
    assert!(matches!(&outcomes[2], Outcome::Answer(answer) if answer.get("writeErrors").is_some()));
    assert_eq!(proxy.operations(), ["insert", "insert"]);
    let log = proxy.log();
    assert_eq!((log[0].operation(), log[1].target()), ("hello", Some("passed")));
    assert!(log.iter().all(|request| request.answered().is_some()));
}

#[tokio::test]
async fn a_lost_answer_is_done_and_a_cut_is_not() {
    let proxy = proxy().await;
    emptied(&proxy, "lost").await;
    proxy.on(|request, n| match (request.operation(), n) {
        ("insert", 1) => Fault::Cut,
        ("insert", _) => Fault::LoseAnswer,
        _ => Fault::Pass,
    });
    assert_eq!(run(&proxy, insert("lost", "cut")).await, Outcome::Lost);
    assert_eq!(count(&proxy, "lost").await, Value::Int(0));
    assert_eq!(run(&proxy, insert("lost", "lost")).await, Outcome::Lost);
    assert_eq!(count(&proxy, "lost").await, Value::Int(1));
    assert!(proxy.errors().is_empty(), "{:?}", proxy.errors());
}

#[tokio::test]
async fn errors_of_the_proxy_read_as_those_of_the_server() {
    let proxy = proxy().await;
    emptied(&proxy, "refused").await;
    proxy.on(|request, n| match (request.operation(), n) {
        ("insert", 1) => mongodb::not_writable_primary().into(),
        ("insert", 2) => mongodb::unauthorized().into(),
        ("insert", 3) => Fault::Replace(mongodb::max_time_expired()),
        _ => Fault::Pass,
    });
    let commands = vec![insert("refused", "a"), insert("refused", "a"), insert("refused", "a")];
    let codes = [10107, 13, 50].map(Outcome::Refused);
    assert_eq!(run_all(&proxy, commands).await, codes);
    assert_eq!(count(&proxy, "refused").await, Value::Int(1));
}

#[tokio::test]
async fn transactions_commit_and_abort() {
    let proxy = proxy().await;
    emptied(&proxy, "transacted").await;
    let session = Document::new().with("id", Value::Binary(4, proxy.address().port().to_be_bytes().repeat(8)));
    let part = |number: i64, command: Document| {
        let command = command.with("lsid", session.clone()).with("txnNumber", number);
        command.with("autocommit", false)
    };
    let start = |number, id| part(number, insert("transacted", id)).with("startTransaction", true);
    let end = |number, name: &str| {
        let command = part(number, Document::new().with(name, 1));
        let address = proxy.address().to_string();
        move || Client::connect(&address).unwrap().run("admin", command).unwrap()
    };
    assert!(matches!(run(&proxy, start(1, "a")).await, Outcome::Answer(_)));
    assert_eq!(count(&proxy, "transacted").await, Value::Int(0));
    tokio::task::spawn_blocking(end(1, "commitTransaction")).await.unwrap();
    assert_eq!(count(&proxy, "transacted").await, Value::Int(1));
    assert!(matches!(run(&proxy, start(2, "b")).await, Outcome::Answer(_)));
    tokio::task::spawn_blocking(end(2, "abortTransaction")).await.unwrap();
    assert_eq!(count(&proxy, "transacted").await, Value::Int(1));
}

#[tokio::test]
async fn a_server_that_went_away_comes_back() {
    let proxy = proxy().await;
    emptied(&proxy, "away").await;
    proxy.refuse().await;
    let address = proxy.address().to_string();
    let refused = tokio::task::spawn_blocking(move || Client::connect(&address).is_err()).await.unwrap();
    assert!(refused);
    proxy.accept().await.unwrap();
    assert_eq!(count(&proxy, "away").await, Value::Int(0));
}
