//! Writes beside values of other programs that no record holds, where nobody asks for them.

use backends_core::{Update, field};
use backends_mongo::mongodb::bson::{
    Bson, Decimal128, Document as Native, JavaScriptCodeWithScope, Regex, Timestamp, doc, raw::cstr,
};
use serde::{Deserialize, Serialize};

use crate::store::{Store, all, definition};

/// Every kind of value that no record holds.
fn odd() -> Native {
    doc! {
        "price": Decimal128::from_bytes([9; 16]), "pattern": Regex { pattern: cstr!("a.*").into(), options: cstr!("i").into() },
        "code": Bson::JavaScriptCode("f()".to_owned()), "first": Bson::MinKey, "last": Bson::MaxKey, "never": Bson::Undefined,
        "scoped": JavaScriptCodeWithScope { code: "f()".to_owned(), scope: doc! { "n": 1 } },
        "clock": Timestamp { time: 1, increment: 2 }, "map": { "deep": [Bson::MinKey] },
    }
}

#[tokio::test]
async fn c43_a_write_that_does_not_ask_for_what_it_cannot_read_leaves_it_there() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Counted {
        id: String,
        n: i64,
    }
    let store = Store::open().await;
    let things =
        store.backend.define::<Counted>(definition(r#"{"name": "things", "idKind": "string"}"#)).await.unwrap();
    let mut foreign = doc! { "_id": "a", "n": 1_i64 };
    foreign.extend(odd());
    let collection = store.collection("things");
    collection.insert_one(&foreign).await.unwrap();
    let count = || Update::new().inc("n", 1);
    assert_eq!(things.update("a", count()).await.unwrap(), Some(Counted { id: "a".into(), n: 2 }));
    assert_eq!(things.update_many(field("n").eq(2), count()).await.unwrap(), 1);
    assert!(things.update_one(field("n").eq(3), count()).await.unwrap().is_some());
    foreign.insert("n", 4_i64);
    let found = async || collection.find_one(doc! { "_id": "a" }).await.unwrap();
    assert_eq!(found().await, Some(foreign.clone()));
    // Who asks for it is told, and nothing is changed: the type, the filter, the update.
    let untyped = things.untyped();
    for error in [
        untyped.update("a", count()).await.unwrap_err(),
        untyped.update("a", Update::new().inc("price", 1)).await.unwrap_err(),
        untyped.update("a", Update::new().set("map.other", 1)).await.unwrap_err(),
        untyped.update_one(field("price").gt(1), count()).await.unwrap_err(),
    ] {
        assert!(error.is_unreadable() && !error.may_have_happened(), "{error}");
        assert_eq!(found().await, Some(foreign.clone()), "{error}");
    }
    assert_eq!(things.delete_one(field("n").eq(4)).await.unwrap(), Some(Counted { id: "a".into(), n: 4 }));
    for id in ["b", "c"] {
        let mut other = doc! { "_id": id, "n": 1_i64 };
        other.extend(odd());
        collection.insert_one(other).await.unwrap();
    }
    assert_eq!(things.delete_many(field("n").eq(1)).await.unwrap(), 2);
    assert_eq!(all(&collection).await, Vec::<Native>::new());
    store.remove().await;
}
