//! One request of a read by filter, and what it leaves.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::Select;
use backends_core::driver::Context;
use backends_core::{Error, Key, Result, Value};

use super::DynamoRepository;
use super::get::{KEYS, is_consistent};
use super::pace::SEGMENTS;
use crate::codec::{Codec, Item, ItemBatch, operand};
use crate::guard::Guard;
use crate::plan::{By, Lane, Range, Route};
use crate::retry::Effect;
use crate::words::Words;

/// A part of an answer that is read request by request.
#[derive(Debug, Clone)]
pub(super) enum Part {
    Keys(Vec<Key>),
    Guard(Guard),
    Partition {
        partition: Value,
        after: Option<Item>,
    },
    /// The number of a lane of an index.
    Lane {
        lane: usize,
        after: Option<Item>,
    },
    Table {
        /// The number of the part, if there are several.
        segment: Option<i32>,
        after: Option<Item>,
    },
}

/// What one request gave.
pub(super) struct Step {
    pub(super) items: ItemBatch,
    /// How many items match, also where they are not handed over.
    pub(super) matched: usize,
    pub(super) looked_at: usize,
    /// What is left of the part.
    pub(super) rest: Option<Part>,
    /// The last key that was looked at, if the part goes on behind it.
    pub(super) reached: Option<Key>,
}

/// Makes the requests of one answer.
pub(super) struct Reader {
    pub(super) repository: DynamoRepository,
    pub(super) context: Context,
    pub(super) route: Route,
    /// Whether the records of a part come in the order of its keys.
    pub(super) is_ordered: bool,
    /// Whether only the number of records is wanted.
    pub(super) counts: bool,
}

/// The numbers that the service counts by.
fn number(count: i32) -> usize {
    usize::try_from(count).unwrap_or_default()
}

impl Reader {
    /// The parts, in order; several of a table if that is worth it.
    pub(super) fn parts(&self, is_eager: bool, is_parallel: bool) -> Result<Vec<Part>> {
        let codec = &self.repository.codec;
        Ok(match &self.route.by {
            By::Nothing => Vec::new(),
            By::Key(key) => vec![Part::Keys(vec![key.clone()])],
            By::Keys(keys) if is_eager => keys.chunks(KEYS).map(|keys| Part::Keys(keys.to_vec())).collect(),
            By::Keys(keys) => vec![Part::Keys(keys.clone())],
            By::Guard(guard) => vec![Part::Guard(guard.clone())],
            By::Range(Range { partitions, after, .. }) => {
                let mut after = after.as_ref().map(|key| codec.key(key)).transpose()?;
                let part = |partition: &Value| Part::Partition { partition: partition.clone(), after: after.take() };
                partitions.iter().map(part).collect()
            }
            By::Index(search) => {
                let after = |lane: &Lane| {
                    let place = lane.after.iter().map(|(name, value)| Some((name.clone(), operand(value)?)));
                    place.collect::<Option<Item>>().filter(|place| !place.is_empty())
                };
                let lanes = search.lanes.iter().enumerate();
                lanes.map(|(number, lane)| Part::Lane { lane: number, after: after(lane) }).collect()
            }
            By::Scan(_) if is_parallel => {
                (0..SEGMENTS).map(|number| Part::Table { segment: i32::try_from(number).ok(), after: None }).collect()
            }
            By::Scan(after) => {
                let after = after.as_ref().map(|key| codec.key(key)).transpose()?;
                vec![Part::Table { segment: None, after }]
            }
        })
    }

    /// Makes one request, which looks at so many items at most.
    pub(super) async fn step(&self, part: Part, size: Option<u64>) -> Result<Step> {
        let step = match part {
            Part::Keys(keys) => self.by_keys(keys, size).await,
            Part::Guard(guard) => self.by_guard(&guard).await,
            Part::Partition { partition, after } => self.query(partition, after, size).await,
            Part::Lane { lane, after } => self.search(lane, after, size).await,
            Part::Table { segment, after } => self.scan(segment, after, size).await,
        };
        self.context.renew();
        step
    }

    async fn by_keys(&self, mut keys: Vec<Key>, size: Option<u64>) -> Result<Step> {
        let size = size.and_then(|size| usize::try_from(size).ok()).unwrap_or(KEYS).min(KEYS);
        let later = keys.split_off(size.min(keys.len()));
        let (repository, context, fields) = (&self.repository, &self.context, self.route.fields.as_ref());
        let looked_at = keys.len();
        let mut items: Vec<Item> = match keys.as_slice() {
            [key] => repository.fetch_one(context, key, fields).await?.into_iter().collect(),
            _ => repository
                .fetch_chunk(context, keys.clone(), fields)
                .await?
                .into_iter()
                .flat_map(|batch| batch.0)
                .collect(),
        };
        if self.is_ordered && items.len() > 1 {
            let wanted = keys.iter().enumerate().filter_map(|(number, key)| Some((Codec::wanted(key)?, number)));
            let places: HashMap<_, usize> = wanted.collect();
            let codec = &repository.codec;
            items.sort_by_cached_key(|item| codec.key_of(item).and_then(|key| places.get(&key).copied()));
        }
        let reached = keys.pop().filter(|_| !later.is_empty());
        let rest = (!later.is_empty()).then_some(Part::Keys(later));
        Ok(Step { matched: items.len(), looked_at, items: ItemBatch(items), rest, reached })
    }

