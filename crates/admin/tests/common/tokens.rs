//! Tokens by HTTP: each confirms the address of its user, once, until its time is over.

use backends::Timestamp;
use serde_json::{Value, json};

use super::client::{Answer, Client};
use super::clock::StoppedClock;
use super::users::{crowd, delete, register};

const NONE: &str = "there is no such token: it was used, or has expired, or never was";

/// The token of a registration.
fn token(registered: &Answer) -> &Value {
    &registered.body["confirmation"]["token"]
}

async fn confirm(client: &Client, token: &Value) -> Answer {
    client.send("POST", "/confirmations", Some(&json!({ "token": token }))).await
}

/// However many use a token at once, one of them confirms the address.
pub(super) async fn used_once(client: &Client) {
    let (path, registered) = register(client, "once@example.org").await;
    let answers = crowd(|_| {
        let (client, token) = (client.clone(), token(&registered).clone());
        async move { confirm(&client, &token).await }
    });
    let answers = answers.await;
    let confirmed: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(confirmed.len(), 1, "{answers:?}");
    for late in answers.iter().filter(|answer| answer.status != 200) {
        // Who met the one who was first is to send it again, and is told the rest then.
        assert!(late.status == 409 && late.header("retry-after").is_some() || late.problem(404) == NONE, "{late:?}");
    }
    assert_eq!(confirm(client, token(&registered)).await.problem(404), NONE);

    let mut expected = registered.body["user"].clone();
    (expected["active"], expected["version"]) = (json!(true), json!(2));
    assert_eq!((&confirmed[0].body, confirmed[0].header("etag")), (&expected, Some("\"2\"")));
    assert_eq!(client.get(&path).await.body, expected);
    delete(client, &path).await;
}

/// Who registers an address again is not confirmed by what the first one was given.
pub(super) async fn of_a_user_who_is_gone(client: &Client) {
    let (path, first) = register(client, "again@example.org").await;
    delete(client, &path).await;
    assert_eq!(confirm(client, token(&first)).await.problem(404), NONE);
    let (path, second) = register(client, "again@example.org").await;
    assert_eq!(confirm(client, token(&first)).await.problem(404), NONE);
    assert_eq!(client.get(&path).await.body["active"], false);
    assert_eq!(confirm(client, token(&second)).await.status, 200);
    delete(client, &path).await;
}

/// A token is there one millisecond before its end, and gone at it.
pub(super) async fn expiring(client: &Client, clock: &StoppedClock) {
    let (early, in_time) = register(client, "early@example.org").await;
    let (late, too_late) = register(client, "late@example.org").await;
    let end = &in_time.body["confirmation"]["expires"];
    assert_eq!(&too_late.body["confirmation"]["expires"], end);
    let end: Timestamp = end.as_str().unwrap().parse().unwrap();

    clock.set(end.millis() - 1);
    assert_eq!(confirm(client, token(&in_time)).await.body["active"], true);
    clock.set(end.millis());
    assert_eq!(confirm(client, token(&too_late)).await.problem(404), NONE);
    assert_eq!(client.get(&late).await.body["active"], false);
    for path in [early, late] {
        delete(client, &path).await;
    }
}
