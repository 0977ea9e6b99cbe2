//! What every read by filter sends.

use backends_core::{Document, Filter, Order, Repository, Value, field};

use super::Cost;
use crate::Stage;

/// The heading of the column that tells of it.
pub const SENDS: &str = "Sends";

/// Makes every read once, on 300 small records of one partition and three of others, and notes what it sent.
pub async fn observe(stage: &Stage) -> Vec<Cost> {
    let json = r#"{"name": "costs_of_reads", "hashKey": "part", "rangeKey": "at", "rangeKeyType": "N"}"#;
    let pair = stage.define(json).await;
    let parts = (0..300).map(|at| ("a", at)).chain([("b", 0), ("c", 0), ("d", 0)]);
    let record =
        |(part, at): (&str, i64)| Document::from([("part", part.into()), ("at", at.into()), ("n", Value::Int(at % 7))]);
    let all: Vec<Document> = parts.map(record).collect();
    assert!(pair.clean.insert_many(&all).await.is_ok());
    let mut notes = Notes::new(stage);
    notes.calls(&pair.through).await;
    notes.costs
}

pub(super) struct Notes<'a> {
    stage: &'a Stage,
    pub(super) costs: Vec<Cost>,
}

impl<'a> Notes<'a> {
    pub(super) fn new(stage: &'a Stage) -> Self {
        Self { stage, costs: Vec::new() }
    }

    pub(super) async fn note<A>(
        &mut self,
        call: &'static str,
        future: impl IntoFuture<Output = backends_core::Result<A>>,
    ) -> A {
        self.stage.proxy.clear();
        let answer = future.await.unwrap_or_else(|error| panic!("{call}: {error}"));
        let log = self.stage.proxy.log();
        let requests = log.into_iter().filter(|request| !request.is_drivers_own()).collect();
        self.costs.push(Cost { call, column: SENDS, requests });
        answer
    }

    async fn calls(&mut self, records: &Repository<Document>) {
        let (part, at, other) = (field("part"), field("at"), field("n").ge(0));
        let one = part.eq("a") & at.eq(7);
        let by_at = |filter: &Filter| records.find(filter).sort("at", Order::Desc);
        assert_eq!(self.note("`find` by the whole key", records.find(&one)).await.len(), 1);
        let keys = part.eq("a") & at.is_in(0..250);
        assert_eq!(self.note("`find` by 250 whole keys", records.find(&keys)).await.len(), 250);
        let part_of = part.eq("a");
        assert_eq!(self.note("`find` by the partition key", records.find(&part_of)).await.len(), 300);
        assert_eq!(self.note("`find` by it, sorted by the sort key", by_at(&part_of)).await.len(), 300);
        assert_eq!(
            self.note("`find` by it, sorted by another field", records.find(&part_of).sort("n", Order::Asc))
                .await
                .len(),
            300
        );
        let range = part.eq("a") & at.ge(100) & at.lt(200) & other.clone();
        assert_eq!(
            self.note("`find` by it, a range of the sort key and another field", records.find(&range)).await.len(),
            100
        );
        let parts = part.is_in(["a", "b", "c"]);
        assert_eq!(self.note("`find` by 3 partition keys", records.find(&parts)).await.len(), 302);
        assert_eq!(self.note("`find` by another field", records.find(&other)).await.len(), 303);
        assert_eq!(
            self.note("`find` of everything, sorted", records.find(Filter::all()).sort("n", Order::Asc)).await.len(),
            303
        );
        let few = records.find(&other).limit(10);
        assert_eq!(self.note("`find` by another field, limited to 10", few).await.len(), 10);
        assert!(self.note("`find_one` by the partition key", records.find_one(&part_of)).await.is_some());
        assert!(self.note("`exists` by another field", records.exists(&other)).await);
        assert_eq!(self.note("`count` by the whole key", records.count(&one)).await, 1);
        assert_eq!(self.note("`count` by the partition key", records.count(&part_of)).await, 300);
        assert_eq!(self.note("`count` by another field", records.count(&other)).await, 303);
        let page = records.find(&part_of).page(50);
        assert!(self.note("a page of 50 by the partition key", page).await.next.is_some());
        let page = records.find(Filter::all()).page(50);
        assert!(self.note("a page of 50 of everything", page).await.next.is_some());
        let page = records.find(Filter::all()).sort("n", Order::Asc).page(50);
        assert!(self.note("a page of 50 of everything, sorted", page).await.next.is_some());
    }
}
