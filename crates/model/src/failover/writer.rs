//! One writer of a round: it writes to keys of its own until it is told to stop, and keeps what it was told.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use backends::{Result, Update};

use super::Stored;
use super::calls::{Entry, Sums, key};
use super::counter::Counter;
use super::pair::{Outcome, Pair, Write};
use super::tally::{Tally, Verdict};

/// How long a call may take: several elections.
const LIMIT: Duration = Duration::from_secs(30);

/// One call of so many has less time than an election takes.
const SHORT: u64 = 16;

/// How much later than its time a call may end, on a machine that does other things too.
const GRACE: Duration = Duration::from_secs(2);

/// So many writes a pair of keys gets.
const WRITES: u64 = 10;

/// How far the writers of a round have come.
pub(super) struct Progress {
    acknowledged: Vec<AtomicU64>,
    is_over: AtomicBool,
}

impl Progress {
    pub(super) fn new(writers: u64) -> Self {
        Self { acknowledged: (0..writers).map(|_| AtomicU64::new(0)).collect(), is_over: AtomicBool::new(false) }
    }

    /// Waits until each writer has had so many more writes acknowledged.
    pub(super) async fn more(&self, writes: u64, patience: Duration) -> std::result::Result<(), String> {
        let counts = || self.acknowledged.iter().map(|count| count.load(Ordering::Relaxed));
        let wanted: Vec<u64> = counts().map(|count| count + writes).collect();
        let began = Instant::now();
        while counts().zip(&wanted).any(|(count, wanted)| count < *wanted) {
            if began.elapsed() > patience {
                return Err(format!("a writer has not had {writes} writes acknowledged in {} s", patience.as_secs()));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    pub(super) fn stop(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

/// What a writer knows of its records.
pub(super) struct Written {
    /// The key of its sums, with which those of its pairs begin.
    name: String,
    counter: Counter,
    /// With their keys.
    pairs: Vec<([String; 2], Pair)>,
}

impl Written {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The keys of its pairs.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.pairs.iter().flat_map(|(keys, _)| keys.iter().map(String::as_str))
    }

    /// What is wrong with what is stored.
    pub(super) fn verdicts(&self, entries: &HashMap<String, Entry>, sums: Option<&Sums>) -> Vec<Verdict> {
        let mut verdicts = self.counter.verdicts(sums);
        for (keys, pair) in &self.pairs {
            for (at, key) in keys.iter().enumerate() {
                let stored = entries.get(key);
                verdicts.extend(pair.verdict(at, stored.map(|entry| entry.version)));
                let (name, _) = key.rsplit_once('.').unwrap_or_default();
                if stored.is_some_and(|stored| *stored != Entry::new(name, at, stored.version)) {
                    verdicts.push(Verdict::Lost(format!("a part of {key}")));
                }
            }
        }
        verdicts
    }
}

/// Writes until the round is over.
pub(super) async fn write(
    stored: Stored,
    name: String,
    number: u64,
    random: fastrand::Rng,
    progress: Arc<Progress>,
) -> (Written, Tally) {
    let written = Written { name, counter: Counter::default(), pairs: Vec::new() };
    let mut writer = Writer { stored, number, random, progress, written, tally: Tally::default() };
    // Nothing happens to the primary yet.
    if let Err(error) = writer.stored.sums.insert(&Sums::new(&writer.written.name)).await {
        writer.tally.other += 1;
        writer.tally.tell(format!("{}: {error}", writer.written.name));
    }
    while !writer.progress.is_over.load(Ordering::Relaxed) {
        writer.write_pair().await;
    }
    (writer.written, writer.tally)
}

struct Writer {
    stored: Stored,
    number: u64,
    random: fastrand::Rng,
    progress: Arc<Progress>,
    written: Written,
    tally: Tally,
}

impl Writer {
    /// Writes to two keys that share unique values, and to the sums in between.
    async fn write_pair(&mut self) {
        let name = format!("{}-{}", self.written.name, self.written.pairs.len());
        let mut pair = Pair::new();
        for version in 0..WRITES {
            let (at, write) = (self.random.usize(..2), self.random.choice(Write::ALL).unwrap_or(Write::Upsert));
            let (entry, limit) = (Entry::new(&name, at, version), self.limit());
            let entries = self.stored.entries.clone();
            let outcome = self.outcome(limit, entry.write(&entries, write, limit)).await;
            self.tally.extend(&entry.id, pair.learn(at, write, version, outcome));
            self.write_sums(version).await;
            // What is still under way may be done later than what follows.
            if outcome == Outcome::Unclear || self.progress.is_over.load(Ordering::Relaxed) {
                break;
            }
        }
        self.written.pairs.push(([key(&name, 0), key(&name, 1)], pair));
    }

    async fn write_sums(&mut self, version: u64) {
        let number = self.written.pairs.len() as u64 * WRITES + version;
        let is_pushed = self.random.bool();
        let update = if is_pushed {
            Update::new().push("members", number).inc("members_count", 1)
        } else {
            Update::new().inc("count", 1)
        };
        let (sums, limit) = (self.stored.sums.clone(), self.limit());
        let name = self.written.name.clone();
        let updated = async { Ok(sums.update(name, update).timeout(limit).await?.map(|_| true)) };
        let outcome = self.outcome(limit, updated).await;
        let counter = &mut self.written.counter;
        let verdict = if is_pushed { counter.pushed(number, outcome) } else { counter.incremented(outcome) };
        self.tally.extend(&self.written.name, verdict);
    }

    /// How long the next call may take.
    fn limit(&mut self) -> Duration {
        if self.random.u64(..SHORT) == 0 { Duration::from_millis(self.random.u64(20..600)) } else { LIMIT }
    }

    /// Makes a call, and counts what came of it.
    async fn outcome(&mut self, limit: Duration, call: impl Future<Output = Result<Option<bool>>>) -> Outcome {
        let began = Instant::now();
        let (outcome, other) = Outcome::of(call.await);
        let took = began.elapsed();
        self.tally.longest = self.tally.longest.max(took);
        match outcome {
            Outcome::Done { .. } => {
                self.tally.acknowledged += 1;
                self.progress.acknowledged[usize::try_from(self.number).unwrap_or_default()]
                    .fetch_add(1, Ordering::Relaxed);
            }
            Outcome::KeyInTheWay | Outcome::ValueInTheWay => self.tally.refused += 1,
            Outcome::Not => self.tally.surely_not += 1,
            Outcome::Unclear => self.tally.unclear += 1,
        }
        let late = (took > limit + GRACE).then(|| format!("a call took {took:?} and had {limit:?}"));
        for problem in late.into_iter().chain(other.map(|error| error.to_string())) {
            self.tally.other += 1;
            self.tally.tell(problem);
        }
        outcome
    }
}
