//! A driver of records that are numbers, which does of a request as much as a test wants it to.

use std::any::Any;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use backends_core::driver::{
    BackendDriver, BatchWritten, Context, Counted, DefineRequest, Defined, DeleteRequest, Deleted, Fetched,
    FindRequest, Found, GetRequest, InsertManyRequest, InsertRequest, Inserted, InsertedRecords, Plan, Remainder,
    RemoveIndexRequest, ReplaceRequest, Replaced, RepositoryDriver, SwapRequest, Swapped, UpdateRequest, Updated,
    WriteBatchRequest,
};
use backends_core::{
    Batch, Capabilities, Cursor, Error, Expr, Filter, Order, Position, Predicate, RecordBuf, Result, Sort, Token, Value,
};

/// What the driver does of a request itself.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Does {
    /// `n` at least some number, where that stands in an and.
    pub(crate) filter: bool,
    pub(crate) order: bool,
    pub(crate) slice: bool,
}

/// Records whose key `n` counts from 0; `half` is `n / 2`.
#[derive(Debug, Clone)]
pub(crate) struct Numbers {
    pub(crate) count: i64,
    pub(crate) does: Does,
    /// Whether it says that it sliced, whatever else it left.
    pub(crate) boasts: bool,
    /// How long each batch takes, which has `batch` records.
    pub(crate) takes: Duration,
    pub(crate) batch: usize,
    /// What it finds, as though that was all that was asked for.
    pub(crate) instead: Option<Vec<i64>>,
    /// The records that were updated, of which none is kept.
    pub(crate) updated: Arc<Mutex<Vec<i64>>>,
    /// How many records were handed over.
    pub(crate) given: Arc<AtomicUsize>,
}

impl Numbers {
    pub(crate) fn new(count: i64) -> Self {
        Self {
            count,
            does: Does::default(),
            boasts: false,
            takes: Duration::ZERO,
            batch: 1_000,
            instead: None,
            updated: Arc::default(),
            given: Arc::default(),
        }
    }
}

static NONE: LazyLock<Capabilities> = LazyLock::new(Capabilities::none);

#[async_trait]
impl BackendDriver for Numbers {
    fn name(&self) -> &'static str {
        "numbers"
    }

    fn capabilities(&self) -> &Capabilities {
        &NONE
    }

    async fn define(&self, request: &DefineRequest) -> Result<Defined> {
        Ok(Defined::new(Arc::new(self.clone()), request.definition.clone()))
    }

    async fn remove_index(&self, request: &RemoveIndexRequest) -> Result<Defined> {
        Err(request.unsupported())
    }

    async fn write_batch(&self, request: &WriteBatchRequest) -> Result<BatchWritten> {
        Err(request.unsupported())
    }

    async fn ping(&self, _: &Context) -> Result<()> {
        Ok(())
    }

    async fn close(&self, _: &Context) -> Result<()> {
        Ok(())
    }

    fn native(&self) -> &dyn Any {
        self
    }
}

/// The least number that the filter lets through, and what else it asks.
fn least(filter: &Filter) -> (i64, Filter) {
    let mut least = 0;
    let mut rest = Filter::all();
    for part in filter.conjuncts() {
        match part.expr() {
            Expr::Test(path, Predicate::Ge(Value::Int(low))) if path.as_str() == "n" => least = least.max(*low),
            _ => rest = rest & part.clone(),
        }
    }
    (least, rest)
}

/// The direction, if the order is one by the key.
fn direction(sort: &Sort) -> Option<Order> {
    match sort {
        Sort::Stable => Some(Order::Asc),
        Sort::By(fields) => fields.first().filter(|field| field.path.as_str() == "n").map(|field| field.order),
        Sort::Any => None,
    }
}

struct Numbered {
    left: Vec<i64>,
    numbers: Numbers,
}

