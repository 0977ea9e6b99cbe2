//! The parts of a URI, as tables.

use super::*;

fn parts(text: &str) -> (Vec<String>, Option<String>, Option<String>, String) {
    let uri = Uri::parse(text).unwrap();
    let hosts = uri.hosts().into_iter().map(str::to_owned).collect();
    (hosts, uri.user().unwrap(), uri.password().unwrap().map(|secret| secret.expose().to_owned()), uri.path().unwrap())
}

#[test]
fn s6_a_uri_comes_apart() {
    let some = |text: &str| Some(text.to_owned());
    let cases = [
        ("dynamodb://", vec![], None, None, ""),
        ("dynamodb://localhost:8000?region=x", vec!["localhost:8000"], None, None, ""),
        ("mongodb://a:1,b,[::1]:2/shop", vec!["a:1", "b", "[::1]:2"], None, None, "shop"),
        ("mongodb+srv://u@h/", vec!["h"], some("u"), None, ""),
        ("postgres://u:@h/d", vec!["h"], some("u"), some(""), "d"),
        ("postgres://a%40b:p%3A%2f%25@h/d%20e?x=/y", vec!["h"], some("a@b"), some("p:/%"), "d e"),
        ("postgres://u:p:q@r@h", vec!["h"], some("u"), some("p:q@r"), ""),
        ("sqlite:a/b@c", vec![], None, None, "a/b@c"),
    ];
    for (text, hosts, user, password, path) in cases {
        assert_eq!(
            parts(text),
            (hosts.into_iter().map(str::to_owned).collect(), user, password, path.to_owned()),
            "{text}"
        );
    }
}

#[test]
fn s6_settings_come_in_their_order() {
    let query = |text: &str| {
        let pairs = Uri::parse(text).unwrap().query().unwrap();
        pairs.into_iter().map(|(name, value)| format!("{name}={}", value.expose())).collect::<Vec<_>>()
    };
    assert_eq!(query("x://h/d?b=1&a=%26+&&b=2&flag&e=f=g"), ["b=1", "a=&+", "b=2", "flag=", "e=f=g"]);
    assert!(query("x://h/d").is_empty() && query("x://h?").is_empty());
}

#[test]
fn s6_a_path_is_taken_literally() {
    let cases = [
        ("memory:", ""),
        ("memory:shop", "shop"),
        ("sqlite:app.db", "app.db"),
        ("sqlite:./a b%20c#d.db", "./a b%20c#d.db"),
        ("sqlite:/abs/app.db", "/abs/app.db"),
        ("sqlite:///abs/app.db", "/abs/app.db"),
        ("sqlite:C:\\app.db", "C:\\app.db"),
        ("sqlite:é.db", "é.db"),
    ];
    for (text, path) in cases {
        assert_eq!(Uri::parse(text).unwrap().local().unwrap(), path, "{text}");
    }
    for (text, begin) in
        [("sqlite:a?mode=ro", "`sqlite:` takes no settings"), ("sqlite://a/b", "`sqlite://` has no server")]
    {
        let error = Uri::parse(text).unwrap().local().unwrap_err();
        assert!(error.is_invalid_config() && error.message().starts_with(begin), "{error}");
    }
}

#[test]
fn s6_what_is_not_encoded_is_refused() {
    for text in ["x://a%@h", "x://a%2@h", "x://a%zz@h", "x://%ff@h", "x://%+1@h"] {
        assert!(Uri::parse(text).unwrap().user().unwrap_err().is_invalid_config(), "{text}");
    }
    assert!(Uri::parse("x://u:%@h").unwrap().password().is_err());
    assert!(Uri::parse("x://h/%").unwrap().path().is_err());
    assert!(Uri::parse("x://h/?a=%").unwrap().query().is_err());
}

#[test]
fn hosts_are_names_with_or_without_a_port() {
    for good in ["h", "h:1", "a.b-c.example:65535", "10.0.0.1:27017", "[::1]", "[fe80::1]:27017"] {
        assert!(Uri::is_host(good), "{good}");
    }
    for bad in [
        "",
        ":1",
        "h:",
        "h:0",
        "h:65536",
        "h:x",
        "h:+1",
        "h:1:2",
        "u@h",
        "mongodb://h",
        "h/db",
        "/tmp/db.sock",
        "h ost",
        "[::1",
        "[x]:1",
        "[::1]1",
        "::1",
    ] {
        assert!(!Uri::is_host(bad), "{bad}");
    }
}
