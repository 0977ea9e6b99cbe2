//! A database of its own on a real server, for one test.

use std::env;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use backends_core::{Backend, Definition, Registry};
use backends_mongo::Mongodb;
use backends_mongo::mongodb::bson::{Document, doc};
use backends_mongo::mongodb::{Client, Collection, Database};

/// The value of a variable; a test that has no server fails.
pub fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: it names the MongoDB that these tests need"))
}

/// The URL of the server, with a path and settings put in.
pub fn url(path: &str, settings: &str) -> String {
    let url = variable("TEST_MONGODB_URL");
    let (base, own) = url.split_once('?').unwrap_or((&url, ""));
    let hosts = base.trim_end_matches('/');
    let settings = [own, settings].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("&");
    format!("{hosts}/{path}?{settings}")
}

/// A name that no other test has.
pub fn fresh_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
    format!("backends_live_{now:x}_{:x}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A database of its own, and a client of another program.
pub struct Store {
    pub name: String,
    pub backend: Backend,
    pub other: Database,
}

impl Store {
    pub async fn open() -> Self {
        let name = fresh_name();
        let other = Client::with_uri_str(url("", "")).await.unwrap().database(&name);
        Self { backend: open(&name).await, name, other }
    }

    /// A collection as another program sees it.
    pub fn collection(&self, name: &str) -> Collection<Document> {
        self.other.collection(name)
    }

    /// Removes the database.
    pub async fn remove(self) {
        self.backend.close().await.unwrap();
        self.other.drop().await.unwrap();
    }
}

/// The backend on the database of this name, as another process has it.
pub async fn open(name: &str) -> Backend {
    Registry::new().register(Mongodb).open(&url(name, "")).await.unwrap()
}

pub fn definition(json: &str) -> Definition {
    Definition::from_json(json).unwrap()
}

/// All documents of a collection, by `_id`.
pub async fn all(collection: &Collection<Document>) -> Vec<Document> {
    let mut cursor = collection.find(doc! {}).sort(doc! { "_id": 1 }).await.unwrap();
    let mut documents = Vec::new();
    while cursor.advance().await.unwrap() {
        documents.push(cursor.deserialize_current().unwrap());
    }
    documents
}
