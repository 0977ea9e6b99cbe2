//! Reading: by key, and by filter.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::Context;
use crate::decode::Reading;
use crate::schema::Place;
use crate::{Batch, Cursor, Error, Filter, Key, Matcher, Path, Position, Result, Sort};

/// Decodes the record at `index` of `batch` as a `T`, by the one decoder that serves every backend: what an author
/// tests a walker of their own with.
///
/// It knows no definition, so that an instant that the driver keeps as text stays text.
///
/// ```
/// use backends_core::{driver, json::JsonBatch};
///
/// #[derive(serde::Deserialize)]
/// struct Person {
///     name: String,
///     born: i64,
/// }
///
/// let mut batch = JsonBatch::new();
/// batch.push(r#"{"name": "Ada", "born": 1815}"#);
/// let ada: Person = driver::read(&batch, 0)?;
/// assert_eq!((ada.name.as_str(), ada.born), ("Ada", 1815));
/// # Ok::<(), backends_core::Error>(())
/// ```
///
/// # Errors
/// [`Unreadable`](crate::ErrorKind::Unreadable) with the path, if `T` cannot hold what is stored;
/// [`Unexpected`](crate::ErrorKind::Unexpected) if the walk breaks the rules of [`Tokens`](crate::Tokens).
pub fn read<T: DeserializeOwned>(batch: &dyn Batch, index: usize) -> Result<T> {
    Reading::default().read_or_explain(batch, index)
}

/// A request for records by key.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct GetRequest {
    /// Deadline, clock and consistency.
    pub context: Context,
    /// The keys, each once; at least one.
    pub keys: Vec<Key>,
}

impl GetRequest {
    /// A request for the records with these keys, each of which is there once.
    pub fn new(context: Context, keys: Vec<Key>) -> Self {
        Self { context, keys }
    }
}

/// The answer to a [`GetRequest`].
pub struct Fetched(Records);

enum Records {
    One { batch: Box<dyn Batch>, positions: Vec<Option<usize>> },
    Many { batches: Vec<Box<dyn Batch>>, positions: Vec<Option<(usize, usize)>> },
}

impl Fetched {
    /// The records, and for each key of the request, in its order, where its record is: the index in the batch.
    pub fn new(batch: Box<dyn Batch>, positions: Vec<Option<usize>>) -> Self {
        Self(Records::One { batch, positions })
    }

    /// The same over several batches: the number of the batch, and the index in it.
    pub fn from_batches(batches: Vec<Box<dyn Batch>>, positions: Vec<Option<(usize, usize)>>) -> Self {
        Self(Records::Many { batches, positions })
    }

    /// The batch and the index of the record of the key at `position`, if there is one.
    ///
    /// # Errors
    /// `Unexpected` if the driver says nothing of this key: that would not mean that the record is missing.
    pub(crate) fn record(&self, position: usize) -> Result<Option<(&dyn Batch, usize)>> {
        let (batch, place) = match &self.0 {
            Records::One { batch, positions } => (Some(batch), positions.get(position).copied()),
            Records::Many { batches, positions } => match positions.get(position).copied() {
                Some(Some((batch, index))) => (batches.get(batch), Some(Some(index))),
                place => (None, place.map(|_| None)),
            },
        };
        match (place, batch) {
            (Some(None), _) => Ok(None),
            (Some(Some(index)), Some(batch)) if index < batch.len() => Ok(Some((&**batch, index))),
            _ => Err(incomplete()),
        }
    }

    fn keys(&self) -> usize {
        match &self.0 {
            Records::One { positions, .. } => positions.len(),
            Records::Many { positions, .. } => positions.len(),
        }
    }
}

#[cold]
fn incomplete() -> Error {
    Error::unexpected("a driver answered without a place for every key that it was asked for")
}

impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetched").field("keys", &self.keys()).finish_non_exhaustive()
    }
}

/// A request for the records that a filter means.
///
/// A driver does of it what it can do exactly, and says in [`Found`] what is left.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FindRequest {
    /// Deadline, clock and consistency.
    pub context: Context,
    /// Which records; every operand is of the kind that is declared at its place.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
    /// Only what stands behind this in the order; never with [`Sort::Any`].
    pub after: Option<Position>,
    /// Whether that is a place in the driver's own order, as [`Remainder::own_order`] of an earlier answer said. Without
    /// it the place is one in the order by key, in which the driver has to go on, or leave the order to core.
    pub own_order: bool,
    /// How many of them are passed over.
    pub offset: u64,
    /// How many at most; at least one.
    pub limit: Option<u64>,
    /// The fields of the record itself that are needed besides those of what the driver leaves undone; everything
    /// without a list. More may be handed over.
    pub fields: Option<Vec<String>>,
    /// What is declared of the places in the records.
    pub(crate) schema: Arc<Place>,
}

impl FindRequest {
    /// A request for all records.
    pub fn new(context: Context) -> Self {
        Self {
            context,
            filter: Filter::all(),
            sort: Sort::Any,
            after: None,
            own_order: false,
            offset: 0,
            limit: None,
            fields: None,
            schema: Arc::default(),
        }
    }

