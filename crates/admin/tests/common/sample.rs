//! The users of the tests, and the list as it has to be, computed without the library.

use std::cmp::Reverse;

use admin::{Role, User};
use backends::Timestamp;

/// How many there are.
pub(crate) const COUNT: u32 = 3_000;

/// Users with equal names and instants among them, and with text that means something to some database.
pub(crate) fn users() -> Vec<User> {
    let names = ["Ada Lovelace", "ada lovelace", "100% Bob", "C_y", "D.*", "Ömer $ne", "Eve \\ \"x\"", "Zoë 😀"];
    let hosts = ["example.org", "example.com", "mail.example.org"];
    let user = |n: u32| {
        // A step that has no divisor in common with the count, so that no order is that of the others.
        let spread = n * 1_789 % COUNT;
        let mark = if n.is_multiple_of(50) { "%" } else { "" };
        User {
            id: String::new(),
            email: format!("user{mark}{n:04}@{}", hosts[n as usize % hosts.len()]),
            name: names[spread as usize % names.len()].to_owned(),
            role: [Role::Admin, Role::Editor, Role::Member, Role::Member, Role::Member][spread as usize % 5],
            active: !n.is_multiple_of(7),
            created: at(i64::from(spread / 4)),
            version: 0,
        }
    };
    (0..COUNT).map(user).collect()
}

/// So many hours after the first of the year.
pub(crate) fn at(hours: i64) -> Timestamp {
    let first: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    Timestamp::from_millis(first.millis() + hours * 3_600_000).unwrap()
}

/// The addresses of those that are wanted, in the order that `sort` names.
pub(crate) fn expected(users: &[User], wanted: impl Fn(&User) -> bool, sort: &str) -> Vec<String> {
    let mut found: Vec<&User> = users.iter().filter(|user| wanted(user)).collect();
    let by_email = |user: &&User| user.email.clone();
    match sort {
        "email" => found.sort_by_key(by_email),
        "-email" => found.sort_by_key(|user| Reverse(by_email(user))),
        "name" => found.sort_by_key(|user| (user.name.clone(), by_email(user))),
        "-name" => found.sort_by_key(|user| Reverse((user.name.clone(), by_email(user)))),
        "created" => found.sort_by_key(|user| (user.created.millis(), by_email(user))),
        "-created" => found.sort_by_key(|user| Reverse((user.created.millis(), by_email(user)))),
        other => panic!("no such order: {other}"),
    }
    found.into_iter().map(|user| user.email.clone()).collect()
}
