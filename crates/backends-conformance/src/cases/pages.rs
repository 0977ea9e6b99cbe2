//! C21: pages in any order, while others write, and their tokens.

use std::collections::BTreeSet;

use backends_core::action::Find;
use backends_core::{
    Document, ErrorKind, Filter, Index, Kind, Order, PageToken, Record, Repository, SortField, Value, field,
};
use serde_json::json;

use crate::Context;
use crate::expect::{debug_tells_nothing, failed, refused};
use crate::oracle;
use crate::reading::Table;
use crate::reading::table::{few, few_of, names_in_order, number};
use crate::records::{User, id, text};

use Order::{Asc, Desc};

/// All pages of a query, of these sizes in turn; that each has as many as were asked for, or less and a token or the
/// end.
pub(crate) async fn pages<T: Record>(query: impl Fn() -> Find<T>, sizes: &[u32]) -> Vec<T> {
    let mut records = Vec::new();
    let mut token = None;
    for size in sizes.iter().cycle() {
        let page = query().page(*size).after(token).await.unwrap();
        assert!(page.records.len() <= *size as usize, "a page of {size} has {}", page.records.len());
        records.extend(page.records);
        token = page.next;
        if token.is_none() {
            return records;
        }
        assert!(records.len() < 100_000, "pages without an end");
    }
    unreachable!("a cycle has no end")
}

pub async fn c21_l01_l02_l04_p02_pages_have_every_record_once(context: &Context) {
    let table = Table::new(context).await;
    for filter in [
        Filter::all(),
        field("v").is_set() & field("flag").ne(true),
        field("integer").eq(0),
        field("s").eq(70),
        field("s").eq(-1),
    ] {
        let meant = table.meant(&filter);
        for sizes in [&[1][..], &[2], &[7, 1, 30], &[1_000], &[u32::MAX]] {
            let records = pages(|| table.repository.find(&filter), sizes).await;
            let found: Vec<_> = records.iter().map(number).collect();
            assert_eq!(found.iter().copied().collect::<BTreeSet<_>>(), meant, "{filter:?} {sizes:?}");
            assert_eq!(found.len(), meant.len(), "a record came twice: {filter:?} {sizes:?}");
        }
    }
}

pub async fn c21_p02_pages_keep_the_order_with_equals_and_missing_values_at_their_borders(context: &Context) {
    let table = Table::new(context).await;
    for fields in [
        &[("v", Asc)][..],
        &[("v", Desc)],
        &[("w", Asc)],
        &[("w", Desc), ("text", Asc)],
        &[("flag", Desc)],
        &[("m.same", Asc), ("at", Desc)],
        &[("nowhere", Desc)],
        &[("times", Asc)],
        &[("p", Asc)],
        &[("s", Desc)],
    ] {
        let last = fields.last().map_or(Asc, |(_, order)| *order);
        let mut by: Vec<_> = fields.iter().map(|(path, order)| SortField::new(*path, *order)).collect();
        by.extend([SortField::new("p", last), SortField::new("s", last)]);
        let mut meant: Vec<_> = table.records.iter().collect();
        meant.sort_by(|left, right| oracle::compare(&by, left, right));
        let meant: Vec<_> = meant.into_iter().map(number).collect();
        for sizes in [&[1][..], &[3], &[10, 1], &[1_000]] {
            let query = || {
                fields.iter().fold(table.repository.find(Filter::all()), |find, (path, order)| find.sort(*path, *order))
            };
            let found: Vec<_> = pages(query, sizes).await.iter().map(number).collect();
            assert_eq!(found, meant, "{fields:?} {sizes:?}");
        }
    }
}

pub async fn c21_p02_the_last_page_has_no_token(context: &Context) {
    let few = few(context, json!([{"name": "a"}, {"name": "b"}, {"name": "c"}, {"name": "d"}])).await;
    for sorted in [false, true] {
        let query = || if sorted { few.find(Filter::all()).sort("name", Desc) } else { few.find(Filter::all()) };
        let first = query().page(2).await.unwrap();
        assert_eq!(first.records.len(), 2);
        let second = query().page(2).after(first.next).await.unwrap();
        assert_eq!(second.records.len(), 2);
        assert!(second.next.is_none(), "there is nothing more");
        assert!(query().page(4).await.unwrap().next.is_none());
        assert!(query().page(3).await.unwrap().next.is_some());
    }
    let none = few.find(field("name").eq("z")).page(3).await.unwrap();
    assert!(none.records.is_empty() && none.next.is_none());
}

