//! The requests of an answer as they come: one part after another, or several at once.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use async_trait::async_trait;
use backends_core::{Batch, Cursor, Error, Position, Result};
use tokio::task::JoinSet;

use super::pace::Sizes;
use super::read::{Part, Reader, Step};

/// The answer, request by request. Nothing is asked before the first is wanted, and what is on its way when it is
/// dropped is given up.
pub(super) struct Answers {
    reader: Arc<Reader>,
    /// The parts that wait for their next request, each with its number.
    waiting: VecDeque<(usize, Part)>,
    running: JoinSet<Result<(usize, Step)>>,
    /// What came before its turn, where the parts come in order.
    early: BTreeMap<usize, Step>,
    /// The part whose turn it is.
    turn: usize,
    /// How many requests are on their way, or wait for their turn, at once.
    together: usize,
    sizes: Sizes,
    reached: Option<Position>,
}

impl Answers {
    pub(super) fn new(reader: Arc<Reader>, parts: Vec<Part>, together: usize, sizes: Sizes) -> Self {
        let waiting = parts.into_iter().enumerate().collect();
        let (running, early) = (JoinSet::new(), BTreeMap::new());
        Self { reader, waiting, running, early, turn: 0, together, sizes, reached: None }
    }

    /// What the next request gave, in the order of the parts where they have one.
    pub(super) async fn step(&mut self) -> Result<Option<Step>> {
        loop {
            self.start();
            if let Some(step) = self.early.remove(&self.turn) {
                return Ok(Some(self.take(self.turn, step)));
            }
            let (number, step) = match self.running.join_next().await {
                None => return Ok(None),
                Some(Ok(step)) => step?,
                Some(Err(_)) => return Err(Error::unexpected("the task of a request ended without an answer")),
            };
            if !self.reader.is_ordered || number == self.turn {
                return Ok(Some(self.take(number, step)));
            }
            self.early.insert(number, step);
        }
    }

    fn start(&mut self) {
        while self.running.len() + self.early.len() < self.together
            && let Some((number, part)) = self.waiting.pop_front()
        {
            let (reader, size) = (Arc::clone(&self.reader), self.sizes.next());
            self.running.spawn(async move { Ok((number, reader.step(part, size).await?)) });
        }
    }

    fn take(&mut self, number: usize, mut step: Step) -> Step {
        match step.rest.take() {
            Some(part) => self.waiting.push_front((number, part)),
            None => self.turn += 1,
        }
        self.sizes.given(step.matched as u64);
        // Read ahead where much is wanted.
        if self.together > 1 {
            self.start();
        }
        step
    }
}

#[async_trait]
impl Cursor for Answers {
    async fn next(&mut self) -> Result<Option<Box<dyn Batch>>> {
        let Some(step) = self.step().await? else { return Ok(None) };
        let reached = step.reached.as_ref().filter(|_| self.reader.is_ordered);
        self.reached = reached.and_then(|key| self.reader.route.marks.position(key));
        Ok(Some(Box::new(step.items)))
    }

    fn reached(&self) -> Option<Position> {
        self.reached.clone()
    }

    fn in_doubt(&self) -> &[usize] {
        &[]
    }
}
