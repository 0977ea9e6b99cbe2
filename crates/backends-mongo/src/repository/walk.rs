//! Reading along an index, a slice at a time where the server finds too little of what is meant before the time is over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use backends_core::driver::FindRequest;
use backends_core::{Batch, Cursor, Definition, Error, Filter, Order, Position, RecordBuf, Result, Sort, SortField};
use mongodb::Collection;
use mongodb::bson::{Document, RawDocumentBuf, doc};
use mongodb::raw_batch_cursor::RawBatchCursor;

use super::MongoRepository;
use super::find::open;
use crate::codec::{BsonBatch, BsonTokens, Codec};
use crate::database::{Database, Failure, max_time, next_reply};
use crate::error::{Effect, has_code};
use crate::order::{Sorted, Sorting};
use crate::place::in_documents;
use crate::search::{Command, Find, Search, is_at_once};

/// The part of the time of a call in which the server looks for what is meant wherever it stands. A page goes on for
/// another quarter.
const FIRST_LOOK: u32 = 4;
const HALF: u32 = 2;

/// How many documents the first slice has; what is quick is followed by a larger one, and what takes too long is tried
/// again with fewer.
const SLICE: u64 = 10_000;
const QUICK: Duration = Duration::from_millis(50);
const LEAST: u64 = 100;
const MOST: u64 = 1_000_000;

// MongoDB: MaxTimeMSExpired.
const TIME_IS_OVER: [i32; 1] = [50];

/// The records of a request in an order that an index serves.
pub(super) struct Walk {
    database: Arc<Database>,
    collection: Collection<RawDocumentBuf>,
    definition: Definition,
    codec: Codec,
    /// What is left of it: it goes on after what was handed over.
    request: FindRequest,
    fields: Vec<SortField>,
    /// Whether the server counts what is handed over.
    counts: bool,
    cursor: Option<RawBatchCursor>,
    slice: Option<Slice>,
    is_over: bool,
    reached: Option<Position>,
}

/// How far the server looks at once.
struct Slice {
    documents: u64,
    began: Instant,
    /// The place where it ends; none where fewer are left, or where it cannot be read.
    end: Option<Position>,
}

/// Whether an index serves the order of a request, and no more is asked for than comes at once.
pub(super) fn is_walk(definition: &Definition, request: &FindRequest) -> bool {
    request.limit.is_some_and(is_at_once) && request.offset == 0 && is_indexed(definition, &request.sort)
}

fn is_indexed(definition: &Definition, sort: &Sort) -> bool {
    let fields = match sort {
        Sort::Any => return false,
        Sort::Stable => return true,
        Sort::By(fields) => fields,
    };
    let is_one_way = fields.iter().all(|field| field.order == fields[0].order);
    let is_by = |names: Vec<&str>| fields.iter().map(|field| field.path.as_str()).eq(names);
    let keys = || definition.key_fields();
    is_one_way
        && (is_by(keys().collect())
            || definition.indexes().any(|index| {
                let left = keys().filter(|key| index.fields().all(|field| field != *key));
                is_by(index.fields().chain(left).collect())
            }))
}

impl Walk {
    pub(super) async fn open(
        repository: &MongoRepository,
        request: &FindRequest,
        find: Find,
        counts: bool,
    ) -> Result<Self> {
        let fields = match &request.sort {
            Sort::By(fields) => fields.clone(),
            _ => repository.definition.key_fields().map(|field| SortField::new(field, Order::Asc)).collect(),
        };
        let mut walk = Self {
            database: Arc::clone(&repository.database),
            collection: repository.collection.clone(),
            definition: repository.definition.clone(),
            codec: repository.codec.clone(),
            request: request.clone(),
            fields,
            counts,
            cursor: None,
            slice: None,
            is_over: false,
            reached: None,
        };
        walk.cursor = walk.open_cursor(find, FIRST_LOOK).await?;
        Ok(walk)
    }

    /// Sends a command that may take a part of the time that is left; nothing where that was too little.
    async fn open_cursor(&mut self, mut find: Find, part: u32) -> Result<Option<RawBatchCursor>> {
        if let Some(projection) = &mut find.projection {
            for field in &self.fields {
                projection.insert(in_documents(&self.definition, field.path.first()), 1);
            }
        }
        let context = &self.request.context;
        let time = max_time(context) / part;
        match open(&self.database, &self.collection, context, find, Some(time)).await {
            Ok(cursor) => Ok(Some(cursor)),
            Err(failure) => self.shrink(failure).map(|()| None),
        }
    }

    /// Goes on with fewer documents at once, if time was what lacked.
    fn shrink(&mut self, failure: Failure) -> Result<()> {
        let was_slow = failure.native().is_some_and(|native| has_code(native, &TIME_IS_OVER));
        let documents = self.slice.as_ref().map_or(SLICE, |slice| slice.documents / 4);
        if !was_slow || documents < LEAST {
            return Err(self.database.fail(failure, Effect::Reads));
        }
        self.cursor = None;
        self.slice = Some(Slice { documents, began: Instant::now(), end: None });
        Ok(())
    }