pub async fn c21_p02_what_stays_is_on_one_page_while_others_come_and_go(context: &Context) {
    for sorted in [None, Some(Asc), Some(Desc)] {
        let name = sorted.map_or_else(|| "any".to_owned(), |order| format!("{order:?}"));
        let users = context.repository::<User>(&name).await;
        // Those that stay have even numbers; logins tie in tens.
        let user = |at: usize| User::new("x").with_id(&id(at)).with_logins(i64::try_from(at / 10).unwrap());
        let all: Vec<_> = (0..200).map(|at| user(at * 2)).collect();
        users.insert_many(&all).await.unwrap();
        let query = || match sorted {
            Some(order) => users.find(Filter::all()).sort("logins", order),
            None => users.find(Filter::all()),
        };
        let mut seen = Vec::new();
        let mut token = None;
        for step in 0.. {
            let page = query().page(13).after(token).await.unwrap();
            seen.extend(page.records.iter().map(|user| user.id.clone()));
            token = page.next;
            if token.is_none() {
                break;
            }
            assert!(step < 200, "pages without an end");
            // Before, at and behind the border, records come, and go again.
            let odd: Vec<_> = (0..20).map(|at| user((step * 37 + at * 19) % 400 / 2 * 2 + 1)).collect();
            for user in &odd {
                users.upsert(user).await.unwrap();
            }
            for user in odd.iter().step_by(2) {
                users.delete(&user.id).await.unwrap();
            }
        }
        let even: Vec<_> = seen.iter().filter(|id| usize::from_str_radix(id, 16).unwrap().is_multiple_of(2)).collect();
        assert_eq!(even.len(), 200, "{name}: a record that stayed is on no page, or on two");
        assert_eq!(even.into_iter().collect::<BTreeSet<_>>().len(), 200, "{name}");
        let distinct: BTreeSet<_> = seen.iter().collect();
        assert_eq!(distinct.len(), seen.len(), "{name}: what came and went is on two pages");
    }
}

pub async fn c21_p02_a_page_goes_on_after_its_last_record_is_gone(context: &Context) {
    let few =
        few(context, json!([{"name": "a", "v": 1}, {"name": "b", "v": 1}, {"name": "c", "v": 2}, {"name": "d"}])).await;
    let query = || few.find(Filter::all()).sort("v", Asc);
    let first = query().page(2).await.unwrap();
    assert_eq!(names_in_order(&first.records), ["d", "a"]);
    few.delete("a").await.unwrap();
    few.delete("d").await.unwrap();
    let second = query().page(2).after(first.next).await.unwrap();
    assert_eq!(names_in_order(&second.records), ["b", "c"]);
    assert!(second.next.is_none());
}

pub async fn c21_t09_a_token_is_text_that_can_be_stored_and_sent(context: &Context) {
    let table = Table::new(context).await;
    let query = || table.repository.find(Filter::all()).sort("v", Desc).sort("at", Asc);
    let mut token: Option<PageToken> = None;
    let mut count = 0;
    loop {
        let page = query().page(5).after(token.take()).await.unwrap();
        count += page.records.len();
        let Some(next) = page.next else { break };
        let text = next.to_string();
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')), "{text}");
        let json = serde_json::to_string(&next).unwrap();
        assert_eq!(json, format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<PageToken>(&json).unwrap(), next);
        debug_tells_nothing(&next);
        token = Some(text.parse().unwrap());
    }
    assert_eq!(count, table.records.len());
}

/// Which index serves, and whether one does, is no part of the query.
pub async fn c21_c24_pages_go_on_however_fresh_the_next_is(context: &Context) {
    let has_indexes = context.backend().await.capabilities().indexes;
    for name in ["plain", "indexed"].into_iter().take(1 + usize::from(has_indexes)) {
        let definition = context.definition(name).field("v", Kind::Integer);
        let definition = if name == "indexed" { definition.index(Index::on(["v"])) } else { definition };
        let few = context.define::<Document>(definition).await;
        few.insert_many(&(0..40).map(|_| Document::from([("v", 1)])).collect::<Vec<_>>()).await.unwrap();
        let query = |fresh: bool| {
            let find = few.find(field("v").eq(1));
            if fresh { find.consistent() } else { find }
        };
        for first_is_fresh in [false, true] {
            let (mut found, mut token, mut fresh) = (Vec::new(), None, first_is_fresh);
            loop {
                let page = query(fresh).page(7).after(token).await.unwrap();
                found.extend(page.records.iter().map(|record| text(record.get("id")).to_owned()));
                (token, fresh) = (page.next, !fresh);
                if token.is_none() {
                    break;
                }
            }
            let ids: BTreeSet<_> = found.iter().collect();
            assert_eq!((found.len(), ids.len()), (40, 40), "{name}, the first page fresh: {first_is_fresh}");
        }
    }
}

