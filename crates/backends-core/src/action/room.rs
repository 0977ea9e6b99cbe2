//! Room for a write: what has expired gives up its key and its unique values to whoever wants them.

use std::sync::Arc;

use super::by_swap;
use crate::definition::PRIMARY;
use crate::driver::{Consistency, Context, Expiry, FindRequest, InsertRequest, ReplaceRequest, UpdateRequest};
use crate::repository::{State, key_of};
use crate::token::read_one;
use crate::{Error, Filter, Index, Key, Kind, Path, Predicate, RecordBuf, Result, Token, Value};

/// How often a write is made again, each time after something that was in its way is gone.
pub(super) const TRIES: usize = 10;

/// A write that stores a record.
#[derive(Clone, Copy)]
pub(super) enum Storing<'r> {
    Insert(&'r InsertRequest),
    Replace(&'r ReplaceRequest),
    Update(&'r UpdateRequest, Option<&'r Expiry>),
}

/// Does a write, and again as long as what is in its way has expired.
pub(super) async fn in_room<R, F>(state: &State, storing: Storing<'_>, write: impl Fn() -> F + Sync) -> Result<R>
where
    F: Future<Output = Result<R>> + Send,
    R: Send,
{
    let Some(expiry) = storing.expiry() else { return write().await };
    for _ in 0..TRIES {
        match write().await {
            Err(refused) if refused.is_already_exists() => {
                if !storing.make_room(state, expiry, &refused).await? {
                    return Err(refused);
                }
            }
            answer => return answer,
        }
    }
    write().await
}

impl<'r> Storing<'r> {
    fn expiry(self) -> Option<&'r Expiry> {
        match self {
            Self::Insert(request) => request.expiry.as_ref(),
            Self::Replace(request) => request.expiry.as_ref(),
            Self::Update(_, expiry) => expiry,
        }
    }

    fn target(self) -> (&'r Context, &'r Key) {
        match self {
            Self::Insert(request) => (&request.context, &request.key),
            Self::Replace(request) => (&request.context, &request.key),
            Self::Update(request, _) => (&request.context, &request.key),
        }
    }

    /// The record that is to be stored; nothing where there is no longer one to be changed.
    async fn record(self, state: &State) -> Result<Option<RecordBuf>> {
        match self {
            Self::Insert(request) => Ok(Some(request.record.clone())),
            Self::Replace(request) => Ok(Some(request.record.clone())),
            Self::Update(request, _) => {
                let seen = by_swap::read(&*state.driver, &request.context, &request.key).await?;
                seen.map_or(Ok(None), |seen| request.apply(&seen))
            }
        }
    }

    /// Removes what has expired and is in the way of a write that was refused. Says whether nothing is there now that
    /// was: what cannot be read stays, and is in the way.
    pub(super) async fn make_room(self, state: &State, expiry: &Expiry, refused: &Error) -> Result<bool> {
        match self.clear(state, expiry, refused).await {
            Err(error) if error.is_unreadable() => Ok(false),
            cleared => cleared,
        }
    }

    async fn clear(self, state: &State, expiry: &Expiry, refused: &Error) -> Result<bool> {
        let (context, key) = self.target();
        let Some(name) = refused.index() else { return Ok(false) };
        let in_the_way = match (name, state.definition.index(name)) {
            (PRIMARY, _) => by_swap::read(&*state.driver, context, key).await?,
            (_, Some(index)) => match self.record(state).await? {
                Some(record) => owner(state, context, index, &record).await?,
                None => None,
            },
            // One that another program made.
            (_, None) => return Ok(false),
        };
        let Some(stored) = in_the_way else { return Ok(true) };
        if !expiry.is_over(&mut stored.tokens())? {
            return Ok(false);
        }
        let key = key_of(state, &stored)?;
        by_swap::remove_expired(&*state.driver, context, key, stored).await?;
        Ok(true)
    }
}

/// The stored record that has the values of this one in a unique index.
async fn owner(state: &State, context: &Context, index: &Index, record: &RecordBuf) -> Result<Option<RecordBuf>> {
    let test = |field: &str| {
        let value = match (record.get(field)?, state.definition.kind_of(field)) {
            // As it is read from where instants are text.
            (Token::String(text), Some(Kind::Timestamp)) => Value::Timestamp(text.parse().ok()?),
            (value, _) => Value::from_scalar(value),
        };
        Some(Filter::test(Path::from(field), Predicate::Eq(value)))
    };
    let Some(tests) = index.fields().map(test).collect::<Option<Vec<_>>>() else { return Ok(None) };
    let mut request = FindRequest::new(context.clone());
    request.context.consistency = Consistency::Consistent;
    request.schema = Arc::clone(&state.schema);
    request.filter = Filter::and(tests);
    let mut cursor = state.driver.find(&request).await?.cursor;
    let matcher = request.matcher(&request.filter, []);
    while let Some(batch) = cursor.next().await? {
        for at in 0..batch.len() {
            match read_one(&*batch, at, |tokens| matcher.look(tokens, &mut matcher.sighting())) {
                Ok(true) => return RecordBuf::from_batch(&*batch, at).map(Some),
                // What has the values can be read there.
                Err(error) if !error.is_unreadable() => return Err(error),
                _ => {}
            }
        }
    }
    Ok(None)
}
