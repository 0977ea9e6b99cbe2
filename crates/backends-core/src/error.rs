//! The one error of the library: a kind to decide on, a line that says what to do, and never a value.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

mod kind;
mod mistakes;
mod remedy;

use crate::InsertedMany;

pub use kind::ErrorKind;
pub use mistakes::Mistakes;
pub(crate) use remedy::declaration;

/// What every fallible call of the library returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, where, and what to do about it.
///
/// Neither `Display` nor `Debug` holds a value of a record, a filter or a configuration, save an id that the library
/// gave. Decide on [`kind`](Self::kind) or the `is_…` methods, never on the text.
///
/// ```
/// use backends_core::{Error, ErrorKind};
///
/// let error = Error::invalid_input("the key is one value: pass that");
/// assert_eq!(error.kind(), ErrorKind::InvalidInput);
/// assert!(!error.is_retryable());
/// assert_eq!(error.to_string(), "invalid input: the key is one value: pass that");
/// ```
#[doc(alias = "BackendErrorInfo")]
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    operation: Option<&'static str>,
    backend: Option<Cow<'static, str>>,
    repository: Option<String>,
    index: Option<String>,
    path: Option<String>,
    position: Option<usize>,
    counts: Option<Counts>,
    context: Vec<(&'static str, String)>,
    mistakes: Vec<String>,
    may_have_happened: bool,
    for_good: bool,
    source: Option<Source>,
    inserted: Option<Box<InsertedMany>>,
}

/// How much of a call on many records was done before it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Records that were changed.
    pub done: u64,
    /// Records for which it failed: an update that does not apply, a record that was refused or of which nobody knows.
    pub failed: u64,
}

/// Where the error came from. A native error may hold values, so it is never printed.
enum Source {
    Shown(Box<dyn StdError + Send + Sync>),
    Native(Box<dyn StdError + Send + Sync>),
}

