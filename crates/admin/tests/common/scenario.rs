//! The whole service on one backend, by HTTP: what the list answers, what is refused, and who wins a race.

use std::collections::BTreeSet;

use admin::{Role, User};
use backends::Backend;
use serde_json::{Value, json};

use client::{Client, Service, escaped};
use sample::{at, expected, users};

pub(crate) mod client;
mod refused;
mod sample;

/// Runs the service on an empty store of a backend.
pub(crate) async fn run(backend: &Backend) {
    let repository = admin::define(backend).await.unwrap();
    let service = Service::start(repository.clone()).await;
    let client = &service.client;

    life_of_a_user(client).await;
    racing_registrations(client).await;
    let all = users();
    repository.insert_many(&all).await.unwrap();
    lists(client, &all).await;
    searches_in_json(client, &all).await;
    refused::requests(client).await;
    refused::tokens(client).await;
    pages_while_others_write(client, &all).await;

    service.stop().await.unwrap();
}

/// The addresses on all pages, by a function from a token to a page.
async fn pages(size: usize, ask: impl AsyncFn(Option<&str>) -> Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut token = None;
    loop {
        let page = ask(token.as_deref()).await;
        let users = page["users"].as_array().unwrap();
        assert!(users.len() <= size, "{} users on a page of {size}", users.len());
        found.extend(users.iter().map(|user| user["email"].as_str().unwrap().to_owned()));
        assert!(found.len() <= sample::COUNT as usize, "the pages do not end");
        match page["next"].as_str() {
            Some(next) => token = Some(next.to_owned()),
            None => return found,
        }
    }
}

async fn page(client: &Client, path: &str) -> Value {
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

async fn lists(client: &Client, all: &[User]) {
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

async fn searches_in_json(client: &Client, all: &[User]) {
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

async fn life_of_a_user(client: &Client) {
    let email = "grace hopper/50%@example.org";
    let new = json!({ "email": email, "name": "Grace", "role": "member" });
    let stored = client.send("POST", "/users", Some(&new)).await;
    assert_eq!(stored.status, 201, "{stored:?}");
    assert_eq!(stored.body["id"].as_str().unwrap().len(), 24);
    let path = stored.header("location").unwrap();
    assert_eq!(path, "/users/grace%20hopper%2F50%25@example.org");
    assert_eq!(page(client, path).await, stored.body);

    let mut changed = stored.body.clone();
    changed["role"] = "admin".into();
    assert_eq!(client.send("PUT", path, Some(&changed)).await.body, changed);
    // The id is the library's, so it may be left out, and cannot be changed.
    changed.as_object_mut().unwrap().remove("id");
    assert_eq!(client.send("PUT", path, Some(&changed)).await.body["id"], stored.body["id"]);
    changed["id"] = "0123456789abcdef01234567".into();
    client.send("PUT", path, Some(&changed)).await.problem(400);
    changed["email"] = "other@example.org".into();
    assert!(client.send("PUT", path, Some(&changed)).await.problem(400).contains("the key"));
    assert_eq!(page(client, path).await["role"], "admin");

    let deleted = client.send("DELETE", path, None).await;
    assert_eq!((deleted.status, &deleted.body), (204, &Value::Null));
    for answer in [
        client.get(path).await,
        client.send("DELETE", path, None).await,
        client.send("PUT", path, Some(&stored.body)).await,
    ] {
        assert_eq!(answer.problem(404), "there is no such user");
    }
}

/// Two registrations of one address at once: one is stored, the other told, and what is stored is what was answered.
async fn racing_registrations(client: &Client) {
    for round in 0..20 {
        let email = format!("race{round}@example.org");
        let register = |name: &str| {
            let (client, new) = (client.clone(), json!({ "email": email, "name": name, "role": "member" }));
            tokio::spawn(async move { client.send("POST", "/users", Some(&new)).await })
        };
        let racing = [register("left"), register("right")];
        let mut answers = Vec::new();
        for task in racing {
            answers.push(task.await.unwrap());
        }
        answers.sort_by_key(|answer| answer.status);
        assert_eq!(answers[0].status, 201, "{answers:?}");
        assert_eq!(answers[1].problem(409), "there is a user with this address");
        let path = format!("/users/{}", escaped(&email));
        assert_eq!(page(client, &path).await, answers[0].body);
        assert_eq!(client.send("DELETE", &path, None).await.status, 204);
    }
}

/// Who is there throughout is on exactly one page, whoever comes and goes meanwhile.
async fn pages_while_others_write(client: &Client, all: &[User]) {
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
            assert_eq!(client.send("DELETE", &format!("/users/{}", escaped(email)), None).await.status, 204);
            // Before all others and after them.
            let new = json!({ "email": format!("{}-{email}", ["a", "z"][turn % 2]), "name": "New", "role": "member" });
            assert_eq!(client.send("POST", "/users", Some(&new)).await.status, 201);
        }
    }
    let stayed: Vec<&String> = found.iter().filter(|email| order.contains(email) && !gone.contains(email)).collect();
    assert!(stayed.iter().copied().eq(order.iter().filter(|email| !gone.contains(email))));
    assert!(found.is_sorted() && BTreeSet::from_iter(&found).len() == found.len());
}
