//! C23: reading a part of each record.

use backends_core::{Document, ErrorKind, Filter, Kind, Order, Repository, Timestamp, Value, field};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Context;
use crate::expect::refused;
use crate::reading::table::{few, few_of};
use crate::records::{User, id, instant};

#[derive(Debug, PartialEq, Deserialize)]
struct Login {
    logins: i64,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Closed {
    nick: Option<String>,
    logins: i64,
}

async fn users(context: &Context) -> Repository<User> {
    let users = context.repository::<User>("users").await;
    let all: Vec<_> =
        (0..5).map(|at| User::new("x").with_id(&id(at)).with_logins(i64::try_from(at).unwrap())).collect();
    users.insert_many(&all).await.unwrap();
    users
}

pub async fn c23_a_smaller_type_is_selected(context: &Context) {
    let users = users(context).await;
    let found = users.find(field("logins").ge(3)).sort("logins", Order::Desc).select::<Login>().await.unwrap();
    assert_eq!(found, [Login { logins: 4 }, Login { logins: 3 }]);
    let one = users.find_one(field("id").eq(id(2))).select::<Login>().await.unwrap();
    assert_eq!(one, Some(Login { logins: 2 }));
    // The filter and the order may ask for what is not selected.
    let found = users.find(field("name").is_set()).sort("name", Order::Asc).select::<Login>().limit(2).await.unwrap();
    assert_eq!(found, [Login { logins: 0 }, Login { logins: 1 }]);
    let mut stream = users.find(Filter::all()).sort("id", Order::Asc).select::<Login>().stream();
    assert_eq!(stream.next().await.unwrap().unwrap(), Login { logins: 0 });
    let page = users.find(Filter::all()).sort("id", Order::Desc).select::<Login>().page(1).await.unwrap();
    assert_eq!(page.records, [Login { logins: 4 }]);
}

pub async fn c23_c03_a_closed_type_is_offered_its_own_fields_only(context: &Context) {
    let users = users(context).await;
    let found = users.find(Filter::all()).sort("logins", Order::Asc).select::<Closed>().limit(2).await.unwrap();
    assert_eq!(found, [Closed { nick: None, logins: 0 }, Closed { nick: None, logins: 1 }]);
    let untyped = users.untyped().find_one(field("logins").eq(4)).select::<Closed>().await.unwrap();
    assert_eq!(untyped, Some(Closed { nick: None, logins: 4 }));
}

pub async fn c23_a_type_without_a_list_of_fields_reads_everything(context: &Context) {
    #[derive(Debug, Deserialize)]
    struct Flat {
        logins: i64,
        #[serde(flatten)]
        rest: Document,
    }
    let users = users(context).await;
    let found = users.find_one(field("logins").eq(4)).select::<Flat>().await.unwrap().unwrap();
    assert_eq!((found.logins, found.rest.len()), (4, 2), "{:?}", found.rest);
    let found = users.find_one(field("logins").eq(4)).select::<Document>().await.unwrap().unwrap();
    assert_eq!(found.len(), 3);
    let found = users.find(field("logins").eq(4)).select::<serde_json::Value>().await.unwrap();
    assert_eq!(found[0]["logins"], 4);
}

pub async fn c23_a_field_is_selected_under_the_name_that_is_written(context: &Context) {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Aliased {
        #[serde(alias = "logins", alias = "count")]
        times: i64,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Renamed {
        #[serde(rename = "logins")]
        times: i64,
    }
    let users = users(context).await;
    let found = users.find_one(field("logins").eq(4)).select::<Aliased>().await.unwrap();
    assert_eq!(found, Some(Aliased { times: 4 }));
    let found = users.find_one(field("logins").eq(4)).select::<Renamed>().await.unwrap();
    assert_eq!(found, Some(Renamed { times: 4 }));
}

pub async fn c23_a_type_with_a_field_that_nobody_knows_is_refused(context: &Context) {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "never read")]
    struct Other {
        #[serde(default)]
        login: i64,
    }
    let users = users(context).await;
    for error in [
        refused(users.find(Filter::all()).select::<Other>().await, ErrorKind::InvalidInput, "find"),
        refused(users.find(Filter::all()).select::<Other>().page(1).await, ErrorKind::InvalidInput, "find"),
        refused(users.find_one(Filter::all()).select::<Other>().await, ErrorKind::InvalidInput, "find_one"),
    ] {
        assert_eq!(error.path(), Some("login"), "{error}");
        assert!(error.message().contains("`logins`"), "{error}");
    }
    users.untyped().find(Filter::all()).select::<Other>().await.unwrap();
}

