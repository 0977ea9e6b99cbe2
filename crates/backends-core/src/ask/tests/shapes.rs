//! Structs, arrays and tuples, types inside themselves, and types that give no list.

use std::collections::{BTreeMap, HashSet};

use super::*;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(dead_code, reason = "only asked")]
struct User {
    #[serde(default)]
    id: String,
    #[serde(rename = "mail")]
    email: String,
    created_at: Option<Timestamp>,
    #[serde(skip)]
    cache: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<Address>,
    #[serde(default)]
    events: Vec<Event>,
    seen: Vec<Vec<Timestamp>>,
    tags: HashSet<String>,
    scores: HashMap<String, f64>,
    #[serde(skip_serializing)]
    secret: Option<Box<[u8]>>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only asked")]
struct Address {
    city: String,
    since: Timestamp,
    zip: Option<u32>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only asked")]
struct Event {
    at: Timestamp,
    what: String,
    place: Address,
}

fn paths(kinds: &[(String, Kind)]) -> Vec<(&str, Kind)> {
    kinds.iter().map(|(path, kind)| (path.as_str(), *kind)).collect()
}

#[test]
fn c04_instants_are_found_at_every_depth() {
    let asked = Asked::of::<User>();
    assert_eq!(
        asked.paths_of_timestamps(),
        ["createdAt", "address.since", "events[].at", "events[].place.since", "seen[][]"]
    );
}

#[test]
fn c09_kinds_are_those_of_scalars_outside_arrays_and_of_instants() {
    let asked = Asked::of::<User>();
    assert_eq!(
        paths(&asked.kinds()),
        [
            ("id", Kind::String),
            ("mail", Kind::String),
            ("createdAt", Kind::Timestamp),
            ("address.city", Kind::String),
            ("address.since", Kind::Timestamp),
            ("address.zip", Kind::Integer),
            ("events[].at", Kind::Timestamp),
            ("events[].place.since", Kind::Timestamp),
            ("seen[][]", Kind::Timestamp),
        ]
    );
    let field = |name| asked.field(name).unwrap().clone();
    assert_eq!((field("tags").kind, field("scores").kind), (array(AskedKind::String), AskedKind::Map));
    assert_eq!((field("secret").kind, field("secret").optional), (array(AskedKind::Integer), true));
}

#[test]
fn c09_a_field_is_known_or_named_with_its_neighbours() {
    let asked = Asked::of::<User>();
    assert_eq!(asked.knows("mail"), Some(true));
    assert_eq!(asked.knows("email"), Some(false));
    assert_eq!(asked.knows("cache"), Some(false));
    assert_eq!(crate::names::nearest("created_at", asked.names()), Some("createdAt"));
}

#[test]
fn c03_a_name_that_is_written_and_not_read_is_found() {
    let asked = Asked::of::<User>();
    assert_eq!(asked.unread_names(["id", "eMail", "mail", "createdAt"].into_iter()), ["eMail"]);
    assert!(Asked::of::<Document>().unread_names(["eMail"].into_iter()).is_empty());
}

#[test]
fn c09_a_type_without_a_list_says_so() {
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only asked")]
    struct Open {
        id: String,
        #[serde(flatten)]
        rest: Address,
    }
    for asked in [
        Asked::of::<Document>(),
        Asked::of::<Value>(),
        Asked::of::<serde_json::Value>(),
        Asked::of::<serde_json::Map<String, serde_json::Value>>(),
        Asked::of::<BTreeMap<String, Timestamp>>(),
        Asked::of::<Open>(),
        Asked::of::<Vec<Timestamp>>(),
        Asked::of::<(Timestamp, Timestamp)>(),
        Asked::of::<Timestamp>(),
        Asked::of::<String>(),
        Asked::of::<()>(),
    ] {
        assert_eq!((asked.fields(), asked.knows("id"), asked.names().count()), (None, None, 0));
        assert_eq!((asked.kinds(), asked.paths_of_timestamps()), (vec![], vec![]));
    }
    assert_eq!(kind_of!(Open), (AskedKind::Map, false));
}

#[test]
fn c09_the_record_itself_may_stand_in_an_option_or_a_newtype() {
    #[derive(Deserialize)]
    struct Wrapped(#[allow(dead_code, reason = "only asked")] Box<Address>);
    #[derive(Deserialize)]
    struct Nothing {}
    assert_eq!(Asked::of::<Option<Wrapped>>().fields(), Asked::of::<Address>().fields());
    assert_eq!(Asked::of::<Nothing>().fields(), Some(&[][..]));
    assert_eq!(Asked::of::<Nothing>().knows("id"), Some(false));
}

#[test]
fn c04_elements_of_a_tuple_are_of_a_kind_or_unknown() {
    use AskedKind as A;
    for (asked, elements) in [
        (kind_of!((Timestamp, Timestamp)), A::Timestamp),
        (kind_of!([Timestamp; 32]), A::Timestamp),
        (kind_of!((uuid::Uuid, std::net::IpAddr, String)), A::String),
        (kind_of!((chrono::DateTime<chrono::Utc>, Timestamp)), A::Timestamp),
        (kind_of!((String, chrono::DateTime<chrono::Utc>)), A::Unknown),
        (kind_of!((Timestamp, u8)), A::Unknown),
        (kind_of!((u8, u64, Option<i8>)), A::Integer),
        (kind_of!(([u8; 0], [u8; 0])), array(A::Unknown)),
        (kind_of!((Vec<Timestamp>, [Timestamp; 2])), array(A::Timestamp)),
        (kind_of!((Vec<Timestamp>, Vec<u8>)), A::Unknown),
    ] {
        assert_eq!(asked, (array(elements), false));
    }
    let asked = kind_of!([Address; 3]);
    assert_eq!(asked, (array(AskedKind::Struct(Asked::of::<Address>().fields().unwrap().to_vec())), false));
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only asked")]
struct Node {
    at: Timestamp,
    next: Option<Box<Node>>,
    children: Vec<Node>,
    tree: Tree,
    list: List,
}

#[derive(Deserialize)]
struct Tree(#[allow(dead_code, reason = "only asked")] Vec<Tree>);

#[derive(Deserialize)]
struct List(#[allow(dead_code, reason = "only asked")] Option<Box<List>>);

#[test]
fn c04_a_type_inside_itself_comes_to_an_end() {
    let asked = Asked::of::<Node>();
    let kind = |name| asked.field(name).unwrap().kind.clone();
    assert_eq!(kind("next"), AskedKind::Above(0));
    assert_eq!(kind("children"), array(AskedKind::Above(0)));
    assert_eq!(kind("tree"), array(AskedKind::Above(1)));
    assert_eq!(kind("list"), AskedKind::Unknown);
    let paths = asked.paths_of_timestamps();
    assert_eq!(paths[..5], ["at", "next.at", "children[].at", "next.next.at", "next.children[].at"]);
    assert!(paths.len() > 100 && paths.iter().map(String::len).sum::<usize>() < 32 * 1024, "{}", paths.len());
}

#[test]
fn c04_instants_of_a_type_inside_itself_are_declared_as_deep_as_records_are() {
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only asked")]
    struct Post {
        name: String,
        first: Option<Reply>,
    }
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only asked")]
    struct Reply {
        at: Timestamp,
        name: String,
        replies: Vec<Reply>,
    }
    let kinds = Asked::of::<Post>().kinds();
    let mut path = "first".to_owned();
    for level in 0..=14 {
        assert!(kinds.contains(&(format!("{path}.at"), Kind::Timestamp)), "{level}: {path}");
        path.push_str(".replies[]");
    }
    // Those, and the names of the record and its first reply.
    assert_eq!(kinds.len(), 15 + 2, "{kinds:?}");
    assert!(crate::Definition::builder("posts").build().unwrap().with_type_kinds(&kinds).is_ok());
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only asked")]
struct Around<T> {
    at: Timestamp,
    inner: T,
}

#[test]
fn c04_instants_are_found_through_types_that_have_none_of_their_own() {
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only asked")]
    struct Outer {
        at: Timestamp,
        inner: Inner,
        formula: Vec<Formula>,
    }
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only asked")]
    struct Inner {
        outer: Option<Box<Outer>>,
        more: Vec<Inner>,
    }
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only asked")]
    struct Formula {
        left: Vec<Formula>,
        right: Vec<Formula>,
    }
    let paths = Asked::of::<Outer>().paths_of_timestamps();
    for path in ["at", "inner.outer.at", "inner.more[].outer.at", "inner.outer.inner.more[].outer.at"] {
        assert!(paths.iter().any(|known| known == path), "{path}: {paths:?}");
    }
    assert!(paths.iter().all(|path| !path.contains("formula[]")));
}

#[test]
fn c04_a_generic_type_around_itself_is_another_type() {
    let asked = Asked::of::<Around<Option<Around<Vec<Around<u8>>>>>>();
    assert_eq!(asked.paths_of_timestamps(), ["at", "inner.at", "inner.inner[].at"]);
}

#[test]
fn c09_the_questions_to_a_wide_and_deep_type_are_limited() {
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only asked")]
    struct Wide<T> {
        a: Box<T>,
        b: Box<T>,
        c: Box<T>,
        d: Box<T>,
        at: Timestamp,
    }
    type Two<T> = Wide<Wide<T>>;
    type Four<T> = Two<Two<T>>;
    let asked = Asked::of::<Four<Four<u8>>>();
    assert!(asked.paths_of_timestamps().contains(&"at".to_owned()));
    assert_eq!(asked.names().count(), 5);
}

#[test]
fn c09_a_place_that_is_no_scalar_in_the_type_is_told() {
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only asked")]
    struct Record {
        list: Vec<String>,
        pair: (u8, String),
        map: HashMap<String, u8>,
        unit: (),
        none: Option<()>,
        empty: Empty,
        lists: Vec<Inner>,
        any: Value,
        inner: Inner,
        times: Vec<Timestamp>,
    }
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only asked")]
    struct Empty {}
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only asked")]
    struct Inner {
        list: Vec<String>,
        name: String,
    }
    let asked = Asked::of::<Record>();
    for path in ["list", "pair", "map", "unit", "none", "empty", "lists", "lists[]", "inner.list", "lists[].list"] {
        assert!(asked.place_mistake(path).is_some_and(|mistake| mistake.contains("one value")), "{path}");
    }
    for path in ["list[]", "pair[]", "map.x", "any", "any.x", "lists[].name"] {
        assert_eq!(asked.place_mistake(path), None, "{path}");
    }
    // Told as what the type has inside them.
    for path in ["inner", "times"] {
        assert_eq!(asked.place_mistake(path), None, "{path}");
        let declared = crate::Definition::builder("records").field(path, Kind::String).build().unwrap();
        assert!(declared.with_type_kinds(&asked.kinds()).is_err(), "{path}");
    }
}

#[test]
fn c09_a_place_that_the_type_does_not_have_is_told_with_the_nearest() {
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only asked")]
    struct Nest {
        address: Address,
        events: Vec<Event>,
        tags: Vec<Vec<String>>,
        free: HashMap<String, u8>,
        either: Either,
        name: String,
        #[serde(rename = "new", alias = "old")]
        new: Address,
    }
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only asked")]
    struct Address {
        city: String,
    }
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only asked")]
    struct Event {
        at: Timestamp,
        by: Option<String>,
    }
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only asked")]
    enum Either {
        One(Address),
        Other,
    }
    let asked = Asked::of::<Nest>();
    for path in [
        "address.city",
        "events[].at",
        "events[].by",
        "tags[][]",
        "free.x.y",
        "free[]",
        "either.One.city",
        "either.Two",
        "new.city",
        "nowhere.x",
        "name.x",
        "events[].at.x",
    ] {
        assert_eq!(asked.place_mistake(path), None, "{path}");
    }
    for (path, part) in [
        ("address.citty", "`address.citty`: did you mean `address.city`?"),
        ("events[].att", "did you mean `events[].at`?"),
        ("events.at", "did you mean `events[].at`?"),
        ("address[]", "`address[]`: known are address.city"),
        ("tags.x", "`tags.x`: known are tags[][]"),
        ("events[].by.x", "did you mean `events[].by`?"),
    ] {
        let mistake = asked.place_mistake(path);
        assert!(mistake.as_ref().is_some_and(|mistake| mistake.contains(part)), "{path}: {mistake:?}");
    }
}
