//! One user by HTTP: registered, changed by who has seen it, deleted; and who wins where many want the same.

use admin::Service;
use backends::{Filter, field};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::client::{Answer, Client};

/// How many do the same at once.
const CROWD: usize = 20;

/// Registers a user; gives where it is, and what confirms it.
pub(super) async fn register(client: &Client, email: &str) -> (String, Answer) {
    let new = json!({ "email": email, "name": "New", "role": "member" });
    let answer = client.send("POST", "/users", Some(&new)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    (answer.header("location").unwrap().to_owned(), answer)
}

/// Deletes a user, whatever its version.
pub(super) async fn delete(client: &Client, path: &str) {
    let etag = client.get(path).await.header("etag").unwrap().to_owned();
    assert_eq!(client.send_seen("DELETE", path, &etag, &Value::Null).await.status, 204);
}

pub(super) async fn life(client: &Client) {
    let (path, registered) = register(client, "grace hopper/50%@example.org").await;
    assert_eq!(path, "/users/grace%20hopper%2F50%25@example.org");
    let user = &registered.body["user"];
    assert_eq!(user["id"].as_str().unwrap().len(), 24);
    assert_eq!((&user["active"], &user["version"]), (&json!(false), &json!(1)));
    let read = client.get(&path).await;
    assert_eq!((&read.body, read.header("etag")), (user, Some("\"1\"")));

    let deleted = client.send_seen("DELETE", &path, "\"1\"", &Value::Null).await;
    assert_eq!((deleted.status, &*deleted.text), (204, ""));
    for answer in [
        client.get(&path).await,
        client.send_seen("DELETE", &path, "\"1\"", &Value::Null).await,
        client.send_seen("PATCH", &path, "\"1\"", &json!({ "active": true })).await,
    ] {
        assert_eq!(answer.problem(404), "there is no such user");
    }
}

/// Only who has seen the newest version changes or deletes a user.
pub(super) async fn edits(client: &Client) {
    let (path, registered) = register(client, "edit@example.org").await;
    let edit = json!({ "role": "admin", "active": true });
    let edited = client.send_seen("PATCH", &path, "\"1\"", &edit).await;
    assert_eq!((edited.status, edited.header("etag")), (200, Some("\"2\"")));
    let mut expected = registered.body["user"].clone();
    for (field, value) in [("role", json!("admin")), ("active", json!(true)), ("version", json!(2))] {
        expected[field] = value;
    }
    assert_eq!(edited.body, expected);

    for method in ["PATCH", "DELETE"] {
        let blind = client.send(method, &path, Some(&edit)).await;
        assert!(blind.problem(428).contains("as if-match"), "{blind:?}");
        let stale = client.send_seen(method, &path, "\"1\"", &edit).await;
        assert_eq!(stale.problem(412), "somebody else has changed the user: read it again");
        for etag in ["*", "W/\"2\"", "2", "\"2\", \"3\"", "\"two\""] {
            let other = client.send_seen(method, &path, etag, &edit).await;
            assert!(other.problem(412).contains("no etag of a user"), "{other:?}");
        }
        let twice = client.send_text(method, &path, &[("if-match", "\"1\""), ("if-match", "\"2\"")], "").await;
        twice.problem(412);
    }
    for (edit, said) in [
        (json!({}), "say `name`, `role` or `active`"),
        (json!({ "name": null }), "null"),
        (json!({ "name": " " }), "a user has a name"),
        (json!({ "name": "x".repeat(1_100) }), "at most 1,024 bytes"),
        (json!({ "role": "root" }), "expected one of `admin`, `editor`, `member`"),
        (json!({ "email": "other@example.org" }), "unknown field `email`"),
        (json!({ "version": 7 }), "unknown field `version`"),
    ] {
        let refused = client.send_seen("PATCH", &path, "\"2\"", &edit).await;
        assert!(refused.problem(400).contains(said), "{refused:?}");
    }
    assert_eq!(client.get(&path).await.body, expected);
    delete(client, &path).await;
}

/// What all of a crowd are answered, who send a request each at once.
pub(super) async fn crowd<F: Future<Output = Answer> + Send + 'static>(call: impl Fn(usize) -> F) -> Vec<Answer> {
    (0..CROWD).map(call).collect::<JoinSet<Answer>>().join_all().await
}

/// The one that was answered with this status; all others are problems of another.
pub(super) fn winner(answers: &[Answer], won: u16, lost: u16) -> &Answer {
    let (winners, losers): (Vec<&Answer>, Vec<&Answer>) = answers.iter().partition(|answer| answer.status == won);
    assert_eq!((winners.len(), losers.len()), (1, CROWD - 1), "{answers:?}");
    for answer in losers {
        assert!(!answer.problem(lost).is_empty());
    }
    winners[0]
}

/// Of many edits of one version one is done, and it is the one that was told so.
pub(super) async fn racing_edits(client: &Client) {
    let (path, _) = register(client, "wanted@example.org").await;
    for version in 1..=3 {
        let answers = crowd(|one| {
            let (client, path) = (client.clone(), path.clone());
            let edit = json!({ "name": format!("{one} of round {version}") });
            async move { client.send_seen("PATCH", &path, &format!("\"{version}\""), &edit).await }
        });
        let answers = answers.await;
        let winner = winner(&answers, 200, 412);
        assert_eq!(winner.body["version"], version + 1);
        assert_eq!(client.get(&path).await.body, winner.body);
    }
    delete(client, &path).await;
}

/// Of many registrations of one address one is done, and of the others nothing is left: no user, and no token.
pub(super) async fn racing_registrations(client: &Client, service: &Service) {
    for round in 0..5 {
        let email = format!("race{round}@example.org");
        let answers = crowd(|one| {
            let (client, name) = (client.clone(), format!("{one}"));
            let new = json!({ "email": email, "name": name, "role": "member" });
            async move { client.send("POST", "/users", Some(&new)).await }
        });
        let answers = answers.await;
        let winner = winner(&answers, 201, 409);
        let told = "there is a user with this address: choose another address";
        assert!(answers.iter().all(|answer| answer.status == 201 || answer.problem(409) == told), "{answers:?}");
        assert!(answers.iter().all(|answer| answer.status == 201 || !answer.text.contains(&email)), "{answers:?}");

        let path = winner.header("location").unwrap();
        assert_eq!(client.get(path).await.body, winner.body["user"]);
        let tokens = service.tokens.find(field("email").eq(&email)).await.unwrap();
        let tokens: Vec<&str> = tokens.iter().map(|token| &*token.token).collect();
        assert_eq!(tokens, [winner.body["confirmation"]["token"].as_str().unwrap()]);
        delete(client, path).await;
    }
    assert_eq!(service.users.count(Filter::all()).await.unwrap(), 0);
}
