//! The registry and the manager: which backends there are, and that each is built once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use backends_core::driver::{BackendDriver, BackendFactory};
use backends_core::memory::{Memory, MemoryBackend};
use backends_core::{
    BackendConfig, BackendInfo, DatabaseConfig, Definition, Document, Error, Property, Registry, Result, ServiceConfig,
};

/// A third party's backend: counts how often it is opened, fails as often as it is told, and takes its time.
struct Counting {
    opened: Arc<AtomicUsize>,
    failures: usize,
    delay: Duration,
}

#[async_trait]
impl BackendFactory for Counting {
    fn info(&self) -> BackendInfo {
        BackendInfo::new("counting", "Counting")
            .property(Property::HOST.required())
            .property(Property::USER)
            .property(Property::PASS)
    }

    async fn open(&self, config: &BackendConfig) -> Result<Arc<dyn BackendDriver>> {
        let opened = self.opened.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(self.delay).await;
        assert!(config.is_set("host"));
        if opened < self.failures {
            return Err(Error::unavailable("not yet: ask again"));
        }
        Ok(Arc::new(MemoryBackend::open("")))
    }
}

fn counting(failures: usize, delay: Duration) -> (Registry, Arc<AtomicUsize>) {
    let opened = Arc::new(AtomicUsize::new(0));
    let factory = Counting { opened: Arc::clone(&opened), failures, delay };
    (Registry::new().register(Memory).register(factory), opened)
}

fn config() -> DatabaseConfig {
    DatabaseConfig::new("counting").set("host", "localhost:1").set("user", "ada").set("pass", "hunter2")
}

