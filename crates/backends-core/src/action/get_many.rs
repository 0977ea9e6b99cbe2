//! Reading records by their keys.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::action;
use super::get::Getting;
use crate::driver::Consistency;
use crate::repository::{Inner, Sought, State, decode, sought};
use crate::{Key, Record, Repository, Result};

/// Reads the records with these keys. See [`Repository::get_many`].
#[must_use = "an action does nothing until it is awaited"]
pub struct GetMany<T> {
    inner: Arc<Inner>,
    keys: Result<(Arc<State>, Vec<Sought>)>,
    consistency: Consistency,
    timeout: Option<Duration>,
    record: PhantomData<fn() -> T>,
}

impl<T: Record> GetMany<T> {
    pub(crate) fn new<K: Serialize>(repository: &Repository<T>, keys: impl IntoIterator<Item = K>) -> Self {
        let inner = Arc::clone(repository.inner());
        let state = inner.state();
        let keys = keys
            .into_iter()
            .enumerate()
            .map(|(position, key)| sought(&state, &key).map_err(|error| error.with_position(position)))
            .collect::<Result<Vec<_>>>();
        let keys = keys.map(|keys| (state, keys));
        Self { inner, keys, consistency: Consistency::Default, timeout: None, record: PhantomData }
    }

    /// Allows an answer that misses the latest writes, where that is cheaper.
    pub fn eventual(mut self) -> Self {
        self.consistency = Consistency::Eventual;
        self
    }

    async fn run(self) -> Result<Vec<Option<T>>> {
        let invocation = self.inner.invoke("get_many", self.timeout);
        let (state, sought) = self.keys.map_err(|error| invocation.place(error))?;
        let invocation = invocation.of_many(sought.len());
        let (keys, places) = distinct(sought);
        if keys.is_empty() {
            return invocation.check().map(|()| places.iter().map(|_| None).collect());
        }
        let getting = Getting::new(&state, invocation.context(), self.consistency, keys);
        let fetched = invocation.read(&getting).await?;
        let now = invocation.context().now;
        let read = |(position, place): (usize, &Option<usize>)| {
            let record = place.map_or(Ok(None), |place| fetched.record(place))?;
            let Some((batch, index)) = record else { return Ok(None) };
            match state.is_over(batch, index, now) {
                Ok(true) => return Ok(None),
                Ok(false) => decode(&state, batch, index, None).map(Some),
                Err(error) => Err(error),
            }
            .map_err(|error| error.with_position(position))
        };
        let records: Result<Vec<_>> = places.iter().enumerate().map(read).collect();
        records.map_err(|error| invocation.place(error))
    }
}

action!(GetMany<T: Record>, Vec<Option<T>>);

/// Each key once, and for each position of the call which key it is.
fn distinct(sought: Vec<Sought>) -> (Vec<Key>, Vec<Option<usize>>) {
    let mut known = HashMap::with_capacity(sought.len());
    let mut is_first = Vec::with_capacity(sought.len());
    let mut places = Vec::with_capacity(sought.len());
    for sought in &sought {
        let next = known.len();
        let place = match sought {
            Sought::Nowhere => None,
            Sought::Key(key) => Some(*known.entry(key).or_insert(next)),
        };
        is_first.push(place == Some(next));
        places.push(place);
    }
    let keys = sought.into_iter().zip(is_first).filter_map(|(sought, is_first)| match sought {
        Sought::Key(key) if is_first => Some(key),
        _ => None,
    });
    (keys.collect(), places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c23_each_key_is_asked_for_once_and_answered_where_it_stands() {
        let key = |text: &str| Sought::Key(Key::new(text.into(), None));
        let (keys, places) = distinct(vec![key("b"), Sought::Nowhere, key("a"), key("b")]);
        assert_eq!(keys, [Key::new("b".into(), None), Key::new("a".into(), None)]);
        assert_eq!(places, [Some(0), None, Some(1), Some(0)]);
    }
}
