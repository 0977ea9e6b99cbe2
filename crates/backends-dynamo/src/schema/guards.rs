//! Unique indexes that come to a table with records: whether they hold, and their guards.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use backends_core::driver::{Context, DefineRequest, Duplicates, Expiry};
use backends_core::{Definition, Error, ErrorKind, Mistakes, Result, Ttl};
use tokio::task::JoinSet;

use super::fill::wait_for_fewer_than;
use crate::codec::{Codec, Item, ItemTokens};
use crate::guard::{Guard, Guards};
use crate::repository::{DynamoRepository, id_of, told};
use crate::retry::Effect;
use crate::service::Service;
use crate::stamp::STAMP;
use crate::throughput::AT_ONCE;

/// Reads the records of a table, of which only what guards are made of and what tells them apart.
pub(super) struct Records<'a> {
    pub(super) service: &'a Service,
    pub(super) context: &'a Context,
    pub(super) table: &'a str,
    pub(super) definition: &'a Definition,
    pub(super) codec: &'a Codec,
}

impl Records<'_> {
    async fn page(&self, guards: &Guards, after: Option<Item>) -> Result<(Vec<Item>, Option<Item>)> {
        let keys = self.codec.keys().iter().map(|key| key.name.as_str());
        let of_time = self.definition.ttl().map(Ttl::field);
        let own = [self.definition.id_field(), STAMP].into_iter().chain(of_time);
        let mut fields: Vec<&str> = keys.chain(guards.fields()).chain(own).collect();
        fields.sort_unstable();
        fields.dedup();
        let names: Vec<String> = (0..fields.len()).map(|number| format!("#f{number}")).collect();
        let request = || {
            let mut scan = self.service.client.scan().table_name(self.table).consistent_read(true);
            for (name, field) in names.iter().zip(&fields) {
                scan = scan.expression_attribute_names(name, *field);
            }
            Ok(scan.projection_expression(names.join(", ")).set_exclusive_start_key(after.clone()).send())
        };
        let answer = self.service.call(self.context, Effect::Reads, request).await?;
        self.context.looked_at(usize::try_from(answer.scanned_count).unwrap_or_default());
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key.filter(|key| !key.is_empty())))
    }

    /// Removes those that have expired, which nobody sees any more, so that they are in no new index's way. `guards` are
    /// those of all indexes.
    pub(super) async fn remove_expired(&self, service: &Arc<Service>, guards: &Guards) -> Result<()> {
        let Some(expiry) = self.definition.ttl().and_then(|ttl| Expiry::at(ttl, self.context.now)) else {
            return Ok(());
        };
        let repository = DynamoRepository::new(service, self.definition, Vec::new());
        let mut after = None;
        loop {
            let (items, last) = self.page(guards, after.take()).await?;
            for item in items {
                if expiry.is_over(&mut ItemTokens::new(&item))? {
                    repository.clear_away(self.context, &item).await?;
                    self.context.renew();
                }
            }
            after = last;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// Whether there are any.
    pub(super) async fn are_there(&self) -> Result<bool> {
        let (items, last) = self.page(&Guards::new(self.definition).only(&[]), None).await?;
        Ok(!items.is_empty() || last.is_some())
    }

    /// Calls `see` with every record; `false` if there is none.
    async fn each(&self, guards: &Guards, mut see: impl FnMut(&Item)) -> Result<bool> {
        let (mut after, mut has_records) = (None, false);
        loop {
            let (items, last) = self.page(guards, after.take()).await?;
            has_records |= !items.is_empty();
            items.iter().for_each(&mut see);
            after = last;
            if after.is_none() {
                return Ok(has_records);
            }
        }
    }

    /// Whether there are records to be guarded, of which no two have the same values.
    ///
    /// # Errors
    /// `Unsupported` for indexes that are new, without the word that nobody else writes; `DefinitionConflict` with the
    /// records that have the same values.
    pub(super) async fn check(&self, request: &DefineRequest, guards: &Guards, is_new: bool) -> Result<bool> {
        if is_new && !request.no_other_writers {
            if !self.are_there().await? {
                return Ok(false);
            }
            return Err(Error::unsupported(
                "the capability `unique_indexes` on a table that holds records: a version of the service without the index would write past it: stop all others, and define once with `.no_other_writers()`",
            ));
        }
        let (mut seen, mut twice) = (HashSet::new(), BTreeMap::<String, BTreeMap<String, Vec<String>>>::new());
        let has_records = self
            .each(guards, |item| {
                for Guard { index, key, .. } in guards.of(item) {
                    // Half of a hash has no second one either, and takes 16 bytes a record.
                    let hash = key.get(key.len() - 32..).and_then(|hash| u128::from_str_radix(hash, 16).ok());
                    let of_index = twice.entry(index.clone()).or_default();
                    if !seen.insert((guards.names().position(|name| name == index), hash))
                        && of_index.len() <= Duplicates::TOLD
                    {
                        of_index.insert(key, Vec::new());
                    }
                }
            })
            .await?;
        if twice.values().all(BTreeMap::is_empty) {
            return Ok(has_records);
        }
        let id_field = self.definition.id_field();
        self.each(guards, |item| {
            for Guard { index, key, .. } in guards.of(item) {
                if let Some(ids) = twice.get_mut(&index).and_then(|of_index| of_index.get_mut(&key)) {
                    ids.push(id_of(item, id_field));
                }
            }
        })
        .await?;
        let mut mistakes = Mistakes::new(ErrorKind::DefinitionConflict);
        for (index, groups) in twice.into_iter().filter(|(_, groups)| !groups.is_empty()) {
            mistakes.check(Err::<(), _>(told(self.definition, &index, groups.into_values().collect())));
        }
        mistakes.into_result().map(|()| has_records)
    }

    /// Holds the values of every record by guards of these indexes. It may be done by many at once, and again.
    ///
    /// # Errors
    /// `DefinitionConflict` if another record has one of the values.
    pub(super) async fn guard(&self, service: &Arc<Service>, guards: Guards) -> Result<()> {
        let repository = DynamoRepository::new(service, self.definition, Vec::new());
        let guards = Arc::new(guards);
        let mut running = JoinSet::new();
        let mut after = None;
        loop {
            let (items, last) = self.page(&guards, after.take()).await?;
            for item in items {
                wait_for_fewer_than(&mut running, AT_ONCE).await?;
                let (repository, context, guards) = (repository.clone(), self.context.clone(), Arc::clone(&guards));
                running.spawn(async move {
                    repository.give_guards(&context, &guards, item).await?;
                    context.renew();
                    Ok(())
                });
            }
            after = last;
            if after.is_none() {
                return wait_for_fewer_than(&mut running, 1).await;
            }
        }
    }
}
