//! Two things measured against one another in one run: interleaved, so that what slows the machine slows both.
//!
//! The allocator that counts does not while time is measured; that it is asked to costs both sides about a nanosecond for
//! each allocation.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// How many pairs of samples a row has.
const PAIRS: usize = 61;
/// How long one sample takes; long against the clock's reading, short against a time slice.
const SAMPLE: Duration = Duration::from_millis(2);
/// How long a contender runs for a profiler.
const PROFILED: Duration = Duration::from_secs(4);

/// Something that can be done many times.
pub(crate) struct Contender<'a> {
    name: &'static str,
    target: Option<f64>,
    counts: bool,
    run: Box<dyn FnMut(u32) + 'a>,
}

impl<'a> Contender<'a> {
    /// `once` is what is measured; its result is kept from the optimiser.
    pub(crate) fn new<R>(name: &'static str, mut once: impl FnMut() -> R + 'a) -> Self {
        Self::many(name, move |times| {
            for _ in 0..times {
                black_box(once());
            }
        })
    }

    /// `run` does it so many times itself.
    pub(crate) fn many(name: &'static str, run: impl FnMut(u32) + 'a) -> Self {
        Self { name, target: None, counts: false, run: Box::new(run) }
    }

    /// How many times as long as the other one it may take.
    pub(crate) fn at_most(self, target: f64) -> Self {
        Self { target: Some(target), ..self }
    }

    /// The same, of which it is also told how often it and the other one allocate.
    pub(crate) fn counted(self) -> Self {
        Self { counts: true, ..self }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// How often it allocates when it is done once, not for the first time.
    fn allocations(&mut self) -> u64 {
        (self.run)(1);
        allocation_counter::measure(|| (self.run)(1)).count_total
    }

    /// Does it for some seconds, for a profiler.
    pub(crate) fn keep_on(&mut self) {
        let times = self.times();
        let start = Instant::now();
        while start.elapsed() < PROFILED {
            (self.run)(times);
        }
    }

    /// Nanoseconds for one of `times`.
    fn sample(&mut self, times: u32) -> f64 {
        let start = Instant::now();
        (self.run)(times);
        start.elapsed().as_secs_f64() * 1e9 / f64::from(times)
    }

    /// How many fit into a sample.
    fn times(&mut self) -> u32 {
        let mut times = 1;
        loop {
            let start = Instant::now();
            (self.run)(times);
            if start.elapsed() >= SAMPLE || times > 1 << 24 {
                return times;
            }
            times *= 2;
        }
    }
}

/// The figures of one row.
pub(crate) struct Row {
    what: &'static str,
    ours: f64,
    against: &'static str,
    theirs: f64,
    /// Median, and the 95 % interval of the median.
    ratio: [f64; 3],
    target: Option<f64>,
    /// How often each allocates, where that is of interest.
    allocations: Option<[u64; 2]>,
}

impl Row {
    pub(crate) fn new(mut ours: Contender<'_>, mut theirs: Contender<'_>) -> Self {
        let allocations = ours.counts.then(|| [ours.allocations(), theirs.allocations()]);
        let (mut first, mut second) = (Vec::new(), Vec::new());
        allocation_counter::opt_out(|| (first, second) = interleaved(&mut ours, &mut theirs));
        let ratios = first.iter().zip(&second).map(|(ours, theirs)| ours / theirs).collect();
        Self {
            what: ours.name,
            ours: median(first),
            against: theirs.name,
            theirs: median(second),
            ratio: interval(ratios),
            target: ours.target,
            allocations,
        }
    }

    pub(crate) const HEAD: &'static str = "\
| what | ns | against | ns | ratio (95 %) | more ns | target |
|---|--:|---|--:|--:|--:|---|";

    pub(crate) fn line(&self) -> String {
        let ([ratio, low, high], more) = (self.ratio, self.ours - self.theirs);
        let (ours, theirs) = (self.ours, self.theirs);
        let (what, against) = (self.what, self.against);
        let missed = |target| if ratio > target { ": missed" } else { "" };
        let target = self.target.map(|target| format!("{target:.2}{}", missed(target))).unwrap_or_default();
        format!(
            "| {what} | {ours:.0} | {against} | {theirs:.0} | {ratio:.2} ({low:.2}–{high:.2}) | {more:+.0} | {target} |"
        )
    }
}

/// A line below the table, since programs read that as it is: how often each of these rows allocates; nothing if none was
/// counted. `own` is how often a value of the type does by itself.
pub(crate) fn allocations(rows: &[Row], own: impl FnOnce()) -> Option<String> {
    let told = rows.iter().filter_map(|row| {
        let [ours, theirs] = row.allocations?;
        Some(format!("{} {ours}, {} {theirs}", row.what, row.against))
    });
    let told = told.collect::<Vec<_>>().join("; ");
    let own = allocation_counter::measure(own).count_total;
    (!told.is_empty()).then(|| format!("Allocations of one: {told}. The type itself has {own}."))
}

fn interleaved(ours: &mut Contender<'_>, theirs: &mut Contender<'_>) -> (Vec<f64>, Vec<f64>) {
    let times = (ours.times(), theirs.times());
    (0..PAIRS)
        .map(|pair| {
            // Whoever comes second in one pair comes first in the next.
            if pair % 2 == 0 {
                let first = ours.sample(times.0);
                (first, theirs.sample(times.1))
            } else {
                let second = theirs.sample(times.1);
                (ours.sample(times.0), second)
            }
        })
        .unzip()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// The median and its 95 % interval, by the order of the figures alone.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a few dozen figures"
)]
fn interval(mut figures: Vec<f64>) -> [f64; 3] {
    figures.sort_by(f64::total_cmp);
    let count = figures.len();
    let reach = (0.98 * (count as f64).sqrt()).ceil() as usize;
    let middle = count / 2;
    [figures[middle], figures[middle.saturating_sub(reach)], figures[(middle + reach).min(count - 1)]]
}
