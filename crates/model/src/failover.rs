//! Writes through changes of the primary of a MongoDB replica set, and what is there afterwards: `cargo xtask failover`.

mod calls;
mod counter;
mod pair;
mod tally;
mod writer;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use backends::{Backend, Definition, Filter, Repository};
use servers::ReplicaSet;
use tokio::task::{JoinSet, block_in_place};

use self::calls::{Entry, Sums};
use self::tally::{Tally, Verdict};
use self::writer::{Progress, Written};
use crate::options::Words;

/// A majority is left when one is killed.
const MEMBERS: usize = 3;

/// How long the members are without a primary before they elect one.
const ELECTION: Duration = Duration::from_secs(1);

/// So many acknowledged writes each writer has before the primary goes, and once more after another one is there.
const WRITES: u64 = 20;

/// How long that may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Up to so many milliseconds later than that the primary goes.
const MOMENT: u64 = 400;

/// Records that one read asks for.
const PAGE: usize = 1_000;

/// What to do to the primary, and how often.
#[derive(Debug)]
pub struct Failover {
    rounds: u64,
    seed: u64,
    writers: u64,
}

impl Failover {
    /// Reads `--rounds=N`, `--seed=S` and `--writers=W`; see `cargo xtask failover --help`.
    ///
    /// # Errors
    /// What is none of these, or no number.
    pub fn read(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut words = Words::new(words);
        let failover = Self {
            rounds: words.number("--rounds")?.unwrap_or(100),
            seed: words.number("--seed")?.unwrap_or_else(|| fastrand::u64(..1 << 48)),
            writers: words.number("--writers")?.unwrap_or(8),
        };
        words.finish()?;
        if failover.writers == 0 {
            return Err("`--writers` is at least 1".to_owned());
        }
        Ok(failover)
    }

    /// Writes while the primary steps down in every odd round and is killed in every even one, and prints what came of
    /// it; how much of it was not as it has to be.
    ///
    /// # Errors
    /// There is no `mongod`, the set does not come up again, or what is stored cannot be read.
    pub async fn run(self) -> Result<u64, String> {
        println!("seed {}, {} rounds of {} writers", self.seed, self.rounds, self.writers);
        let began = Instant::now();
        let set = block_in_place(|| ReplicaSet::start(MEMBERS, ELECTION)).map_err(|error| error.to_string())?;
        let backend = backends::open(&set.url("failover")).await.map_err(said)?;
        let mut run = Run {
            stored: Stored::define(&backend).await?,
            set,
            seed: self.seed,
            writers: self.writers,
            tally: Tally::default(),
            written: Vec::new(),
        };
        for round in 0..self.rounds {
            run.round(round).await.map_err(|error| format!("round {round}: {error}"))?;
        }
        run.compare_all().await?;
        backend.close().await.map_err(said)?;
        println!("MongoDB {}, {MEMBERS} members, {:.0} s\n", run.set.version(), began.elapsed().as_secs_f64());
        println!("{}", run.tally.table(self.rounds));
        run.tally.problems.iter().for_each(|problem| println!("{problem}"));
        Ok(run.tally.wrong())
    }
}

/// The two repositories that are written to.
#[derive(Clone)]
struct Stored {
    entries: Repository<Entry>,
    sums: Repository<Sums>,
}

