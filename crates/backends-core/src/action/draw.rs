//! Draws records from a driver and finishes what it left undone: filters, sorts, slices.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::query::Query;
use crate::driver::{Context, FindRequest, Found, Remainder, RepositoryDriver, SortBound};
use crate::filter::{Matcher, Sighting};
use crate::layer::Operation;
use crate::repository::{State, decode, with_id};
use crate::schema::Place;
use crate::sort::compare_rows;
use crate::{Batch, Cursor, Error, Filter, Position, RecordBuf, Result, Sort, SortField};

/// The records of a request, as they come.
pub(super) struct Draw {
    cursor: Box<dyn Cursor>,
    context: Context,
    work: Work,
    /// Records that the filter could not look at, which are told when those beside them have been handed over.
    unreadable: VecDeque<Error>,
    is_done: bool,
    /// Whether the records come in an order of the driver's own.
    pub(super) own_order: bool,
    /// When to stop although there may be more, where the records come in their order.
    until: Option<Instant>,
}

/// Records that are asked for: those of a batch at these indexes.
pub(super) struct Drawn {
    pub(super) batch: Box<dyn Batch>,
    pub(super) indexes: Vec<usize>,
    /// Where the records stand in the order, if that is kept: for each of `indexes`.
    pub(super) positions: Vec<Position>,
}

impl Drawn {
    /// The record at a place among those that are asked for.
    ///
    /// # Errors
    /// `Unreadable` with the path.
    pub(super) fn read<T: DeserializeOwned>(&self, state: &State, at: usize, fields: Option<&[String]>) -> Result<T> {
        decode(state, &*self.batch, self.indexes[at], fields)
    }
}

/// What core has to do with the records that come.
struct Work {
    state: Arc<State>,
    matcher: Matcher,
    seen: Sighting,
    /// Whether every record has to be looked at.
    looks: bool,
    /// The whole filter and what it is held against, for records at which the driver could not look.
    whole: (Filter, Arc<Place>),
    fields: Vec<SortField>,
    keeps_positions: bool,
    /// The place up to which every record was looked at, where they come in their order and places are kept.
    reached: Option<Position>,
    after: Option<Position>,
    skip: u64,
    left: Option<u64>,
    /// Where the order is left to core: the rows so far.
    top: Option<Top>,
}

/// Opens the records of a request.
pub(super) struct Opening<'q> {
    pub(super) query: &'q Query,
    pub(super) request: FindRequest,
    /// Whether the places of the records in their order are of use.
    pub(super) keeps_positions: bool,
    /// When to stop although there may be more, where the records come in their order.
    pub(super) until: Option<Instant>,
    /// Whether each record is held against the whole filter once more, and the request is cut here, whatever the driver
    /// has done of it.
    pub(super) is_in_doubt: bool,
}

impl<'q> Opening<'q> {
    pub(super) fn new(query: &'q Query, request: FindRequest) -> Self {
        Self { query, request, keeps_positions: false, until: None, is_in_doubt: false }
    }
}

impl Operation for Opening<'_> {
    type Answer = Draw;

    async fn run(&self) -> Result<Draw> {
        let driver: &Arc<dyn RepositoryDriver> = &self.query.state.driver;
        if !self.is_in_doubt {
            let found = driver.find(&self.request).await?;
            return Ok(Draw::new(self, found));
        }
        let mut found = driver.find(&FindRequest { limit: None, fields: None, ..self.request.clone() }).await?;
        if let Some(remainder) = &mut found.remainder {
            remainder.filter = self.request.filter.clone();
            remainder.slice = true;
        }
        Ok(Draw::new(self, found))
    }
}

