//! The service on a loopback port, and a client that speaks HTTP to it.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use backends::{Repository, Result};
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

/// An answer, whose body is JSON or empty.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Client {
    pub(crate) fn new(base: impl Into<String>) -> Self {
        Self { base: base.into(), http: Http::builder(TokioExecutor::new()).build_http() }
    }

    /// Sends a request, and JSON with it.
    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let json = body.map(Value::to_string);
        let kind = json.is_some().then_some("application/json");
        self.send_text(method, path, kind, &json.unwrap_or_default()).await
    }

    /// Sends a request with any text.
    pub(crate) async fn send_text(&self, method: &str, path: &str, kind: Option<&str>, body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let response = self.http.request(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(Body::new(body), 10_000_000).await.unwrap();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
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
pub(crate) struct Service {
    pub(crate) client: Client,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Service {
    pub(crate) async fn start(users: Repository<admin::User>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Client::new(format!("http://{}", listener.local_addr().unwrap()));
        let (stop, stopped) = oneshot::channel::<()>();
        let server = axum::serve(listener, admin::router(users)).with_graceful_shutdown(async { drop(stopped.await) });
        Self { client, stop, task: tokio::spawn(server.into_future()) }
    }

    /// Stops it as an interrupt would; it ends although clients keep their connections.
    pub(crate) async fn stop(self) -> Result<()> {
        drop(self.stop);
        self.task.await.unwrap().unwrap();
        Ok(())
    }
}
