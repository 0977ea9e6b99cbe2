//! Calls on one record whose answers are lost.

use backends_core::{Document, Error, ErrorKind, Result};

use super::call::{Answer, Call, NEW, OLD, Over};
use super::report::{Outcome, Report};
use super::{Loss, Plan, lose_each, losing};
use crate::Stage;
use crate::stage::{EXPIRED, MARK, Pair, number, number_alone, record};

pub(super) async fn run(
    stage: &Stage,
    pair: &Pair,
    shape: &'static str,
    field: &str,
    calls: &[Call],
    report: &mut Report,
) {
    for call in calls {
        let make = async |plan| {
            let made = one(stage, pair, field, *call, plan).await;
            if pair.is_guarded() {
                each_value_is_taken_where_it_stands(pair, field, *call, plan).await;
            }
            made
        };
        lose_each(call.name, shape, &Loss::ALL, report, make).await;
    }
}

/// The key of the record that a call is about.
fn key_of(call: Call, plan: Option<Plan>) -> String {
    format!("{} {plan:?}", call.name)
}

/// That the values of the record are taken, and those that it had or was to have are free.
async fn each_value_is_taken_where_it_stands(pair: &Pair, field: &str, call: Call, plan: Option<Plan>) {
    let key = key_of(call, plan);
    let told = |error: Error| -> Option<Document> { panic!("{key}: {error}") };
    let stored = [pair.clean.get(&key).await, pair.clean.get(owner(&key)).await];
    let stored: Vec<i64> =
        stored.into_iter().filter_map(|found| found.unwrap_or_else(told)).map(|r| number_alone(&r)).collect();
    for n in [OLD, NEW] {
        let mut probe = record(field, &format!("{key} probe"), n, 0);
        probe.insert(MARK, &*key);
        let taken = match pair.clean.insert(&probe).await {
            Ok(_) => false,
            Err(error) if error.is_already_exists() && error.index() == Some("mark_n") => true,
            Err(error) => panic!("{key}: {error}"),
        };
        assert_eq!(taken, stored.contains(&n), "{key}: whether the number {n} is taken");
        pair.clean.delete(format!("{key} probe")).await.unwrap_or_else(told);
    }
}

/// The field that says when a record expires, where records do.
const AT: &str = "at";

/// The key of the record that has the values already.
fn owner(key: &str) -> String {
    format!("{key} owner")
}

/// Makes the call once, on a record of its own, and looks at what it left behind; what came of it, and how many requests
/// there were.
async fn one(stage: &Stage, pair: &Pair, field: &str, call: Call, plan: Option<Plan>) -> (Outcome, usize) {
    let key = key_of(call, plan);
    let told = format!("{}, by `{field}`, {plan:?}", call.name);
    if let Some(before) = call.record_before(field, &key) {
        let stored = pair.clean.insert(&before).await;
        assert!(stored.is_ok(), "{told}: the record cannot be stored before the call");
    }
    if call.is_of_a_taken_value() {
        let mut other = record(field, &owner(&key), NEW, 0);
        other.insert(MARK, &*key);
        let stored = pair.clean.insert(&other).await;
        assert!(stored.is_ok(), "{told}: the other record cannot be stored before the call");
    }
    if call.over != Over::Nothing {
        let (owner, n) = if call.over == Over::TheKey { (key.clone(), OLD) } else { (owner(&key), NEW) };
        let mut expired = record(field, &owner, n, 0);
        expired.insert(MARK, &*key);
        expired.insert(AT, EXPIRED);
        let stored = pair.clean.insert(&expired).await;
        assert!(stored.is_ok(), "{told}: what has expired cannot be stored before the call");
    }
    let records_before = stage.count(pair).await;
    let limit = plan.map_or(Loss::Once, |plan| plan.loss).limit();
    let (answer, requests) = losing(stage, plan, call.make(&pair.through, field, &key, limit)).await;
    let stored = pair.clean.get(&key).await.unwrap_or_else(|error| panic!("{told}: {error}"));
    let stored = stored.map(|record| number(&record));
    let outcome = judge(call, &answer, stored).unwrap_or_else(|wrong| panic!("{told}: {wrong}: {answer:?}"));
    let more = usize::from(call.before.is_none() && stored.is_some());
    let fewer = usize::from(call.before.is_some() && stored.is_none());
    let records = stage.count(pair).await;
    assert_eq!(records, records_before + more - fewer, "{told}: a record too many or too few");
    // The way through the proxy works again, and shows the same.
    let again = pair.through.get(&key).await.unwrap_or_else(|error| panic!("{told}, afterwards: {error}"));
    assert_eq!(again.map(|record| number(&record)), stored, "{told}: both ways show the same");
    (outcome, requests)
}

