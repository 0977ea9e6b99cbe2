//! Batches whose answers are lost: each is done whole or not at all, once, and says no more than is so.

use backends_core::{AtomicBatch, ErrorKind, Result, Update, WrittenBatch};

use super::call::{NEW, OLD};
use super::report::{Outcome, Report};
use super::single::unclear;
use super::{Loss, Plan, lose_each, losing};
use crate::Stage;
use crate::stage::{MARK, NUMBER, Pair, number, record};

/// A batch on three records.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batch {
    name: &'static str,
    kind: Kind,
    /// The numbers in the records before the batch; none where there is no record.
    before: [Option<i64>; 3],
    /// The same after it.
    after: [Option<i64>; 3],
    /// Why it is refused, and at which position, if it is.
    refused: Option<(ErrorKind, usize)>,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Writes,
    Deletes,
    PassesOn,
    InsertsWhatIsTaken,
    UpdatesWhatIsMissing,
}

/// Every batch.
pub(super) const ALL: [Batch; 5] = [
    Batch {
        name: "batch of all writes",
        kind: Kind::Writes,
        before: [None, Some(OLD), Some(OLD)],
        after: [Some(NEW), Some(NEW), None],
        refused: None,
    },
    Batch {
        name: "batch of deletes",
        kind: Kind::Deletes,
        before: [None, Some(OLD), Some(NEW)],
        after: [None; 3],
        refused: None,
    },
    Batch {
        name: "batch that passes a value on",
        kind: Kind::PassesOn,
        before: [None, Some(OLD), Some(NEW)],
        after: [None, Some(NEW), None],
        refused: None,
    },
    Batch {
        name: "batch with an insert of a taken key",
        kind: Kind::InsertsWhatIsTaken,
        before: [None, Some(OLD), Some(9)],
        after: [None, Some(OLD), Some(9)],
        refused: Some((ErrorKind::AlreadyExists, 1)),
    },
    Batch {
        name: "batch with an update of what is missing",
        kind: Kind::UpdatesWhatIsMissing,
        before: [None, Some(OLD), None],
        after: [None, Some(OLD), None],
        refused: Some((ErrorKind::NotFound, 1)),
    },
];

/// Those that expect a version. A record that was inserted has the first.
pub(super) const EXPECTING: [Batch; 1] = [Batch { name: "batch of a version", ..ALL[0] }];

pub(super) async fn run(
    stage: &Stage,
    pair: &Pair,
    shape: &'static str,
    field: &str,
    batches: &[Batch],
    report: &mut Report,
) {
    for batch in batches {
        let make = async |plan| one(stage, pair, field, *batch, plan).await;
        // Not in every way, for each takes a while.
        let losses: &[Loss] = if batch.is_whole() { &Loss::ALL } else { &[Loss::Once, Loss::Silent] };
        lose_each(batch.name, shape, losses, report, make).await;
    }
}

impl Batch {
    /// Whether it has every write.
    fn is_whole(self) -> bool {
        matches!(self.kind, Kind::Writes)
    }

    fn make(self, pair: &Pair, field: &str, keys: &[String; 3]) -> AtomicBatch {
        let (records, [new, old, last]) = (&pair.through, keys);
        let batch = records.backend().batch();
        let insert = |key: &str, n: i64| {
            let mut record = record(field, key, n, 0);
            // Of one mark, so that where both are unique the number tells which record has it.
            record.insert(MARK, &**last);
            record
        };
        // Done twice it would be more.
        let count = Update::new().inc(NUMBER, NEW - OLD);
        match self.kind {
            Kind::Writes => {
                let mut first = insert(new, NEW);
                first.insert(MARK, &**new);
                let batch = batch.insert(records, &first).update(records, old, count);
                let batch = if pair.has_versions() { batch.expect_version(1) } else { batch };
                batch.delete(records, last)
            }
            Kind::Deletes => batch.delete(records, old).delete(records, last).delete(records, new),
            Kind::PassesOn => batch.delete(records, last).update(records, old, count),
            Kind::InsertsWhatIsTaken => batch.update(records, old, count).insert(records, &insert(last, 7)),
            Kind::UpdatesWhatIsMissing => batch.delete(records, old).update(records, last, count),
        }
    }
}

