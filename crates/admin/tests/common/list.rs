//! The list by HTTP: what it holds, in which order, and what its pages do while others write.

use std::collections::BTreeSet;

use admin::{Role, User};
use serde_json::{Value, json};

use super::client::{Client, escaped};
use super::sample::{COUNT, at, expected};

/// The addresses on all pages, by a function from a token to a page.
async fn pages(size: usize, ask: impl AsyncFn(Option<&str>) -> Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut token = None;
    loop {
        let page = ask(token.as_deref()).await;
        let users = page["users"].as_array().unwrap();
        assert!(users.len() <= size, "{} users on a page of {size}", users.len());
        found.extend(users.iter().map(|user| user["email"].as_str().unwrap().to_owned()));
        assert!(found.len() <= COUNT as usize, "the pages do not end");
        match page["next"].as_str() {
            Some(next) => token = Some(next.to_owned()),
            None => return found,
        }
    }
}

pub(super) async fn page(client: &Client, path: &str) -> Value {
    let answer = client.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.body
}

/// Every page of a list, and its count.
async fn list(client: &Client, query: &str, sort: &str, size: usize) -> Vec<String> {
    let ask = async |token: Option<&str>| {
        let after = token.map(|token| format!("&page={token}")).unwrap_or_default();
        page(client, &format!("/users?{query}&sort={sort}&size={size}{after}")).await
    };
    let found = pages(size, ask).await;
    let count = page(client, &format!("/users/count?{query}")).await;
    assert_eq!(count, json!({ "count": found.len() }), "{query}");
    found
}

type Wanted = Box<dyn Fn(&User) -> bool>;

pub(super) async fn lists(client: &Client, all: &[User]) {
    let text = |text: &'static str| -> (String, Wanted) {
        let wanted = move |user: &User| user.name.contains(text) || user.email.contains(text);
        (format!("search={}", escaped(text)), Box::new(wanted))
    };
    let since = at(500);
    let day = escaped(&since.to_string());
    let late = move |user: &User| user.created >= since;
    let mut cases: Vec<(String, Wanted)> = [
        "ada",
        "Ada",
        "mail.example.org",
        "user00",
        "%",
        "_",
        ".*",
        "$ne",
        "\\",
        "\"x\"",
        "ö",
        "Ö",
        "😀",
        "",
        "nobody",
    ]
    .map(text)
    .into();
    cases.push(("role=admin".into(), Box::new(|user| user.role == Role::Admin)));
    cases.push(("active=false".into(), Box::new(|user| !user.active)));
    cases.push((format!("since={day}"), Box::new(late)));
    cases.push((
        format!("role=editor&active=true&since={day}&search=ada"),
        Box::new(move |user| user.role == Role::Editor && user.active && late(user) && user.name.contains("ada")),
    ));
    let sorts = ["-created", "created", "email", "-email", "name", "-name"];
    for (at, (query, wanted)) in cases.iter().enumerate() {
        let sort = sorts[at % sorts.len()];
        assert_eq!(list(client, query, sort, 97).await, expected(all, wanted, sort), "{query}, {sort}");
    }
    let editors = |user: &User| user.role == Role::Editor;
    for sort in sorts {
        assert_eq!(list(client, "role=editor", sort, 100).await, expected(all, editors, sort), "{sort}");
    }
    assert_eq!(list(client, "active=true", "-name", 99).await, expected(all, |user| user.active, "-name"));
    // Nothing said: the latest first, twenty of them.
    let first = page(client, "/users").await;
    let emails: Vec<&str> =
        first["users"].as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap()).collect();
    assert_eq!(emails, expected(all, |_| true, "-created")[..20]);
    assert!(first["next"].is_string());
}

pub(super) async fn searches_in_json(client: &Client, all: &[User]) {
    let cases: [(Value, fn(&User) -> bool); 4] = [
        (json!({ "all": true }), |_| true),
        (json!({ "field": "email", "like": "user1%@example.com" }), |user| {
            user.email.starts_with("user1") && user.email.ends_with("@example.com")
        }),
        (json!({ "field": "name", "like": "100%%%" }), |user| user.name.starts_with("100%")),
        (
            json!({ "and": [
                { "field": "role", "in": ["admin", "editor"] },
                { "not": { "field": "name", "startsWith": "Ada" } },
                { "or": [{ "field": "active", "eq": false },
                    { "field": "created", "between": ["2026-01-05T00:00:00+01:00", "2026-01-09T00:00:00Z"] }] },
            ] }),
            |user| {
                let between = (at(95)..=at(192)).contains(&user.created);
                user.role != Role::Member && !user.name.starts_with("Ada") && (!user.active || between)
            },
        ),
    ];
    for (filter, wanted) in cases {
        for sort in ["-created", "name"] {
            let ask = async |token: Option<&str>| {
                let body = json!({ "filter": filter, "sort": sort, "size": 100, "page": token });
                let answer = client.send("POST", "/users/search", Some(&body)).await;
                assert_eq!(answer.status, 200, "{answer:?}");
                answer.body
            };
            assert_eq!(pages(100, ask).await, expected(all, wanted, sort), "{filter}, {sort}");
        }
    }
}

/// Who is there throughout is on exactly one page, whoever comes and goes meanwhile.
pub(super) async fn pages_while_others_write(client: &Client, all: &[User]) {
    let order = expected(all, |_| true, "email");
    let gone: BTreeSet<&String> = order.iter().step_by(10).collect();
    let mut found = Vec::new();
    let mut after = String::new();
    for turn in 0..=all.len() {
        let body = page(client, &format!("/users?sort=email&size=100{after}")).await;
        found.extend(body["users"].as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap().to_owned()));
        let Some(next) = body["next"].as_str() else { break };
        after = format!("&page={next}");
        for email in gone.iter().skip(turn * 10).take(10) {
            let path = format!("/users/{}", escaped(email));
            assert_eq!(client.send_seen("DELETE", &path, "\"1\"", &Value::Null).await.status, 204);
            // Before all others and after them.
            let new = json!({ "email": format!("{}-{email}", ["a", "z"][turn % 2]), "name": "New", "role": "member" });
            assert_eq!(client.send("POST", "/users", Some(&new)).await.status, 201);
        }
    }
    let stayed: Vec<&String> = found.iter().filter(|email| order.contains(email) && !gone.contains(email)).collect();
    assert!(stayed.iter().copied().eq(order.iter().filter(|email| !gone.contains(email))));
    assert!(found.is_sorted() && BTreeSet::from_iter(&found).len() == found.len());
}
