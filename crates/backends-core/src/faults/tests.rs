//! Each fault on the reference backend: what is told, and what is stored.

use std::time::Duration;

use super::*;
use crate::memory::{Memory, MemoryBackend};
use crate::{DatabaseConfig, Definition, Document, Error, Filter, Registry, Repository, Update, field};

const LIMIT: Duration = Duration::from_millis(200);

/// Faults, records behind them, and a clean way to the same.
async fn stage() -> (Faults, Backend, Repository, Repository) {
    let faults = Faults::new();
    let clean = Registry::new().register(Memory).open("memory:").await.unwrap();
    let behind = faults.around(&clean).with_timeout(LIMIT);
    let definition = Definition::builder("records").partition_key("key").build().unwrap();
    let through = behind.define(definition.clone()).await.unwrap();
    let direct = clean.define(definition).await.unwrap();
    (faults, behind, through, direct)
}

fn record(key: &str, n: i64) -> Document {
    Document::from([("key", crate::Value::from(key)), ("n", n.into())])
}

async fn numbers(records: &Repository) -> Vec<i64> {
    let found = records.find(Filter::all()).sort("key", crate::Order::Asc).await.unwrap();
    let number = |record: &Document| match record.get("n") {
        Some(crate::Value::Int(n)) => *n,
        _ => panic!("a record without its number"),
    };
    found.iter().map(number).collect()
}

/// Every write that a driver does in one step, of a record 1 that is there and a record 2 that is not, and what is
/// stored afterwards.
async fn each_write(records: &Repository, backend: &Backend, operation: &str) -> Result<(), Error> {
    match operation {
        "insert" => records.insert(&record("2", 2)).await.map(drop),
        "insert_many" => records.insert_many(&[record("2", 2)]).await.map(drop),
        "replace" => records.upsert(&record("2", 2)).await.map(drop),
        "update" => records.update("1", Update::new().set("n", 2)).await.map(drop),
        "delete" => records.delete("1").await.map(drop),
        "batch" => backend.batch().insert(records, &record("2", 2)).await.map(drop),
        // By filter core deletes itself.
        "swap" => records.delete_one(field("n").eq(1)).await.map(drop),
        other => panic!("{other} is no write"),
    }
}

const WRITES: [(&str, &[i64]); 7] = [
    ("insert", &[1, 2]),
    ("insert_many", &[1, 2]),
    ("replace", &[1, 2]),
    ("update", &[2]),
    ("delete", &[]),
    ("batch", &[1, 2]),
    ("swap", &[]),
];

#[tokio::test]
async fn c42_what_is_refused_surely_did_not_happen() {
    for (operation, _) in WRITES {
        for kind in [ErrorKind::Throttled, ErrorKind::Unavailable, ErrorKind::Timeout, ErrorKind::Conflict] {
            let (faults, backend, through, direct) = stage().await;
            direct.insert(&record("1", 1)).await.unwrap();
            faults.once(operation, Fault::Refuse(kind));
            let error = each_write(&through, &backend, operation).await.unwrap_err();
            assert_eq!((error.kind(), error.may_have_happened()), (kind, false), "{operation}");
            assert_eq!(error.is_retryable(), kind != ErrorKind::Conflict, "{operation}: {error}");
            assert_eq!(numbers(&direct).await, [1], "{operation}");
            assert_eq!((faults.calls(operation), faults.met()), (1, 1));
        }
    }
}

#[tokio::test]
async fn c42_what_lost_its_answer_is_done_and_says_that_it_may_be() {
    for (operation, stored) in WRITES {
        for fault in [Fault::LoseAnswer, Fault::HoldAnswer] {
            let (faults, backend, through, direct) = stage().await;
            direct.insert(&record("1", 1)).await.unwrap();
            faults.once(operation, fault);
            let error = each_write(&through, &backend, operation).await.unwrap_err();
            let kind = if fault == Fault::LoseAnswer { ErrorKind::Unavailable } else { ErrorKind::Timeout };
            assert_eq!((error.kind(), error.may_have_happened()), (kind, true), "{operation}");
            assert_eq!(numbers(&direct).await, stored, "{operation}");
        }
    }
}