async fn token_of(find: Find<Document>) -> PageToken {
    find.page(1).await.unwrap().next.unwrap()
}

pub async fn c21_p02_a_token_of_another_query_is_refused(context: &Context) {
    let few = few(context, json!([{"name": "a", "v": 1}, {"name": "b", "v": 1}, {"name": "c", "v": 1}])).await;
    let another: Repository<Document> = context.repository("another").await;
    another.insert_many(&[Document::new(), Document::new()]).await.unwrap();
    let token = token_of(few.find(field("v").eq(1)).sort("v", Asc)).await;
    for (what, find) in [
        ("another filter", few.find(field("v").eq(2)).sort("v", Asc)),
        ("another test", few.find(field("v").ge(1)).sort("v", Asc)),
        ("no filter", few.find(Filter::all()).sort("v", Asc)),
        ("another direction", few.find(field("v").eq(1)).sort("v", Desc)),
        ("another order", few.find(field("v").eq(1)).sort("name", Asc)),
        ("one field more", few.find(field("v").eq(1)).sort("v", Asc).sort("w", Asc)),
        ("no order", few.find(field("v").eq(1))),
        ("another repository", another.find(field("v").eq(1)).sort("v", Asc)),
        ("a filter that means nothing", few.find(field("v").is_in([0_u8; 0])).sort("v", Asc)),
    ] {
        let page = find.page(1).after(token.clone()).await;
        let Err(error) = page else { panic!("a token of {what} was taken") };
        assert!(error.is_invalid_input() && error.operation() == Some("find"), "{what}: {error}");
    }
    let same = few.find(field("v").is_in([1, 1])).sort("v", Asc).page(2).after(token).await.unwrap();
    assert_eq!(names_in_order(&same.records), ["b", "c"], "the same query in other words");
}

pub async fn c21_p02_a_damaged_token_is_refused(context: &Context) {
    let few = few(context, json!([{"name": "a", "v": "s3cret"}, {"name": "b", "v": "s3cret"}])).await;
    let query = || few.find(Filter::all()).sort("v", Asc);
    let text = token_of(query()).await.to_string();
    for at in 0..text.len() {
        for other in ['A', 'b', '_'] {
            let mut damaged = text.clone();
            damaged.replace_range(at..=at, &other.to_string());
            if damaged != text {
                failed(damaged.parse::<PageToken>(), ErrorKind::InvalidInput);
            }
        }
        failed(text[..at].parse::<PageToken>(), ErrorKind::InvalidInput);
    }
    for damaged in
        [format!("{text}A"), format!("{text}="), format!("{text}AAAA"), text.replace(|_| true, "x"), "é".to_owned()]
    {
        failed(damaged.parse::<PageToken>(), ErrorKind::InvalidInput);
        assert!(serde_json::from_value::<PageToken>(damaged.into()).is_err());
    }
    assert!(query().page(1).after(text.parse::<PageToken>().unwrap()).await.is_ok());
}

/// The token of the query that `token` is of, at another place in its order: with the check sum that it has to have.
fn at_place(token: &PageToken, place: &[u8]) -> PageToken {
    let base64 = token.to_string().replace('-', "+").replace('_', "/");
    let padded = format!("{base64}{}", "=".repeat((4 - base64.len() % 4) % 4));
    let Ok(Value::Bytes(mut bytes)) = serde_json::from_value(json!({"$binary": padded})) else { panic!("{padded}") };
    // The version, and the fingerprint of the query.
    bytes.truncate(9);
    bytes.extend(place);
    let sum = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    bytes.extend(sum.to_le_bytes());
    let made = serde_json::to_value(Value::Bytes(bytes)).unwrap();
    let base64 = made["$binary"].as_str().unwrap();
    base64.replace('+', "-").replace('/', "_").replace('=', "").parse().unwrap()
}

/// Values as tokens have them, by what they are.
fn flat_values() -> Vec<(&'static str, Vec<u8>)> {
    let number = |tag: u8, bytes: [u8; 8]| [&[tag][..], &bytes].concat();
    let float = |float: f64| number(5, float.to_le_bytes());
    let run = |tag: u8, run: &[u8]| [&[tag, u8::try_from(run.len()).unwrap(), 0, 0, 0], run].concat();
    let mut all = vec![
        ("null", vec![1]),
        ("bool", vec![3]),
        ("integer", number(4, 7_i64.to_le_bytes())),
        ("float", float(0.5)),
        ("string", run(6, b"a")),
        ("bytes", run(7, b"")),
        ("timestamp", number(8, 0_i64.to_le_bytes())),
    ];
    let outside = [f64::NAN, f64::INFINITY, -f64::INFINITY, 1e300, -1e126, 1e-200, f64::MIN_POSITIVE];
    all.extend(outside.map(|outside| ("outside", float(outside))));
    all
}

