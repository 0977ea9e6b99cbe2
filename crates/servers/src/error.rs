//! What went wrong with a server, as one line: what was wanted, and what kept it from being.

use std::error::Error as StdError;
use std::fmt;

/// What a call here gives.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong. Both `Display` and `Debug` are the whole line, with every cause.
pub struct Error {
    /// The innermost first.
    said: Vec<String>,
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error that this text says.
    pub fn new(message: impl fmt::Display) -> Self {
        Self { said: vec![message.to_string()], cause: None }
    }

    /// What it began with, if that is an `E`.
    pub fn cause<E: StdError + 'static>(&self) -> Option<&E> {
        self.cause.as_deref()?.downcast_ref()
    }
}

// It is no `std::error::Error` itself, so that every one of those becomes one by `?`.
impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    fn from(cause: E) -> Self {
        Self { said: Vec::new(), cause: Some(Box::new(cause)) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lead = "";
        for said in self.said.iter().rev() {
            write!(f, "{lead}{said}")?;
            lead = ": ";
        }
        let mut cause: Option<&dyn StdError> = self.cause.as_deref().map(|cause| cause as _);
        while let Some(error) = cause {
            write!(f, "{lead}{error}")?;
            lead = ": ";
            cause = error.source();
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Says what was wanted when something failed, or was not there.
pub trait Context<T>: Sized {
    /// The same with what was wanted, made only if it is needed.
    ///
    /// # Errors
    /// What was there, behind `said`.
    fn with_context<D: fmt::Display>(self, said: impl FnOnce() -> D) -> Result<T>;

    /// The same for a text that is there already.
    ///
    /// # Errors
    /// As [`with_context`](Self::with_context).
    fn context(self, said: &str) -> Result<T> {
        self.with_context(|| said)
    }
}

impl<T, E: Into<Error>> Context<T> for Result<T, E> {
    fn with_context<D: fmt::Display>(self, said: impl FnOnce() -> D) -> Result<T> {
        self.map_err(|error| {
            let mut error = error.into();
            error.said.push(said().to_string());
            error
        })
    }
}

impl<T> Context<T> for Option<T> {
    fn with_context<D: fmt::Display>(self, said: impl FnOnce() -> D) -> Result<T> {
        self.ok_or_else(|| Error::new(said()))
    }
}

/// Returns with the error that a text says.
macro_rules! bail {
    ($($text:tt)*) => {
        return Err($crate::Error::new(format_args!($($text)*)))
    };
}
pub(crate) use bail;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_with_every_cause() {
        let number: Result<u8> = "x".parse::<u8>().context("no port").with_context(|| format!("no server {}", 1));
        let error = number.unwrap_err();
        assert_eq!(error.to_string(), "no server 1: no port: invalid digit found in string");
        assert_eq!(format!("{error:?}"), error.to_string());
        assert!(error.cause::<std::num::ParseIntError>().is_some() && error.cause::<fmt::Error>().is_none());
        assert_eq!(None::<u8>.context("nothing").unwrap_err().to_string(), "nothing");
    }
}
