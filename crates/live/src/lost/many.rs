//! Calls on many records whose answers are lost.

use std::collections::HashMap;
use std::time::Duration;

use backends_core::{Document, Error, InsertedMany, Result};

use super::report::{Outcome, Report};
use super::single::unclear;
use super::{Loss, Plan, lose_each, losing};
use crate::Stage;
use crate::stage::{Many, Pair, number, record};

/// The number in the record that is there before.
const OTHER: i64 = -1;

pub(super) async fn run(stage: &Stage, pair: &Pair, shape: &'static str, field: &str, report: &mut Report) {
    let calls = Calls { stage, pair, field, many: stage.small };
    calls.run(["insert_many", "get_many"], shape, &Loss::ALL, report).await;
    if let Some(many) = stage.large {
        // Not in every way, for each takes a while.
        let names = ["insert_many of large records", "get_many of large records"];
        Calls { many, ..calls }.run(names, shape, &[Loss::Once], report).await;
    }
}

struct Calls<'a> {
    stage: &'a Stage,
    pair: &'a Pair,
    field: &'a str,
    many: Many,
}

impl Calls<'_> {
    async fn run(&self, [insert, get]: [&'static str; 2], shape: &'static str, losses: &[Loss], report: &mut Report) {
        lose_each(insert, shape, losses, report, async |plan| self.insert_many(plan).await).await;
        lose_each(get, shape, losses, report, async |plan| self.get_many(plan).await).await;
    }

    /// The keys of a run.
    fn keys(&self, plan: Option<Plan>) -> Vec<String> {
        let Many { name, records, .. } = self.many;
        (0..records).map(|position| format!("many {name} {plan:?} {position:03}")).collect()
    }

    /// Stores records, the first of which has a key that is taken.
    async fn insert_many(&self, plan: Option<Plan>) -> (Outcome, usize) {
        let Self { stage, pair, field, .. } = *self;
        let told = format!("insert_many, by `{field}`, {plan:?}");
        let keys = self.keys(plan);
        let stored = pair.clean.insert(&record(field, &keys[0], OTHER, 0)).await;
        assert!(stored.is_ok(), "{told}: the record cannot be stored before the call");
        let records_before = stage.count(pair).await;
        let record = |(key, n): (&String, i64)| record(field, key, n, self.many.padding);
        let records: Vec<Document> = keys.iter().zip(0..).map(record).collect();
        let call = pair.through.insert_many(&records).timeout(limit(plan));
        let (answer, requests) = losing(stage, plan, call.into_future()).await;
        let stored = numbers(pair, &keys).await;
        let outcome = judge(&answer, &stored).unwrap_or_else(|wrong| panic!("{told}: {wrong}: {answer:?}"));
        let new = stored.iter().filter(|n| n.is_some_and(|n| n != OTHER)).count();
        assert_eq!(stage.count(pair).await, records_before + new, "{told}: a record too many or too few");
        (outcome, requests)
    }

    /// Reads the records that were stored without a loss, and one that is missing.
    async fn get_many(&self, plan: Option<Plan>) -> (Outcome, usize) {
        let mut keys = self.keys(None);
        keys.push("missing".to_owned());
        let call = self.pair.through.get_many(&keys).timeout(limit(plan));
        let (answer, requests) = losing(self.stage, plan, call.into_future()).await;
        let outcome = match answer {
            Ok(found) => {
                let found: Vec<Option<i64>> = found.iter().map(|found| found.as_ref().map(number)).collect();
                let mut expected: Vec<Option<i64>> = (0..).take(self.many.records).map(Some).collect();
                expected[0] = Some(OTHER);
                expected.push(None);
                assert_eq!(found, expected, "get_many, {plan:?}: other records, or one that is there is missing");
                Outcome::Answered
            }
            Err(error) => {
                let told = |wrong| panic!("get_many, {plan:?}: {wrong}: {error}");
                unclear(&error, false, false).unwrap_or_else(told)
            }
        };
        (outcome, requests)
    }
}

fn limit(plan: Option<Plan>) -> Duration {
    // A request of many records takes a while by itself.
    plan.map_or(Loss::Once, |plan| plan.loss).limit() * 3
}

async fn numbers(pair: &Pair, keys: &[String]) -> Vec<Option<i64>> {
    let mut stored = Vec::with_capacity(keys.len());
    // One by one: large ones together may be more than a backend reads at once in time.
    for key in keys {
        let record = pair.clean.get(key).await.unwrap_or_else(|error| panic!("a record cannot be looked at: {error}"));
        stored.push(record.map(|record| number(&record)));
    }
    stored
}

/// The first key is taken; every other record is stored, or its error says what may be.
fn judge(answer: &Result<InsertedMany>, stored: &[Option<i64>]) -> Result<Outcome, String> {
    let Err(error) = answer else { return Err("a taken key is not told".to_owned()) };
    let Some(inserted) = error.inserted() else { return Err("the error says nothing of single records".to_owned()) };
    let errors: HashMap<usize, &Error> = inserted.failures().collect();
    let mut outcome = Outcome::Answered;
    for (position, stored) in stored.iter().enumerate() {
        let at = |wrong: &str| format!("at {position}: {wrong}");
        let own = (position > 0).then(|| i64::try_from(position).unwrap_or_default());
        let expected = own.or(Some(OTHER));
        match errors.get(&position) {
            None if *stored == own && own.is_some() => {}
            None => return Err(at("a success, and another record or none is stored")),
            Some(_) if stored.is_some() && *stored != expected => return Err(at("something else is stored")),
            Some(error) if own.is_none() && error.is_already_exists() => {}
            Some(error) => {
                let happened = own.is_some() && stored.is_some();
                let one = unclear(error, happened, true).map_err(at)?;
                outcome = if outcome == Outcome::Happened { outcome } else { one };
            }
        }
    }
    Ok(outcome)
}