impl Draw {
    fn new(opening: &Opening<'_>, found: Found) -> Self {
        let Opening { query, request, keeps_positions, until, .. } = opening;
        let remainder = found.remainder.unwrap_or_else(|| Remainder::whole(request));
        let slices = remainder.slice || remainder.sort || !remainder.filter.is_all();
        let after = request.after.clone().filter(|_| slices && (remainder.after || remainder.sort));
        let sorts = remainder.sort && request.sort != Sort::Any;
        let own_order = remainder.own_order && request.sort == Sort::Stable && !sorts;
        let fields =
            if sorts || *keeps_positions || after.is_some() { query.sort_fields(&request.sort) } else { Vec::new() };
        let matcher = request.matcher(&remainder.filter, fields.iter().map(|field| &field.path));
        let keep = request.limit.map(|limit| limit.saturating_add(request.offset));
        let work = Work {
            state: Arc::clone(&query.state),
            seen: matcher.sighting(),
            whole: (request.filter.clone(), Arc::clone(&request.schema)),
            looks: !remainder.filter.is_all() || !fields.is_empty(),
            matcher,
            keeps_positions: *keeps_positions,
            reached: None,
            after,
            skip: if slices { request.offset } else { 0 },
            left: request.limit.filter(|_| slices),
            top: sorts.then(|| Top::new(keep, found.bound)),
            fields,
        };
        Self {
            cursor: found.cursor,
            context: request.context.clone(),
            work,
            unreadable: VecDeque::new(),
            is_done: false,
            own_order,
            until: *until,
        }
    }

    /// The next records that are asked for; nothing after the last, or when the time is over.
    ///
    /// # Errors
    /// `Unreadable` for a record that the filter could not look at, after which it goes on; any other is the last.
    pub(super) async fn next(&mut self) -> Result<Option<Drawn>> {
        loop {
            if let Some(error) = self.unreadable.pop_front() {
                return Err(error);
            }
            if self.is_done || self.is_late() {
                return Ok(None);
            }
            let next = self.cursor.next().await;
            // A driver that has failed is not asked again: it may say the same for ever.
            self.is_done = !matches!(next, Ok(Some(_)));
            let drawn = match next? {
                Some(batch) => {
                    self.context.looked_at(batch.len());
                    let drawn = self.work.take(batch, self.cursor.in_doubt(), &mut self.unreadable)?;
                    self.work.reach(&*self.cursor);
                    drawn
                }
                None => self.work.sorted()?,
            };
            self.is_done |= self.work.left == Some(0);
            if let Some(drawn) = drawn {
                return Ok(Some(drawn));
            }
        }
    }

    /// The place in the order up to which every record was looked at, if the time was over before the last.
    pub(super) fn stopped_at(&mut self) -> Option<Position> {
        self.work.reached.take().filter(|_| !self.is_done)
    }

    fn is_late(&self) -> bool {
        self.work.reached.is_some() && self.until.is_some_and(|until| Instant::now() >= until)
    }
}

impl Work {
    /// Those of a batch that are asked for and whose turn it is. Of those in doubt the whole filter is asked.
    fn take(
        &mut self,
        batch: Box<dyn Batch>,
        in_doubt: &[usize],
        unreadable: &mut VecDeque<Error>,
    ) -> Result<Option<Drawn>> {
        let mut indexes = Vec::new();
        let mut positions = Vec::new();
        let whole = (!in_doubt.is_empty()).then(|| Matcher::new(&self.whole.1, &self.whole.0, []));
        for index in 0..batch.len() {
            let whole = whole.as_ref().filter(|_| in_doubt.binary_search(&index).is_ok());
            match self.looks_at(&*batch, index, whole) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(error) if error.is_unreadable() => {
                    unreadable.push_back(error);
                    continue;
                }
                Err(error) => return Err(error),
            }
            match &mut self.top {
                Some(top) => match top.offer(&self.fields, &self.seen, &*batch, index) {
                    Err(error) if error.is_unreadable() => {
                        unreadable.push_back(with_id(&self.state, &*batch, index, error));
                    }
                    offered => offered?,
                },
                None if self.skip > 0 => self.skip -= 1,
                None if self.left == Some(0) => break,
                None => {
                    self.left = self.left.map(|left| left - 1);
                    indexes.push(index);
                    if self.keeps_positions {
                        positions.push(Position::new(self.seen.values.clone()));
                    }
                }
            }
        }
        // Up to the place that the request goes on after, nothing is reached.
        if self.keeps_positions && self.top.is_none() && !batch.is_empty() && self.is_behind() {
            self.reached = Some(Position::new(self.seen.values.clone()));
        }
        Ok((!indexes.is_empty()).then_some(Drawn { batch, indexes, positions }))
    }

    /// Takes note of how far the driver has looked, where it knows.
    fn reach(&mut self, cursor: &dyn Cursor) {
        if self.keeps_positions
            && self.top.is_none()
            && let Some(position) = cursor.reached()
        {
            self.reached = Some(position);
        }
    }

    /// Whether the record is one that is asked for, besides the slice.
    ///
    /// # Errors
    /// `Unreadable` with the path and the id, for what the filter or the order asks for.
    fn looks_at(&mut self, batch: &dyn Batch, index: usize, whole: Option<&Matcher>) -> Result<bool> {
        let look = |matcher: &Matcher, seen: &mut Sighting| {
            let mut holds = false;
            let read = batch.read(index, &mut |tokens| {
                holds = matcher.look(tokens, seen)?;
                Ok(())
            });
            read.map(|()| holds).map_err(|error| with_id(&self.state, batch, index, error))
        };
        if let Some(whole) = whole
            && !look(whole, &mut whole.sighting())?
        {
            return Ok(false);
        }
        Ok(!self.looks || look(&self.matcher, &mut self.seen)? && self.is_behind())
    }

    /// Whether the record that was looked at stands behind the place that the request goes on after.
    fn is_behind(&self) -> bool {
        let is_behind = |after: &Position| compare_rows(&self.fields, &self.seen.values, after.values()).is_gt();
        self.after.as_ref().is_none_or(is_behind)
    }

    /// The rows that were kept, in their order.
    fn sorted(&mut self) -> Result<Option<Drawn>> {
        let Some(top) = self.top.take() else { return Ok(None) };
        let mut rows = top.into_rows(&self.fields)?;
        rows.drain(..rows.len().min(usize::try_from(self.skip).unwrap_or(usize::MAX)));
        let (positions, records): (Vec<_>, Vec<_>) =
            rows.into_iter().map(|row| (Position::new(row.values), row.record)).unzip();
        let indexes: Vec<_> = (0..records.len()).collect();
        Ok((!records.is_empty()).then(|| Drawn { batch: Box::new(records), indexes, positions }))
    }
}

