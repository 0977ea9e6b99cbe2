//! Random programs on a backend and on a model of it, whose answers are compared: `cargo xtask model`.
//!
//! A [program](Options) is a definition and calls that fit it, made of a seed; the model is a list of documents and the
//! contract, said a second time. What differs is made smaller as long as it differs, and printed.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line program talks to its terminal")]

mod cities;
mod failover;
mod generate;
mod harm;
mod killed;
mod operation;
mod options;
mod program;
mod reference;
mod run;
mod schema;
mod shrink;
mod store;
mod stream;
mod walk;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub use cities::Dataset;
pub use failover::Failover;
pub use killed::{Backfill, Operation, Victim, define as define_killed};
pub use options::Options;
use program::Program;
use store::Stores;
pub use stream::Streaming;
pub use walk::Walk;

/// So many operations have a definition of their own.
const OPERATIONS: u64 = 400;

/// So many smaller programs are tried before one is printed; where requests are harmed each takes its time.
const TRIES: u64 = 3_000;
const TRIES_OF_HARMED: u64 = 100;

/// After so many programs that differ there is enough to look at.
const ENOUGH: u64 = 10;

/// What all programs together have done so far.
struct Work {
    stores: Arc<Stores>,
    options: Options,
    programs: u64,
    /// The number of the next program.
    next: AtomicU64,
    operations: AtomicU64,
    differences: AtomicU64,
}

/// Runs what the command line says: a success if it counts nothing that is wrong.
pub async fn end<O, F>(program: &str, options: Result<O, String>, run: impl FnOnce(O) -> F) -> ExitCode
where
    F: Future<Output = Result<u64, String>>,
{
    let ran = match options {
        Ok(options) => run(options).await,
        Err(message) => Err(message),
    };
    match ran {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{program}: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Runs all programs, prints what differs, and gives the number of programs that did.
///
/// # Errors
/// The backend is not compiled in, or its stores cannot be opened or removed.
pub async fn run(options: Options) -> Result<u64, String> {
    let together = OPERATIONS * u64::from(options.writers);
    let programs = options.operations.div_ceil(together);
    println!("seed {}, {programs} definitions of up to {OPERATIONS} operations each", options.seed);
    let stores = Arc::new(Stores::new(&options.backend, options.harm)?);
    let (next, operations, differences) = Default::default();
    let jobs = options.jobs;
    let work = Arc::new(Work { stores, options, programs, next, operations, differences });
    let running: Vec<_> = (0..jobs).map(|_| tokio::spawn(Arc::clone(&work).go_on())).collect();
    let shown = tokio::spawn(Arc::clone(&work).show());
    let started = Instant::now();
    for one in running {
        one.await.map_err(|error| format!("a program panicked: {error}"))??;
    }
    shown.abort();
    let [operations, differing] = [&work.operations, &work.differences].map(|count| count.load(Ordering::Relaxed));
    let seconds = started.elapsed().as_secs_f64();
    println!("{} on {programs} definitions, seed {}, {seconds:.0} s", work.options.backend, work.options.seed);
    if work.options.harm.is_some() {
        let [harmed, asked, failed] = work.stores.counts();
        let percent = harmed * 100 / asked.max(1);
        println!("{harmed} of {asked} requests harmed ({percent} of 100), {failed} operations failed");
    }
    println!("{operations} operations, {differing} divergences");
    Ok(differing)
}

impl Work {
    /// Runs one program after another until there are no more.
    async fn go_on(self: Arc<Self>) -> Result<(), String> {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let enough = if self.options.stops_at_first { 1 } else { ENOUGH };
            if number >= self.programs || self.differences.load(Ordering::Relaxed) >= enough {
                return Ok(());
            }
            let writers = u64::from(self.options.writers);
            let left = self.options.operations.div_ceil(writers) - number * OPERATIONS;
            let length = usize::try_from(left.min(OPERATIONS)).unwrap_or(usize::MAX);
            let (seed, scale) = (self.options.seed.wrapping_add(number), self.options.scale);
            if self.options.writers > 1 {
                self.run_together(number, generate::programs(seed, length, scale, self.options.writers)).await?;
                continue;
            }
            let program = generate::program(seed, length, scale);
            let difference = run::run(&self.stores, number, &program).await?;
            let done = difference.as_ref().map_or(program.operations.len(), |(at, _)| at + 1);
            self.operations.fetch_add(done as u64, Ordering::Relaxed);
            if let Some((at, difference)) = difference {
                self.differences.fetch_add(1, Ordering::Relaxed);
                self.report(number, program, at, difference).await?;
            }
        }
    }

    /// Runs programs at once; one that differs is printed as it is, since it may not do so again.
    async fn run_together(&self, number: u64, programs: Vec<Program>) -> Result<(), String> {
        let differences = run::run_together(&self.stores, number, &programs).await?;
        let length: usize = programs.iter().map(|program| program.operations.len()).sum();
        self.operations.fetch_add(length as u64, Ordering::Relaxed);
        for (writer, difference) in differences {
            self.differences.fetch_add(1, Ordering::Relaxed);
            match programs.get(writer).zip(difference.0) {
                Some((program, at)) => {
                    println!("DIVERGENCE: seed {}, writer {writer}\n{program}", program.seed);
                    println!("  operation {at}: {}\n", difference.1);
                }
                None => println!("DIVERGENCE: seed {}: {}\n", programs[0].seed, difference.1),
            }
        }
        Ok(())
    }

    /// Makes a program smaller as long as it differs, and prints it.
    async fn report(&self, number: u64, mut program: Program, at: usize, difference: String) -> Result<(), String> {
        eprintln!("seed {}: operation {at} differs", program.seed);
        let mut difference = (at, difference);
        program.operations.truncate(at + 1);
        // A number for each store, since a server may take its time to forget the last one.
        let mut store = (number + 1) * 1_000_000;
        let tries = if self.options.harm.is_some() { TRIES_OF_HARMED } else { TRIES };
        let last = if self.options.stops_at_first { store } else { store + tries };
        while let Some((mut smaller, found)) = self.differing(&program, &mut store, last).await? {
            smaller.operations.truncate(found.0 + 1);
            (program, difference) = (smaller, found);
        }
        println!("DIVERGENCE: seed {}\n{program}", program.seed);
        println!("  operation {}: {}\n", difference.0, difference.1);
        Ok(())
    }

    /// The first program that is smaller and differs as well, and how it does.
    async fn differing(
        &self,
        program: &Program,
        store: &mut u64,
        last: u64,
    ) -> Result<Option<(Program, (usize, String))>, String> {
        for smaller in shrink::smaller(program) {
            if *store == last {
                break;
            }
            *store += 1;
            if let Some(found) = run::run(&self.stores, *store, &smaller).await? {
                return Ok(Some((smaller, found)));
            }
        }
        Ok(None)
    }

    /// Says now and then how far it has come.
    async fn show(self: Arc<Self>) {
        loop {
            tokio::time::sleep(Duration::from_secs(10)).await;
            let [done, differing] = [&self.operations, &self.differences].map(|count| count.load(Ordering::Relaxed));
            eprintln!("{done} of {} operations, {differing} divergences", self.options.operations);
        }
    }
}