#[tokio::test]
async fn c42_who_hangs_is_not_asked_and_answers_at_the_deadline() {
    for (operation, _) in WRITES {
        let (faults, backend, through, direct) = stage().await;
        direct.insert(&record("1", 1)).await.unwrap();
        faults.once(operation, Fault::Hang);
        let start = tokio::time::Instant::now();
        let error = each_write(&through, &backend, operation).await.unwrap_err();
        assert!(start.elapsed() >= LIMIT, "{operation}");
        assert!(error.is_timeout() && error.may_have_happened(), "{operation}: {error}");
        assert_eq!(numbers(&direct).await, [1], "{operation}");
    }
}

#[tokio::test]
async fn c42_reads_change_nothing_whatever_they_meet() {
    let (faults, _, through, direct) = stage().await;
    direct.insert(&record("1", 1)).await.unwrap();
    for fault in [Fault::LoseAnswer, Fault::Hang, Fault::HoldAnswer, Fault::Refuse(ErrorKind::Unavailable)] {
        faults.on(move |call| if call.operation == "define" { Fault::Pass } else { fault });
        let errors = [
            through.get("1").await.unwrap_err(),
            through.find(Filter::all()).await.unwrap_err(),
            through.count(Filter::all()).await.unwrap_err(),
            // Nothing is written where nothing can be found.
            through.update_one(field("n").eq(1), Update::new().inc("n", 1)).await.unwrap_err(),
        ];
        for error in errors {
            assert!(error.is_retryable() && !error.may_have_happened(), "{fault:?}: {error}");
        }
    }
    faults.pass();
    assert_eq!(numbers(&through).await, [1]);
}

#[tokio::test(start_paused = true)]
async fn a_delay_is_waited_for_and_ends_with_the_deadline() {
    let (faults, _, through, direct) = stage().await;
    faults.once("insert", Fault::Delay(LIMIT / 2));
    let start = tokio::time::Instant::now();
    through.insert(&record("1", 1)).await.unwrap();
    assert!(start.elapsed() >= LIMIT / 2);
    faults.once("insert", Fault::Delay(LIMIT * 2));
    let error = through.insert(&record("2", 2)).await.unwrap_err();
    assert!(error.is_timeout() && error.may_have_happened(), "{error}");
    // What was on its way when nobody waited any longer goes on.
    while direct.get("2").await.unwrap().is_none() {
        tokio::time::sleep(LIMIT / 10).await;
    }
}

#[tokio::test]
async fn c22_a_stream_breaks_off_in_the_middle_and_a_page_fails() {
    let (faults, _, through, direct) = stage().await;
    // Two batches of the reference, and a part.
    let all: Vec<_> = (0..250).map(|n| record(&format!("{n:03}"), n)).collect();
    direct.insert_many(&all).await.unwrap();
    for cut in [0, 1, 100, 130, 249] {
        faults.once("find", Fault::CutAfter(cut));
        let mut stream = through.find(Filter::all()).stream();
        let (mut seen, mut error) = (0, None);
        while let Some(next) = stream.next().await {
            match next {
                Ok(_) => seen += 1,
                Err(broken) => error = Some(broken),
            }
        }
        let error = error.unwrap();
        assert_eq!(seen, cut);
        assert!(error.is_unavailable() && error.is_retryable(), "{error}");
    }
    faults.once("find", Fault::CutAfter(130));
    assert!(through.find(Filter::all()).page(200).await.unwrap_err().is_unavailable());
    faults.once("find", Fault::CutAfter(130));
    assert_eq!(through.find(Filter::all()).limit(130).await.unwrap().len(), 130);
    faults.once("find", Fault::CutAfter(250));
    assert_eq!(through.find(Filter::all()).await.unwrap().len(), 250);
    faults.once("get", Fault::CutAfter(1));
    assert!(through.get("000").await.unwrap_err().is_retryable());
}

