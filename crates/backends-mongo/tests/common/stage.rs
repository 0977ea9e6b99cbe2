//! The backend behind the proxy, on a database of its own.

use backends_core::Registry;
use backends_mongo::Mongodb;
use backends_mongo::mongodb::bson::doc;
use live::Stage;
use proxy::{Protocol, Proxy};

use crate::store::{Store, open, variable};

/// A stage, and the database that is to be removed after it.
pub async fn stage() -> (Stage, Store) {
    let store = Store::open().await;
    let proxy = Proxy::start(&variable("TEST_MONGODB_URL"), Protocol::MongoDb).await.unwrap();
    let url = format!("mongodb://{}/{}?directConnection=true", proxy.address(), store.name);
    let through = Registry::new().register(Mongodb).open(&url).await.unwrap();
    let database = store.other.clone();
    let count = move |name: String| {
        let collection = database.collection::<backends_mongo::mongodb::bson::Document>(&name);
        async move { usize::try_from(collection.count_documents(doc! {}).await.unwrap()).unwrap() }
    };
    (Stage::new(proxy, through, open(&store.name).await, count), store)
}