pub async fn c02_c09_c21_a_token_that_was_made_up_stands_in_the_order_or_is_refused(context: &Context) {
    let kinds = [("i", Kind::Integer), ("t", Kind::String), ("at", Kind::Timestamp), ("is", Kind::Bool)];
    let definition = kinds.into_iter().fold(context.definition("few"), |few, (path, kind)| few.field(path, kind));
    let record = |name: &str| json!({"name": name, "i": 1, "t": "t", "at": "2024-01-01T00:00:00Z", "is": true, "v": 1});
    let few = few_of(definition, context, json!([record("a"), record("b"), record("c")])).await;
    let values = flat_values();
    for (path, held) in [
        ("name", &["string"][..]),
        ("i", &["null", "integer", "float"]),
        ("t", &["null", "string"]),
        ("at", &["null", "timestamp"]),
        ("is", &["null", "bool"]),
        ("v", &["null", "bool", "integer", "float", "string", "bytes", "timestamp"]),
    ] {
        let query = || few.find(Filter::all()).sort(path, Asc);
        let token = token_of(query()).await;
        for (what, value) in &values {
            // The key is behind the value, unless that is the key.
            let key: &[u8] = if path == "name" { &[] } else { &[6, 1, 0, 0, 0, b'a'] };
            let page = query().page(5).after(at_place(&token, &[value.as_slice(), key].concat())).await;
            if held.contains(what) {
                assert!(page.is_ok(), "{path}, {what}: {page:?}");
                continue;
            }
            // Another program may have stored another kind where a record of this one would not have it.
            let may_stand = path != "name" && *what != "outside";
            assert!(may_stand || page.is_err(), "{path}: a token with {what} was taken");
            if page.is_err() {
                refused(page, ErrorKind::InvalidInput, "find");
            }
        }
    }
}

pub async fn c21_l54_a_page_has_a_size_and_no_limit_or_offset(context: &Context) {
    let few = few(context, json!([{"name": "a"}, {"name": "b"}])).await;
    refused(few.find(Filter::all()).page(0).await, ErrorKind::InvalidInput, "find");
    refused(few.find(Filter::all()).limit(1).page(1).await, ErrorKind::InvalidInput, "find");
    refused(few.find(Filter::all()).limit(0).page(1).await, ErrorKind::InvalidInput, "find");
    refused(few.find(Filter::all()).offset(1).page(1).await, ErrorKind::InvalidInput, "find");
    refused(few.find(Filter::all()).sort("", Asc).page(1).await, ErrorKind::InvalidInput, "find");
}

pub async fn c21_pages_of_another_type_are_pages_of_the_same_query(context: &Context) {
    #[derive(Debug, serde::Deserialize)]
    struct Login {
        logins: i64,
    }
    let users = context.repository::<User>("users").await;
    let all: Vec<_> =
        (0..10).map(|at| User::new("x").with_id(&id(at)).with_logins(i64::try_from(at).unwrap())).collect();
    users.insert_many(&all).await.unwrap();
    let query = || users.find(field("logins").gt(0)).sort("logins", Desc);
    let first = query().select::<Login>().page(4).await.unwrap();
    let second =
        users.untyped().find(field("logins").gt(0)).sort("logins", Desc).page(3).after(first.next).await.unwrap();
    let third = query().page(5).after(second.next).await.unwrap();
    let mut logins: Vec<_> = first.records.iter().map(|login| login.logins).collect();
    logins.extend(third.records.iter().map(|user| user.logins));
    assert_eq!((logins, second.records.len()), (vec![9, 8, 7, 6, 2, 1], 3));
    assert!(third.next.is_none());
}

pub async fn c21_an_unreadable_record_fails_its_page(context: &Context) {
    let users = context.repository::<User>("users").await;
    let all: Vec<_> =
        (0..6).map(|at| User::new("x").with_id(&id(at)).with_logins(i64::try_from(at).unwrap())).collect();
    users.insert_many(&all).await.unwrap();
    let mut broken = users.untyped().get(id(3)).await.unwrap().unwrap();
    broken.remove("name");
    users.untyped().replace(&broken).await.unwrap();
    let first = users.find(Filter::all()).sort("id", Asc).page(3).await.unwrap();
    assert_eq!(first.records.len(), 3);
    let second = users.find(Filter::all()).sort("id", Asc).page(3).after(first.next).await;
    let error = refused(second, ErrorKind::Unreadable, "find");
    assert_eq!(error.path(), Some("name"), "{error}");
}
