//! A list of mistakes, so that a check reports all of them at once.

use super::{Error, ErrorKind, Result};

/// Mistakes that are listed, so that no input makes a message without end.
const MOST: usize = 200;

/// Collects what is wrong and turns it into one error. What is more than 200 mistakes is not listed.
///
/// ```
/// use backends_core::{ErrorKind, Mistakes};
///
/// let mut mistakes = Mistakes::new(ErrorKind::InvalidConfig);
/// mistakes.add("`port` is missing");
/// mistakes.add("`host` is empty");
/// let error = mistakes.into_result().unwrap_err();
/// assert_eq!(error.mistakes().len(), 2);
/// assert_eq!(error.to_string(), "invalid configuration: 2 mistakes: `port` is missing; `host` is empty");
/// ```
#[derive(Debug)]
pub struct Mistakes {
    kind: ErrorKind,
    /// At most one more than is listed: that one takes no more room than saying that there is one.
    list: Vec<String>,
    has_more: bool,
}

impl Mistakes {
    /// An empty list; the error will be of `kind`.
    pub fn new(kind: ErrorKind) -> Self {
        Self { kind, list: Vec::new(), has_more: false }
    }

    /// Adds one mistake: what is wrong, then what to do, without a value. The same text is kept once.
    pub fn add(&mut self, mistake: impl Into<String>) {
        let mistake = mistake.into();
        if self.has_more || self.list.contains(&mistake) {
            return;
        }
        self.has_more = self.list.len() > MOST;
        if !self.has_more {
            self.list.push(mistake);
        }
    }

    /// Adds the error of `result`, and returns its value if it has one.
    pub fn check<T>(&mut self, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                if error.mistakes().is_empty() {
                    self.add(error.message());
                } else {
                    error.mistakes().iter().for_each(|mistake| self.add(mistake));
                }
                None
            }
        }
    }

    fn word(&self) -> &'static str {
        match self.kind {
            ErrorKind::DefinitionConflict => "differences",
            ErrorKind::Unsupported => "reasons",
            _ => "mistakes",
        }
    }

    /// Whether there is none so far.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// `Ok` if there is no mistake.
    ///
    /// # Errors
    /// One that lists them, of the kind that was given.
    pub fn into_result(mut self) -> Result<()> {
        let more = if self.has_more { "more than " } else { "" };
        if self.has_more {
            self.list.truncate(MOST);
        }
        let count = self.list.len();
        self.list.extend(self.has_more.then(|| "and more".to_owned()));
        let message = match self.list.as_slice() {
            [] => return Ok(()),
            [one] => one.clone(),
            many => format!("{more}{count} {}: {}", self.word(), many.join("; ")),
        };
        let mut error = Error::new(self.kind, message);
        error.0.mistakes = self.list;
        Err(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(count: usize) -> Error {
        let mut mistakes = Mistakes::new(ErrorKind::InvalidConfig);
        for _ in 0..2 {
            (0..count).for_each(|at| mistakes.add(format!("mistake {at}")));
        }
        mistakes.into_result().unwrap_err()
    }

    #[test]
    fn c38_mistakes_without_end_make_a_message_with_one() {
        for count in [2, 200, 201] {
            let error = error(count);
            assert_eq!(error.mistakes().len(), count);
            assert!(error.message().starts_with(&format!("{count} mistakes: mistake 0; ")), "{error}");
            assert!(error.message().ends_with(&format!("mistake {}", count - 1)), "{error}");
        }
        for count in [202, 20_000] {
            let error = error(count);
            assert_eq!(error.mistakes().len(), 201);
            assert!(error.message().starts_with("more than 200 mistakes: mistake 0; "), "{error}");
            assert!(error.message().ends_with("mistake 199; and more"), "{error}");
        }
    }

    #[test]
    fn c38_mistakes_of_several_errors_are_bounded_together() {
        let mut mistakes = Mistakes::new(ErrorKind::InvalidConfig);
        mistakes.add("the first");
        mistakes.check(Err::<(), _>(error(20_000)));
        mistakes.check(Err::<(), _>(Error::invalid_config("the last")));
        let error = mistakes.into_result().unwrap_err();
        assert_eq!((error.mistakes().len(), error.mistakes()[0].as_str()), (201, "the first"));
        assert!(error.message().ends_with("and more"), "{error}");
    }
}
