//! How much memory a stream of very many records takes: `cargo xtask stream`.

use std::fs;
use std::ops::Range;

use backends::{Backend, Definition, Document, Filter, Kind, Repository, Value};

use crate::options::Words;
use crate::store::Stores;

/// Records that one call stores.
const BATCH: u64 = 1_000;

/// What a stream may hold beyond what the process holds before it, in bytes.
const MOST: u64 = 32_000_000;

/// By how much the peaks of half of the records and of all may differ, in bytes: what pages and allocators make of it.
const SAME: u64 = 4_000_000;

/// What to stream.
#[derive(Debug)]
pub struct Streaming {
    backend: String,
    records: u64,
}

impl Streaming {
    /// Reads `--backend=B` and `--records=N`; see `cargo xtask stream --help`.
    ///
    /// # Errors
    /// What is none of these, or no number.
    pub fn read(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut words = Words::new(words);
        let streaming = Self {
            backend: words.text("--backend").unwrap_or_else(|| "memory".to_owned()),
            records: words.number("--records")?.unwrap_or(1_000_000),
        };
        words.finish()?;
        Ok(streaming)
    }

    /// Streams half of the records, then all of them, and prints the peaks; how many of three things are wrong: a peak is
    /// too high, the two differ, or records are missing.
    ///
    /// # Errors
    /// A call fails, or the system does not tell what memory is used.
    pub async fn run(self) -> Result<u64, String> {
        let stores = Stores::new(&self.backend, None)?;
        let backend = stores.open(0).await?;
        let result = self.stream(&backend).await;
        stores.remove(0, backend).await?;
        result
    }

    async fn stream(&self, backend: &Backend) -> Result<u64, String> {
        let definition =
            Definition::builder("notes").partition_key_of("number", Kind::Integer).build().map_err(said)?;
        let notes: Repository<Document> = backend.define(definition).await.map_err(said)?;
        let half = self.records / 2;
        let peaks = [self.peak(&notes, 0..half).await?, self.peak(&notes, half..self.records).await?];
        let [of_half, of_all] = &peaks;
        let difference = of_half.highest.abs_diff(of_all.highest);
        println!("the peaks differ by {} KiB; by at most {} KiB", difference >> 10, SAME >> 10);
        let is_too_high = peaks.iter().any(|peak| peak.highest.saturating_sub(peak.idle) > MOST);
        let is_missing = (of_half.seen, of_all.seen) != (half, self.records);
        Ok(u64::from(is_too_high) + u64::from(difference > SAME) + u64::from(is_missing))
    }

    /// Stores more records and streams all that are there.
    async fn peak(&self, notes: &Repository<Document>, more: Range<u64>) -> Result<Peak, String> {
        for first in more.clone().step_by(usize::try_from(BATCH).unwrap_or(1)) {
            let batch: Vec<_> = (first..(first + BATCH).min(more.end)).map(note).collect();
            notes.insert_many(&batch).await.map_err(said)?;
        }
        // What the connection and the first reply take is there before.
        drop(notes.find(Filter::all()).limit(BATCH).await.map_err(said)?);
        let idle = reset_peak()?;
        let mut stream = notes.find(Filter::all()).stream();
        let mut seen = 0_u64;
        while let Some(record) = stream.next().await {
            record.map_err(said)?;
            seen += 1;
        }
        let highest = memory("VmHWM:")?;
        println!(
            "{}: a stream of {seen} records, {} KiB above the {} KiB before it; at most {} KiB",
            self.backend,
            highest.saturating_sub(idle) >> 10,
            idle >> 10,
            MOST >> 10
        );
        Ok(Peak { idle, highest, seen })
    }
}

/// What the process held before a stream and at most during it, in bytes, and how many records came.
struct Peak {
    idle: u64,
    highest: u64,
    seen: u64,
}

/// A record of about 300 bytes.
fn note(number: u64) -> Document {
    Document::from([
        ("number", Value::Int(i64::try_from(number).unwrap_or(i64::MAX))),
        ("text", Value::from(format!("{number:0250}"))),
    ])
}

/// From now on the peak is that from now on; what is used now, in bytes.
fn reset_peak() -> Result<u64, String> {
    // proc(5): 5 sets the peak back to what is used.
    fs::write("/proc/self/clear_refs", "5").map_err(|error| format!("the peak cannot be set back: {error}"))?;
    memory("VmRSS:")
}

/// What Linux says of the memory of this process, in bytes.
fn memory(what: &str) -> Result<u64, String> {
    let status = fs::read_to_string("/proc/self/status").map_err(|error| format!("no /proc/self/status: {error}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kibibytes.map(|kibibytes| kibibytes << 10).ok_or_else(|| format!("the system does not tell {what}"))
}

fn said(error: backends::Error) -> String {
    format!("a call failed: {error}")
}
