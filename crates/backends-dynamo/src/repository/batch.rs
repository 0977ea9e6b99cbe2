//! Writes to several items, also of several tables, in one transaction, on the condition that what was read is there
//! still.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::TransactWriteItem;
use backends_core::driver::{BatchStep, BatchSteps, BatchWritten, Context, KeyedWrite, WriteBatchRequest};
use backends_core::{Error, Key, Result, Tokens};

use super::guarded::{Change, Shift, also_unclear, leave_out, of_taken, unnamed};
use super::{DynamoRepository, is_over, lost};
use crate::codec::{Codec, Item, ItemTokens};
use crate::expression::Condition;
use crate::guard::Guard;
use crate::retry::Effect;
use crate::service::{Cause, Failure, Unmet};
use crate::stamp::Stamp;

mod hands;

use hands::{Hands, Take};

// DynamoDB: 4 MB a transaction.
const MAX_BYTES: u64 = 4_194_304;

/// A batch on its way.
struct Writing<'r> {
    request: &'r WriteBatchRequest,
    repositories: Vec<&'r DynamoRepository>,
    /// The keys of the items.
    owners: Vec<Item>,
    stamp: Stamp,
}

/// What is to be done where certain items were read.
struct Plan<'r> {
    steps: BatchSteps<'r>,
    records: Vec<TransactWriteItem>,
    shifts: Vec<Shift>,
    /// How many bytes the records have at least.
    bytes: u64,
    /// Why the first write that fails does, as far as the items tell; the writes before it are planned.
    refused: Option<Error>,
}

/// What an item of the transaction is for.
enum Part<'p> {
    Record,
    Taking(&'p Take<'p>),
    Leaving,
}

/// What came of a transaction.
enum Sent {
    Done,
    /// It was not done, and has to be planned anew.
    Changed,
    /// It was not done, for guards that it leaves are of other records: it is to be made without them.
    NotLeft,
}

pub(crate) async fn write_batch(request: &WriteBatchRequest) -> Result<BatchWritten> {
    let mut repositories = Vec::with_capacity(request.writes.len());
    let mut owners = Vec::with_capacity(request.writes.len());
    for write in &request.writes {
        let repository = write.repository_as::<DynamoRepository>()?;
        owners.push(repository.codec.key(write.key())?);
        repositories.push(repository);
    }
    let writing = Writing { request, repositories, owners, stamp: Stamp::of(&request.context) };
    // What is to be inserted needs no look, as long as its condition says it all.
    let mut looks_at_all = false;
    loop {
        let seen = writing.look(looks_at_all).await?;
        let mut plan = writing.plan(&seen)?;
        let hands = Hands::of(&plan.shifts);
        let refused = plan.refused.take().into_iter().chain(writing.clash(&hands)).min_by_key(Error::position);
        if let Some(refused) = refused {
            if !looks_at_all && writing.inserts_before(refused.position()) {
                looks_at_all = true;
                continue;
            }
            return Err(writing.first_taken(&hands, refused).await?);
        }
        match writing.send(&plan, &hands).await? {
            Sent::Done => return Ok(plan.steps.finish()),
            Sent::Changed | Sent::NotLeft => looks_at_all = true,
        }
        tokio::task::yield_now().await;
    }
}

impl<'r> Writing<'r> {
    /// Reads the items that have to be known, those of each table together.
    async fn look(&self, looks_at_all: bool) -> Result<Vec<Option<Item>>> {
        let mut seen = Vec::new();
        seen.resize_with(self.owners.len(), || None);
        let is_passed_over = |write: &KeyedWrite| matches!(write, KeyedWrite::Insert(_)) && !looks_at_all;
        for (first, repository) in self.repositories.iter().enumerate() {
            let is_same = |other: &DynamoRepository| other.table.name == repository.table.name;
            if self.repositories[..first].iter().any(|other| is_same(other)) {
                continue;
            }
            let of_table = (first..self.owners.len()).filter(|at| is_same(self.repositories[*at]));
            let writes = &self.request.writes;
            let places: Vec<usize> = of_table.filter(|at| !is_passed_over(&writes[*at].write)).collect();
            let keys: Vec<Key> = places.iter().map(|at| writes[*at].key().clone()).collect();
            let context = &self.request.context;
            match (places.as_slice(), keys.as_slice()) {
                ([], _) => {}
                ([place], [key]) => seen[*place] = repository.fetch_one(context, key, None).await?,
                _ => {
                    let batches = repository.fetch_chunk(context, keys.clone(), None).await?;
                    let mut found = HashMap::new();
                    for item in batches.iter().flat_map(|batch| &batch.0) {
                        found.extend(repository.codec.key_of(item).map(|key| (key, item)));
                    }
                    for (place, key) in places.iter().zip(&keys) {
                        seen[*place] = Codec::wanted(key).and_then(|key| found.get(&key)).map(|item| (*item).clone());
                    }
                }
            }
        }
        Ok(seen.into_iter().map(|item: Option<Item>| item.filter(|item| !item.is_empty())).collect())
    }

