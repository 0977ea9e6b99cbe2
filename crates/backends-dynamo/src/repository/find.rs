//! Reading everything, an answer at a time.

use async_trait::async_trait;
use backends_core::driver::{Context, Found};
use backends_core::{Batch, Cursor, Position, Result};

use super::DynamoRepository;
use super::get::is_consistent;
use crate::codec::{Item, ItemBatch};
use crate::retry::Effect;

impl DynamoRepository {
    /// All records. The first request is made when the first batch is wanted.
    pub(super) fn read_all(&self, context: &Context) -> Found {
        Found::everything(Box::new(Answers {
            repository: self.clone(),
            context: context.clone(),
            after: None,
            is_over: false,
        }))
    }
}

struct Answers {
    repository: DynamoRepository,
    context: Context,
    /// The key of the last item that the last answer looked at.
    after: Option<Item>,
    is_over: bool,
}

#[async_trait]
impl Cursor for Answers {
    async fn next(&mut self) -> Result<Option<Box<dyn Batch>>> {
        if self.is_over {
            return Ok(None);
        }
        let table = &self.repository.table;
        let request = || {
            let scan = table.client.scan().table_name(&table.name).consistent_read(is_consistent(&self.context));
            Ok(scan.set_exclusive_start_key(self.after.clone()).send())
        };
        let answer = self.repository.service.call(&self.context, Effect::Reads, request).await?;
        self.context.renew();
        // DynamoDB: an answer without this key is the last, whatever it holds.
        self.after = answer.last_evaluated_key.filter(|key| !key.is_empty());
        self.is_over = self.after.is_none();
        Ok(Some(Box::new(ItemBatch(answer.items.unwrap_or_default()))))
    }

    fn reached(&self) -> Option<Position> {
        None
    }
}
