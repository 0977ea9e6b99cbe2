//! Filters at the edges of what the server takes, and values that no record holds.

use backends_core::{Document, Filter, Order, Repository, Value, field};
use backends_mongo::mongodb::bson::{self, Bson, Decimal128, Regex, doc};

use crate::store::{Store, definition};

const NOTES: &str = r#"{"name": "notes", "idKind": "string", "fields": {"title": "string"}}"#;

async fn notes(store: &Store, documents: Vec<bson::Document>) -> Repository<Document> {
    let notes = store.backend.define::<Document>(definition(NOTES)).await.unwrap();
    store.collection("notes").insert_many(documents).await.unwrap();
    notes
}

async fn ids(notes: &Repository<Document>, filter: impl Into<Filter>) -> Vec<String> {
    ids_of(&notes.find(filter.into()).sort("id", Order::Asc).fields(["id"]).await.unwrap())
}

fn ids_of(found: &[Document]) -> Vec<String> {
    found.iter().map(|note| if let Some(Value::String(id)) = note.get("id") { id.clone() } else { panic!() }).collect()
}

#[tokio::test]
async fn s01_patterns_match_texts_of_any_length() {
    let store = Store::open().await;
    let long = "a".repeat(300_000);
    let middle = format!("{long}b{long}c");
    let documents = ["title", "undeclared"].into_iter().flat_map(|name| {
        [(format!("{name} long"), long.clone()), (format!("{name} middle"), middle.clone())]
            .map(|(id, text)| doc! { "_id": id, name: text })
    });
    let notes = notes(&store, documents.collect()).await;
    let many = "%a".repeat(2_000);
    for name in ["title", "undeclared"] {
        for (pattern, is_long, is_middle) in [
            ("%a%b%c", false, true),
            ("a%b%a%c", false, true),
            ("%a%a%a%a%a%b%d", false, false),
            (many.as_str(), true, false),
            (&format!("{many}%"), true, true),
            (&format!("%{}b%", "a".repeat(4_000)), false, true),
            (&format!("%{}c", "a".repeat(4_000)), false, true),
            ("%b", false, false),
            ("a%a", true, false),
        ] {
            let wanted = [("long", is_long), ("middle", is_middle)];
            let wanted: Vec<_> = wanted.iter().filter(|(_, is)| *is).map(|(id, _)| format!("{name} {id}")).collect();
            let filter = field(name).like(pattern);
            assert_eq!(ids(&notes, &filter).await, wanted, "{name} {}", &pattern[..pattern.len().min(20)]);
            assert_eq!(notes.count(&filter).await.unwrap(), wanted.len() as u64);
        }
        assert_eq!(ids(&notes, field(name).contains(format!("{long}b"))).await, [format!("{name} middle")]);
        assert_eq!(ids(&notes, field(name).starts_with(format!("{long}b"))).await, [format!("{name} middle")]);
    }
    store.remove().await;
}

#[tokio::test]
async fn c13_the_largest_and_the_deepest_filters_are_answered() {
    let store = Store::open().await;
    let documents = (0..3).map(|n| doc! { "_id": n.to_string(), "a": { "b": n }, "title": "$title" });
    let notes = notes(&store, documents.collect()).await;
    // Sixteen times a not and an or: 32 inside one another.
    let deepest = (0..16).fold(field("a.b").eq(1), |filter, _| !(filter | field("a.c").like("%x%y")));
    let (is, is_not) = (notes.count(&deepest).await.unwrap(), notes.count(field("a.b").eq(1)).await.unwrap());
    assert_eq!((is, is_not), (1, 1));
    assert_eq!(ids(&notes, &deepest).await, ["1"]);
    let many = || (0..10_000).map(|n| format!("{n}"));
    assert_eq!(ids(&notes, field("id").is_in(many())).await.len(), 3);
    assert_eq!(ids(&notes, field("title").not_in(many())).await.len(), 3);
    // What no command holds is finished by core.
    let huge = (0..20).map(|n| format!("{}{n}", "x".repeat(1 << 20)));
    assert_eq!(ids(&notes, field("title").not_in(huge) & field("a.b").ge(1)).await, ["1", "2"]);
    let deep = "x.".repeat(29) + "x";
    assert_eq!(ids(&notes, field(deep.clone()).is_missing()).await.len(), 3);
    assert!(ids(&notes, field(deep).eq(1)).await.is_empty());
    assert_eq!(ids(&notes, field("title").eq("$title")).await.len(), 3);
    store.remove().await;
}

#[tokio::test]
async fn c43_a_value_that_no_record_holds_is_told_where_a_filter_asks_for_it() {
    let store = Store::open().await;
    let price: Decimal128 = "12.5".parse().unwrap();
    let regex = Bson::RegularExpression(Regex { pattern: "a".try_into().unwrap(), options: "".try_into().unwrap() });
    let documents = vec![
        doc! { "_id": "a", "title": "one", "price": 3, "list": [1] },
        doc! { "_id": "b", "title": "two", "price": price, "list": [1, 2] },
        doc! { "_id": "c", "title": "three", "price": 20, "list": [1, regex] },
    ];
    let notes = notes(&store, documents).await;
    for filter in [
        field("price").gt(5),
        field("price").lt(5),
        field("price").eq("x"),
        field("price").ne(3),
        !field("price").gt(5),
        field("price").is_set(),
        field("price").is_missing(),
        field("price.x").is_missing(),
        field("list").contains(2),
        field("title").eq("two") & field("price").eq("x"),
        field("title").eq("one") | field("price").eq("x"),
        field("title").like("t%o") & !(field("title").eq("x") | field("price").lt(1)),
    ] {
        let found = notes.find(&filter).fields(["id"]).await.unwrap_err();
        assert!(found.is_unreadable() && !found.to_string().contains("12.5"), "{filter:?}: {found}");
        let counted = notes.count(&filter).await.unwrap_err();
        assert!(counted.is_unreadable(), "{filter:?}: {counted}");
    }
    let sorted = notes.find(Filter::all()).sort("price", Order::Asc).fields(["id"]).await.unwrap_err();
    assert!(sorted.is_unreadable() && sorted.path() == Some("price"), "{sorted}");
    // Who does not ask for it is not in its way.
    assert_eq!(ids(&notes, field("title").eq("two")).await, ["b"]);
    assert_eq!(ids(&notes, field("title").eq("one") & field("price").gt(1)).await, ["a"]);
    assert_eq!(notes.count(field("title").ne("two") & field("price").gt(5)).await.unwrap(), 1);
    store.remove().await;
}

