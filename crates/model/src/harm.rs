//! What harms the requests of a program: a wrapper of the driver where there is no server, else a proxy before it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use backends::ErrorKind;
use backends::faults::{DriverCall, Fault, Faults};
use fastrand::Rng;
use proxy::{Answer, Fault as Harmed, Protocol, Proxy, Request, dynamodb, mongodb};

use crate::operation::Operation;

/// The time limit of calls: what hangs takes so long, and nothing else should.
pub(crate) const LIMIT: Duration = Duration::from_secs(5);

/// How long what is delayed waits.
const DELAY: Duration = Duration::from_millis(3);

/// What harms the requests of one program.
#[derive(Debug)]
pub(crate) struct Harm {
    dice: Arc<Dice>,
    faults: Faults,
    proxies: Vec<Proxy>,
}

/// Which request is harmed, and how.
#[derive(Debug)]
struct Dice {
    percent: u32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Of the operation that is under way, if one is.
    rng: Option<Rng>,
    /// Whether it is about one record, so that nothing of it goes on while a request hangs.
    may_hang: bool,
    /// How many more requests in a row are harmed in the same way.
    spell: (u32, u32),
    /// What was harmed of the operation.
    met: Vec<String>,
    /// How many requests there were, and how many of them were harmed.
    asked: u64,
    harmed: u64,
}

impl Dice {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number below 128 for a request that is harmed: 0 and 1 take the whole time limit, and are by themselves.
    fn draw(&self) -> Option<u32> {
        let mut state = self.lock();
        state.asked += u64::from(state.rng.is_some());
        if let (1.., kind) = state.spell {
            state.spell.0 -= 1;
            return Some(kind);
        }
        let may_hang = state.may_hang;
        let rng = state.rng.as_mut()?;
        if rng.u32(..100) >= self.percent {
            return None;
        }
        let kind = rng.u32(..128);
        // Few of them, since each takes its time.
        let kind = if kind < 2 && !(rng.u8(..4) == 0 && may_hang) { 127 } else { kind };
        let more = if kind >= 2 && rng.u8(..10) >= 7 { rng.u32(1..6) } else { 0 };
        state.spell = (more, kind);
        Some(kind)
    }

    fn note(&self, name: &str, harm: &dyn std::fmt::Debug) {
        let mut state = self.lock();
        state.harmed += 1;
        state.met.push(format!("{name} {harm:?}"));
    }

    /// What a call of a driver meets.
    fn of_call(&self, call: &DriverCall<'_>) -> Fault {
        let Some(kind) = self.draw() else { return Fault::Pass };
        let fault = match kind {
            0 => Fault::Hang,
            1 => Fault::HoldAnswer,
            2..32 => Fault::Refuse(ErrorKind::Throttled),
            32..48 => Fault::Refuse(ErrorKind::Unavailable),
            48..60 => Fault::Refuse(ErrorKind::Timeout),
            60..80 => Fault::CutAfter(usize::try_from(kind % 7).unwrap_or_default() * 20),
            80..90 => Fault::Delay(DELAY),
            _ => Fault::LoseAnswer,
        };
        self.note(call.operation, &fault);
        fault
    }

    /// What a request meets.
    fn of_request(&self, request: &Request, of_protocol: fn(&Request, u32) -> Option<Harmed>) -> Harmed {
        if request.is_drivers_own() {
            return Harmed::Pass;
        }
        let Some(kind) = self.draw() else { return Harmed::Pass };
        let harm = match kind {
            0 => Harmed::Hang,
            1 => Harmed::HoldAnswer,
            2..20 => Harmed::Cut,
            20..26 => Harmed::CutAnswer,
            26..32 => Harmed::Delay(DELAY),
            32..38 => Harmed::DelayAnswer(DELAY),
            _ => of_protocol(request, kind).unwrap_or(Harmed::LoseAnswer),
        };
        self.note(request.operation(), &harm);
        harm
    }
}