/// What the answer comes to, given what is stored; or what is wrong with it.
fn judge(call: Call, answer: &Result<Answer>, stored: Option<i64>) -> Result<Outcome, &'static str> {
    let error = match answer {
        Ok(answer) if *answer != call.answer => return Err("another answer than without the loss"),
        Ok(_) if stored != call.after => return Err("a success, and it is not stored"),
        Ok(_) => return Ok(Outcome::Answered),
        Err(error) => error,
    };
    if stored != call.before && stored != call.after {
        return Err("something else is stored than before and than wanted");
    }
    if call.answer == Answer::Refused(error.kind()) {
        // The refusal of a second try is true; what the first one was nobody knows where others may have written since.
        return Ok(if error.may_have_happened() { Outcome::Nothing } else { Outcome::Answered });
    }
    unclear(error, stored != call.before, call.writes())
}

/// What an error comes to that says no more than that an answer is missing.
pub(super) fn unclear(error: &Error, happened: bool, writes: bool) -> Result<Outcome, &'static str> {
    match (error.kind(), happened, error.may_have_happened()) {
        (ErrorKind::Unavailable | ErrorKind::Timeout, false, true) if !writes => {
            Err("a read says that it may have happened")
        }
        (ErrorKind::Unavailable | ErrorKind::Timeout, true, false) => {
            Err("it happened, and the error says that it did not")
        }
        (ErrorKind::Unavailable | ErrorKind::Timeout, true, true) => Ok(Outcome::Happened),
        (ErrorKind::Unavailable | ErrorKind::Timeout, false, _) => Ok(Outcome::Nothing),
        _ => Err("a lost answer is told as something else"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::call::ALL;
    use super::*;

    fn by_name(name: &str) -> Call {
        *ALL.iter().find(|call| call.name == name).unwrap()
    }

    #[test]
    fn s02_what_a_lost_answer_must_not_become_is_told() {
        let lost = || Error::unavailable("lost");
        let insert = by_name("insert");
        for (answer, stored) in [
            (Ok(Answer::Record(2, None)), None),
            (Ok(Answer::Record(1, None)), Some(2)),
            (Err(Error::already_exists("own")), Some(2)),
            (Err(Error::already_exists("own").with_may_have_happened(true)), Some(2)),
            (Err(lost()), Some(2)),
            (Err(lost().with_may_have_happened(true)), Some(3)),
            (Err(Error::unexpected("?").with_may_have_happened(true)), Some(2)),
        ] {
            assert!(judge(insert, &answer, stored).is_err(), "{answer:?} {stored:?}");
        }
        for (answer, stored, outcome) in [
            (Ok(Answer::Record(2, None)), Some(2), Outcome::Answered),
            (Err(lost()), None, Outcome::Nothing),
            (Err(lost().with_may_have_happened(true)), None, Outcome::Nothing),
            (Err(lost().with_may_have_happened(true)), Some(2), Outcome::Happened),
        ] {
            assert_eq!(judge(insert, &answer, stored), Ok(outcome), "{answer:?} {stored:?}");
        }
        let upsert = by_name("upsert that creates");
        assert!(judge(upsert, &Ok(Answer::Record(2, Some(false))), Some(2)).is_err());
        let delete = by_name("delete");
        assert!(judge(delete, &Ok(Answer::Nothing), None).is_err());
        let pull = by_name("update by pull");
        for (answer, stored) in
            [(Ok(Answer::Record(2, None)), Some(2)), (Ok(Answer::Record(1, None)), Some(2)), (Err(lost()), Some(1))]
        {
            assert!(judge(pull, &answer, stored).is_err(), "{answer:?} {stored:?}");
        }
        assert_eq!(judge(pull, &Err(lost().with_may_have_happened(true)), Some(1)), Ok(Outcome::Happened));
        let taken = by_name("insert of a taken key");
        assert_eq!(judge(taken, &Err(Error::already_exists("!")), Some(1)), Ok(Outcome::Answered));
        let unclear = Error::already_exists("!").with_may_have_happened(true);
        assert_eq!(judge(taken, &Err(unclear), Some(1)), Ok(Outcome::Nothing));
        let expecting = *super::super::call::EXPECTING.iter().find(|call| call.name == "replace of a version").unwrap();
        assert!(judge(expecting, &Err(Error::conflict("own")), Some(2)).is_err());
        let get = by_name("get");
        assert!(judge(get, &Err(lost().with_may_have_happened(true)), Some(1)).is_err());
    }

    #[test]
    fn what_a_call_begins_with_holds_its_number() {
        for call in ALL {
            let before = call.record_before("id", "key");
            assert_eq!(before.as_ref().map(number), call.before, "{}", call.name);
        }
        // What is pulled is in the array, not in the number that may be unique.
        let before = by_name("update by pull").record_before("id", "key").unwrap();
        assert_eq!((number(&before), number_alone(&before)), (NEW, OLD));
    }
}
