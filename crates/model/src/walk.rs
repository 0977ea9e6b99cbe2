//! Pages over many records while others write, and one match among very many: `cargo xtask pages`.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use backends::{Backend, Definition, Document, Filter, Order, PageToken, Repository, Value, field};
use tokio::task::JoinHandle;

use crate::options::Words;
use crate::store::Stores;

/// Records that one call stores.
const BATCH: u64 = 1_000;

/// So many values the records have at the place that they are sorted by.
const RANKS: u64 = 500;

/// So many records each writer leaves there, before it deletes its oldest.
const KEPT: u64 = 50;

/// What to walk over.
#[derive(Debug)]
pub struct Walk {
    backend: String,
    records: u64,
    size: u32,
    is_ordered: bool,
    writers: u64,
    /// The walk is repeated until the writers have done this many writes.
    writes: u64,
    /// How many records are looked through for one match; none if not.
    needle: u64,
    /// The time limit of a page that looks for the one match.
    limit: Duration,
}

/// What walks have seen.
#[derive(Debug, Default)]
struct Seen {
    walks: u64,
    pages: u64,
    /// Records of the writers.
    others: u64,
    unordered: u64,
    short: u64,
    missing: u64,
    twice: usize,
}

impl Walk {
    /// Reads `--backend=B`, `--records=N`, `--size=N`, `--ordered`, `--writers=N`, `--writes=N`, `--needle=N` and
    /// `--limit-ms=N`; see `cargo xtask pages --help`.
    ///
    /// # Errors
    /// What is none of these, or no number.
    pub fn read(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut words = Words::new(words);
        let walk = Self {
            backend: words.text("--backend").unwrap_or_else(|| "memory".to_owned()),
            records: words.number("--records")?.unwrap_or(100_000),
            is_ordered: words.flag("--ordered"),
            size: words.number("--size")?.unwrap_or(2_000),
            writers: words.number("--writers")?.unwrap_or(4),
            writes: words.number("--writes")?.unwrap_or(1_000),
            needle: words.number("--needle")?.unwrap_or(0),
            limit: Duration::from_millis(words.number("--limit-ms")?.unwrap_or(400)),
        };
        words.finish()?;
        Ok(walk)
    }

    /// Walks, and prints what was seen; how much of it was not as it has to be.
    ///
    /// # Errors
    /// A call fails.
    pub async fn run(self) -> Result<u64, String> {
        let stores = Stores::new(&self.backend, None)?;
        let backend = stores.open(0).await?;
        let result = if self.needle > 0 { self.find_needle(&backend).await } else { self.page_through(&backend).await };
        stores.remove(0, backend).await?;
        result
    }

    async fn define(&self, backend: &Backend) -> Result<Repository<Document>, String> {
        let definition = Definition::builder("walks").partition_key_of("number", backends::Kind::Integer);
        let definition =
            if self.is_ordered { definition.index(backends::Index::on(["rank"]).ordered()) } else { definition };
        let definition = definition.field("rank", backends::Kind::Integer).build().map_err(said)?;
        backend.define(definition).await.map_err(said)
    }

    async fn page_through(&self, backend: &Backend) -> Result<u64, String> {
        let walks = self.define(backend).await?;
        fill(&walks, self.records, None).await?;
        let stop = Arc::new(AtomicBool::new(false));
        let written = Arc::new(AtomicU64::new(0));
        let writers: Vec<_> = (0..self.writers)
            .map(|writer| {
                let (walks, stop, written) = (walks.clone(), Arc::clone(&stop), Arc::clone(&written));
                let first = self.records + writer * 1_000_000_000;
                tokio::spawn(async move { write(&walks, first, &stop, &written).await })
            })
            .collect();
        let find = walks.find(Filter::all()).sort("rank", Order::Desc);
        let requests = find.page(self.size).explain().await.map_err(said)?.requests;
        let started = Instant::now();
        let seen = self.walk_beside(&walks, &written, &writers).await;
        stop.store(true, Ordering::Relaxed);
        for writer in writers {
            writer.await.map_err(|error| format!("a writer panicked: {error}"))??;
        }
        let seen = seen?;
        let seconds = started.elapsed().as_secs_f64();
        let count = written.load(Ordering::Relaxed);
        let by = if self.is_ordered { "an ordered index" } else { "no index" };
        println!(
            "{}: {} records by {by}, {} walks, {} pages of {}, {seconds:.1} s, {} short, {count} writes of {} writers \
             meanwhile, {} of their records seen",
            self.backend, self.records, seen.walks, seen.pages, self.size, seen.short, self.writers, seen.others
        );
        println!(
            "{} untouched records, {} missing, {} more than once, {} out of order; requests a page: {requests}",
            self.records, seen.missing, seen.twice, seen.unordered
        );
        Ok(seen.missing + seen.twice as u64 + seen.unordered)
    }

