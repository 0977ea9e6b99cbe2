//! Rounds of work in turn, and what they cost: ratios of pairs, with an interval.

use std::alloc::System;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How often each contender does its round. For 31 ratios the 10th and the 22nd in order are an interval of 95 % around
/// the median (binomial).
pub(crate) const ROUNDS: usize = 31;
const LOW: usize = 9;
const HIGH: usize = 21;

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

/// Someone who does the same round of work; `run` says how many operations it was.
pub(crate) struct Contender<'a> {
    pub(crate) name: &'static str,
    pub(crate) run: Box<dyn FnMut() -> usize + 'a>,
}

impl<'a> Contender<'a> {
    pub(crate) fn new(name: &'static str, run: impl FnMut() -> usize + 'a) -> Self {
        Self { name, run: Box::new(run) }
    }

    #[allow(clippy::cast_precision_loss, reason = "counts of operations are small")]
    fn round(&mut self) -> Cost {
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

fn median(mut values: Vec<f64>) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    (values[values.len() / 2], values[LOW.min(values.len() - 1)], values[HIGH.min(values.len() - 1)])
}

/// Lets the contenders do their rounds in turn, in alternating order, and prints a row for each. The first is ours.
pub(crate) fn compare(what: &str, contenders: &mut [Contender<'_>]) {
    let mut costs: Vec<Vec<Cost>> = contenders.iter().map(|_| Vec::new()).collect();
    for contender in contenders.iter_mut() {
        contender.round();
    }
    for round in 0..ROUNDS {
        let count = contenders.len();
        for turn in 0..count {
            let index = if round % 2 == 0 { turn } else { count - 1 - turn };
            costs[index].push(contenders[index].round());
        }
    }
    for (index, (contender, own)) in contenders.iter().zip(&costs).enumerate() {
        let of = |read: fn(&Cost) -> f64| median(own.iter().map(read).collect()).0;
        let ratio = |read: fn(&Cost) -> f64| {
            let (median, low, high) =
                median(costs[0].iter().zip(own).map(|(ours, own)| read(own) / read(ours)).collect());
            format!("{median:.2} ({low:.2}–{high:.2})")
        };
        let cpu_ratio = median(costs[0].iter().zip(own).map(|(ours, own)| ours.cpu / own.cpu).collect());
        let (speed, cpu) = if index == 0 {
            ("1".to_owned(), "1".to_owned())
        } else {
            (ratio(|cost| cost.time), format!("{:.2} ({:.2}–{:.2})", cpu_ratio.0, cpu_ratio.1, cpu_ratio.2))
        };
        println!(
            "| {what} | {} | {:.0} | {speed} | {:.1} | {cpu} | {:.1} |",
            contender.name,
            1.0 / of(|cost| cost.time),
            of(|cost| cost.cpu) * 1e6,
            of(|cost| cost.allocations),
        );
    }
}