/// What only DynamoDB answers.
fn of_dynamodb(request: &Request, kind: u32) -> Option<Harmed> {
    Some(Harmed::Answer(match kind {
        38..50 => dynamodb::throttling(),
        50..58 => dynamodb::throughput_exceeded(),
        58..62 => dynamodb::request_limit_exceeded(),
        62..72 => dynamodb::internal_server_error(),
        72..78 => dynamodb::service_unavailable(),
        // It is done all the same.
        78..88 => return Some(Harmed::Replace(dynamodb::internal_server_error())),
        88..104 => return of_many(request, kind),
        _ => return None,
    }))
}

/// What is answered only to requests about many records.
fn of_many(request: &Request, kind: u32) -> Option<Harmed> {
    match request.operation() {
        "BatchGetItem" | "BatchWriteItem" => Some(Harmed::Unprocessed(usize::try_from(kind % 3).ok()?)),
        "TransactWriteItems" => {
            let items = request.json()["TransactItems"].as_array().map_or(1, Vec::len);
            let mut reasons = vec!["None"; items];
            reasons[kind as usize % items] = "TransactionConflict";
            Some(Harmed::Answer(dynamodb::transaction_canceled(&reasons)))
        }
        _ => None,
    }
}

/// What only MongoDB answers.
fn of_mongodb(request: &Request, kind: u32) -> Option<Harmed> {
    let is_in_transaction = request.body().windows(10).any(|name| name == b"autocommit");
    let answer: Answer = match kind {
        38..48 if is_in_transaction && !request.operation().ends_with("Transaction") => mongodb::write_conflict(),
        38..48 if is_in_transaction => return None,
        38..42 => mongodb::not_writable_primary(),
        42..46 => mongodb::error(11600, "InterruptedAtShutdown", "interrupted at shutdown", &["RetryableWriteError"]),
        46..48 => mongodb::error(262, "ExceededTimeLimit", "operation exceeded time limit", &["RetryableWriteError"]),
        _ => return None,
    };
    Some(Harmed::Answer(answer))
}

impl Harm {
    /// What harms so many of 100 requests, of no operation yet.
    pub(crate) fn new(percent: u32) -> Self {
        let dice = Arc::new(Dice { percent, state: Mutex::default() });
        let faults = Faults::new();
        let of_calls = Arc::clone(&dice);
        faults.on(move |call| of_calls.of_call(call));
        Self { dice, faults, proxies: Vec::new() }
    }

    /// The wrapper of drivers.
    pub(crate) fn faults(&self) -> &Faults {
        &self.faults
    }

    /// A new proxy before a server.
    pub(crate) async fn proxy(&mut self, upstream: &str, protocol: Protocol) -> std::io::Result<SocketAddr> {
        let proxy = Proxy::start(upstream, protocol).await?;
        let dice = Arc::clone(&self.dice);
        let of_protocol = if protocol == Protocol::DynamoDb { of_dynamodb } else { of_mongodb };
        proxy.on(move |request, _| dice.of_request(request, of_protocol));
        self.proxies.push(proxy);
        Ok(self.proxies[self.proxies.len() - 1].address())
    }

    /// Begins to harm the requests of an operation. The same operation of a program meets the same, whatever is before
    /// it, so that a smaller program may fail as the whole one does.
    pub(crate) fn begin(&self, seed: u64, operation: &Operation) {
        let mut hasher = DefaultHasher::new();
        (seed, operation.to_string()).hash(&mut hasher);
        let mut state = self.dice.lock();
        state.rng = Some(Rng::with_seed(hasher.finish()));
        state.may_hang =
            !matches!(operation, Operation::InsertMany(_) | Operation::UpdateMany(..) | Operation::DeleteMany(_));
        state.met.clear();
    }

    /// Lets everything pass again.
    pub(crate) fn end(&self) {
        let mut state = self.dice.lock();
        (state.rng, state.spell) = (None, (0, 0));
        // They keep every byte.
        self.proxies.iter().for_each(Proxy::clear);
    }

    /// Closes every connection, so that nothing hangs any longer.
    pub(crate) fn cut(&self) {
        self.proxies.iter().for_each(Proxy::cut);
    }

    /// What was harmed of the operation that began last, in words.
    pub(crate) fn met(&self) -> String {
        self.dice.lock().met.join(", ")
    }

    /// How many requests were harmed, and of how many.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let state = self.dice.lock();
        (state.harmed, state.asked)
    }
}
