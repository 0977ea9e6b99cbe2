//! The words after a verb: flags, options with a value, positions, and what follows `--`.

use std::str::FromStr;

use crate::Result;

/// What is left of the command line; each reading takes its words away.
pub(crate) struct Args {
    words: Vec<String>,
    passed_on: Vec<String>,
}

impl Args {
    pub(crate) fn new(mut words: Vec<String>) -> Self {
        let passed_on = match words.iter().position(|word| word == "--") {
            Some(at) => words.split_off(at).split_off(1),
            None => Vec::new(),
        };
        Self { words, passed_on }
    }

    /// Whether `name` (such as `--gaps`) is there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let at = self.words.iter().position(|word| word == name);
        at.map(|at| self.words.remove(at)).is_some()
    }

    /// The value of `name`, written `--name value` or `--name=value`.
    pub(crate) fn option<T: FromStr>(&mut self, name: &str) -> Result<Option<T>> {
        let with_value = format!("{name}=");
        let Some(at) = self.words.iter().position(|word| word == name || word.starts_with(&with_value)) else {
            return Ok(None);
        };
        let word = self.words.remove(at);
        let value = match word.strip_prefix(&with_value) {
            Some(value) => value.to_owned(),
            None if at < self.words.len() => self.words.remove(at),
            None => return Err(format!("`{name}` has no value; write `{name} <value>`")),
        };
        value.parse().map(Some).map_err(|_| format!("`{value}` is no value of `{name}`; see --help"))
    }

    /// The next word that is no option.
    pub(crate) fn position(&mut self) -> Option<String> {
        let at = self.words.iter().position(|word| !word.starts_with('-'))?;
        Some(self.words.remove(at))
    }

    /// What follows `--`; every word before it has to be read by now.
    pub(crate) fn passed_on(self) -> Result<Vec<String>> {
        match self.words.first() {
            Some(word) => Err(format!("`{word}` is not known here; see --help")),
            None => Ok(self.passed_on),
        }
    }

    /// Nothing may be left.
    pub(crate) fn finish(self) -> Result {
        match self.passed_on()?.first() {
            Some(word) => Err(format!("this verb passes nothing on; take `-- {word}` away")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(words: &str) -> Args {
        Args::new(words.split_whitespace().map(str::to_owned).collect())
    }

    #[test]
    fn flags_options_positions_and_the_rest_are_read_in_any_order() {
        let mut args = args("--gaps json --seconds 5 -- --nocapture -- x");
        assert_eq!(args.option("--seconds"), Ok(Some(5_u64)));
        assert_eq!(args.position().as_deref(), Some("json"));
        assert!(args.flag("--gaps"));
        assert!(!args.flag("--gaps"));
        assert_eq!(args.passed_on().unwrap(), ["--nocapture", "--", "x"]);
    }

    #[test]
    fn an_option_takes_its_value_after_an_equals_sign_too() {
        assert_eq!(args("--rounds=7").option("--rounds"), Ok(Some(7_u32)));
        assert_eq!(args("").option::<u32>("--rounds"), Ok(None));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert!(args("--rounds").option::<u32>("--rounds").unwrap_err().contains("has no value"));
        assert!(args("--rounds x").option::<u32>("--rounds").unwrap_err().contains("is no value"));
        assert!(args("--round 3").finish().unwrap_err().contains("`--round` is not known"));
        assert!(args("-- x").finish().unwrap_err().contains("passes nothing on"));
    }
}
