//! Tests against a server that tells what it got: HTTP, and answers in the form of MongoDB.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use servers::mongo::Document;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::*;
use crate::wire::Reader;
use crate::{Answer, Gate, dynamodb, mongodb};

/// A server that answers a request with its own body, and counts.
async fn echo(protocol: Protocol) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let counted = Arc::clone(&counted);
            tokio::spawn(async move {
                let (read, mut write) = stream.into_split();
                let mut reader = Reader::new(read);
                while let Ok(Some(request)) = reader.message(protocol).await {
                    counted.fetch_add(1, Ordering::SeqCst);
                    let answer = request.answer(protocol, &Answer::http(200, request.body()));
                    write.write_all(&answer).await.unwrap();
                }
            });
        }
    });
    (address, count)
}

struct Setting {
    proxy: Proxy,
    /// How many requests the server got.
    count: Arc<AtomicUsize>,
    client: Client,
}

async fn setting() -> Setting {
    let (upstream, count) = echo(Protocol::DynamoDb).await;
    let proxy = Proxy::start(&upstream, Protocol::DynamoDb).await.unwrap();
    let client = Client::connect(&proxy).await;
    Setting { proxy, count, client }
}

struct Client {
    reader: Reader<tokio::net::tcp::OwnedReadHalf>,
    write: tokio::net::tcp::OwnedWriteHalf,
}

impl Client {
    async fn connect(proxy: &Proxy) -> Self {
        let (read, write) = TcpStream::connect(proxy.address()).await.unwrap().into_split();
        Self { reader: Reader::new(read), write }
    }

    /// The status and body of the answer; none if the connection is closed before it is whole.
    async fn ask(&mut self, operation: &str, body: Value) -> Option<(u16, Value)> {
        let body = body.to_string();
        let head = format!("POST / HTTP/1.1\r\nX-Amz-Target: X.{operation}\r\nContent-Length: {}\r\n\r\n", body.len());
        self.write.write_all(format!("{head}{body}").as_bytes()).await.ok()?;
        let answer = self.reader.message(Protocol::DynamoDb).await.ok()??;
        Some((answer.status, serde_json::from_slice(answer.body()).unwrap()))
    }
}

#[tokio::test]
async fn requests_pass_and_are_recorded_with_their_answers() {
    let Setting { proxy, count, mut client } = setting().await;
    let body = json!({"TableName": "t"});
    assert_eq!(client.ask("GetItem", body.clone()).await, Some((200, body.clone())));
    assert_eq!(client.ask("PutItem", json!({})).await, Some((200, json!({}))));
    let log = proxy.log();
    assert_eq!(proxy.operations(), ["GetItem", "PutItem"]);
    assert_eq!((log[0].target(), log[1].target()), (Some("t"), None));
    assert_eq!((log[0].connection(), log[0].json()), (0, body));
    assert_eq!(log[0].answered().unwrap().status, 200);
    assert!(log[0].bytes() > 17 && log[0].answered().unwrap().bytes > 17);
    proxy.clear();
    assert!(proxy.log().is_empty());
    assert_eq!((count.load(Ordering::SeqCst), proxy.connections()), (2, 1));
    assert!(proxy.errors().is_empty());
}

