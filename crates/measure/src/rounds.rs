//! Rounds of work in turn, and what they cost: ratios of pairs, with an interval.

use std::alloc::System;
use std::fmt;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How often each contender does its round.
const ROUNDS: usize = 31;

/// What one round cost, for each operation.
#[derive(Debug, Clone, Copy)]
struct Cost {
    time: f64,
    cpu: f64,
    allocations: f64,
}

/// The user and system time of this process, all threads.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// Someone who does the same round of work; it says how many operations it was.
pub struct Contender<'a> {
    name: &'static str,
    /// How many times as fast as this one ours has to be, where that differs from what is asked of the others.
    target: Option<f64>,
    prepare: Option<Box<dyn FnMut() + 'a>>,
    run: Box<dyn FnMut() -> usize + 'a>,
}

impl fmt::Debug for Contender<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Contender").field(&self.name).finish()
    }
}

impl<'a> Contender<'a> {
    /// One of this name.
    pub fn new(name: &'static str, run: impl FnMut() -> usize + 'a) -> Self {
        Self { name, target: None, prepare: None, run: Box::new(run) }
    }

    /// The same, with what has to be done before each round and is not measured.
    #[must_use]
    pub fn prepared(self, prepare: impl FnMut() + 'a) -> Self {
        Self { prepare: Some(Box::new(prepare)), ..self }
    }

    /// The same with a target of its own for the throughput of ours.
    #[must_use]
    pub fn beaten(self, target: f64) -> Self {
        Self { target: Some(target), ..self }
    }

    /// The same with another name in the tables.
    #[must_use]
    pub fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    #[allow(clippy::cast_precision_loss, reason = "counts of operations are small")]
    fn round(&mut self) -> Cost {
        if let Some(prepare) = &mut self.prepare {
            prepare();
        }
        let region = Region::new(ALLOCATOR);
        let (cpu_before, begun) = (cpu(), Instant::now());
        let operations = (self.run)() as f64;
        let (time, cpu_after) = (begun.elapsed(), cpu());
        Cost {
            time: time.as_secs_f64() / operations,
            cpu: cpu_after.saturating_sub(cpu_before).as_secs_f64() / operations,
            allocations: region.change().allocations as f64 / operations,
        }
    }
}

/// A median, and its interval of 95 %.
#[derive(Debug, Clone, Copy)]
struct Median {
    value: f64,
    low: f64,
    high: f64,
}

impl Median {
    /// The ranks of the interval are those of the binomial distribution: of 31 values the 10th and the 22nd.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of rounds is small"
    )]
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let count = values.len() as f64;
        let spread = 1.96 * count.sqrt();
        let low = (f64::midpoint(count, -spread).floor() as usize).max(1) - 1;
        let high = ((f64::midpoint(count, spread) + 1.0).ceil() as usize).min(values.len()) - 1;
        Self { value: values[values.len() / 2], low: values[low], high: values[high] }
    }
}

impl fmt::Display for Median {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} ({:.2}–{:.2})", self.value, self.low, self.high)
    }
}

/// A comparison of contenders in one kind of work.
#[derive(Debug, Clone)]
#[must_use]
pub struct Comparison {
    what: String,
    throughput: Option<f64>,
    cpu: Option<f64>,
    warm_up: usize,
    rounds: usize,
}

impl Comparison {
    /// A comparison without targets.
    pub fn of(what: impl Into<String>) -> Self {
        Self { what: what.into(), throughput: None, cpu: None, warm_up: 1, rounds: ROUNDS }
    }

    /// How many times as fast ours has to be.
    pub fn throughput(self, target: f64) -> Self {
        Self { throughput: Some(target), ..self }
    }

    /// How much of their CPU time ours may take.
    pub fn cpu(self, target: f64) -> Self {
        Self { cpu: Some(target), ..self }
    }

    /// How many rounds each does before the first that counts; one unless this says otherwise.
    pub fn warm_up(self, rounds: usize) -> Self {
        Self { warm_up: rounds, ..self }
    }

    /// How many rounds of each count, unless `--rounds` says otherwise; 31 unless this does. For rounds of seconds.
    pub fn rounds(self, rounds: usize) -> Self {
        Self { rounds, ..self }
    }

