//! What every contender reads and stores: the calls that are measured, on the same records.

use backends_core::{Filter, Order, Repository, field};
use tokio::runtime::Runtime;

use crate::{Contender, NOTE, Record, STORED, had, id};

/// How many records a read in order is limited to.
pub const FIRST: u32 = 50;

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

/// Who reads the records that are there from the start, where an index on `note` and `logins` is.
pub trait Reader: Client {
    /// Reads all; how many there are.
    fn all(&self) -> impl Future<Output = usize> + Send;

    /// Reads the first records of a note from this number of logins on, by the index; how many.
    fn by_logins(&self, from: u32) -> impl Future<Output = usize> + Send;

    /// Reads the first records from this score on, which no index knows; how many.
    fn by_score(&self, from: f64) -> impl Future<Output = usize> + Send;
}

impl Reader for Repository<Record> {
    async fn all(&self) -> usize {
        had(self.find(Filter::all()).await, "records cannot be read").len()
    }

    async fn by_logins(&self, from: u32) -> usize {
        let find = self.find(field("note").eq(NOTE) & field("logins").ge(from));
        had(find.sort("logins", Order::Asc).limit(FIRST.into()).await, "records cannot be found").len()
    }

    async fn by_score(&self, from: f64) -> usize {
        let find = self.find(field("score").ge(from)).sort("score", Order::Asc);
        had(find.limit(FIRST.into()).await, "records cannot be found").len()
    }
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
    /// Stores the records by one call.
    pub fn inserting_many<C: Client>(
        runtime: &'a Runtime,
        client: &'a C,
        records: impl Fn() -> Vec<Record> + 'a,
    ) -> Self {
        Self::new(C::NAME, move || runtime.block_on(client.insert_many(records())))
    }

    /// Reads all records that are there from the start.
    pub fn reading<C: Reader>(runtime: &'a Runtime, client: &'a C) -> Self {
        Self::new(C::NAME, move || {
            let found = runtime.block_on(client.all());
            assert_eq!(found, STORED, "{}", C::NAME);
            found
        })
    }

    /// Reads the first records of an order, by an index or without one, with so many calls on their way at a time.
    pub fn finding<C: Reader>(
        runtime: &'a Runtime,
        client: &'a C,
        is_indexed: bool,
        callers: usize,
        each: usize,
    ) -> Self {
        Self::repeating(runtime, client, callers, each, move |client, number| async move {
            let from = u32::try_from(number * 7_919 % (STORED - FIRST as usize)).unwrap_or_default();
            let found = if is_indexed { client.by_logins(from).await } else { client.by_score(f64::from(from)).await };
            assert_eq!(found, FIRST as usize, "{}", C::NAME);
        })
    }

    /// Reads the records that are there from the start by one call.
    pub fn getting_many<C: Client>(runtime: &'a Runtime, client: &'a C) -> Self {
        let ids: Vec<String> = (0..STORED).map(id).collect();
        Self::new(C::NAME, move || runtime.block_on(client.get_many(&ids)))
    }
}