    /// What looks at records in the driver's own form: whether `filter` holds, the request's own or a part of it, and
    /// what stands at these paths. For drivers that read where they filter.
    pub fn matcher<'p>(&self, filter: &Filter, paths: impl IntoIterator<Item = &'p Path>) -> Matcher {
        Matcher::new(&self.schema, filter, paths)
    }
}

/// What a driver left undone of a [`FindRequest`]. Core finishes it: filters, sorts, slices.
#[derive(Debug, Clone)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools, reason = "a driver says of each part by itself whether it is left")]
pub struct Remainder {
    /// What of the filter has still to be asked of each record.
    pub filter: Filter,
    /// Whether the records come in another order than the one asked for.
    pub sort: bool,
    /// Whether `after`, `offset` and `limit` are left. They are, whatever a driver says, where a filter or the order
    /// is; save [`after`](Self::after), which may be done all the same.
    pub slice: bool,
    /// Whether `after` is left where the slice is. A driver that begins behind that place by itself says no: core, which
    /// compares keys, does not know a [stable](Sort::Stable) order of its own. It is, whatever a driver says, where the
    /// order is.
    pub after: bool,
    /// Whether a [stable](Sort::Stable) order is the driver's own, and not that of the keys. Where the next page would
    /// come in the other of the two, its token is refused.
    pub own_order: bool,
}

impl Remainder {
    /// Nothing: the records are those asked for, in their order.
    pub fn nothing() -> Self {
        Self { filter: Filter::all(), sort: false, slice: false, after: true, own_order: false }
    }

    /// The whole of `request`.
    pub fn whole(request: &FindRequest) -> Self {
        let sort = request.sort != Sort::Any;
        Self { filter: request.filter.clone(), sort, slice: true, after: true, own_order: false }
    }

    /// The same, where this is left of the filter.
    #[must_use]
    pub fn with_filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }

    /// The same, where the order is left, or not.
    #[must_use]
    pub fn with_sort(mut self, sort: bool) -> Self {
        self.sort = sort;
        self
    }

    /// The same, where `after`, `offset` and `limit` are left, or not.
    #[must_use]
    pub fn with_slice(mut self, slice: bool) -> Self {
        self.slice = slice;
        self
    }

    /// The same, where `after` is left with the slice, or not.
    #[must_use]
    pub fn with_after(mut self, after: bool) -> Self {
        self.after = after;
        self
    }

    /// The same, where a [stable](Sort::Stable) order is the driver's own, or not.
    #[must_use]
    pub fn with_own_order(mut self, own_order: bool) -> Self {
        self.own_order = own_order;
        self
    }
}

/// The answer to a [`FindRequest`].
pub struct Found {
    pub(crate) cursor: Box<dyn Cursor>,
    /// The whole request where there is none.
    pub(crate) remainder: Option<Remainder>,
    pub(crate) bound: Option<SortBound>,
}

/// How many bytes of records core may hold to sort them, and what it says where more would be needed.
pub(crate) struct SortBound {
    pub(crate) bytes: u64,
    pub(crate) error: Error,
}

impl Found {
    /// Records among which are those asked for, and what is left to be done with them.
    pub fn new(cursor: Box<dyn Cursor>, remainder: Remainder) -> Self {
        Self { cursor, remainder: Some(remainder), bound: None }
    }

    /// All records; what was asked beyond that is left to core.
    pub fn everything(cursor: Box<dyn Cursor>) -> Self {
        Self { cursor, remainder: None, bound: None }
    }

    /// All records that are there already, in batches.
    pub fn batches(batches: Vec<Box<dyn Batch>>) -> Self {
        Self::everything(Box::new(Ready(batches.into_iter())))
    }

    /// The same, where core fails with `error` before it keeps more than so many bytes of records to sort them. It keeps
    /// the first that are asked for, and for a moment as much again.
    #[must_use]
    pub fn with_sort_bound(mut self, bytes: u64, error: Error) -> Self {
        self.bound = Some(SortBound { bytes, error });
        self
    }
}

impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Found").field("remainder", &self.remainder).finish_non_exhaustive()
    }
}

/// The answer to a request to count.
#[derive(Debug, Clone, Copy)]
pub struct Counted(pub(crate) Option<u64>);

impl Counted {
    /// So many.
    pub fn exactly(records: u64) -> Self {
        Self(Some(records))
    }

    /// Nobody counted: core does, by [`find`](super::RepositoryDriver::find).
    pub fn by_find() -> Self {
        Self(None)
    }
}

struct Ready(std::vec::IntoIter<Box<dyn Batch>>);

#[async_trait::async_trait]
impl Cursor for Ready {
    async fn next(&mut self) -> Result<Option<Box<dyn Batch>>> {
        Ok(self.0.next())
    }

    fn reached(&self) -> Option<Position> {
        None
    }

    fn in_doubt(&self) -> &[usize] {
        &[]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RecordBuf;

    #[test]
    fn d01_a_key_that_a_driver_says_nothing_of_is_not_missing() {
        let fetched = Fetched::new(Box::new(vec![RecordBuf::new()]), vec![Some(0), None, Some(1)]);
        assert!(fetched.record(0).unwrap().is_some());
        assert!(fetched.record(1).unwrap().is_none());
        for position in [2, 3] {
            assert!(fetched.record(position).err().is_some_and(|error| error.is_unexpected()));
        }
    }
}
