//! Reading by filter, a reply at a time.

use std::sync::Arc;

use async_trait::async_trait;
use backends_core::driver::{Context, FindRequest, Found};
use backends_core::{Batch, Cursor, Position, Result};
use mongodb::raw_batch_cursor::RawBatchCursor;

use super::MongoRepository;
use crate::codec::Codec;
use crate::database::{Database, max_time, next_reply};
use crate::error::Effect;
use crate::search::{AT_ONCE, Command, FIRST_REPLY, Find, Search};

impl MongoRepository {
    /// The records that a filter means, or more; what is left undone is in the answer.
    pub(super) async fn search(&self, request: &FindRequest) -> Result<Found> {
        let search = Search::new(&self.definition, request)?;
        let cursor = match search.command {
            Command::Find(find) => self.cursor(&request.context, *find).await?,
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

    /// The server bounds many replies not by time: what it may spend on a cursor it counts over all of them together,
    /// and the deadline is that of each.
    async fn cursor(&self, context: &Context, command: Find) -> Result<RawBatchCursor> {
        let mut find = self.collection.find(command.filter);
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
            if limit <= FIRST_REPLY {
                find = find.max_time(max_time(context));
            } else if limit <= AT_ONCE {
                // One that is full does not say that it is the last.
                find = find.batch_size(u32::try_from(limit + 1).unwrap_or(u32::MAX));
            }
        }
        self.database.call(context, Effect::Reads, Box::pin(find.batch())).await
    }
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
}