    /// Lets the contenders do their rounds, and prints a row for each, if that is wanted. The first is ours.
    pub fn run(&self, contenders: &mut [Contender<'_>]) {
        if !is_wanted(&self.what) {
            return;
        }
        if let Some(only) = option("only") {
            return self.run_only(contenders.iter_mut().filter(|contender| contender.name == only));
        }
        let mut costs: Vec<Vec<Cost>> = contenders.iter().map(|_| Vec::new()).collect();
        for contender in contenders.iter_mut() {
            self.warm(contender);
        }
        for round in 0..rounds(self.rounds) {
            let count = contenders.len();
            for turn in 0..count {
                let index = if round % 2 == 0 { turn } else { count - 1 - turn };
                costs[index].push(contenders[index].round());
            }
        }
        for (index, (contender, own)) in contenders.iter().zip(&costs).enumerate() {
            let throughput = contender.target.or(self.throughput);
            Self { throughput, ..self.clone() }.print(contender.name, own, (index > 0).then_some(&costs[0]));
        }
    }

    fn warm(&self, contender: &mut Contender<'_>) {
        for _ in 0..self.warm_up {
            contender.round();
        }
    }

    /// For a profiler: one contender by itself, and no ratio.
    fn run_only<'c, 'a: 'c>(&self, contenders: impl Iterator<Item = &'c mut Contender<'a>>) {
        for contender in contenders {
            self.warm(contender);
            let costs: Vec<Cost> = (0..rounds(self.rounds)).map(|_| contender.round()).collect();
            self.print(contender.name, &costs, None);
        }
    }

    fn print(&self, name: &str, own: &[Cost], ours: Option<&Vec<Cost>>) {
        let of = |read: fn(&Cost) -> f64| Median::of(own.iter().map(read).collect()).value;
        let (speed, cpu, target) = match ours {
            None => ("1".to_owned(), "1".to_owned(), String::new()),
            Some(ours) => {
                let pairs = || ours.iter().zip(own);
                let speed = Median::of(pairs().map(|(ours, own)| own.time / ours.time).collect());
                let cpu = Median::of(pairs().map(|(ours, own)| ours.cpu / own.cpu).collect());
                (speed.to_string(), cpu.to_string(), self.verdict(speed, cpu))
            }
        };
        println!(
            "| {} | {name} | {:.0} | {speed} | {:.1} | {cpu} | {:.1} | {target} |",
            self.what,
            1.0 / of(|cost| cost.time),
            of(|cost| cost.cpu) * 1e6,
            of(|cost| cost.allocations),
        );
    }

    fn verdict(&self, speed: Median, cpu: Median) -> String {
        let verdict = |holds: bool| if holds { "" } else { ": missed" };
        let speed = self.throughput.map(|target| format!("{target:.2}{}", verdict(speed.high >= target)));
        let cpu = self.cpu.map(|target| format!("CPU {target:.2}{}", verdict(cpu.value <= target)));
        let targets: Vec<String> = speed.into_iter().chain(cpu).collect();
        targets.join(", ")
    }
}

/// Prints the head of the table.
pub fn print_head() {
    println!("| what | who | ops/s | ratio | CPU µs/op | CPU ratio | allocations/op | target |");
    println!("|---|---|--:|--:|--:|--:|--:|---|");
}

/// Whether these rows are asked for: the words of the command line are parts of their names, and none means all.
fn is_wanted(what: &str) -> bool {
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with("--")).peekable();
    words.peek().is_none() || words.any(|word| what.contains(&word))
}

/// The value in `--name=value`.
fn option(name: &str) -> Option<String> {
    let value = |word: String| word.strip_prefix("--")?.strip_prefix(name)?.strip_prefix('=').map(str::to_owned);
    std::env::args().find_map(value)
}

/// The number in `--rounds=N`, or else this one.
fn rounds(usual: usize) -> usize {
    option("rounds").map_or(usual, |number| number.parse().unwrap_or_else(|_| panic!("`--rounds=N`: N is a number")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_31_values_the_10th_and_the_22nd_are_the_interval() {
        let median = Median::of((1..=31).rev().map(f64::from).collect());
        assert_eq!((median.value, median.low, median.high), (16.0, 10.0, 22.0));
        let one = Median::of(vec![1.0]);
        assert_eq!((one.value, one.low, one.high), (1.0, 1.0, 1.0));
    }

    #[test]
    fn a_throughput_holds_by_its_interval_and_a_cpu_time_by_its_median() {
        let targets = Comparison::of("x").throughput(0.97).cpu(1.1);
        let median = |value, high| Median { value, low: 0.0, high };
        assert_eq!(targets.verdict(median(0.9, 0.97), median(1.1, 2.0)), "0.97, CPU 1.10");
        assert_eq!(targets.verdict(median(0.9, 0.96), median(1.2, 2.0)), "0.97: missed, CPU 1.10: missed");
        assert_eq!(Comparison::of("x").verdict(median(0.0, 0.0), median(9.0, 9.0)), "");
    }
}