impl Error {
    /// An error of `kind`; `message` says what is wrong, then what to do, without a value.
    #[doc(alias = "BackendErrorFactory")]
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            operation: None,
            backend: None,
            repository: None,
            index: None,
            path: None,
            position: None,
            counts: None,
            context: Vec::new(),
            mistakes: Vec::new(),
            may_have_happened: false,
            for_good: false,
            source: None,
            inserted: None,
        }))
    }

    /// The kind to decide on.
    #[doc(alias = "IsErrorOfType")]
    #[doc(alias = "IsErrNotFound")]
    #[doc(alias = "IsErrAlreadyExists")]
    #[doc(alias = "IsErrInvalidInput")]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What is wrong and what to do, without place and context.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The operation that failed, as the user calls it (`insert_many`).
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The backend that it failed on (`sqlite`).
    pub fn backend(&self) -> Option<&str> {
        self.0.backend.as_deref()
    }

    /// The repository that it failed on.
    pub fn repository(&self) -> Option<&str> {
        self.0.repository.as_deref()
    }

    /// The index that refused a write: its name, or `primary` for the key.
    pub fn index(&self) -> Option<&str> {
        self.0.index.as_deref()
    }

    /// The field that the error is about, as a path (`address.city`).
    pub fn path(&self) -> Option<&str> {
        self.0.path.as_deref()
    }

    /// The position of the write or record that failed, counted from 0, in a call that takes many.
    pub fn position(&self) -> Option<usize> {
        self.0.position
    }

    /// How much was done before a call on many records failed.
    pub fn counts(&self) -> Option<Counts> {
        self.0.counts
    }

    /// What became of each record, if this is the error of an `insert_many`.
    pub fn inserted(&self) -> Option<&InsertedMany> {
        self.0.inserted.as_deref()
    }

    /// Every mistake, where a check reports all of them at once.
    pub fn mistakes(&self) -> &[String] {
        &self.0.mistakes
    }

    /// What else is known of the place, as names and numbers, in the order in which it was added.
    #[doc(alias = "Details")]
    pub fn context(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.context.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// Whether the write may have been done although the call failed.
    ///
    /// `false` means that it surely was not.
    pub fn may_have_happened(&self) -> bool {
        self.0.may_have_happened
    }

    /// Whether the same call may succeed later and is safe to repeat.
    pub fn is_retryable(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Throttled | ErrorKind::Unavailable | ErrorKind::Timeout)
            && !self.0.may_have_happened
            && !self.0.for_good
    }

    /// The error of the database's own client, if this error was caused by one of type `E`.
    ///
    /// It may hold values of records: do not log it.
    pub fn native<E: StdError + 'static>(&self) -> Option<&E> {
        match &self.0.source {
            Some(Source::Native(source)) => source.downcast_ref(),
            _ => None,
        }
    }

    /// The same error, which says something else first.
    pub(crate) fn saying(mut self, first: &str) -> Self {
        self.0.message = format!("{first}: {}", self.0.message).into();
        self
    }

    /// The same error with the operation that it arose in, unless it has one.
    #[must_use]
    pub fn with_operation(mut self, operation: &'static str) -> Self {
        self.0.operation.get_or_insert(operation);
        self
    }

    /// The same error with the backend that it arose on, unless it has one.
    #[must_use]
    pub fn with_backend(mut self, backend: impl Into<Cow<'static, str>>) -> Self {
        self.0.backend.get_or_insert_with(|| backend.into());
        self
    }

    /// The same error with the repository that it arose on, unless it has one.
    #[must_use]
    pub fn with_repository(mut self, repository: &str) -> Self {
        self.0.repository.get_or_insert_with(|| repository.to_owned());
        self
    }

    /// The same error with the index that refused the write.
    #[must_use]
    pub fn with_index(mut self, index: impl Into<String>) -> Self {
        self.0.index = Some(index.into());
        self
    }

    /// The same error with the path of the field that it is about.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<String>) -> Self {
        self.0.path = Some(path.into());
        self
    }

    /// The same error with its path put below `segment`, for a check that unwinds from the inside.
    #[must_use]
    pub fn below(mut self, segment: &str) -> Self {
        self.0.path = Some(match self.0.path {
            Some(path) if path.starts_with('[') => format!("{segment}{path}"),
            Some(path) => format!("{segment}.{path}"),
            None => segment.to_owned(),
        });
        self
    }

    /// The same error with the position of the write or record that failed.
    #[must_use]
    pub fn with_position(mut self, position: usize) -> Self {
        self.0.position = Some(position);
        self
    }

    /// The same error with how much was done.
    #[must_use]
    pub fn with_counts(mut self, counts: Counts) -> Self {
        self.0.counts = Some(counts);
        self
    }

    /// The same error with a name or number that helps to find the place. Never a value of a record.
    #[must_use]
    pub fn with_context(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.0.context.push((name, value.to_string()));
        self
    }

    /// The same error, marked: whether the write may have been done although the call failed.
    #[must_use]
    pub fn with_may_have_happened(mut self, may: bool) -> Self {
        self.0.may_have_happened = may;
        self
    }

    /// The same error, which no later call undoes.
    pub(crate) fn for_good(mut self) -> Self {
        self.0.for_good = true;
        self
    }

    /// The same error with what became of each record.
    pub(crate) fn with_inserted(mut self, inserted: InsertedMany) -> Self {
        self.0.inserted = Some(Box::new(inserted));
        self
    }

    /// The same error once more, for every record that it concerns. Its cause, which cannot be copied, and the outcome
    /// of an `insert_many` stay with the first.
    #[must_use]
    pub fn repeat(&self) -> Self {
        let inner = &*self.0;
        Self(Box::new(Inner {
            kind: inner.kind,
            message: inner.message.clone(),
            operation: inner.operation,
            backend: inner.backend.clone(),
            repository: inner.repository.clone(),
            index: inner.index.clone(),
            path: inner.path.clone(),
            position: inner.position,
            counts: inner.counts,
            context: inner.context.clone(),
            mistakes: inner.mistakes.clone(),
            may_have_happened: inner.may_have_happened,
            for_good: inner.for_good,
            source: None,
            inserted: None,
        }))
    }

    /// The same error with the cause of another.
    pub(crate) fn caused_by(mut self, other: Self) -> Self {
        self.0.source = other.0.source;
        self
    }

    /// The same error with a cause, for [`source`](std::error::Error::source). It is not printed with the rest: a
    /// type's own words may hold values.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(Source::Shown(source.into()));
        self
    }

    /// The same error with the error of the database's client, which is reached by
    /// [`native`](Self::native) and never printed.
    #[must_use]
    pub fn with_native(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(Source::Native(source.into()));
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        write!(f, "{}: {}", inner.kind, OneLine(&inner.message))?;
        let mut place = Place { f, open: false };
        place.put("field", inner.path.as_deref())?;
        place.put("index", inner.index.as_deref())?;
        if let Some(position) = inner.position {
            place.put("position", Some(&position.to_string()))?;
        }
        if let Some(counts) = inner.counts {
            place.put("done", Some(&counts.done.to_string()))?;
            place.put("failed", Some(&counts.failed.to_string()))?;
        }
        for (name, value) in &inner.context {
            place.put(name, Some(value))?;
        }
        place.put("operation", inner.operation)?;
        place.put("repository", inner.repository.as_deref())?;
        place.put("backend", inner.backend.as_deref())?;
        if inner.may_have_happened {
            place.put("the write", Some("may have happened"))?;
        }
        place.close()
    }
}

/// Writes ` (name: value, …)`, the brackets only if there is something to say.
struct Place<'a, 'f> {
    f: &'a mut fmt::Formatter<'f>,
    open: bool,
}

impl Place<'_, '_> {
    fn put(&mut self, name: &str, value: Option<&str>) -> fmt::Result {
        let Some(value) = value else { return Ok(()) };
        let lead = if std::mem::replace(&mut self.open, true) { ", " } else { " (" };
        write!(self.f, "{lead}{name}: {}", OneLine(value))
    }

    fn close(self) -> fmt::Result {
        if self.open { self.f.write_str(")") } else { Ok(()) }
    }
}

/// Text from outside, with control characters escaped, so that a message stays one line.
struct OneLine<'a>(&'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            f.write_str(&rest[..at])?;
            let mut chars = rest[at..].chars();
            if let Some(c) = chars.next() {
                write!(f, "{}", c.escape_default())?;
            }
            rest = chars.as_str();
        }
        f.write_str(rest)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error").field("kind", &self.0.kind).field("text", &self.to_string()).finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.source {
            Some(Source::Shown(source)) => Some(&**source),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
