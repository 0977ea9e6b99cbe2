//! Makes inputs, mutates those that got far, runs them, and shrinks what fails.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use fastrand::Rng;

mod guard;
mod mutate;
mod options;
mod shrink;

pub use options::Options;

/// How many inputs that got far are kept to be mutated.
const POOL: usize = 512;
/// After how many different failures a run ends: there is enough to do then.
const ENOUGH: usize = 10;

/// Whether an input got far: what was read or stored is worth mutating, what was refused at once less so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was taken.
    Accepted,
    /// It was refused, as it should be.
    Refused,
}

/// What is fuzzed.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name of its program.
    pub name: &'static str,
    /// Makes an input that is likely to get far.
    pub generate: fn(&mut Rng) -> Vec<u8>,
    /// Words that mutations put into inputs.
    pub words: &'static [&'static str],
    /// Runs any input; an error says which property does not hold. A panic is a failure too.
    pub check: fn(&[u8]) -> Result<Verdict, String>,
    /// An input as a person reads it.
    pub show: fn(&[u8]) -> String,
}

/// An input for which a property does not hold, made as small as was found.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The how many-th input it was.
    pub number: u64,
    /// Which property.
    pub message: String,
    /// The input, shrunk.
    pub input: Vec<u8>,
}

/// What came of a run.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// How many inputs were run, without those of shrinking.
    pub inputs: u64,
    /// How many of them got far.
    pub accepted: u64,
    /// What failed; inputs that fail with the same words count once.
    pub failures: Vec<Failure>,
}

/// Fuzzes `target` until its time is up, and prints what fails; the program of a target.
#[allow(clippy::print_stdout, clippy::print_stderr, reason = "a program, which talks to a person")]
pub fn main(target: &Target) -> ExitCode {
    let options = match Options::from_arguments(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{}: {message}\n\n{}", target.name, options::USAGE);
            return ExitCode::from(2);
        }
    };
    println!("{}: seed {}, {} seconds", target.name, options.seed, options.time.as_secs());
    let report = run(target, &options);
    for failure in &report.failures {
        println!("\nfailure: {}", failure.message);
        println!("seed {}, input {}, shrunk to {} bytes:", options.seed, failure.number, failure.input.len());
        println!("{}", (target.show)(&failure.input));
        if let Some(kept) = options.keep(&failure.input) {
            println!("kept as {}", kept.display());
        }
    }
    println!("{} inputs got far", report.accepted);
    println!("{} inputs, {} failures", report.inputs, report.failures.len());
    if report.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Fuzzes `target`: first the corpus, if there is one, then what is made. The same seed makes the same inputs.
pub fn run(target: &Target, options: &Options) -> Report {
    let start = Instant::now();
    let mut run = Run { target, pool: Vec::new(), report: Report::default(), rng: Rng::with_seed(options.seed) };
    for input in options.corpus() {
        run.input(input);
    }
    while start.elapsed() < options.time && run.report.failures.len() < ENOUGH {
        // The clock is asked now and then only: some inputs take less than a microsecond.
        for _ in 0..16 {
            let input = run.next();
            run.input(input);
        }
    }
    run.report
}

struct Run<'a> {
    target: &'a Target,
    pool: Vec<Vec<u8>>,
    report: Report,
    rng: Rng,
}

impl Run<'_> {
    fn next(&mut self) -> Vec<u8> {
        let rng = &mut self.rng;
        let mut input = match rng.choice(&self.pool) {
            Some(kept) if rng.u8(..) < 160 => kept.clone(),
            _ => (self.target.generate)(rng),
        };
        if rng.u8(..) < 200 {
            mutate::mutate(&mut input, &self.pool, self.target.words, rng);
        }
        input
    }

    fn input(&mut self, input: Vec<u8>) {
        self.report.inputs += 1;
        match guard::check(self.target, &input) {
            Ok(Verdict::Accepted) => {
                self.report.accepted += 1;
                self.keep(input);
            }
            Ok(Verdict::Refused) => {}
            Err(message) => self.fail(&message, input),
        }
    }

    fn keep(&mut self, input: Vec<u8>) {
        if self.pool.len() < POOL {
            self.pool.push(input);
        } else if self.rng.u8(..8) == 0 {
            let place = self.rng.usize(..POOL);
            self.pool[place] = input;
        }
    }

    fn fail(&mut self, message: &str, input: Vec<u8>) {
        let words = without_numbers(message);
        if self.report.failures.iter().any(|known| without_numbers(&known.message) == words) {
            return;
        }
        let same = |input: &[u8]| guard::check(self.target, input).is_err_and(|other| without_numbers(&other) == words);
        let input = shrink::shrink(input, same, Duration::from_secs(5));
        let message = guard::check(self.target, &input).err().unwrap_or_else(|| message.to_owned());
        self.report.failures.push(Failure { number: self.report.inputs, message, input });
    }
}

/// What two messages of one failure have in common.
fn without_numbers(message: &str) -> String {
    message.chars().filter(|char| !char.is_ascii_digit()).take(120).collect()
}

#[cfg(test)]
mod tests;