#[async_trait]
impl Cursor for Numbered {
    async fn next(&mut self) -> Result<Option<Box<dyn Batch>>> {
        if !self.numbers.takes.is_zero() {
            tokio::time::sleep(self.numbers.takes).await;
        }
        if self.left.is_empty() {
            return Ok(None);
        }
        let rest = self.left.split_off(self.numbers.batch.min(self.left.len()));
        let batch: Vec<_> = std::mem::replace(&mut self.left, rest).into_iter().map(record).collect();
        self.numbers.given.fetch_add(batch.len(), Ordering::Relaxed);
        Ok(Some(Box::new(batch)))
    }

    fn reached(&self) -> Option<Position> {
        None
    }

    fn in_doubt(&self) -> &[usize] {
        &[]
    }
}

fn record(number: i64) -> RecordBuf {
    let mut record = RecordBuf::new();
    for (name, value) in [("n", number), ("half", number / 2)] {
        record.push(Token::Field(name));
        record.push(Token::Int(value));
    }
    record
}

#[async_trait]
impl RepositoryDriver for Numbers {
    async fn find(&self, request: &FindRequest) -> Result<Found> {
        if let Some(mut left) = self.instead.clone() {
            left.truncate(request.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX)));
            return Ok(Found::new(Box::new(Numbered { left, numbers: self.clone() }), Remainder::nothing()));
        }
        let Does { filter, order, slice } = self.does;
        let mut remainder = Remainder::whole(request);
        let (least, rest) = if filter { least(&request.filter) } else { (0, request.filter.clone()) };
        remainder.filter = rest;
        let mut numbers: Vec<_> = (least..self.count).collect();
        let direction = direction(&request.sort).filter(|_| order);
        match direction {
            Some(Order::Desc) => numbers.reverse(),
            Some(Order::Asc) => {}
            // Any order but that of the key.
            None => {
                let third = numbers.len() / 3;
                numbers.rotate_left(third);
            }
        }
        remainder.sort = request.sort != Sort::Any && direction.is_none();
        if let (true, Some(after), Some(direction)) = (slice, &request.after, direction) {
            let Value::Int(after) = after.values()[0] else { return Err(Error::unexpected("a key is an integer")) };
            numbers.retain(|number| if direction == Order::Asc { *number > after } else { *number < after });
        }
        if slice && !remainder.sort && remainder.filter.is_all() {
            let passed = usize::try_from(request.offset).unwrap_or(usize::MAX);
            numbers = numbers.into_iter().skip(passed).collect();
            numbers.truncate(request.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX)));
            remainder.slice = false;
        }
        remainder.slice &= !self.boasts;
        Ok(Found::new(Box::new(Numbered { left: numbers, numbers: self.clone() }), remainder))
    }

    async fn insert(&self, _: &InsertRequest) -> Result<Inserted> {
        Err(read_only())
    }

    async fn insert_many(&self, _: &InsertManyRequest) -> Result<InsertedRecords> {
        Err(read_only())
    }

    async fn get(&self, _: &GetRequest) -> Result<Fetched> {
        Err(read_only())
    }

    async fn count(&self, _: &FindRequest) -> Result<Counted> {
        Ok(Counted::by_find())
    }

    async fn explain(&self, request: &FindRequest) -> Result<Plan> {
        Ok(Plan::everything(request, "0"))
    }

    async fn replace(&self, _: &ReplaceRequest) -> Result<Replaced> {
        Err(read_only())
    }

    async fn update(&self, request: &UpdateRequest) -> Result<Updated> {
        let Value::Int(number) = *request.key.partition() else { return Err(Error::unexpected("a key is an integer")) };
        let Some(after) = request.apply(&record(number))? else { return Ok(Updated::missing()) };
        self.updated.lock().unwrap_or_else(PoisonError::into_inner).push(number);
        Ok(Updated::record(Box::new(after)))
    }

    async fn delete(&self, _: &DeleteRequest) -> Result<Deleted> {
        Err(read_only())
    }

    async fn swap(&self, _: &SwapRequest) -> Result<Swapped> {
        Err(read_only())
    }

    fn native(&self) -> &dyn Any {
        self
    }
}

fn read_only() -> Error {
    Error::unexpected("numbers are only found")
}
