//! What the layers for tracing and metrics tell of a call, in the field's conventions.
#![cfg(all(feature = "tracing", feature = "metrics"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use backends_core::driver::{
    BackendDriver, BatchWritten, Context, DefineRequest, Defined, RemoveIndexRequest, WriteBatchRequest,
};
use backends_core::memory::MemoryBackend;
use backends_core::{Backend, Capabilities, Definition, Document, MetricsLayer, Repository, Result, TracingLayer};
use metrics::{Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};

type Fields = BTreeMap<String, String>;

/// Keeps the fields of every span.
#[derive(Default)]
struct Spans(Mutex<Vec<Fields>>);

struct Into<'a>(&'a mut Fields);

impl Visit for Into<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}

impl tracing::Subscriber for Spans {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::new();
        span.record(&mut Into(&mut fields));
        let mut spans = self.0.lock().unwrap();
        spans.push(fields);
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let index = usize::try_from(span.into_u64()).unwrap() - 1;
        values.record(&mut Into(&mut self.0.lock().unwrap()[index]));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &tracing::Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Keeps the labels of every histogram that is recorded.
#[derive(Clone, Default)]
struct Histograms(Arc<Mutex<Vec<(String, Fields)>>>);

struct One(String, Fields, Histograms);

impl HistogramFn for One {
    fn record(&self, seconds: f64) {
        assert!((0.0..10.0).contains(&seconds));
        self.2.0.lock().unwrap().push((self.0.clone(), self.1.clone()));
    }
}

impl Recorder for Histograms {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, _: SharedString) {
        assert_eq!((name.as_str(), unit), ("db.client.operation.duration", Some(Unit::Seconds)));
    }
    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }
    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        let labels = key.labels().map(|label| (label.key().to_owned(), label.value().to_owned())).collect();
        Histogram::from_arc(Arc::new(One(key.name().to_owned(), labels, self.clone())))
    }
}

async fn calls(backend: Backend) {
    let definition = Definition::builder("people").partition_key("email").build().unwrap();
    let people: Repository<Document> = backend.define(definition).await.unwrap();
    let ada = Document::from([("email", "secret@example.org")]);
    people.insert(&ada).await.unwrap();
    people.insert(&ada).await.unwrap_err();
    people.insert_many([&ada, &ada]).await.unwrap_err();
    people.insert_many([&Document::from([("email", "eve@example.org")])]).await.unwrap();
    backend.ping().await.unwrap();
}

/// A database that OpenTelemetry calls otherwise.
#[derive(Debug)]
struct Renamed(MemoryBackend, Capabilities);

#[async_trait]
impl BackendDriver for Renamed {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn capabilities(&self) -> &Capabilities {
        &self.1
    }

    async fn define(&self, request: &DefineRequest) -> Result<Defined> {
        self.0.define(request).await
    }

    async fn remove_index(&self, request: &RemoveIndexRequest) -> Result<Defined> {
        self.0.remove_index(request).await
    }

    async fn write_batch(&self, request: &WriteBatchRequest) -> Result<BatchWritten> {
        self.0.write_batch(request).await
    }

    async fn ping(&self, context: &Context) -> Result<()> {
        self.0.ping(context).await
    }

    async fn close(&self, context: &Context) -> Result<()> {
        self.0.close(context).await
    }

    fn native(&self) -> &dyn Any {
        self.0.native()
    }
}

fn block_on(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future);
}

#[test]
fn l53_a_span_has_the_attributes_of_a_database_client() {
    let spans = Arc::new(Spans::default());
    let backend = Backend::new(Arc::new(MemoryBackend::open(""))).with_layer(TracingLayer::new());
    tracing::subscriber::with_default(Arc::clone(&spans), || block_on(calls(backend)));
    let spans = spans.0.lock().unwrap();
    let names: Vec<_> = spans.iter().map(|span| span["otel.name"].as_str()).collect();
    let two = ["insert_many people"; 2];
    assert_eq!(names, [&["define people", "insert people", "insert people"][..], &two, &["ping"]].concat());
    let insert = &spans[2];
    assert_eq!(insert["db.system.name"], "memory");
    assert_eq!(insert["db.operation.name"], "insert");
    assert_eq!(insert["db.collection.name"], "people");
    assert_eq!(insert["otel.kind"], "client");
    assert_eq!(insert["error.type"], "AlreadyExists");
    assert_eq!(insert["otel.status_code"], "ERROR");
    assert!(!spans[1].contains_key("otel.status_code"));
    assert!(!spans[1].contains_key("error.type") && !spans[5].contains_key("db.collection.name"));
    let sizes: Vec<_> = spans.iter().map(|span| span.get("db.operation.batch.size").map(String::as_str)).collect();
    assert_eq!(sizes, [None, None, None, Some("2"), None, None], "one operation is no batch");
    assert!(!format!("{spans:?}").contains("secret"));
}

#[test]
fn l53_a_database_has_the_name_that_others_know_it_by() {
    let renamed = || {
        let capabilities = Capabilities::none().system("acme.store");
        Backend::new(Arc::new(Renamed(MemoryBackend::open(""), capabilities)))
    };
    let spans = Arc::new(Spans::default());
    let backend = renamed().with_layer(TracingLayer::new());
    tracing::subscriber::with_default(Arc::clone(&spans), || block_on(calls(backend)));
    assert!(spans.0.lock().unwrap().iter().all(|span| span["db.system.name"] == "acme.store"));
    let histograms = Histograms::default();
    metrics::with_local_recorder(&histograms, || block_on(calls(renamed().with_layer(MetricsLayer::new()))));
    assert!(histograms.0.lock().unwrap().iter().all(|(_, labels)| labels["db.system.name"] == "acme.store"));
}

#[test]
fn l53_a_histogram_has_the_labels_of_a_database_client() {
    let histograms = Histograms::default();
    metrics::with_local_recorder(&histograms, || {
        block_on(calls(Backend::new(Arc::new(MemoryBackend::open(""))).with_layer(MetricsLayer::new())));
    });
    let recorded = histograms.0.lock().unwrap();
    assert!(recorded.iter().all(|(name, _)| name == "db.client.operation.duration"));
    let operations: Vec<_> = recorded.iter().map(|(_, labels)| labels["db.operation.name"].as_str()).collect();
    assert_eq!(operations, ["define", "insert", "insert", "insert_many", "insert_many", "ping"]);
    assert_eq!(recorded[2].1["error.type"], "AlreadyExists");
    assert_eq!(recorded[1].1["db.system.name"], "memory");
    assert!(!recorded[1].1.contains_key("error.type"));
}