pub async fn c23_what_the_selected_type_cannot_read_is_unreadable(context: &Context) {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "never read")]
    struct Wrong {
        logins: String,
    }
    let users = users(context).await;
    let error = refused(users.find(field("id").eq(id(1))).select::<Wrong>().await, ErrorKind::Unreadable, "find");
    assert_eq!(error.path(), Some("logins"), "{error}");
    assert_eq!(error.context().find(|(name, _)| *name == "id"), Some(("id", &*id(1))), "{error}");
}

pub async fn c23_untyped_reads_name_their_fields(context: &Context) {
    let few = few(context, json!([{"name": "a", "v": 1, "w": {"x": 1, "y": [1, {"z": 2}]}, "u": "u"}])).await;
    let keys = |record: &Document| record.keys().map(str::to_owned).collect::<Vec<_>>();
    for (fields, expected) in [
        (&["v"][..], &["id", "name", "v"][..]),
        (&[], &["id", "name"]),
        (&["w", "u"], &["id", "name", "u", "w"]),
        (&["name", "id", "v"], &["id", "name", "v"]),
        (&["nowhere"], &["id", "name"]),
        (&["v", "v"], &["id", "name", "v"]),
    ] {
        let found = few.find(field("u").eq("u")).sort("w.x", Order::Asc).fields(fields.iter().copied()).await.unwrap();
        assert_eq!(keys(&found[0]), expected);
        let one = few.find_one(field("w.x").eq(1)).fields(fields.iter().copied()).await.unwrap().unwrap();
        assert_eq!(keys(&one), expected);
        let page = few.find(field("w.x").eq(1)).fields(fields.iter().copied()).page(1).await.unwrap();
        assert_eq!(keys(&page.records[0]), expected);
        let stream = few.find(field("w.x").eq(1)).fields(fields.iter().copied()).stream().next().await;
        assert_eq!(keys(&stream.unwrap().unwrap()), expected);
    }
    let whole = few.get("a").await.unwrap().unwrap();
    let part = few.find_one(Filter::all()).fields(["w"]).await.unwrap().unwrap();
    assert_eq!(part.get("w"), whole.get("w"), "a field comes whole");
    for wrong in ["w.x", "", "$v", "_id"] {
        let error = refused(few.find(Filter::all()).fields([wrong]).await, ErrorKind::InvalidInput, "find");
        assert_eq!(error.path(), Some(wrong), "{error}");
        refused(few.find_one(Filter::all()).fields(["v", wrong]).await, ErrorKind::InvalidInput, "find_one");
    }
}

pub async fn c23_c04_instants_are_selected_as_instants(context: &Context) {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct At {
        at: Timestamp,
    }
    let definition = context.definition("few").field("at", Kind::Timestamp);
    let few = few_of(definition, context, json!([{"name": "a", "at": "2024-02-29T12:30:00Z", "v": 1}])).await;
    let at = instant("2024-02-29T12:30:00Z");
    assert_eq!(few.find_one(Filter::all()).select::<At>().await.unwrap(), Some(At { at }));
    let found = few.find_one(field("at").eq(at)).fields(["at"]).await.unwrap().unwrap();
    assert_eq!(found.get("at"), Some(&Value::Timestamp(at)));
    assert_eq!(few.typed::<At>().find(field("at").le(at)).await.unwrap(), [At { at }]);
}
