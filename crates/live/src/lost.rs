//! The answer of every single request is lost, in turn: no write acts twice, none reports its own first attempt as a
//! conflict, and none claims what is not stored.
//!
//! A first run of a call counts its requests. In each further run the server does what one of them says and its answer
//! never arrives; the driver's repetition of it is let through, or is lost too. Then what is stored is looked at by
//! the clean way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use proxy::Fault;

mod batch;
mod call;
mod many;
mod report;
mod single;

pub use report::{Line, Outcome, Report};

use crate::Stage;

/// How an answer is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// The answer is dropped, and the connection is closed.
    Once,
    /// The same, for the request and the one that follows it, which is the driver's repetition if there is one.
    Twice,
    /// The connection is closed in the middle of the answer.
    Half,
    /// The answer is dropped, and the connection stays open: nothing happens until the deadline.
    Silent,
}

impl Loss {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Once, Self::Twice, Self::Half, Self::Silent];

    fn fault(self) -> Fault {
        match self {
            Self::Once | Self::Twice => Fault::LoseAnswer,
            Self::Half => Fault::CutAnswer,
            Self::Silent => Fault::HoldAnswer,
        }
    }

    /// How many answers in a row.
    fn times(self) -> usize {
        if self == Self::Twice { 2 } else { 1 }
    }

    /// How long a call may take: what stays silent ends only then.
    fn limit(self) -> Duration {
        if self == Self::Silent { Duration::from_millis(300) } else { Duration::from_secs(20) }
    }
}

/// What the key of the records is, which decides by which requests a backend replaces them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyIs {
    /// The library's id.
    TheId,
    /// A field of the record, beside an id that has to be kept.
    AnotherField,
    /// The library's id, beside which a mark and the number are unique together.
    TheIdWithGuards,
}

impl KeyIs {
    fn is_guarded(self) -> bool {
        self == Self::TheIdWithGuards
    }

    /// What it is in words, the field of the key, and the definition.
    fn shape(self) -> (&'static str, &'static str, &'static str) {
        match self {
            // Here the number is declared, which a backend may count without a look at it, there it is not.
            Self::TheId => {
                ("the id is the key", "id", r#"{"name": "lost_by_id", "idKind": "string", "fields": {"n": "integer"}}"#)
            }
            Self::AnotherField => ("the key is another field", "key", r#"{"name": "lost_by_key", "hashKey": "key"}"#),
            Self::TheIdWithGuards => (
                "the id is the key, and other fields are unique",
                "id",
                r#"{"name": "lost_guarded", "idKind": "string", "fields": {"n": "integer"},
                    "indexes": [{"fields": ["mark", "n"], "unique": true}]}"#,
            ),
        }
    }
}

/// How long after its deadline a call that hangs may end on a machine that others use too.
const SLACK: Duration = Duration::from_secs(5);

/// Which answers of a run are lost.
#[derive(Debug, Clone, Copy)]
struct Plan {
    loss: Loss,
    /// The number of the request, from 1.
    request: usize,
}

/// Runs the suite on records of one kind of key, and prints a line for each call. Two stages may run at the same time, one for each.
///
/// # Panics
/// When a call breaks the promise; the message says which, and which answer was lost.
pub async fn run(stage: &Stage, key: KeyIs) -> Report {
    let mut report = Report::default();
    let (shape, field, json) = key.shape();
    let pair = stage.define(json).await;
    single::run(stage, &pair, shape, field, &call::ALL, &mut report).await;
    if key.is_guarded() {
        single::run(stage, &pair, shape, field, &call::TAKEN, &mut report).await;
    }
    many::run(stage, &pair, shape, field, &mut report).await;
    if stage.has_batches() {
        batch::run(stage, &pair, shape, field, &batch::ALL, &mut report).await;
    }
    let versioned = stage.define(&json.replace("lost_", "versions_").replacen('{', r#"{"version": "v", "#, 1)).await;
    single::run(stage, &versioned, shape, field, &call::EXPECTING, &mut report).await;
    if stage.has_batches() {
        batch::run(stage, &versioned, shape, field, &batch::EXPECTING, &mut report).await;
    }
    finish(stage, report)
}

/// The same for calls that meet records which have expired, for a backend with the capability `ttl`.
///
/// # Panics
/// When a call breaks the promise; the message says which, and which answer was lost.
pub async fn run_expiring(stage: &Stage, key: KeyIs) -> Report {
    let mut report = Report::default();
    let (shape, field, json) = key.shape();
    let json = json.replace("lost_", "ends_");
    // What brings no time lives for ten years.
    let ttl = r#"{"enableTtl": true, "ttlAttribute": "at", "ttl": 315360000, "ttlHolds": "expiry", "#;
    let pair = stage.define_ahead(&json.replacen('{', ttl, 1)).await;
    single::run(stage, &pair, shape, field, &call::EXPIRED, &mut report).await;
    if key.is_guarded() {
        single::run(stage, &pair, shape, field, &call::EXPIRED_VALUES, &mut report).await;
    }
    let versioned = json.replace("ends_", "versions_of_ends_").replacen('{', &format!(r#"{ttl}"version": "v", "#), 1);
    let versioned = stage.define_ahead(&versioned).await;
    single::run(stage, &versioned, shape, field, &call::EXPIRED_VERSIONS, &mut report).await;
    finish(stage, report)
}

fn finish(stage: &Stage, report: Report) -> Report {
    let errors = stage.proxy.errors();
    assert!(errors.is_empty(), "the proxy could not do what it was told: {errors:?}");
    report.print();
    report
}

/// Makes `call` with the answers lost that `plan` says; how many requests there were.
async fn losing<A>(stage: &Stage, plan: Option<Plan>, call: impl Future<Output = A>) -> (A, usize) {
    let counter = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&counter);
    stage.proxy.on(move |request, _| {
        if request.is_drivers_own() {
            return Fault::Pass;
        }
        let number = seen.fetch_add(1, Ordering::SeqCst) + 1;
        match plan {
            Some(plan) if (plan.request..plan.request + plan.loss.times()).contains(&number) => plan.loss.fault(),
            _ => Fault::Pass,
        }
    });
    let began = Instant::now();
    let answer = call.await;
    let took = began.elapsed();
    stage.proxy.pass();
    let requests = counter.load(Ordering::SeqCst);
    if let Some(plan) = plan {
        assert!(requests >= plan.request, "no answer was lost: {plan:?}, and there were {requests} requests");
        let is_in_time = plan.loss != Loss::Silent || took < plan.loss.limit() + SLACK;
        assert!(is_in_time, "a call that hangs ends long after its deadline: {plan:?}, {took:?}");
    }
    // It keeps every byte.
    stage.proxy.clear();
    (answer, requests)
}

/// Makes a call with no answer lost, and then with each of its answers lost in each of these ways. `make` makes it once,
/// and tells what came of it and how many requests there were.
async fn lose_each(
    call: &'static str,
    shape: &'static str,
    losses: &[Loss],
    report: &mut Report,
    make: impl AsyncFn(Option<Plan>) -> (Outcome, usize),
) {
    let (outcome, requests) = make(None).await;
    assert_eq!(outcome, Outcome::Answered, "{call}, {shape}: it fails with no answer lost");
    assert!(requests > 0, "{call}, {shape}: it makes no request, so that no answer can be lost");
    for loss in losses {
        for request in 1..=requests {
            let (outcome, _) = make(Some(Plan { loss: *loss, request })).await;
            report.push(Line { call, shape, loss: *loss, request: (request, requests), outcome });
        }
    }
}
