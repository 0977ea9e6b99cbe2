//! The proxy before a real DynamoDB Local: `cargo xtask integration --backend dynamodb`.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use proxy::{Fault, Protocol, Proxy, dynamodb};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

async fn proxy() -> Proxy {
    let endpoint = std::env::var("TEST_DYNAMODB_ENDPOINT");
    let endpoint =
        endpoint.unwrap_or_else(|_| panic!("TEST_DYNAMODB_ENDPOINT is not set; call `cargo xtask integration`"));
    Proxy::start(&endpoint, Protocol::DynamoDb).await.unwrap()
}

/// The status and body of an answer; none if the connection is closed before it is whole.
async fn ask(proxy: &Proxy, operation: &str, body: Value) -> Option<(u16, Value)> {
    let body = body.to_string();
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {}\r\nX-Amz-Target: DynamoDB_20120810.{operation}\r\nAuthorization: AWS4-HMAC-SHA256 \
         Credential=test/20200101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, \
         Signature=0\r\nContent-Type: application/x-amz-json-1.0\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        proxy.address(),
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Some((status, serde_json::from_str(body).ok()?))
}

/// An empty table of its own for a test, with the key `id`.
async fn emptied(proxy: &Proxy, table: &str) {
    ask(proxy, "DeleteTable", json!({"TableName": table})).await;
    let create = json!({
        "TableName": table,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    });
    assert_eq!(ask(proxy, "CreateTable", create).await.unwrap().0, 200);
    proxy.clear();
}

fn item(id: &str) -> Value {
    json!({"id": {"S": id}})
}

fn put(table: &str, id: &str) -> Value {
    json!({"TableName": table, "Item": item(id)})
}

async fn count(proxy: &Proxy, table: &str) -> Value {
    ask(proxy, "Scan", json!({"TableName": table, "ConsistentRead": true})).await.unwrap().1["Count"].clone()
}

#[tokio::test]
async fn operations_pass_and_are_recorded_with_their_answers() {
    let proxy = proxy().await;
    emptied(&proxy, "passed").await;
    assert_eq!(ask(&proxy, "PutItem", put("passed", "a")).await, Some((200, json!({}))));
    let get = json!({"TableName": "passed", "Key": item("a")});
    assert_eq!(ask(&proxy, "GetItem", get).await, Some((200, json!({"Item": item("a")}))));
    assert_eq!(proxy.operations(), ["PutItem", "GetItem"]);
    assert!(proxy.log().iter().all(|request| request.target() == Some("passed")));
    assert_eq!(proxy.log()[1].answered().unwrap().status, 200);
}

#[tokio::test]
async fn a_lost_answer_is_done_and_a_cut_is_not() {
    let proxy = proxy().await;
    emptied(&proxy, "lost").await;
    proxy.on(|request, n| match (request.operation(), n) {
        ("PutItem", 1) => Fault::Cut,
        ("PutItem", _) => Fault::LoseAnswer,
        _ => Fault::Pass,
    });
    assert_eq!(ask(&proxy, "PutItem", put("lost", "cut")).await, None);
    assert_eq!(count(&proxy, "lost").await, 0);
    assert_eq!(ask(&proxy, "PutItem", put("lost", "lost")).await, None);
    assert_eq!(count(&proxy, "lost").await, 1);
    assert!(proxy.errors().is_empty(), "{:?}", proxy.errors());
}

#[tokio::test]
async fn a_part_of_a_batch_is_written_and_read() {
    let proxy = proxy().await;
    emptied(&proxy, "batch").await;
    let puts: Vec<Value> = ["a", "b", "c"].map(|id| json!({"PutRequest": {"Item": item(id)}})).into();
    let batch = json!({"RequestItems": {"batch": puts}});
    proxy.on(|_, _| Fault::Unprocessed(2));
    let left = json!({"batch": [{"PutRequest": {"Item": item("c")}}]});
    assert_eq!(ask(&proxy, "BatchWriteItem", batch).await.unwrap(), (200, json!({"UnprocessedItems": left})));
    proxy.pass();
    assert_eq!(count(&proxy, "batch").await, 2);
    proxy.on(|_, _| Fault::Unprocessed(1));
    let keys = json!({"Keys": [item("a"), item("b")], "ConsistentRead": true});
    let (status, answer) = ask(&proxy, "BatchGetItem", json!({"RequestItems": {"batch": keys}})).await.unwrap();
    assert_eq!((status, &answer["Responses"]), (200, &json!({"batch": [item("a")]})));
    assert_eq!(answer["UnprocessedKeys"], json!({"batch": {"Keys": [item("b")], "ConsistentRead": true}}));
}

#[tokio::test]
async fn errors_that_the_server_never_gives_come_from_the_proxy() {
    let proxy = proxy().await;
    emptied(&proxy, "refused").await;
    proxy.on(|request, n| match n {
        1 => dynamodb::throughput_exceeded().into(),
        2 => dynamodb::internal_server_error().into(),
        _ => dynamodb::access_denied(request.operation()).into(),
    });
    for (status, name) in
        [(400, "ProvisionedThroughputExceededException"), (500, "InternalServerError"), (400, "AccessDeniedException")]
    {
        let (own, body) = ask(&proxy, "PutItem", put("refused", "a")).await.unwrap();
        assert_eq!(own, status);
        assert!(body["__type"].as_str().unwrap().ends_with(name), "{body}");
    }
    proxy.pass();
    assert_eq!(count(&proxy, "refused").await, 0);
}
