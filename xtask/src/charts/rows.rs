//! The rows of the tables that the benches print.

use crate::Result;

/// Ours against another in one kind of work.
#[derive(Debug, PartialEq)]
pub(super) struct Row {
    pub(super) what: String,
    /// The other one.
    pub(super) who: String,
    /// How many times as fast ours is; not where only times are compared.
    pub(super) speed: Option<Ratio>,
    /// Its time, or its CPU time, by that of the other.
    pub(super) time: Ratio,
}

/// A median with its interval, and what was promised of it.
#[derive(Debug, PartialEq, Clone, Copy)]
pub(super) struct Ratio {
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) target: Option<f64>,
    pub(super) is_missed: bool,
}

impl Row {
    pub(super) fn ratios(&self) -> impl Iterator<Item = Ratio> {
        self.speed.into_iter().chain([self.time])
    }

    pub(super) fn is_missed(&self) -> bool {
        self.ratios().any(|ratio| ratio.is_missed)
    }

    /// The call, without how many of them are on their way.
    pub(super) fn call(&self) -> &str {
        match self.what.rsplit_once(", ") {
            Some((call, rest)) if rest.ends_with(" in flight") => call,
            _ => &self.what,
        }
    }

    /// The row with the figures that missed a target.
    pub(super) fn brief(&self) -> String {
        let speed = self.speed.filter(|speed| speed.is_missed).map(|speed| format!("{:.2}", speed.value));
        let name = if self.speed.is_some() { "CPU" } else { "time" };
        let time = Some(self.time).filter(|time| time.is_missed).map(|time| format!("{name} {:.2}", time.value));
        let figures: Vec<String> = speed.into_iter().chain(time).collect();
        format!("{} against {} ({})", self.what, self.who, figures.join(", "))
    }
}

/// The rows of all tables in a text; those of ours say nothing by themselves.
///
/// # Errors
/// What is wrong with a row.
pub(super) fn read(text: &str) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut has_speed = false;
    for line in text.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let row = match cells[..] {
            ["what", second, ..] => {
                has_speed = second == "who";
                continue;
            }
            [rule, ..] if rule.starts_with("---") => continue,
            [what, who, _, speed, _, time, _, targets] if has_speed => {
                if speed == "1" {
                    continue;
                }
                of_client([what, who, speed, time, targets])
            }
            [what, _, who, _, time, _, target] if !has_speed => of_times([what, who, time, target]),
            _ => None,
        };
        rows.push(row.ok_or_else(|| format!("no row of a bench: {line}"))?);
    }
    Ok(rows)
}

fn of_client([what, who, speed, time, targets]: [&str; 5]) -> Option<Row> {
    let (mut speed, mut time) = (ratio(speed)?, ratio(time)?);
    for target in targets.split(", ").filter(|target| !target.is_empty()) {
        match target.strip_prefix("CPU ") {
            Some(target) => time.promise(target)?,
            None => speed.promise(target)?,
        }
    }
    Some(Row { what: what.to_owned(), who: who.to_owned(), speed: Some(speed), time })
}

fn of_times([what, who, time, target]: [&str; 4]) -> Option<Row> {
    let mut time = ratio(time)?;
    if !target.is_empty() {
        time.promise(target)?;
    }
    Some(Row { what: what.to_owned(), who: who.replace('`', ""), speed: None, time })
}

/// Such as `0.93 (0.89–0.98)`.
fn ratio(text: &str) -> Option<Ratio> {
    let (value, interval) = text.strip_suffix(')')?.split_once(" (")?;
    let (low, high) = interval.split_once('–')?;
    let number = |text: &str| text.parse().ok();
    Some(Ratio { value: number(value)?, low: number(low)?, high: number(high)?, target: None, is_missed: false })
}

impl Ratio {
    /// Reads a target such as `0.97` or `0.97: missed`.
    fn promise(&mut self, text: &str) -> Option<()> {
        let (target, missed) = text.split_once(": ").map_or((text, None), |(target, rest)| (target, Some(rest)));
        self.target = Some(target.parse().ok()?);
        self.is_missed = missed.map_or(Some(false), |missed| (missed == "missed").then_some(true))?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: &str = "\
On a server:

| what | who | ops/s | ratio | CPU µs/op | CPU ratio | allocations/op | target |
|---|---|--:|--:|--:|--:|--:|---|
| get, 1 in flight | ours | 57347 | 1 | 19.2 | 1 | 22.0 |  |
| get, 1 in flight | threads | 62138 | 0.93 (0.89–0.98) | 16.9 | 1.13 (1.07–1.18) | 12.0 | 0.97, CPU 1.10: missed |
| get_many of 10,000 | driver | 9 | 1.04 (1.03–1.06) | 1.6 | 1.02 (1.00–1.05) | 12.0 |  |
";

    #[test]
    fn the_rows_of_a_client_are_read_with_their_targets() {
        let rows = read(CLIENT).unwrap();
        assert_eq!(rows.len(), 2);
        let speed = Ratio { value: 0.93, low: 0.89, high: 0.98, target: Some(0.97), is_missed: false };
        let time = Ratio { value: 1.13, low: 1.07, high: 1.18, target: Some(1.1), is_missed: true };
        assert_eq!(rows[0], Row { what: "get, 1 in flight".into(), who: "threads".into(), speed: Some(speed), time });
        assert_eq!(rows[0].brief(), "get, 1 in flight against threads (CPU 1.13)");
        assert_eq!((rows[0].call(), rows[1].call()), ("get", "get_many of 10,000"));
        assert!(!rows[1].is_missed() && rows[1].ratios().all(|ratio| ratio.target.is_none()));
    }

    #[test]
    fn the_rows_of_times_are_read_with_their_targets() {
        let text = "\
| what | ns | against | ns | ratio (95 %) | more ns | target |
|---|---|---|---|---|---|---|
| record to type | 323 | static serde | 290 | 1.12 (1.11–1.12) | +33 | 1.10: missed |
| get | 773 | `x` | 130 | 5.96 (5.93–5.99) | +643 |  |
";
        let rows = read(text).unwrap();
        assert_eq!(rows[0].brief(), "record to type against static serde (time 1.12)");
        assert_eq!((rows[1].who.as_str(), rows[1].speed, rows[1].time.high), ("x", None, 5.99));
    }

    #[test]
    fn what_is_no_row_is_an_error_that_shows_it() {
        for wrong in ["| a | b |", "| a | b | 1 | x | 1 | 1.00 (1.00–1.00) | 1 |  |"] {
            let text = format!("{CLIENT}{wrong}\n");
            assert_eq!(read(&text), Err(format!("no row of a bench: {wrong}")));
        }
        assert!(read(&CLIENT.replace(": missed", ": met")).is_err());
    }
}
