//! The service on a loopback port, and a client that speaks HTTP to it.

use std::sync::OnceLock;

use admin::{Metrics, Service};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use hyper_util::client::legacy::Client as Http;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A client of the service at one address.
#[derive(Clone)]
pub(crate) struct Client {
    base: String,
    http: Http<HttpConnector, Body>,
}

/// The name and the value of a header.
pub(crate) type Header<'a> = (&'a str, &'a str);

pub(crate) const JSON: Header<'static> = ("content-type", "application/json");

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    /// What the text means, if it is JSON.
    pub(crate) body: Value,
}

impl Client {
    pub(crate) fn new(base: impl Into<String>) -> Self {
        Self { base: base.into(), http: Http::builder(TokioExecutor::new()).build_http() }
    }

    /// Sends a request, and JSON with it.
    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let headers = body.is_some().then_some(JSON);
        self.send_text(method, path, headers.as_slice(), &body.map(Value::to_string).unwrap_or_default()).await
    }

    /// Sends a request of who has seen the version with this entity tag.
    pub(crate) async fn send_seen(&self, method: &str, path: &str, etag: &str, body: &Value) -> Answer {
        self.send_text(method, path, &[JSON, ("if-match", etag)], &body.to_string()).await
    }

    /// Sends a request with any headers and any text.
    pub(crate) async fn send_text(&self, method: &str, path: &str, headers: &[Header<'_>], body: &str) -> Answer {
        let request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let response = self.http.request(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(Body::new(body), 10_000_000).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let is_json = parts.headers.get("content-type").is_some_and(|kind| kind.to_str().unwrap().ends_with("json"));
        let body = if is_json { serde_json::from_str(&text).unwrap() } else { Value::Null };
        Answer { status: parts.status.as_u16(), headers: parts.headers, text, body }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }
}

impl Answer {
    /// The text of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// What a problem says; nothing else may come with such a status.
    pub(crate) fn problem(&self, status: u16) -> &str {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        assert_eq!(self.body["status"], status, "{self:?}");
        self.body["detail"].as_str().unwrap()
    }
}

/// Text as a part of a path or of a query.
pub(crate) fn escaped(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The service while it runs.
pub(crate) struct Server {
    pub(crate) client: Client,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

/// What this process measures, for all services that it runs.
pub(crate) fn metrics() -> Metrics {
    static METRICS: OnceLock<Metrics> = OnceLock::new();
    METRICS.get_or_init(|| Metrics::install().unwrap()).clone()
}

impl Server {
    pub(crate) async fn start(service: Service) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Client::new(format!("http://{}", listener.local_addr().unwrap()));
        let (stop, stopped) = oneshot::channel::<()>();
        let router = admin::router(service, metrics());
        let server = axum::serve(listener, router).with_graceful_shutdown(async { drop(stopped.await) });
        Self { client, stop, task: tokio::spawn(server.into_future()) }
    }

    /// Stops it as an interrupt would; it ends although clients keep their connections.
    pub(crate) async fn stop(self) {
        drop(self.stop);
        self.task.await.unwrap().unwrap();
    }
}