#[tokio::test]
async fn c22_slices_of_any_size_are_counted_by_the_server() {
    let store = Store::open().await;
    let notes = notes(&store, (0..300).map(|n| doc! { "_id": format!("{n:03}"), "n": n }).collect()).await;
    for (offset, limit, found) in
        [(0, 300, 300), (0, 101, 101), (0, 102, 102), (299, 10, 1), (300, 1, 0), (5, u64::MAX, 295), (u64::MAX, 5, 0)]
    {
        let of = |filter: Filter| notes.find(filter).sort("id", Order::Asc).offset(offset).limit(limit);
        assert_eq!(of(Filter::all()).await.unwrap().len(), found, "{offset} and {limit}");
        assert_eq!(of(field("n").ge(0)).await.unwrap().len(), found, "{offset} and {limit}, looked at");
    }
    store.remove().await;
}

const PLAYERS: &str = r#"{"name": "players", "idKind": "string", "hashKey": "team", "rangeKey": "number",
    "rangeKeyType": "integer", "indexes": [{"fields": ["nick"], "unique": false},
    {"fields": ["role", "nick"], "unique": false}]}"#;

/// MongoDB puts a stored null behind a missing field where it merges parts of a plan, and nowhere else.
#[tokio::test]
async fn c19_c43_a_stored_null_is_as_missing_in_every_order() {
    let store = Store::open().await;
    let players = store.backend.define::<Document>(definition(PLAYERS)).await.unwrap();
    let player = |n: i32| {
        let team = if n % 2 == 0 { "g" } else { "h" };
        let role = if n / 2 % 2 == 0 { "a" } else { "b" };
        let mut player =
            doc! { "_id": format!("{n:03}"), "team": team, "number": n, "role": role, "x": n % 3, "y": n % 5 };
        match n % 3 {
            0 => _ = player.insert("nick", Bson::Null),
            1 => _ = player.insert("nick", format!("s{}", n % 4)),
            _ => {}
        }
        player
    };
    let documents: Vec<_> = (0..120).map(player).collect();
    store.collection("players").insert_many(&documents).await.unwrap();
    let core = crate::oracle::oracle(&documents, &definition(PLAYERS)).await;
    let either = (field("role").eq("a") & field("x").lt(2)) | (field("role").eq("b") & field("y").gt(0));
    let listed = field("role").is_in(["a", "b"]);
    let rest = field("role").is_in(["a", "b"]) & field("x").lt(2);
    for filter in [Filter::all(), field("role").eq("a"), either, listed, rest] {
        for order in [Order::Asc, Order::Desc] {
            let expected = core.find(&filter).sort("nick", order).await.unwrap();
            let found = players.find(&filter).sort("nick", order).await.unwrap();
            assert!(found == expected, "{filter:?} {order:?}");
            for size in [1, 7, 50] {
                let (mut paged, mut next) = (Vec::new(), None);
                loop {
                    let page = players.find(&filter).sort("nick", order).page(size).after(next).await.unwrap();
                    paged.extend(page.records);
                    next = page.next;
                    if next.is_none() {
                        break;
                    }
                }
                assert!(paged == expected, "pages of {size}: {filter:?} {order:?}");
            }
        }
    }
    store.remove().await;
}

#[tokio::test]
async fn c19_core_sorts_by_more_fields_than_the_server() {
    let store = Store::open().await;
    let json = r#"{"name": "notes", "idKind": "string"}"#;
    let notes = store.backend.define::<Document>(definition(json)).await.unwrap();
    for (id, last) in [("a", 2), ("b", 3), ("c", 1)] {
        notes.insert(&Document::from([("id", Value::from(id)), ("f39", last.into())])).await.unwrap();
    }
    let by =
        |fields: usize| (0..fields).fold(notes.find(Filter::all()), |find, n| find.sort(format!("f{n}"), Order::Asc));
    assert_eq!(ids_of(&by(40).await.unwrap()), ["c", "a", "b"]);
    assert_eq!(ids_of(&by(40).limit(2).offset(1).await.unwrap()), ["a", "b"]);
    // With the key they are as many as the server takes, and one more.
    for fields in [31, 32] {
        assert_eq!(ids_of(&by(fields).await.unwrap()), ["a", "b", "c"]);
    }
    let page = by(40).page(2).await.unwrap();
    assert_eq!(ids_of(&page.records), ["c", "a"]);
    let rest = by(40).page(2).after(page.next).await.unwrap();
    assert_eq!(ids_of(&rest.records), ["b"]);
    store.remove().await;
}
