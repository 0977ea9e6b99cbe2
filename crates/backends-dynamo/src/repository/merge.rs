//! The answers of several queries of an index, merged into one order.

use std::collections::VecDeque;
use std::sync::Arc;

use async_trait::async_trait;
use backends_core::{Batch, Cursor, Error, Position, RecordBuf, Result};
use tokio::task::JoinSet;

use super::pace::Sizes;
use super::read::{Part, Reader, Step};
use crate::codec::{Item, ItemBatch, ItemTokens};
use crate::plan::{By, Merge, Search};

/// Several answers, each in order, as one. Nothing is asked before the first item is wanted.
///
/// The service tells places apart as far as they fit. Items whose places it takes for equal wait for one another, and
/// are sorted here.
pub(super) struct Merging {
    reader: Arc<Reader>,
    lanes: Vec<Lane>,
    running: JoinSet<Result<(usize, Step)>>,
    is_eager: bool,
    /// Items of one place, to be sorted when the last of them is there, and how many bytes they may have.
    equals: Vec<Placed>,
    bytes: u64,
    most_bytes: u64,
    too_much: Error,
}

/// An answer as it comes.
struct Lane {
    ready: VecDeque<Placed>,
    rest: Option<Part>,
    is_asked: bool,
    /// How many items its last answer had.
    last: usize,
    /// The key of the last item that was looked at.
    looked_at: Option<Item>,
    sizes: Sizes,
}

impl Lane {
    /// Whether its next request is to be made: ahead of the reader as long as less than one answer waits for the others.
    fn is_wanted(&self, is_eager: bool) -> bool {
        !self.is_asked && (self.ready.is_empty() || is_eager && self.ready.len() < self.last)
    }
}

struct Placed {
    /// Where the service has it.
    place: Vec<u8>,
    /// Whether no other item stands there.
    is_alone: bool,
    item: Item,
}

impl Merging {
    pub(super) fn new(
        reader: Reader,
        parts: Vec<Part>,
        sizes: &Sizes,
        is_eager: bool,
        most_bytes: u64,
        too_much: Error,
    ) -> Self {
        let lane = |part| Lane {
            ready: VecDeque::new(),
            rest: Some(part),
            is_asked: false,
            last: 0,
            looked_at: None,
            sizes: sizes.clone(),
        };
        let lanes = parts.into_iter().map(lane).collect();
        let (running, equals) = (JoinSet::new(), Vec::new());
        Self { reader: Arc::new(reader), lanes, running, is_eager, equals, bytes: 0, most_bytes, too_much }
    }

    fn start(&mut self) {
        for (number, lane) in self.lanes.iter_mut().enumerate() {
            if lane.is_wanted(self.is_eager)
                && let Some(part) = lane.rest.take()
            {
                lane.is_asked = true;
                let (reader, size) = (Arc::clone(&self.reader), lane.sizes.next());
                self.running.spawn(async move { Ok((number, reader.step(part, size).await?)) });
            }
        }
    }

    fn arrive(&mut self, number: usize, step: Step) -> Result<()> {
        let search = search(&self.reader)?;
        let last = step.items.0.len();
        let placed = step.items.0.into_iter().map(|item| placed(search, item));
        let Some(lane) = self.lanes.get_mut(number) else { return Err(Error::unexpected("a lane without a number")) };
        lane.ready.extend(placed);
        lane.looked_at = match &step.rest {
            Some(Part::Lane { after, .. }) => after.clone(),
            _ => None,
        };
        (lane.rest, lane.is_asked, lane.last) = (step.rest, false, last);
        Ok(())
    }

