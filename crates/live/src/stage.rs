//! A backend behind the proxy, and beside it a clean way to the same store.

use std::fmt;
use std::pin::Pin;

use backends_core::{Backend, Definition, Document, Filter, Repository, Timestamp, Value};
use proxy::Proxy;

/// A backend that is reached through the proxy, and the same store reached directly. The store is empty at first.
pub struct Stage {
    pub(crate) proxy: Proxy,
    through: Backend,
    clean: Backend,
    count: Count,
    pub(crate) small: Many,
    pub(crate) large: Option<Many>,
}

type Count = Box<dyn Fn(String) -> Pin<Box<dyn Future<Output = usize> + Send>> + Send + Sync>;

/// How large a call on many records is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Many {
    pub(crate) name: &'static str,
    pub(crate) records: usize,
    pub(crate) padding: usize,
}

/// One repository, in both ways.
pub(crate) struct Pair {
    pub(crate) through: Repository<Document>,
    pub(crate) clean: Repository<Document>,
    definition: Definition,
}

impl Pair {
    /// Whether it has unique indexes.
    pub(crate) fn is_guarded(&self) -> bool {
        self.definition.indexes().any(backends_core::Index::is_unique)
    }

    /// Whether its records have versions.
    pub(crate) fn has_versions(&self) -> bool {
        self.definition.version().is_some()
    }
}

impl Stage {
    /// `through` is opened on the address of `proxy`, `clean` on the server's own, both with the same empty store.
    /// `count` counts the records of the repository of a name, with the native client and not with this library.
    pub fn new<F>(
        proxy: Proxy,
        through: Backend,
        clean: Backend,
        count: impl Fn(String) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = usize> + Send + 'static,
    {
        let count = Box::new(move |name| Box::pin(count(name)) as Pin<Box<dyn Future<Output = usize> + Send>>);
        Self { proxy, through, clean, count, small: Many { name: "", records: 60, padding: 0 }, large: None }
    }

    /// Adds calls on so many records of at least so many bytes each, for a backend that makes one request of the 60
    /// small ones that the suites have anyway.
    #[must_use]
    pub fn with_large(mut self, records: usize, padding: usize) -> Self {
        self.large = Some(Many { name: "large", records, padding });
        self
    }

    /// Has calls on so many small records in place of 60, for a backend that makes a request of each.
    #[must_use]
    pub fn with_records(mut self, records: usize) -> Self {
        self.small.records = records;
        self
    }

    pub(crate) fn has_batches(&self) -> bool {
        self.clean.capabilities().batches
    }

    /// Closes both ways.
    pub async fn close(self) {
        for backend in [self.through, self.clean] {
            backend.close().await.unwrap_or_else(|error| panic!("a backend does not close: {error}"));
        }
    }

    pub(crate) async fn define(&self, json: &str) -> Pair {
        Self::define_by(&self.clean, &self.through, json).await
    }

    /// The same, where the clocks of both ways are ahead of the server's: what has expired there is nothing yet that
    /// the server removes.
    pub(crate) async fn define_ahead(&self, json: &str) -> Pair {
        let [clean, through] = [&self.clean, &self.through].map(|backend| backend.with_clock(ahead));
        Self::define_by(&clean, &through, json).await
    }

    async fn define_by(clean: &Backend, through: &Backend, json: &str) -> Pair {
        let definition = Definition::from_json(json).unwrap_or_else(|error| panic!("{error}"));
        let define = async |backend: &Backend| {
            backend.define::<Document>(definition.clone()).await.unwrap_or_else(|error| panic!("{error}"))
        };
        let (clean, through) = (define(clean).await, define(through).await);
        Pair { through, clean, definition }
    }

    /// How many records there are, whatever their keys. Of those that expire the server alone knows how many there are
    /// yet; so they are those that have not.
    pub(crate) async fn count(&self, pair: &Pair) -> usize {
        if pair.definition.ttl().is_none() {
            return (self.count)(pair.definition.name().to_owned()).await;
        }
        let count = pair.clean.count(Filter::all()).await.unwrap_or_else(|error| panic!("{error}"));
        usize::try_from(count).unwrap_or(usize::MAX)
    }
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage").field("proxy", &self.proxy).field("backend", &self.clean.name()).finish_non_exhaustive()
    }
}

/// The time by a clock that is ahead.
fn ahead() -> Timestamp {
    "2090-01-01T00:00:00Z".parse().unwrap_or_else(|error| panic!("{error}"))
}

/// When what has expired by that clock did so.
pub(crate) const EXPIRED: &str = "2080-01-01T00:00:00Z";

/// The field of that number.
pub(crate) const NUMBER: &str = "n";

/// The field of an array, which no record has at first.
pub(crate) const LIST: &str = "list";

/// The field that says whose record it is, beside the key.
pub(crate) const MARK: &str = "mark";

/// A record of the suites.
pub(crate) fn record(field: &str, key: &str, n: i64, padding: usize) -> Document {
    let mut record = Document::from([(field, Value::from(key)), (MARK, key.into()), (NUMBER, Value::from(n))]);
    if padding > 0 {
        record.insert("padding", "x".repeat(padding));
    }
    record
}

/// The number that a record of the suites holds, and one more for each member of its array.
pub(crate) fn number(record: &Document) -> i64 {
    let members = match record.get(LIST) {
        Some(Value::Array(members)) => members.len(),
        _ => 0,
    };
    number_alone(record) + i64::try_from(members).unwrap_or(i64::MAX)
}

/// The number that a record of the suites holds.
pub(crate) fn number_alone(record: &Document) -> i64 {
    match record.get(NUMBER) {
        Some(Value::Int(n)) => *n,
        other => panic!("a record holds {} for a number", other.map_or("nothing", |value| value.token().describe())),
    }
}
