//! Writes built on the one primitive of a driver: a compare-and-swap of a record.

use crate::driver::{
    Context, DeleteRequest, GetRequest, InsertManyRequest, InsertRequest, Merged, ReplaceRequest, RepositoryDriver,
    SwapRequest, Swapped, UpdateRequest,
};
use crate::{Batch, Error, Key, RecordBuf, Result, id};

/// Stores the record if there is none with its key, or one that has expired.
pub(super) async fn insert(driver: &dyn RepositoryDriver, request: &InsertRequest) -> Result<()> {
    let swap = SwapRequest::new(request.context.clone(), request.key.clone(), None, Some(request.record.clone()));
    loop {
        if driver.swap(&swap).await? == Swapped::Done {
            return Ok(());
        }
        let Some(expiry) = &request.expiry else { return Err(Error::key_taken()) };
        if let Some(seen) = read(driver, &request.context, &request.key).await? {
            if !expiry.is_over(&mut seen.tokens())? {
                return Err(Error::key_taken());
            }
            remove_expired(driver, &request.context, request.key.clone(), seen).await?;
        }
        tokio::task::yield_now().await;
    }
}

/// Removes a record that has expired, if it is still what was seen: a write of its own, since what takes its place has
/// another id. Whether something got in between, the next try finds out.
pub(super) async fn remove_expired(
    driver: &dyn RepositoryDriver,
    context: &Context,
    key: Key,
    seen: RecordBuf,
) -> Result<()> {
    let mut own = context.clone();
    own.write_id = id::write_id();
    driver.swap(&SwapRequest::new(own, key, Some(seen), None)).await.map(drop)
}

/// Stores one record after another; what fails is reported by position.
pub(super) async fn insert_many(
    driver: &dyn RepositoryDriver,
    request: &InsertManyRequest,
) -> Result<Vec<(usize, Error)>> {
    let mut failures = Vec::new();
    for (position, new) in request.records.iter().enumerate() {
        if let Err(error) = insert(driver, &request.one(position, new)).await {
            failures.push((position, error));
        }
        request.context.renew();
    }
    Ok(failures)
}

/// Replaces what is there, as often as something else gets in between.
pub(super) async fn replace(driver: &dyn RepositoryDriver, request: &ReplaceRequest) -> Result<Merged> {
    loop {
        let seen = read(driver, &request.context, &request.key).await?;
        let merged = match &seen {
            Some(seen) => request.merge(Some(&mut seen.tokens()))?,
            None => request.merge(None)?,
        };
        match seen {
            Some(seen) if merged.created => {
                remove_expired(driver, &request.context, request.key.clone(), seen).await?;
            }
            seen => {
                let record = Some(merged.record.clone());
                let swap = SwapRequest::new(request.context.clone(), request.key.clone(), seen, record);
                if driver.swap(&swap).await? == Swapped::Done {
                    return Ok(merged);
                }
            }
        }
        tokio::task::yield_now().await;
    }
}

/// Changes what is there and hands it over, as often as something else gets in between; none if the filter does not mean
/// it.
pub(super) async fn update(driver: &dyn RepositoryDriver, request: &UpdateRequest) -> Result<Option<Box<dyn Batch>>> {
    loop {
        let Some(seen) = read(driver, &request.context, &request.key).await? else { return Ok(None) };
        let Some(record) = request.apply(&seen)? else { return Ok(None) };
        let swap = SwapRequest::new(request.context.clone(), request.key.clone(), Some(seen), Some(record.clone()));
        if driver.swap(&swap).await? == Swapped::Done {
            return Ok(Some(Box::new(record)));
        }
        tokio::task::yield_now().await;
    }
}

/// Removes what is there if it is meant and hands it over, as often as something else gets in between.
pub(super) async fn delete_if(
    driver: &dyn RepositoryDriver,
    request: &DeleteRequest,
    is_meant: &(dyn Fn(&RecordBuf) -> Result<bool> + Sync),
) -> Result<Option<Box<dyn Batch>>> {
    loop {
        let Some(seen) = read(driver, &request.context, &request.key).await? else { return Ok(None) };
        if !is_meant(&seen)? || !request.check(Some(&mut seen.tokens()))? {
            return Ok(None);
        }
        let swap = SwapRequest::new(request.context.clone(), request.key.clone(), Some(seen.clone()), None);
        if driver.swap(&swap).await? == Swapped::Done {
            return Ok(Some(Box::new(seen)));
        }
        tokio::task::yield_now().await;
    }
}

/// Removes what is there and hands it over, as often as something else gets in between.
pub(super) async fn delete(driver: &dyn RepositoryDriver, request: &DeleteRequest) -> Result<Option<Box<dyn Batch>>> {
    let deleted = delete_if(driver, request, &|_| Ok(true)).await?;
    if deleted.is_none() {
        request.check(None)?;
    }
    Ok(deleted)
}

pub(super) async fn read(driver: &dyn RepositoryDriver, context: &Context, key: &Key) -> Result<Option<RecordBuf>> {
    let fetched = driver.get(&GetRequest::new(context.clone(), vec![key.clone()])).await?;
    fetched.record(0)?.map(|(batch, index)| RecordBuf::from_batch_in_part(batch, index)).transpose()
}