    /// The items whose turn it surely is.
    fn take(&mut self) -> Result<Vec<Item>> {
        let is_backward = search(&self.reader)?.is_backward;
        let mut items = Vec::new();
        while self.lanes.iter().all(|lane| !lane.ready.is_empty() || !lane.is_asked && lane.rest.is_none()) {
            let heads =
                self.lanes.iter().enumerate().filter_map(|(number, lane)| Some((&lane.ready.front()?.place, number)));
            let next =
                if is_backward { heads.max_by_key(|(place, _)| *place) } else { heads.min_by_key(|(place, _)| *place) };
            let Some(placed) = next.map(|(_, number)| number).and_then(|number| self.lanes[number].ready.pop_front())
            else {
                self.settle(&mut items)?;
                break;
            };
            if self.equals.first().is_some_and(|equal| equal.place != placed.place) {
                self.settle(&mut items)?;
            }
            if placed.is_alone {
                items.push(placed.item);
            } else {
                self.keep(placed)?;
            }
        }
        for lane in &mut self.lanes {
            lane.sizes.given(items.len() as u64);
        }
        Ok(items)
    }

    fn keep(&mut self, placed: Placed) -> Result<()> {
        if !self.equals.is_empty() {
            self.bytes +=
                RecordBuf::from_tokens(&mut ItemTokens::new(&placed.item)).map_or(0, |record| record.size() as u64);
        }
        self.equals.push(placed);
        if self.bytes > self.most_bytes { Err(self.too_much.repeat()) } else { Ok(()) }
    }

    /// Hands over the items that wait for one another.
    fn settle(&mut self, items: &mut Vec<Item>) -> Result<()> {
        let Search { merge: Some(merge), is_backward, .. } = search(&self.reader)? else { return Ok(()) };
        self.bytes = 0;
        if self.equals.len() > 1 {
            self.equals.sort_by_cached_key(|equal| merge.order.place(&equal.item));
            if *is_backward {
                self.equals.reverse();
            }
        }
        items.extend(self.equals.drain(..).map(|equal| equal.item));
        Ok(())
    }
}

fn search(reader: &Reader) -> Result<&Search> {
    match &reader.route.by {
        By::Index(search) => Ok(search),
        _ => Err(Error::unexpected("answers are merged that are of no index")),
    }
}

fn placed(search: &Search, item: Item) -> Placed {
    let (place, is_alone) = search.merge.as_ref().map_or((Vec::new(), true), |merge| place_of(merge, &item));
    Placed { place, is_alone, item }
}

/// Where the service has an item, and whether no other stands there.
fn place_of(merge: &Merge, item: &Item) -> (Vec<u8>, bool) {
    match merge.columns {
        Some(columns) => (merge.order.start_of(item, columns), !merge.has_equals()),
        None => merge.order.stored(item),
    }
}

#[async_trait]
impl Cursor for Merging {
    async fn next(&mut self) -> Result<Option<Box<dyn Batch>>> {
        loop {
            let items = self.take()?;
            if !items.is_empty() {
                if self.is_eager {
                    self.start();
                }
                return Ok(Some(Box::new(ItemBatch(items))));
            }
            self.start();
            match self.running.join_next().await {
                None => return Ok(None),
                Some(Ok(arrived)) => {
                    let (number, step) = arrived?;
                    self.arrive(number, step)?;
                    // Where nothing is found for long, a page may end all the same.
                    if !self.is_eager && self.reached().is_some() {
                        return Ok(Some(Box::new(ItemBatch(Vec::new()))));
                    }
                }
                Some(Err(_)) => return Err(Error::unexpected("the task of a request ended without an answer")),
            }
        }
    }

    /// As far as each of the answers was looked at that has not ended, if nothing of them is left to be handed over.
    fn reached(&self) -> Option<Position> {
        let Search { merge: Some(merge), is_backward, .. } = search(&self.reader).ok()? else { return None };
        if !self.equals.is_empty() || self.lanes.iter().any(|lane| !lane.ready.is_empty()) {
            return None;
        }
        let mut nearest: Option<(Vec<u8>, &Item)> = None;
        for lane in self.lanes.iter().filter(|lane| lane.is_asked || lane.rest.is_some()) {
            let key = lane.looked_at.as_ref()?;
            let (place, _) = place_of(merge, key);
            let is_nearer = |(other, _): &(Vec<u8>, &Item)| if *is_backward { place > *other } else { place < *other };
            if nearest.as_ref().is_none_or(is_nearer) {
                nearest = Some((place, key));
            }
        }
        merge.position(nearest?.1)
    }

    fn in_doubt(&self) -> &[usize] {
        &[]
    }
}