/// Makes the batch once, on records of its own, and looks at what it left behind.
async fn one(stage: &Stage, pair: &Pair, field: &str, batch: Batch, plan: Option<Plan>) -> (Outcome, usize) {
    let keys = ["new", "old", "last"].map(|key| format!("{} {plan:?} {key}", batch.name));
    let told = format!("{}, by `{field}`, {plan:?}", batch.name);
    for (key, before) in keys.iter().zip(batch.before) {
        if let Some(before) = before {
            let mut record = record(field, key, before, 0);
            // As in the batch; two that have the same number have marks of their own.
            if batch.before[1] != batch.before[2] {
                record.insert(MARK, &*keys[2]);
            }
            let stored = pair.clean.insert(&record).await;
            assert!(stored.is_ok(), "{told}: a record cannot be stored before the call: {stored:?}");
        }
    }
    let records_before = stage.count(pair).await;
    let limit = plan.map_or(Loss::Once, |plan| plan.loss).limit();
    let call = batch.make(pair, field, &keys).timeout(limit);
    let (answer, requests) = losing(stage, plan, call.into_future()).await;
    let mut stored = [None; 3];
    for (key, stored) in keys.iter().zip(&mut stored) {
        let found = pair.clean.get(key).await.unwrap_or_else(|error| panic!("{told}: {error}"));
        *stored = found.map(|record| number(&record));
    }
    let outcome = judge(batch, &answer, stored).unwrap_or_else(|wrong| panic!("{told}: {wrong}: {answer:?}"));
    let count = |numbers: [Option<i64>; 3]| numbers.iter().flatten().count();
    let records = stage.count(pair).await;
    let expected = records_before + count(stored) - count(batch.before);
    assert_eq!(records, expected, "{told}: a record too many or too few");
    if pair.is_guarded() {
        each_value_is_taken_where_it_stands(pair, field, &keys, stored, &told).await;
    }
    (outcome, requests)
}

/// That of the last mark the numbers are taken that stand in a record of it, and no others.
async fn each_value_is_taken_where_it_stands(
    pair: &Pair,
    field: &str,
    keys: &[String; 3],
    stored: [Option<i64>; 3],
    told: &str,
) {
    let mut marked = Vec::new();
    for (key, n) in keys.iter().zip(stored) {
        let found = pair.clean.get(key).await.unwrap_or_else(|error| panic!("{told}: {error}"));
        let has_mark = found.is_some_and(|record| record.get(MARK) == Some(&keys[2].as_str().into()));
        marked.extend(n.filter(|_| has_mark));
    }
    for n in [OLD, NEW] {
        let mut probe = record(field, &format!("{} probe", keys[0]), n, 0);
        probe.insert(MARK, &*keys[2]);
        let taken = match pair.clean.insert(&probe).await {
            Ok(_) => false,
            Err(error) if error.is_already_exists() && error.index() == Some("mark_n") => true,
            Err(error) => panic!("{told}: {error}"),
        };
        assert_eq!(taken, marked.contains(&n), "{told}: whether the number {n} is taken");
        let probe = pair.clean.delete(format!("{} probe", keys[0])).await;
        assert!(probe.is_ok(), "{told}: {probe:?}");
    }
}

/// What the answer comes to, given what is stored; or what is wrong with it.
fn judge(batch: Batch, answer: &Result<WrittenBatch>, stored: [Option<i64>; 3]) -> Result<Outcome, &'static str> {
    let error = match answer {
        Ok(_) if batch.refused.is_some() => return Err("a success, where it has to be refused"),
        Ok(_) if stored != batch.after => return Err("a success, and it is not stored"),
        Ok(_) => return Ok(Outcome::Answered),
        Err(error) => error,
    };
    if stored != batch.before && stored != batch.after {
        return Err("something else is stored than before and than wanted");
    }
    match (batch.refused, error.position()) {
        (Some((kind, position)), Some(at)) if error.kind() == kind && at == position => {
            Ok(if error.may_have_happened() { Outcome::Nothing } else { Outcome::Answered })
        }
        _ => unclear(error, stored != batch.before, true),
    }
}

#[cfg(test)]
mod tests {
    use backends_core::Error;

    use super::*;

    #[test]
    fn c33_s02_half_a_batch_is_told() {
        let lost = || Error::unavailable("lost");
        let all = ALL[0];
        for (answer, stored) in [
            (Ok(WrittenBatch::default()), all.before),
            (Err(lost()), all.after),
            (Err(lost().with_may_have_happened(true)), [Some(NEW), Some(OLD), Some(OLD)]),
            (Err(Error::already_exists("own").with_position(0)), all.after),
            (Err(Error::conflict("own").with_position(1)), all.after),
        ] {
            assert!(judge(all, &answer, stored).is_err(), "{answer:?} {stored:?}");
        }
        assert_eq!(judge(all, &Ok(WrittenBatch::default()), all.after), Ok(Outcome::Answered));
        let unclear = Err(lost().with_may_have_happened(true));
        assert_eq!(judge(all, &unclear, all.after), Ok(Outcome::Happened));
        let taken = ALL[3];
        assert!(judge(taken, &Ok(WrittenBatch::default()), taken.after).is_err());
        let refused = |position| Err(Error::already_exists("!").with_position(position));
        assert_eq!(judge(taken, &refused(1), taken.before), Ok(Outcome::Answered));
        assert!(judge(taken, &refused(0), taken.before).is_err());
    }
}
