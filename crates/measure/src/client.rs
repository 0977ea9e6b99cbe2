//! What every contender does: the calls that are measured, on the same records.

use backends_core::Repository;
use tokio::runtime::Runtime;

use crate::{Contender, Record, STORED, fresh, had, id, in_flight};

/// Who keeps records: this library, or a client of a database used directly, as a program would without it. A clone is
/// the same client.
pub trait Client: Clone + Send + 'static {
    /// What the tables call it.
    const NAME: &'static str;

    /// Reads the record, which is there.
    fn get(&self, id: String) -> impl Future<Output = ()> + Send;

    /// Stores a record whose id is new.
    fn insert(&self, record: Record) -> impl Future<Output = ()> + Send;

    /// Stores records whose ids are new; how many.
    fn insert_many(&self, records: Vec<Record>) -> impl Future<Output = usize> + Send;

    /// Reads records; how many are there.
    fn get_many(&self, ids: &[String]) -> impl Future<Output = usize> + Send;
}

impl Client for Repository<Record> {
    const NAME: &'static str = "ours";

    async fn get(&self, id: String) {
        assert!(had(Self::get(self, id).await, "a record cannot be read").is_some());
    }

    async fn insert(&self, record: Record) {
        drop(had(Self::insert(self, &record).await, "a record cannot be stored"));
    }

    async fn insert_many(&self, records: Vec<Record>) -> usize {
        had(Self::insert_many(self, &records).await, "records cannot be stored").stored()
    }

    async fn get_many(&self, ids: &[String]) -> usize {
        had(Self::get_many(self, ids).await, "records cannot be read").into_iter().flatten().count()
    }
}

impl<'a> Contender<'a> {
    /// Reads one record after another, with so many calls on their way at a time.
    pub fn getting<C: Client>(runtime: &'a Runtime, client: &'a C, callers: usize, each: usize) -> Self {
        Self::new(C::NAME, move || {
            let client = client.clone();
            in_flight(runtime, callers, each, move |number| {
                let client = client.clone();
                async move { client.get(id(number * 7_919 % STORED)).await }
            })
        })
    }

    /// Stores one record after another, with so many calls on their way at a time.
    pub fn inserting<C: Client>(runtime: &'a Runtime, client: &'a C, callers: usize, each: usize) -> Self {
        Self::new(C::NAME, move || {
            let client = client.clone();
            in_flight(runtime, callers, each, move |_| {
                let client = client.clone();
                async move { client.insert(fresh()).await }
            })
        })
    }

    /// Stores the records by one call.
    pub fn inserting_many<C: Client>(
        runtime: &'a Runtime,
        client: &'a C,
        records: impl Fn() -> Vec<Record> + 'a,
    ) -> Self {
        Self::new(C::NAME, move || runtime.block_on(client.insert_many(records())))
    }

    /// Reads the records that are there from the start by one call.
    pub fn getting_many<C: Client>(runtime: &'a Runtime, client: &'a C) -> Self {
        let ids: Vec<String> = (0..STORED).map(id).collect();
        Self::new(C::NAME, move || runtime.block_on(client.get_many(&ids)))
    }
}
