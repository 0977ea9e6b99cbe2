//! The backend behind a proxy.

use backends_core::{Backend, Document, Registry, Repository};
use backends_mongo::Mongodb;
use proxy::{Protocol, Proxy};

use crate::store::{Store, definition, variable};

/// A database of its own, and the backend on it through a proxy, by these settings of the URL.
pub async fn proxied(settings: &str) -> (Proxy, Store, Backend) {
    let store = Store::open().await;
    let proxy = Proxy::start(&variable("TEST_MONGODB_URL"), Protocol::MongoDb).await.unwrap();
    let url = format!("mongodb://{}/{}?directConnection=true{settings}", proxy.address(), store.name);
    let backend = Registry::new().register(Mongodb).open(&url).await.unwrap();
    (proxy, store, backend)
}

/// The same, with a repository of notes by their ids.
pub async fn proxied_notes(settings: &str) -> (Proxy, Store, Repository<Document>) {
    let (proxy, store, backend) = proxied(settings).await;
    let notes = backend.define::<Document>(definition(r#"{"name": "notes", "idKind": "string"}"#)).await.unwrap();
    (proxy, store, notes)
}