    async fn by_guard(&self, guard: &Guard) -> Result<Step> {
        let mut item = self.repository.fetch_guarded(&self.context, guard).await?;
        if let (Some(item), Some(fields)) = (&mut item, &self.route.fields) {
            item.retain(|name, _| fields.contains(name));
        }
        let items: Vec<Item> = item.into_iter().collect();
        Ok(Step { matched: items.len(), looked_at: 1, items: ItemBatch(items), rest: None, reached: None })
    }

    async fn query(&self, partition: Value, after: Option<Item>, size: Option<u64>) -> Result<Step> {
        let By::Range(range) = &self.route.by else { return Err(Error::unexpected("a query has a range")) };
        let mut names = self.repository.codec.keys().iter().map(|key| key.name.as_str());
        let keys = (names.next().unwrap_or_default(), names.next().unwrap_or_default());
        let words = || self.words().of_partition(keys, &partition, range.sort.as_ref());
        let answer = self.ask_query(words, None, range.is_backward, after, size).await?;
        let rest = |after| Part::Partition { partition, after };
        Ok(self.answered(answer, rest))
    }

    async fn search(&self, lane: usize, after: Option<Item>, size: Option<u64>) -> Result<Step> {
        let By::Index(search) = &self.route.by else { return Err(Error::unexpected("a lane has an index")) };
        let Some(conditions) = search.lanes.get(lane) else { return Err(Error::unexpected("a lane without a number")) };
        let words = || self.words().of_lane(conditions);
        let name = Some(search.index.native.as_str());
        let answer = self.ask_query(words, name, search.is_backward, after, size).await;
        let answer = answer.map_err(|error| error.with_context("index", &search.index.name))?;
        let rest = |after| Part::Lane { lane, after };
        Ok(self.answered(answer, rest))
    }

    async fn ask_query(
        &self,
        words: impl Fn() -> Words,
        index: Option<&str>,
        is_backward: bool,
        after: Option<Item>,
        size: Option<u64>,
    ) -> Result<Answer> {
        let DynamoRepository { table, service, .. } = &self.repository;
        let request = || {
            let words = words();
            let query = table.client.query().table_name(&table.name).set_index_name(index.map(str::to_owned));
            let query = query
                // DynamoDB: an index cannot be read consistently.
                .consistent_read(index.is_none() && is_consistent(&self.context))
                .set_key_condition_expression(words.key)
                .set_filter_expression(words.filter)
                .set_projection_expression(words.projection)
                .set_expression_attribute_names(words.names)
                .set_expression_attribute_values(words.values)
                .set_select(self.counts.then_some(Select::Count))
                .set_limit(size.and_then(|size| i32::try_from(size).ok()))
                .set_exclusive_start_key(after.clone());
            Ok(if is_backward { query.scan_index_forward(false) } else { query }.send())
        };
        let answer = service.call(&self.context, Effect::Reads, request).await?;
        Ok(Answer {
            items: answer.items,
            matched: number(answer.count),
            looked_at: number(answer.scanned_count),
            last: answer.last_evaluated_key,
        })
    }

    async fn scan(&self, segment: Option<i32>, after: Option<Item>, size: Option<u64>) -> Result<Step> {
        let DynamoRepository { table, service, .. } = &self.repository;
        let request = || {
            let words = self.words();
            let scan = table.client.scan().table_name(&table.name).consistent_read(is_consistent(&self.context));
            let scan = scan
                .set_filter_expression(words.filter)
                .set_projection_expression(words.projection)
                .set_expression_attribute_names(words.names)
                .set_expression_attribute_values(words.values)
                .set_select(self.counts.then_some(Select::Count))
                .set_limit(size.and_then(|size| i32::try_from(size).ok()))
                .set_segment(segment)
                .set_total_segments(segment.and_then(|_| i32::try_from(SEGMENTS).ok()))
                .set_exclusive_start_key(after.clone());
            Ok(scan.send())
        };
        let answer = service.call(&self.context, Effect::Reads, request).await?;
        let answer = Answer {
            items: answer.items,
            matched: number(answer.count),
            looked_at: number(answer.scanned_count),
            last: answer.last_evaluated_key,
        };
        let rest = |after| Part::Table { segment, after };
        Ok(self.answered(answer, rest))
    }

    fn words(&self) -> Words {
        let fields = self.route.fields.as_ref().filter(|_| !self.counts);
        Words::filtered(self.route.expression.as_ref()).of_fields(fields)
    }

    fn answered(&self, answer: Answer, rest: impl FnOnce(Option<Item>) -> Part) -> Step {
        let Answer { items, matched, looked_at, last } = answer;
        // DynamoDB: an answer without this key is the last, whatever it holds.
        let last = last.filter(|key| !key.is_empty());
        let reached = last.as_ref().and_then(|key| self.repository.codec.core_key(key));
        let rest = last.map(|last| rest(Some(last)));
        Step { items: ItemBatch(items.unwrap_or_default()), matched, looked_at, rest, reached }
    }
}

/// The answer to a query or a scan.
struct Answer {
    items: Option<Vec<Item>>,
    matched: usize,
    looked_at: usize,
    last: Option<Item>,
}