#[tokio::test]
async fn a_rule_sees_operation_repository_and_number() {
    let (faults, backend, through, direct) = stage().await;
    let others: Repository = backend.define(Definition::builder("others").build().unwrap()).await.unwrap();
    faults.on(|call| match (call.operation, call.repository, call.number) {
        ("insert", Some("records"), 2) | ("batch", None, 1) => Fault::Refuse(ErrorKind::Throttled),
        _ => Fault::Pass,
    });
    through.insert(&record("1", 1)).await.unwrap();
    assert!(through.insert(&record("2", 2)).await.unwrap_err().is_throttled());
    through.insert(&record("2", 2)).await.unwrap();
    others.insert(&Document::new()).await.unwrap();
    let batch = || backend.batch().delete(&through, "1").insert(&others, &Document::new());
    assert!(batch().await.unwrap_err().is_throttled());
    assert_eq!(numbers(&direct).await, [1, 2]);
    batch().await.unwrap();
    assert_eq!(numbers(&direct).await, [2]);
    assert_eq!((faults.calls("insert"), faults.calls("batch"), faults.met()), (4, 2, 2));
    // What is set anew counts anew.
    faults.on(|call| if call.number == 1 { Fault::Refuse(ErrorKind::Unavailable) } else { Fault::Pass });
    assert!(through.get("2").await.unwrap_err().is_unavailable());
    assert!(through.get("2").await.unwrap().is_some());
}

#[tokio::test]
async fn a_share_is_the_same_for_the_same_seed() {
    let mut all = Vec::new();
    for seed in [1, 1, 2] {
        let (faults, _, through, direct) = stage().await;
        faults.share(30, seed, [Fault::Refuse(ErrorKind::Throttled), Fault::LoseAnswer]);
        let mut outcomes = Vec::new();
        for n in 0..200 {
            let key = n.to_string();
            let outcome = through.insert(&record(&key, n)).await.map(drop);
            let is_there = direct.get(&key).await.unwrap().is_some();
            assert_eq!(is_there, outcome.as_ref().err().is_none_or(Error::may_have_happened));
            outcomes.push(outcome.map_err(|error| error.kind()));
        }
        assert!((30..90).contains(&faults.met()), "{}", faults.met());
        all.push(outcomes);
    }
    assert_eq!(all[0], all[1]);
    assert_ne!(all[0], all[2]);
}

#[tokio::test]
async fn what_concerns_the_backend_meets_faults_too() {
    let (faults, backend, _, _) = stage().await;
    for operation in ["define", "remove_index", "ping", "close"] {
        faults.once(operation, Fault::Refuse(ErrorKind::PermissionDenied));
    }
    let definition = Definition::builder("others").build().unwrap();
    assert!(backend.define::<Document>(definition).await.unwrap_err().is_permission_denied());
    assert!(backend.remove_index("records", "a").await.unwrap_err().is_permission_denied());
    assert!(backend.ping().await.unwrap_err().is_permission_denied());
    assert!(backend.close().await.unwrap_err().is_permission_denied());
    assert_eq!(faults.met(), 4);
}

#[tokio::test]
async fn closing_either_closes_both() {
    for closes_outer in [true, false] {
        let faults = Faults::new();
        let inner = Backend::new(Arc::new(MemoryBackend::open("")));
        let outer = faults.around(&inner);
        assert!(outer.native::<MemoryBackend>().is_some());
        if closes_outer {
            outer.close().await.unwrap();
        } else {
            inner.close().await.unwrap();
        }
        for backend in [&outer, &inner] {
            assert!(backend.ping().await.unwrap_err().is_unavailable());
            backend.close().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_manager_opens_what_stands_behind_faults() {
    let faults = Faults::new();
    let manager = Registry::new().register(faults.factory(Memory)).manager(&DatabaseConfig::new("memory")).unwrap();
    let backend = manager.backend("memory").await.unwrap();
    let records: Repository = backend.define(Definition::builder("records").build().unwrap()).await.unwrap();
    faults.once("insert", Fault::Refuse(ErrorKind::Throttled));
    assert!(records.insert(&Document::new()).await.unwrap_err().is_throttled());
    records.insert(&Document::new()).await.unwrap();
    manager.close().await.unwrap();
}