#[tokio::test]
async fn what_waits_at_a_gate_passes_when_it_is_opened() {
    let Setting { proxy, count, mut client } = setting().await;
    let gate = Gate::new();
    let shut = gate.clone();
    proxy.on(move |_, _| Fault::Wait(shut.clone()));
    let opening = async {
        gate.reached().await;
        assert_eq!(count.load(Ordering::SeqCst), 0);
        gate.open();
    };
    let (answer, ()) = tokio::join!(client.ask("GetItem", json!({})), opening);
    assert_eq!(answer, Some((200, json!({}))));
    assert!(client.ask("GetItem", json!({})).await.is_some());
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn the_second_of_an_operation_is_answered_by_the_proxy() {
    let Setting { proxy, count, mut client } = setting().await;
    proxy.on(|request, n| match (request.operation(), n) {
        ("GetItem", 2) => dynamodb::throttling().into(),
        _ => Fault::Pass,
    });
    for (operation, status) in
        [("PutItem", 200), ("GetItem", 200), ("PutItem", 200), ("GetItem", 400), ("GetItem", 200)]
    {
        assert_eq!(client.ask(operation, json!({})).await.unwrap().0, status);
    }
    assert_eq!(count.load(Ordering::SeqCst), 4);
    assert_eq!(proxy.log()[3].answered().unwrap().status, 400);
    // A new rule counts anew.
    proxy.on(|_, n| if n == 1 { dynamodb::internal_server_error().into() } else { Fault::Pass });
    assert_eq!(client.ask("GetItem", json!({})).await.unwrap().0, 500);
    proxy.pass();
    assert_eq!(client.ask("PutItem", json!({})).await.unwrap().0, 200);
}

#[tokio::test]
async fn a_cut_does_not_reach_the_server_and_a_lost_answer_does() {
    for (fault, reached, answered) in [
        (Fault::Cut, 0, false),
        (Fault::LoseAnswer, 1, false),
        (Fault::CutAnswer, 1, false),
        (Fault::Replace(dynamodb::internal_server_error()), 1, true),
    ] {
        let Setting { proxy, count, mut client } = setting().await;
        let name = format!("{fault:?}");
        proxy.on(move |_, _| fault.clone());
        let answer = client.ask("PutItem", json!({})).await;
        assert_eq!(answer.map(|(status, _)| status), answered.then_some(500), "{name}");
        assert_eq!(count.load(Ordering::SeqCst), reached, "{name}");
        assert_eq!(proxy.log()[0].answered().is_some(), answered, "{name}");
        proxy.pass();
        let mut client = Client::connect(&proxy).await;
        assert_eq!(client.ask("PutItem", json!({})).await.unwrap().0, 200, "{name}");
    }
}

#[tokio::test]
async fn a_hang_and_a_held_answer_leave_the_client_waiting() {
    for (fault, reached) in [(Fault::Hang, 0), (Fault::HoldAnswer, 1)] {
        let Setting { proxy, count, mut client } = setting().await;
        proxy.on(move |_, _| fault.clone());
        let waited = tokio::time::timeout(Duration::from_millis(100), client.ask("PutItem", json!({}))).await;
        assert!(waited.is_err());
        assert_eq!(count.load(Ordering::SeqCst), reached);
    }
}

#[tokio::test]
async fn delays_take_their_time() {
    let time = Duration::from_millis(60);
    for fault in [Fault::Delay(time), Fault::DelayAnswer(time)] {
        let Setting { proxy, mut client, .. } = setting().await;
        proxy.on(move |_, _| fault.clone());
        let start = Instant::now();
        assert_eq!(client.ask("PutItem", json!({})).await, Some((200, json!({}))));
        assert!(start.elapsed() >= time);
    }
}

#[tokio::test]
async fn a_part_of_a_batch_is_sent_and_the_rest_is_unprocessed() {
    let Setting { proxy, count, mut client } = setting().await;
    let batch = json!({"RequestItems": {"t": [1, 2, 3]}});
    proxy.on(|_, n| if n == 1 { Fault::Unprocessed(2) } else { Fault::Unprocessed(0) });
    let expected = json!({"RequestItems": {"t": [1, 2]}, "UnprocessedItems": {"t": [3]}});
    assert_eq!(client.ask("BatchWriteItem", batch.clone()).await, Some((200, expected)));
    let expected = json!({"UnprocessedItems": {"t": [1, 2, 3]}});
    assert_eq!(client.ask("BatchWriteItem", batch).await, Some((200, expected)));
    assert_eq!(count.load(Ordering::SeqCst), 1);
    assert_eq!(client.ask("GetItem", json!({})).await, None);
    assert!(proxy.errors()[0].starts_with("`GetItem` is no batch"), "{:?}", proxy.errors());
}

#[tokio::test]
async fn an_answer_can_be_changed_on_its_way() {
    let Setting { proxy, mut client, .. } = setting().await;
    proxy.on(|_, _| Fault::change(|body| [b"[", body.as_slice(), b"]"].concat()));
    assert_eq!(client.ask("PutItem", json!({})).await, Some((200, json!([{}]))));
}

#[tokio::test]
async fn connections_are_cut_refused_and_accepted_again() {
    let Setting { proxy, mut client, .. } = setting().await;
    assert!(client.ask("GetItem", json!({})).await.is_some());
    proxy.cut();
    assert_eq!(client.ask("GetItem", json!({})).await, None);
    let mut client = Client::connect(&proxy).await;
    assert!(client.ask("GetItem", json!({})).await.is_some());
    proxy.refuse().await;
    assert_eq!(client.ask("GetItem", json!({})).await, None);
    let refused = TcpStream::connect(proxy.address()).await.unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    proxy.accept().await.unwrap();
    proxy.accept().await.unwrap();
    assert!(Client::connect(&proxy).await.ask("GetItem", json!({})).await.is_some());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_an_error_of_the_proxy() {
    let proxy = Proxy::start("127.0.0.1:1", Protocol::DynamoDb).await.unwrap();
    assert_eq!(Client::connect(&proxy).await.ask("GetItem", json!({})).await, None);
    assert!(proxy.errors()[0].starts_with("connection 0: "), "{:?}", proxy.errors());
}

#[tokio::test]
async fn commands_of_mongodb_are_named_and_answered() {
    let (upstream, count) = echo(Protocol::MongoDb).await;
    let proxy = Proxy::start(&format!("mongodb://{upstream}/?replicaSet=rs0"), Protocol::MongoDb).await.unwrap();
    proxy.on(|request, _| match request.operation() {
        "insert" => mongodb::not_writable_primary().into(),
        _ => Fault::Pass,
    });
    let address = proxy.address().to_string();
    let answers = tokio::task::spawn_blocking(move || {
        let mut client = servers::mongo::Client::connect(&address).unwrap();
        let ping = client.run("x", Document::new().with("ping", 1).with("ok", 1.0)).unwrap();
        let insert = client.run("x", Document::new().with("insert", "users")).unwrap_err();
        (ping, servers::mongo::Refusal::code_of(&insert))
    });
    let (ping, code) = answers.await.unwrap();
    assert_eq!((ping.text("$db"), code), (Some("x"), Some(10107)));
    assert_eq!(count.load(Ordering::SeqCst), 1);
    assert_eq!(proxy.operations(), ["insert"]);
    assert_eq!((proxy.log().len(), proxy.log()[1].target()), (2, Some("users")));
    assert!(!format!("{:?}", proxy.log()).contains("$db"));
}

#[tokio::test]
async fn what_is_not_the_protocol_ends_the_connection_with_an_error() {
    let Setting { proxy, mut client, .. } = setting().await;
    client.write.write_all(b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n").await.unwrap();
    assert!(client.reader.message(Protocol::DynamoDb).await.is_ok_and(|message| message.is_none()));
    assert_eq!(proxy.errors(), ["connection 0: a length is no number"]);
}

#[test]
fn an_upstream_is_a_url_or_an_address() {
    for (url, address) in [
        ("127.0.0.1:1", "127.0.0.1:1"),
        ("http://127.0.0.1:1", "127.0.0.1:1"),
        ("mongodb://u:p@a:1/?replicaSet=x", "a:1"),
        ("mongodb://a:1?x", "a:1"),
    ] {
        assert_eq!(host_and_port(url), address);
    }
}

#[test]
fn a_proxy_can_be_shared() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Proxy>();
    shared::<Request>();
    shared::<Fault>();
}
