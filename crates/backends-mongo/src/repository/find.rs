//! Reading everything, a reply at a time.

use std::sync::Arc;

use async_trait::async_trait;
use backends_core::driver::{Context, Found};
use backends_core::{Batch, Cursor, Position, Result};
use mongodb::bson::Document;
use mongodb::raw_batch_cursor::RawBatchCursor;

use super::MongoRepository;
use crate::codec::Codec;
use crate::database::{Database, next_reply};
use crate::error::Effect;

impl MongoRepository {
    /// All records.
    ///
    /// The server bounds no part of it by time: what it may spend on a cursor it counts over all replies together, and
    /// the deadline is that of each.
    pub(super) async fn read_all(&self, context: &Context) -> Result<Found> {
        let find = self.collection.find(Document::new());
        let cursor = self.database.call(context, Effect::Reads, find.batch()).await?;
        Ok(Found::everything(Box::new(Replies {
            cursor,
            database: Arc::clone(&self.database),
            codec: self.codec.clone(),
            context: context.clone(),
        })))
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