    /// Whether a write before this one inserts, and may be the first that fails.
    fn inserts_before(&self, position: Option<usize>) -> bool {
        let before = self.request.writes.iter().take(position.unwrap_or_default());
        before.into_iter().any(|write| matches!(write.write, KeyedWrite::Insert(_)))
    }

    /// What is to be done where this was read.
    fn plan(&self, seen: &[Option<Item>]) -> Result<Plan<'r>> {
        let (steps, records, shifts) = (self.request.steps(), Vec::new(), Vec::new());
        let mut plan = Plan { steps, records, shifts, bytes: 0, refused: None };
        for (position, seen) in seen.iter().enumerate() {
            match self.step(&mut plan, position, seen.as_ref()) {
                Ok(()) => {}
                Err(error) if error.position().is_none() => return Err(error),
                Err(error) => {
                    plan.refused = Some(error);
                    break;
                }
            }
        }
        Ok(plan)
    }

    fn step(&self, plan: &mut Plan<'r>, position: usize, seen: Option<&Item>) -> Result<()> {
        let (repository, owner) = (self.repositories[position], &self.owners[position]);
        let at_its_place = |error| self.request.at(position, error);
        let mut tokens = seen.map(ItemTokens::new);
        let step = plan.steps.next(tokens.as_mut().map(|tokens| tokens as &mut dyn Tokens))?;
        let old = || seen.map(|seen| repository.guards.of(seen)).unwrap_or_default();
        let condition = Condition::still(seen).expression(repository.codec.partition());
        let (record, shift) = match (step, &self.request.writes[position].write, seen) {
            (BatchStep::Put { record, .. }, KeyedWrite::Update(request), Some(stored)) => {
                let (item, bytes) = repository.codec.sized_item(record, &self.stamp).map_err(at_its_place)?;
                plan.bytes += bytes;
                let shift = Shift::new(old(), repository.guards.of(&item));
                match repository.patching(request, stored, &item) {
                    Some((condition, patch)) => {
                        (repository.of_record(Change::Update { condition, patch }, owner)?, shift)
                    }
                    None => (repository.of_record(Change::Put { item: &item, condition }, owner)?, shift),
                }
            }
            (BatchStep::Put { record, .. }, ..) => {
                let (item, bytes) = repository.codec.sized_item(record, &self.stamp).map_err(at_its_place)?;
                plan.bytes += bytes;
                let shift = Shift::new(old(), repository.guards.of(&item));
                (repository.of_record(Change::Put { item: &item, condition }, owner)?, shift)
            }
            // What is not there is still not there, and what has expired goes.
            (BatchStep::Remove | BatchStep::Nothing, ..) => {
                (repository.of_record(Change::Delete { condition }, owner)?, Shift::new(old(), Vec::new()))
            }
        };
        if plan.bytes > MAX_BYTES {
            return Err(Error::invalid_input(
                "the records of a batch are larger together than DynamoDB's limit of 4194304 bytes as items: make several batches of it",
            ));
        }
        plan.records.push(record);
        plan.shifts.push(shift);
        Ok(())
    }

    /// The error of a write that takes values which one before it has taken, or one behind it has yet to leave.
    fn clash(&self, hands: &Hands<'_>) -> Option<Error> {
        hands.clash.map(|(position, guard)| self.request.at(position, Error::value_taken(&guard.index)))
    }

    /// The error of the first write that fails, where one is known to fail: one before it may want values that another
    /// record has.
    async fn first_taken(&self, hands: &Hands<'_>, refused: Error) -> Result<Error> {
        let context = &self.request.context;
        for Take { guard, position, from } in &hands.takes {
            if !from.is_empty() || Some(*position) >= refused.position() {
                continue;
            }
            let repository = self.repositories[*position];
            if repository.is_taken(context, guard, &self.owners[*position]).await? {
                return Ok(self.request.at(*position, Error::value_taken(&guard.index)));
            }
        }
        Ok(refused)
    }

    async fn send(&self, plan: &Plan<'_>, hands: &Hands<'_>) -> Result<Sent> {
        let mut parts: Vec<Part<'_>> = plan.records.iter().map(|_| Part::Record).collect();
        let mut items = plan.records.clone();
        for take in &hands.takes {
            let (repository, owner) = (self.repositories[take.position], &self.owners[take.position]);
            items.push(repository.taking_from(take.guard, owner, &self.owners_at(&take.from), self.stamp)?);
            parts.push(Part::Taking(take));
        }
        let first_left = items.len();
        for leave in &hands.leaves {
            let Some(repository) = leave.from.first().map(|from| self.repositories[*from]) else { continue };
            items.push(repository.leaving(leave.guard, &self.owners_at(&leave.from))?);
            parts.push(Part::Leaving);
        }
        let mut was_unclear = false;
        loop {
            let (unmet, is_unclear) = match self.ask(&items).await {
                Ok(()) => return Ok(Sent::Done),
                Err(Failure { cause: Cause::Conditions(unmet), is_unclear }) => (unmet, was_unclear || is_unclear),
                Err(failure) => return Err(also_unclear(failure.into_error(), was_unclear)),
            };
            was_unclear = is_unclear;
            match self.sort_out(&parts, &unmet, is_unclear).await? {
                Sent::NotLeft => {}
                sent => return Ok(sent),
            }
            leave_out(&mut parts, &unmet, first_left);
            leave_out(&mut items, &unmet, first_left);
        }
    }

    async fn ask(&self, items: &[TransactWriteItem]) -> Result<(), Failure> {
        let Some(repository) = self.repositories.first() else { return Ok(()) };
        // The same in each try, so that the service knows a second one again.
        let token = format!("{:032x}", fastrand::u128(..));
        let request = || {
            let transaction = repository.table.client.transact_write_items();
            Ok(transaction.set_transact_items(Some(items.to_vec())).client_request_token(&token).send())
        };
        repository.service.ask(&self.request.context, Effect::WritesOnce, request).await.map(drop)
    }

    fn owners_at(&self, positions: &[usize]) -> Vec<&Item> {
        positions.iter().map(|position| &self.owners[*position]).collect()
    }

    /// What it means that these conditions are not met.
    async fn sort_out(&self, parts: &[Part<'_>], unmet: &[Option<Unmet>], is_unclear: bool) -> Result<Sent> {
        let each = parts.iter().zip(unmet);
        let unmet: Vec<_> = each.filter_map(|(part, unmet)| Some((part, unmet.as_ref()?))).collect();
        let of_records = || unmet.iter().filter(|(part, _)| matches!(part, Part::Record));
        if of_records().any(|(_, item)| item.as_ref().is_some_and(|item| self.stamp.is_on(item))) {
            return Ok(Sent::Done);
        }
        if of_records().next().is_some() {
            return if is_unclear { Err(lost()) } else { Ok(Sent::Changed) };
        }
        let taken = unmet.iter().find_map(|(part, held)| match part {
            Part::Taking(take) => Some((*take, *held)),
            Part::Record | Part::Leaving => None,
        });
        let Some((Take { guard, position, .. }, held)) = taken else {
            return if unmet.is_empty() { Err(unnamed(is_unclear)) } else { Ok(Sent::NotLeft) };
        };
        let (repository, context) = (self.repositories[*position], &self.request.context);
        if let Some(held) = held
            && !self.stamp.is_on(held)
            && guard.is(held)
        {
            match repository.holder(context, guard, held).await? {
                // Another program deleted the record that had the values, or changed it.
                None => {
                    repository.let_go(context, guard, held).await?;
                    return Ok(Sent::Changed);
                }
                Some(item) if is_over(repository.expiry(context).as_ref(), &item)? => {
                    repository.clear_away(context, &item).await?;
                    return Ok(Sent::Changed);
                }
                Some(_) => {}
            }
        }
        let error = of_taken(guard, held.as_ref(), self.stamp, is_unclear);
        Err(if error.is_already_exists() { self.request.at(*position, error) } else { error })
    }
}

impl DynamoRepository {
    /// Whether another record than this one has the values of a guard.
    async fn is_taken(&self, context: &Context, guard: &Guard, owner: &Item) -> Result<bool> {
        let Some(held) = self.held(context, guard).await? else { return Ok(false) };
        if !guard.is(&held) || Guard::is_of(&held, owner) {
            return Ok(false);
        }
        let holder = self.holder(context, guard, &held).await?;
        holder.map_or(Ok(false), |item| Ok(!is_over(self.expiry(context).as_ref(), &item)?))
    }
}
