//! A run of several steps: each is timed, the first failure ends it, and a table shows what was done.

use std::time::{Duration, Instant};

use crate::{Result, table};

/// The steps done so far.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<(String, Duration, bool)>,
}

impl Steps {
    /// Does `work` under a name.
    pub(crate) fn step(&mut self, name: &str, work: impl FnOnce() -> Result) -> Result {
        println!("\n== {name}");
        let start = Instant::now();
        let result = work();
        self.done.push((name.to_owned(), start.elapsed(), result.is_ok()));
        result.map_err(|message| format!("{name}: {message}"))
    }

    /// Prints the table, also after a failure, and gives the result back.
    pub(crate) fn finish(self, result: Result) -> Result {
        println!("\n{}", self.table());
        result
    }

    fn table(&self) -> String {
        let rows: Vec<[String; 3]> = self
            .done
            .iter()
            .map(|(name, time, good)| {
                [name.clone(), format!("{:.1} s", time.as_secs_f64()), (if *good { "ok" } else { "FAILED" }).to_owned()]
            })
            .collect();
        table::markdown(["step", "time", "result"], &rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_shows_each_step_and_where_it_failed() {
        let mut steps = Steps::default();
        steps.step("first", || Ok(())).unwrap();
        let error = steps.step("second", || Err("no".to_owned())).unwrap_err();
        assert_eq!(error, "second: no");
        let table = steps.table();
        assert!(table.contains("| first  | 0.0 s | ok     |"), "{table}");
        assert!(table.contains("| second | 0.0 s | FAILED |"), "{table}");
    }
}