impl Stored {
    async fn define(backend: &Backend) -> Result<Self, String> {
        let of = |json: &str| Definition::from_json(json).map_err(said);
        let entries = of(r#"{"name": "entries", "idKind": "string", "indexes": ["value"]}"#)?;
        let sums = of(r#"{"name": "sums", "idKind": "string"}"#)?;
        Ok(Self {
            entries: backend.define(entries).await.map_err(said)?,
            sums: backend.define(sums).await.map_err(said)?,
        })
    }
}

struct Run {
    set: ReplicaSet,
    stored: Stored,
    seed: u64,
    writers: u64,
    tally: Tally,
    /// What every writer of every round knows of its records.
    written: Vec<Written>,
}

impl Run {
    /// Changes the primary once while all write, and compares what they have written.
    async fn round(&mut self, round: u64) -> Result<(), String> {
        let mut random = fastrand::Rng::with_seed(self.seed.wrapping_add(round));
        let progress = Arc::new(Progress::new(self.writers));
        let mut writers = JoinSet::new();
        for number in 0..self.writers {
            let name = format!("{round}-{number}");
            writers.spawn(writer::write(self.stored.clone(), name, number, random.fork(), Arc::clone(&progress)));
        }
        let changed = self.change_primary(round, random.u64(..MOMENT), &progress).await;
        progress.stop();
        let first = self.written.len();
        while let Some(ended) = writers.join_next().await {
            let (written, tally) = ended.map_err(|error| format!("a writer panicked: {error}"))?;
            self.tally.add(tally);
            self.written.push(written);
        }
        changed?;
        self.compare(first).await
    }

    async fn change_primary(&mut self, round: u64, later: u64, progress: &Progress) -> Result<(), String> {
        progress.more(WRITES, PATIENCE).await?;
        // At a moment that nobody chooses.
        tokio::time::sleep(Duration::from_millis(later)).await;
        let killed = if round.is_multiple_of(2) {
            block_in_place(|| self.set.step_down()).map_err(|error| error.to_string())?;
            self.tally.step_downs += 1;
            None
        } else {
            self.tally.kills += 1;
            Some(block_in_place(|| self.set.kill()).map_err(|error| error.to_string())?)
        };
        block_in_place(|| self.set.primary()).map_err(|error| error.to_string())?;
        progress.more(WRITES, PATIENCE).await?;
        let back = || match killed {
            Some(number) => self.set.restart(number),
            None => self.set.whole(),
        };
        block_in_place(back).map_err(|error| error.to_string())
    }

    /// Compares what was written from there on with what is stored.
    async fn compare(&mut self, first: usize) -> Result<(), String> {
        for written in &self.written[first..] {
            let keys: Vec<&str> = written.keys().collect();
            let mut entries = HashMap::new();
            for keys in keys.chunks(PAGE) {
                let found = self.stored.entries.get_many(keys).await.map_err(said)?;
                entries.extend(found.into_iter().flatten().map(|entry| (entry.id.clone(), entry)));
            }
            let sums = self.stored.sums.get(written.name()).await.map_err(said)?;
            self.tally.extend(written.name(), written.verdicts(&entries, sums.as_ref()));
        }
        Ok(())
    }

    /// Compares everything that is stored with everything that was written.
    async fn compare_all(&mut self) -> Result<(), String> {
        let (mut entries, mut values) = (HashMap::new(), HashMap::new());
        let mut stream = self.stored.entries.find(Filter::all()).stream();
        while let Some(entry) = stream.next().await {
            let entry = entry.map_err(said)?;
            if let Some(value) = &entry.value
                && let Some(other) = values.insert(value.clone(), entry.id.clone())
            {
                self.tally.extend(&other, [Verdict::Doubled(format!("its unique value is that of {} too", entry.id))]);
            }
            if let Some(entry) = entries.insert(entry.id.clone(), entry) {
                self.tally.extend(&entry.id, [Verdict::Doubled("two records have this key".to_owned())]);
            }
        }
        for written in &self.written {
            let sums = self.stored.sums.get(written.name()).await.map_err(said)?;
            self.tally.extend(written.name(), written.verdicts(&entries, sums.as_ref()));
            written.keys().for_each(|key| drop(entries.remove(key)));
        }
        for key in entries.into_keys() {
            self.tally.extend(&key, [Verdict::Doubled("nobody wrote this record".to_owned())]);
        }
        Ok(())
    }
}

fn said(error: backends::Error) -> String {
    format!("a call failed: {error}")
}