    /// Sends the command for the next slice. It may take half of the time, so that there is some for a smaller one.
    async fn look_further(&mut self) -> Result<()> {
        let Sorted::Server(sorting) = Sorted::of(&self.definition, &self.request) else { return Err(no_order()) };
        let documents = self.slice.as_ref().map_or(SLICE, |slice| slice.documents);
        let began = Instant::now();
        let Some(mut cursor) = self.open_cursor(self.nth(documents)?, HALF).await? else { return Ok(()) };
        let reply = self.database.call(&self.request.context, Effect::Reads, next_reply(&mut cursor)).await?;
        let end = reply.map_or(Ok(None), |reply| self.last_place(&self.codec.batch(reply)?))?;
        let mut find = self.find(&self.request)?;
        if let Some(end) = &end {
            find.filter = within(find.filter, &sorting, self.request.after.as_ref(), end)?;
        }
        self.slice = Some(Slice { documents, began, end });
        self.cursor = self.open_cursor(find, HALF).await?;
        Ok(())
    }

    /// The command for the document so many further on, whatever it holds.
    fn nth(&self, documents: u64) -> Result<Find> {
        let mut request = self.request.clone();
        (request.filter, request.offset, request.limit) = (Filter::all(), documents - 1, Some(1));
        request.fields = Some(self.fields.iter().map(|field| field.path.first().to_owned()).collect());
        self.find(&request)
    }

    fn find(&self, request: &FindRequest) -> Result<Find> {
        match Search::new(&self.definition, request)?.command {
            Command::Find(find) => Ok(*find),
            Command::Aggregate(_) => Err(no_order()),
        }
    }

    /// Where the last document of a batch stands whose place can be read; who reads the others says why not.
    fn last_place(&self, batch: &BsonBatch) -> Result<Option<Position>> {
        let matcher = self.request.matcher(&Filter::all(), self.fields.iter().map(|field| &field.path));
        let mut sighting = matcher.sighting();
        for index in (0..batch.len()).rev() {
            match matcher.look(&mut BsonTokens::new(batch.document(index)?, self.codec.id_field()), &mut sighting) {
                Ok(_) => return Ok(Some(Position::new(sighting.values().to_vec()))),
                Err(error) if error.is_unreadable() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Takes note of how far it came.
    fn reach(&mut self, place: Position) {
        self.request.after = Some(place.clone());
        self.reached = Some(place);
        self.request.context.renew();
    }

    fn hand_over(&mut self, batch: BsonBatch) -> Result<Box<dyn Batch>> {
        if let Some(place) = self.last_place(&batch)? {
            self.reach(place);
        }
        if let (true, Some(limit)) = (self.counts, &mut self.request.limit) {
            *limit = limit.saturating_sub(batch.len() as u64);
            self.is_over |= *limit == 0;
        }
        Ok(Box::new(batch))
    }

    /// The end of what a command found: nothing, or what says how far it came.
    fn end(&mut self) -> Option<Box<dyn Batch>> {
        self.cursor = None;
        let Some((slice, end)) = self.slice.as_mut().and_then(|slice| slice.end.take().map(|end| (slice, end))) else {
            self.is_over = true;
            return None;
        };
        if slice.began.elapsed() < QUICK {
            slice.documents = (slice.documents * 2).min(MOST);
        }
        self.reach(end);
        Some(Box::new(Vec::<RecordBuf>::new()))
    }
}

#[async_trait]
impl Cursor for Walk {
    async fn next(&mut self) -> Result<Option<Box<dyn Batch>>> {
        loop {
            let Some(cursor) = &mut self.cursor else {
                if self.is_over {
                    return Ok(None);
                }
                self.look_further().await?;
                continue;
            };
            match self.database.ask(&self.request.context, next_reply(cursor)).await {
                Ok(Some(reply)) => {
                    let batch = self.codec.batch(reply)?;
                    return self.hand_over(batch).map(Some);
                }
                Ok(None) => return Ok(self.end()),
                Err(failure) => self.shrink(failure)?,
            }
        }
    }

    fn reached(&self) -> Option<Position> {
        self.reached.clone()
    }

    fn in_doubt(&self) -> &[usize] {
        &[]
    }
}

/// The query for what of it stands at a place or before it, and behind another.
fn within(filter: Document, sorting: &Sorting, after: Option<&Position>, end: &Position) -> Result<Document> {
    let end = sorting.up_to(after, end)?;
    Ok(match (filter.is_empty(), end.is_empty()) {
        (_, true) => filter,
        (true, false) => end,
        (false, false) => doc! { "$and": [filter, end] },
    })
}

#[cold]
fn no_order() -> Error {
    Error::unexpected("an order that the server computes was taken for that of an index")
}
