//! What the service refuses, and what it says then.

use serde_json::{Value, json};

use super::client::{Client, JSON};

/// A request that is refused, with the status, and a part of what is said.
type Case = (&'static str, &'static str, Value, u16, &'static str);

fn cases() -> Vec<Case> {
    let none = || Value::Null;
    let user = |email: &str, name: &str| json!({ "email": email, "name": name, "role": "member" });
    let filter = |filter: Value| json!({ "filter": filter });
    let long = format!("{}@example.org", "x".repeat(1_100));
    vec![
        ("GET", "/users?sort=role", none(), 400, "the list is sorted by `created` or `email` or `name`"),
        ("GET", "/users?size=0", none(), 400, "a page has 1 to 100 users"),
        ("GET", "/users?size=101", none(), 400, "a page has 1 to 100 users"),
        ("GET", "/users?size=many", none(), 400, "size"),
        ("GET", "/users?role=root", none(), 400, "expected one of `admin`, `editor`, `member`"),
        ("GET", "/users?active=maybe", none(), 400, "active"),
        ("GET", "/users?since=yesterday", none(), 400, "RFC 3339"),
        ("GET", "/users?rol=admin", none(), 400, "unknown field `rol`"),
        ("GET", "/users?page=damaged", none(), 400, "a damaged page token"),
        ("GET", "/users?page=", none(), 400, "a damaged page token"),
        ("GET", "/users/count?size=5", none(), 400, "a count has no order and no pages"),
        ("GET", "/users/%FF", none(), 400, "UTF-8"),
        ("GET", "/nothing", none(), 404, "the list is at /users"),
        ("PATCH", "/users", none(), 405, "/users does not take PATCH"),
        ("GET", "/users/search", none(), 405, "does not take GET"),
        ("POST", "/users", none(), 415, "application/json"),
        ("POST", "/users", json!([]), 400, "expected struct Registration"),
        ("POST", "/users", json!({ "email": "a@b" }), 400, "missing field `name`"),
        (
            "POST",
            "/users",
            json!({ "email": "a@b", "name": "A", "role": "admin", "id": "1" }),
            400,
            "unknown field `id`",
        ),
        ("POST", "/users", user("nobody", "Nobody"), 400, "an e-mail address has an @"),
        ("POST", "/users", user("a@b", " "), 400, "a user has a name"),
        ("POST", "/users", user(&long, "Long"), 400, "at most 1,024 bytes"),
        ("PUT", "/users/a@b", none(), 405, "does not take PUT"),
        ("POST", "/confirmations", json!({}), 400, "missing field `token`"),
        ("POST", "/confirmations", json!({ "token": 5 }), 400, "expected a string"),
        ("POST", "/confirmations", json!({ "token": "" }), 404, "there is no such token"),
        ("POST", "/confirmations", json!({ "token": "0".repeat(32) }), 404, "there is no such token"),
        ("POST", "/users/search", json!({}), 400, "missing field `filter`"),
        ("POST", "/users/search", filter(json!({ "field": "role", "eqq": "admin" })), 400, "did you mean `eq`?"),
        ("POST", "/users/search", filter(json!({ "field": "rolle", "eq": "admin" })), 400, "did you mean `role`?"),
        ("POST", "/users/search", filter(json!({ "field": "created", "ge": 5 })), 400, "timestamp"),
        ("POST", "/users/search", filter(json!({ "field": "name", "$ne": "" })), 400, "`$ne`"),
        ("POST", "/users/search", filter(json!({ "field": "name", "eq": { "$gt": "" } })), 400, "name"),
        ("POST", "/users/search", filter(json!({ "and": [] })), 400, "and"),
        ("POST", "/users/search", json!({ "filter": { "all": true }, "sort": "-" }), 400, "sorted by"),
        ("POST", "/users/search", json!({ "filter": { "all": true }, "limit": 5 }), 400, "unknown field `limit`"),
    ]
}

pub(super) async fn requests(client: &Client) {
    let before = client.get("/users/count").await.body;
    for (method, path, body, status, said) in cases() {
        let answer = client.send(method, path, (!body.is_null()).then_some(&body)).await;
        let detail = answer.problem(status);
        assert!(detail.contains(said), "{method} {path} {body}: {detail}");
    }
    let broken = client.send_text("POST", "/users", &[JSON], "{\"email\": ").await;
    assert!(broken.problem(400).contains("EOF while parsing"), "{broken:?}");
    // axum: at most 2 MiB. One more, so that all of it was sent when the answer comes and the connection is closed.
    let large = client.send_text("POST", "/users", &[JSON], &" ".repeat((2 << 20) + 1)).await;
    large.problem(413);
    assert_eq!(client.get("/users/count").await.body, before);
    // What a filter is about is named for itself, so that a form can show it at its place.
    let filter = json!({ "filter": { "field": "active", "lt": true } });
    let answer = client.send("POST", "/users/search", Some(&filter)).await;
    answer.problem(400);
    assert_eq!(answer.body["field"], "active");
}

/// A token goes on with its own query only, whatever the size of the page.
pub(super) async fn tokens(client: &Client) {
    let first = client.get("/users?role=member&sort=name&size=10").await.body;
    let token = first["next"].as_str().unwrap();
    let next = |query: &str| format!("/users?{query}&page={token}");
    let second = client.get(&next("role=member&sort=name&size=5")).await;
    assert_eq!((second.status, second.body["users"].as_array().unwrap().len()), (200, 5));
    for other in
        ["role=admin&sort=name", "sort=name", "role=member&sort=-name", "role=member", "role=member&search=a&sort=name"]
    {
        assert!(client.get(&next(other)).await.problem(400).contains("a page token of another query"), "{other}");
    }
    // The same query in another form is the same.
    let filter = json!({ "field": "role", "eq": "member" });
    let body = json!({ "filter": filter, "sort": "name", "size": 5, "page": token });
    assert_eq!(client.send("POST", "/users/search", Some(&body)).await.body, second.body);
    for damaged in [&token[1..], &token[..token.len() - 1], &format!("A{}", &token[1..].replace('A', "B"))] {
        let answer = client.get(&format!("/users?role=member&sort=name&page={damaged}")).await;
        assert!(answer.problem(400).contains("page token"), "{answer:?}");
    }
}
