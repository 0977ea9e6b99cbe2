//! A list of mistakes, so that a check reports all of them at once.

use super::{Error, ErrorKind, Result};

/// Collects what is wrong and turns it into one error.
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
    list: Vec<String>,
}

impl Mistakes {
    /// An empty list; the error will be of `kind`.
    pub fn new(kind: ErrorKind) -> Self {
        Self { kind, list: Vec::new() }
    }

    /// Adds one mistake: what is wrong, then what to do, without a value. The same text is kept once.
    pub fn add(&mut self, mistake: impl Into<String>) {
        let mistake = mistake.into();
        if !self.list.contains(&mistake) {
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
    /// One that lists all of them, of the kind that was given.
    pub fn into_result(self) -> Result<()> {
        let message = match self.list.as_slice() {
            [] => return Ok(()),
            [one] => one.clone(),
            many => format!("{} {}: {}", many.len(), self.word(), many.join("; ")),
        };
        let mut error = Error::new(self.kind, message);
        error.0.mistakes = self.list;
        Err(error)
    }
}