/// The first rows of an order, as many as are asked for.
struct Top {
    rows: Vec<Row>,
    /// Those of the rows.
    bytes: u64,
    keep: Option<usize>,
    /// How many rows are kept surely, in order, the last of which is the worst that may stay.
    settled: usize,
    bound: Option<SortBound>,
}

struct Row {
    values: Vec<crate::Value>,
    record: RecordBuf,
}

impl Top {
    fn new(keep: Option<u64>, bound: Option<SortBound>) -> Self {
        let keep = keep.and_then(|keep| usize::try_from(keep).ok());
        Self { rows: Vec::new(), bytes: 0, keep, settled: 0, bound }
    }

    /// Keeps the record if it may be among the first.
    fn offer(&mut self, fields: &[SortField], seen: &Sighting, batch: &dyn Batch, index: usize) -> Result<()> {
        if let Some(keep) = self.keep {
            let worst = self.rows.get(self.settled.wrapping_sub(1)).filter(|_| self.settled == keep);
            if worst.is_some_and(|worst| compare_rows(fields, &seen.values, &worst.values) != Ordering::Less) {
                return Ok(());
            }
            // Sorted once for so many rows, each row costs a few comparisons.
            if self.rows.len() >= keep.saturating_mul(2).max(1_000) || self.is_over(2) {
                self.settle(fields, keep)?;
            }
        }
        let record = RecordBuf::from_batch_in_part(batch, index)?;
        self.bytes += record.size() as u64;
        self.rows.push(Row { values: seen.values.clone(), record });
        if self.keep.is_none() { self.check() } else { Ok(()) }
    }

    fn settle(&mut self, fields: &[SortField], keep: usize) -> Result<()> {
        self.rows.sort_unstable_by(|left, right| compare_rows(fields, &left.values, &right.values));
        self.rows.drain(keep.min(self.rows.len())..).for_each(|row| self.bytes -= row.record.size() as u64);
        self.settled = self.rows.len();
        self.check()
    }

    /// Whether the rows are more than so many times what may be kept.
    fn is_over(&self, times: u64) -> bool {
        self.bound.as_ref().is_some_and(|bound| self.bytes > bound.bytes.saturating_mul(times))
    }

    fn check(&self) -> Result<()> {
        match &self.bound {
            Some(bound) if self.is_over(1) => Err(bound.error.repeat()),
            _ => Ok(()),
        }
    }

    fn into_rows(mut self, fields: &[SortField]) -> Result<Vec<Row>> {
        self.settle(fields, self.keep.unwrap_or(usize::MAX))?;
        Ok(self.rows)
    }
}

#[cfg(test)]
mod tests;
