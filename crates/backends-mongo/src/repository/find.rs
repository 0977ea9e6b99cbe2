//! Reading by filter, a reply at a time.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use backends_core::driver::{Context, FindRequest, Found};
use backends_core::{Batch, Cursor, Position, Result};
use mongodb::Collection;
use mongodb::bson::RawDocumentBuf;
use mongodb::raw_batch_cursor::RawBatchCursor;

use super::MongoRepository;
use super::walk::{Walk, is_walk};
use crate::codec::Codec;
use crate::database::{Database, Failure, max_time, next_reply};
use crate::error::Effect;
use crate::search::{AT_ONCE, Command, EACH_REPLY, FIRST_REPLY, Find, Search};

impl MongoRepository {
    /// The records that a filter means, or more; what is left undone is in the answer.
    pub(super) async fn search(&self, request: &FindRequest) -> Result<Found> {
        let search = Search::new(&self.definition, request)?;
        let cursor = match search.command {
            Command::Find(find) if find.sort.is_some() && is_walk(&self.definition, request) => {
                let walk = Walk::open(self, request, *find, !search.remainder.slice).await?;
                return Ok(Found::new(Box::new(walk), search.remainder));
            }
            Command::Find(find) => {
                let time = find.limit.is_some_and(|limit| limit <= FIRST_REPLY).then(|| max_time(&request.context));
                let opened = open(&self.database, &self.collection, &request.context, *find, time).await;
                opened.map_err(|failure| self.database.fail(failure, Effect::Reads))?
            }
            Command::Aggregate(pipeline) => {
                let aggregate = self.collection.aggregate(pipeline).allow_disk_use(true);
                self.database.call(&request.context, Effect::Reads, Box::pin(aggregate.batch())).await?
            }
        };
        let replies = Replies {
            cursor,
            database: Arc::clone(&self.database),
            codec: self.codec.clone(),
            context: request.context.clone(),
        };
        Ok(Found::new(Box::new(replies), search.remainder))
    }
}

/// Sends a command. Without a `time` the server bounds it not: what it may spend on a cursor it counts over all replies
/// together, and the deadline of a call is that of each.
pub(super) async fn open(
    database: &Database,
    collection: &Collection<RawDocumentBuf>,
    context: &Context,
    command: Find,
    time: Option<Duration>,
) -> Result<RawBatchCursor, Failure> {
    let mut find = collection.find(command.filter);
    if let Some(sort) = command.sort {
        find = find.sort(sort).allow_disk_use(true);
    }
    if let Some(projection) = command.projection {
        find = find.projection(projection);
    }
    if let Some(skip) = command.skip {
        find = find.skip(skip.unsigned_abs());
    }
    if let Some(limit) = command.limit {
        find = find.limit(limit);
        if (FIRST_REPLY + 1..=AT_ONCE).contains(&limit) {
            // One that is full does not say that it is the last.
            find = find.batch_size(u32::try_from(limit + 1).unwrap_or(u32::MAX));
        }
    }
    if command.is_all {
        // One that is full does not say that it is the last.
        find = find.batch_size(EACH_REPLY + 1);
    }
    if let Some(time) = time {
        // Less than a millisecond is no limit to the server.
        find = find.max_time(time.max(Duration::from_millis(1)));
    }
    database.ask(context, Box::pin(find.batch())).await
}

struct Replies {
    cursor: RawBatchCursor,
    database: Arc<Database>,
    codec: Codec,
    context: Context,
}

#[async_trait]
impl Cursor for Replies {
    async fn next(&mut self) -> Result<Option<Box<dyn Batch>>> {
        let reply = self.database.call(&self.context, Effect::Reads, next_reply(&mut self.cursor)).await?;
        let Some(reply) = reply else { return Ok(None) };
        self.context.renew();
        Ok(Some(Box::new(self.codec.batch(reply)?)))
    }

    fn reached(&self) -> Option<Position> {
        None
    }

    fn in_doubt(&self) -> &[usize] {
        &[]
    }
}