#[tokio::test(flavor = "multi_thread")]
async fn l45_a_backend_is_built_once_under_a_race() {
    let (registry, opened) = counting(0, Duration::from_millis(20));
    let manager = registry.manager(&config()).unwrap();
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let manager = manager.clone();
            tokio::spawn(async move { manager.backend("counting").await.map(|backend| backend.name()) })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap(), "memory");
    }
    assert_eq!(opened.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn l46_a_slow_backend_does_not_hold_up_another() {
    let (registry, _) = counting(0, Duration::from_secs(600));
    let manager = registry.manager(&config()).unwrap();
    let slow = tokio::spawn({
        let manager = manager.clone();
        async move { manager.backend("counting").await.map(drop) }
    });
    tokio::task::yield_now().await;
    manager.backend("memory").await.unwrap().ping().await.unwrap();
    manager.close().await.unwrap();
    slow.abort();
}

#[tokio::test]
async fn what_could_not_be_opened_is_tried_again() {
    let (registry, opened) = counting(1, Duration::ZERO);
    let manager = registry.manager(&config()).unwrap();
    let error = manager.backend("counting").await.unwrap_err();
    assert!(error.is_unavailable() && error.backend() == Some("counting") && error.operation() == Some("open"));
    manager.backend("counting").await.unwrap();
    manager.backend("counting").await.unwrap();
    assert_eq!(opened.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn l53_a_backend_that_does_not_open_is_a_timeout() {
    let (registry, _) = counting(0, Duration::from_secs(600));
    let manager = registry.manager(&config().set("timeoutMs", 250)).unwrap();
    let error = manager.backend("counting").await.unwrap_err();
    assert!(error.is_timeout() && error.is_retryable(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn c42_callers_that_wait_for_one_opening_share_its_failure() {
    let (registry, opened) = counting(0, Duration::from_secs(600));
    let manager = registry.manager(&config().set("timeoutMs", 1_000)).unwrap();
    let start = tokio::time::Instant::now();
    let call = |after: u64| {
        let manager = manager.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(after)).await;
            (manager.backend("counting").await.unwrap_err(), start.elapsed())
        })
    };
    for one in [call(0), call(0), call(0), call(300), call(900)] {
        let (error, elapsed) = one.await.unwrap();
        assert!(error.is_timeout() && error.operation() == Some("open"), "{error}");
        assert!(elapsed < Duration::from_millis(1_010), "{elapsed:?}");
    }
    assert_eq!(opened.load(Ordering::SeqCst), 1, "it is one attempt");
    let (_, elapsed) = call(0).await.unwrap();
    assert!(elapsed >= Duration::from_secs(2), "the next caller tries again: {elapsed:?}");
    assert_eq!(opened.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn c42_a_caller_that_takes_over_an_opening_keeps_its_own_deadline() {
    let (registry, opened) = counting(0, Duration::from_secs(600));
    let manager = registry.manager(&config().set("timeoutMs", 1_000)).unwrap();
    let start = tokio::time::Instant::now();
    let first = tokio::spawn({
        let manager = manager.clone();
        async move { manager.backend("counting").await.map(drop) }
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    let second = tokio::spawn(async move { manager.backend("counting").await.map(drop) });
    tokio::time::sleep(Duration::from_millis(400)).await;
    first.abort();
    assert!(second.await.unwrap().unwrap_err().is_timeout());
    assert!(start.elapsed() < Duration::from_millis(1_510), "{:?}", start.elapsed());
    assert_eq!(opened.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn l48_use_after_the_end_is_an_error_and_ending_twice_is_nothing() {
    let manager = Registry::new().register(Memory).manager(&DatabaseConfig::new("memory")).unwrap();
    let backend = manager.backend("memory").await.unwrap();
    let things = backend.define::<Document>(Definition::builder("things").build().unwrap()).await.unwrap();
    manager.close().await.unwrap();
    manager.close().await.unwrap();
    backend.close().await.unwrap();
    assert!(manager.backend("memory").await.unwrap_err().is_unavailable());
    assert!(backend.ping().await.unwrap_err().is_unavailable());
    let error = things.insert(&Document::new()).await.unwrap_err();
    assert!(error.is_unavailable() && !error.may_have_happened() && error.repository() == Some("things"), "{error}");
}

#[tokio::test]
async fn l55_what_a_backend_requires_is_checked_before_it_is_opened() {
    let (registry, opened) = counting(0, Duration::ZERO);
    let error = registry.clone().manager(&DatabaseConfig::new("counting").set("pass", "hunter2")).unwrap_err();
    assert!(error.is_invalid_config() && error.message().contains("host"), "{error}");
    assert_eq!(opened.load(Ordering::SeqCst), 0);
    let error = registry.manager(&DatabaseConfig::new("countng")).unwrap_err();
    assert!(error.message().contains("counting"), "{error}");
}

#[tokio::test]
async fn a_backend_that_is_not_compiled_in_is_named_with_its_feature() {
    let registry = Registry::new().register(Memory).absent("sqlite", "sqlite");
    for error in [
        registry.clone().manager(&DatabaseConfig::new("sqlite").set("path", "x")).unwrap_err(),
        registry.open("sqlite:x").await.unwrap_err(),
    ] {
        assert!(error.is_invalid_config() && error.message().contains("enable the feature \"sqlite\""), "{error}");
        assert!(error.message().contains("memory"), "{error}");
    }
}

#[tokio::test]
async fn a_named_store_is_one_for_all_that_name_it() {
    let registry = Registry::new().register(Memory);
    let definition = || Definition::builder("things").partition_key("name").build().unwrap();
    let first = registry.open("memory:shared-by-two").await.unwrap();
    let second = registry.open("memory:shared-by-two").await.unwrap();
    let other = registry.open("memory:").await.unwrap();
    let thing = Document::from([("name", "a")]);
    first.define::<Document>(definition()).await.unwrap().insert(&thing).await.unwrap();
    assert!(second.define::<Document>(definition()).await.unwrap().get("a").await.unwrap().is_some());
    assert!(other.define::<Document>(definition()).await.unwrap().get("a").await.unwrap().is_none());
}

#[tokio::test]
async fn d11_no_debug_shows_a_secret() {
    let (registry, _) = counting(0, Duration::ZERO);
    let json = r#"{"database": {"dbName": "counting", "dbInfo": {"host": "h:1", "user": "ada", "pass": "hunter2"}}}"#;
    let config = ServiceConfig::from_json(json).unwrap();
    let manager = registry.manager(&config.database).unwrap();
    let backend = manager.backend("counting").await.unwrap();
    let text = format!("{config:?} {manager:?} {backend:?} {:?}", manager.supported());
    assert!(!text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn a_backend_that_was_closed_is_opened_anew() {
    let manager = Registry::new().register(Memory).manager(&DatabaseConfig::new("memory")).unwrap();
    manager.backend("memory").await.unwrap().close().await.unwrap();
    manager.backend("memory").await.unwrap().ping().await.unwrap();
}

#[tokio::test]
async fn l48_a_backend_that_opens_while_the_manager_closes_is_closed_too() {
    let (registry, opened) = counting(0, Duration::from_millis(100));
    let manager = registry.manager(&config()).unwrap();
    let opening = tokio::spawn({
        let manager = manager.clone();
        async move { manager.backend("counting").await }
    });
    while opened.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    manager.close().await.unwrap();
    let error = opening.await.unwrap().unwrap_err();
    assert!(error.is_unavailable() && !error.is_retryable(), "{error}");
}

#[test]
fn l53_opening_outside_of_a_runtime_is_an_error() {
    let registry = Registry::new().register(Memory);
    let mut opening = std::pin::pin!(registry.open("memory:"));
    let mut task = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(Err(error)) = opening.as_mut().poll(&mut task) else { panic!("it waits") };
    assert_eq!(error.kind(), backends_core::ErrorKind::Unexpected);
}

#[tokio::test]
async fn c42_a_definition_says_how_it_gets_on() {
    let backend = Registry::new().register(Memory).open("memory:").await.unwrap();
    let plain = || Definition::builder("things").partition_key("name");
    let things = backend.define::<Document>(plain().build().unwrap()).await.unwrap();
    for name in ["a", "b", "c"] {
        things.insert(&Document::from([("name", name)])).await.unwrap();
    }
    let looked_at = Arc::new(AtomicUsize::new(0));
    let report = Arc::clone(&looked_at);
    let more = plain().field("n", backends_core::Kind::Integer).build().unwrap();
    let define = backend.define::<Document>(more).on_progress(move |records| {
        report.store(usize::try_from(records).unwrap(), Ordering::SeqCst);
    });
    define.await.unwrap();
    assert_eq!(looked_at.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn c42_what_comes_too_late_is_not_begun() {
    let backend = Registry::new().register(Memory).open("memory:").await.unwrap();
    let things = backend.define::<Document>(Definition::builder("things").build().unwrap()).await.unwrap();
    let error = things.insert(&Document::new()).timeout(Duration::ZERO).await.unwrap_err();
    assert!(error.is_timeout() && !error.may_have_happened(), "{error}");
    let error = things
        .insert_many([&Document::new(), &Document::from([("a", f64::NAN)])])
        .timeout(Duration::ZERO)
        .await
        .unwrap_err();
    let kinds: Vec<_> = error.inserted().unwrap().failures().map(|(_, error)| error.kind()).collect();
    assert_eq!(kinds, [backends_core::ErrorKind::Timeout, backends_core::ErrorKind::InvalidInput]);
}
