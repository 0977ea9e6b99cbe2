//! Answers that are lost while a repository is defined: what may be done twice is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use backends_core::{Document, Value};
use proxy::Fault;

use crate::proxied::proxied;
use crate::store::definition;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c42_a_definition_is_made_although_an_answer_is_lost() {
    let (proxy, store, backend) = proxied("").await;
    let mut lost = Vec::new();
    for number in 1.. {
        let seen = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&seen);
        proxy.clear();
        proxy.on(move |request, _| {
            let is_it = !request.is_drivers_own() && counter.fetch_add(1, Ordering::SeqCst) + 1 == number;
            if is_it { Fault::LoseAnswer } else { Fault::Pass }
        });
        let json = format!(
            r#"{{"name": "notes{number}", "hashKey": "key", "indexes": [{{"fields": ["n"], "unique": false}}]}}"#
        );
        let notes = backend.define::<Document>(definition(&json)).await.unwrap();
        proxy.pass();
        let log = proxy.log();
        let operations: Vec<_> = log
            .iter()
            .filter(|request| !request.is_drivers_own())
            .map(|request| request.operation().to_owned())
            .collect();
        if seen.load(Ordering::SeqCst) < number {
            break;
        }
        lost.push(operations[number - 1].clone());
        let note = Document::from([("key", Value::from("a")), ("n", Value::from("x"))]);
        notes.insert(&note).await.unwrap();
        assert!(notes.insert(&note).await.unwrap_err().is_already_exists(), "{operations:?}");
    }
    for operation in ["find", "listCollections", "create", "listIndexes", "createIndexes", "insert"] {
        assert!(lost.iter().any(|lost| lost == operation), "no answer of `{operation}` was lost: {lost:?}");
    }
    backend.close().await.unwrap();
    store.remove().await;
}