    /// Walks until enough was written meanwhile, or a writer has ended.
    async fn walk_beside(
        &self,
        walks: &Repository<Document>,
        written: &AtomicU64,
        writers: &[JoinHandle<Result<(), String>>],
    ) -> Result<Seen, String> {
        let mut seen = Seen::default();
        loop {
            self.walk(walks, &mut seen).await?;
            let is_enough = self.writers == 0 || written.load(Ordering::Relaxed) >= self.writes;
            if is_enough || writers.iter().any(JoinHandle::is_finished) {
                return Ok(seen);
            }
        }
    }

    async fn walk(&self, walks: &Repository<Document>, seen: &mut Seen) -> Result<(), String> {
        // How often each record that nobody touches has come.
        let mut counts = HashMap::<u64, u64>::new();
        let mut next: Option<PageToken> = None;
        let mut last: Option<(Option<i64>, i64)> = None;
        loop {
            let find = walks.find(Filter::all()).sort("rank", Order::Desc).timeout(Duration::from_secs(600));
            let page = find.page(self.size).after(next).await.map_err(said)?;
            seen.pages += 1;
            for record in &page.records {
                let place = (integer(record, "rank"), integer(record, "number").unwrap_or_default());
                // Missing ranks are the smallest; ties are in the direction of the order.
                if last.is_some_and(|last| place >= last) {
                    seen.unordered += 1;
                }
                last = Some(place);
                match u64::try_from(place.1) {
                    Ok(number) if number < self.records => *counts.entry(number).or_default() += 1,
                    _ => seen.others += 1,
                }
            }
            seen.short += u64::from(page.next.is_some() && page.records.len() < self.size as usize);
            next = page.next;
            if next.is_none() {
                seen.walks += 1;
                seen.missing += self.records - counts.len() as u64;
                seen.twice += counts.values().filter(|count| **count > 1).count();
                return Ok(());
            }
        }
    }

    /// One record of very many matches, and no index helps: pages that end when half of their time is over.
    async fn find_needle(&self, backend: &Backend) -> Result<u64, String> {
        let walks = self.define(backend).await?;
        fill(&walks, self.needle, Some(self.needle * 2 / 3)).await?;
        let (mut pages, mut found, mut longest) = (0_u64, 0_u64, Duration::ZERO);
        let mut next: Option<PageToken> = None;
        let started = Instant::now();
        loop {
            let find = walks.find(field("note").eq("needle")).timeout(self.limit);
            let asked = Instant::now();
            let page = find.page(10).after(next).await.map_err(said)?;
            longest = longest.max(asked.elapsed());
            pages += 1;
            found += page.records.len() as u64;
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        println!(
            "{}: {found} match among {} records over {pages} pages with {} ms each, the longest {} ms, {:.1} s",
            self.backend,
            self.needle,
            self.limit.as_millis(),
            longest.as_millis(),
            started.elapsed().as_secs_f64()
        );
        Ok(u64::from(found != 1 || pages < 2 || longest > self.limit))
    }
}

/// Stores so many records, one of them with the note that is looked for.
async fn fill(walks: &Repository<Document>, records: u64, needle: Option<u64>) -> Result<(), String> {
    for first in (0..records).step_by(usize::try_from(BATCH).unwrap_or(1)) {
        let batch: Vec<_> = (first..(first + BATCH).min(records))
            .map(|number| {
                let mut record = record(number);
                if needle == Some(number) {
                    record.insert("note", "needle");
                }
                record
            })
            .collect();
        walks.insert_many(&batch).await.map_err(said)?;
    }
    Ok(())
}

/// A record; many have the same rank, and one in five has none.
fn record(number: u64) -> Document {
    // Neighbours by number are none by rank.
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    let mut record = Document::from([
        ("number", Value::Int(i64::try_from(number).unwrap_or(i64::MAX))),
        ("note", Value::from(format!("the note of record {number}, as long as a short one is"))),
    ]);
    if !mixed.is_multiple_of(5) {
        record.insert("rank", i64::try_from(mixed % RANKS).unwrap_or_default());
    }
    record
}

/// Inserts records of its own, and deletes the oldest of them again, until it is told to stop.
async fn write(walks: &Repository<Document>, first: u64, stop: &AtomicBool, written: &AtomicU64) -> Result<(), String> {
    for number in first.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        walks.insert(&record(number)).await.map_err(said)?;
        written.fetch_add(1, Ordering::Relaxed);
        if number >= first + KEPT {
            walks.delete(number - KEPT).await.map_err(said)?;
            written.fetch_add(1, Ordering::Relaxed);
        }
    }
    Ok(())
}

fn integer(record: &Document, name: &str) -> Option<i64> {
    match record.get(name) {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    }
}

fn said(error: backends::Error) -> String {
    format!("a call failed: {error}")
}
