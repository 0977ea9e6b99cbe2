//! The calls that are measured one by one, with so many of them on their way at a time.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use tokio::runtime::Runtime;

use crate::{BATCH, Client, Contender, NAME, STORED, Writer, changed, fresh, id, in_flight, many_fresh};

/// A call on one record, or on a batch of ten.
#[allow(missing_docs, reason = "the methods of a contender")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    Get,
    Insert,
    Update,
    Upsert,
    Delete,
    InsertBatch,
    UpdateBatch,
}

impl Call {
    /// What the tables call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Upsert => "upsert",
            Self::Delete => "delete",
            Self::InsertBatch => "batch of 10 inserts",
            Self::UpdateBatch => "batch of 10 updates",
        }
    }

    /// Whether it is about one record, so that the targets of single operations hold for it.
    pub fn is_single(self) -> bool {
        !matches!(self, Self::InsertBatch | Self::UpdateBatch)
    }
}

impl<'a> Contender<'a> {
    /// Makes one call after another, with so many on their way at a time.
    pub fn calling<C: Writer>(runtime: &'a Runtime, client: &'a C, call: Call, callers: usize, each: usize) -> Self {
        match call {
            Call::Get => Self::repeating(runtime, client, callers, each, |client, number| async move {
                client.get(stored_id(number)).await;
            }),
            Call::Insert => Self::repeating(runtime, client, callers, each, |client, _| async move {
                client.insert(fresh()).await;
            }),
            Call::Update => Self::repeating(runtime, client, callers, each, |client, number| async move {
                assert_eq!(client.update(stored_id(number)).await.name, NAME);
            }),
            Call::Upsert => Self::repeating(runtime, client, callers, each, |client, number| async move {
                assert!(!client.upsert(changed(number * 7_919 % STORED)).await, "there is one");
            }),
            Call::Delete => Self::deleting(runtime, client, callers, each),
            Call::InsertBatch => Self::repeating(runtime, client, callers, each, |client, _| async move {
                client.insert_batch(many_fresh(BATCH)).await;
            }),
            Call::UpdateBatch => Self::repeating(runtime, client, callers, each, |client, number| async move {
                let ids = (number * BATCH..(number + 1) * BATCH).map(stored_id).collect();
                let records = client.update_batch(ids).await;
                assert!(records.len() == BATCH && records.iter().all(|record| record.name == NAME));
            }),
        }
    }

    /// Calls `one` with a number after another.
    pub(crate) fn repeating<C: Client, F: Future<Output = ()> + Send + 'static>(
        runtime: &'a Runtime,
        client: &'a C,
        callers: usize,
        each: usize,
        one: impl Fn(C, usize) -> F + Clone + Send + 'static,
    ) -> Self {
        Self::new(C::NAME, move || {
            let (client, one) = (client.clone(), one.clone());
            in_flight(runtime, callers, each, move |number| one(client.clone(), number))
        })
    }

    /// Deletes records that are stored before each round.
    fn deleting<C: Writer>(runtime: &'a Runtime, client: &'a C, callers: usize, each: usize) -> Self {
        let ids: Rc<RefCell<Arc<[String]>>> = Rc::new(RefCell::new(Arc::default()));
        let stored = Rc::clone(&ids);
        let prepare = move || {
            let records = many_fresh(callers * each);
            *stored.borrow_mut() = records.iter().map(|record| record.id.clone()).collect();
            assert_eq!(runtime.block_on(client.insert_many(records)), callers * each);
        };
        let round = move || {
            let (client, ids) = (client.clone(), Arc::clone(&ids.borrow()));
            in_flight(runtime, callers, each, move |number| {
                let (client, id) = (client.clone(), ids[number].clone());
                async move { assert_eq!(client.delete(id.clone()).await.id, id) }
            })
        };
        Self::new(C::NAME, round).prepared(prepare)
    }

    /// Changes all records that are there from the start by one call.
    pub fn updating_many<C: Writer>(runtime: &'a Runtime, client: &'a C) -> Self {
        Self::new(C::NAME, move || {
            let updated = runtime.block_on(client.update_many());
            assert_eq!(updated, STORED, "{}", C::NAME);
            updated
        })
    }
}

/// The id of one of the records that are there from the start; for numbers beside each other not beside each other.
fn stored_id(number: usize) -> String {
    id(number * 7_919 % STORED)
}
