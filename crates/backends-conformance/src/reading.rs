//! What the cases of reading share: a table of odd records, and what filters and orders mean, said a second time.

use backends_core::{ErrorKind, Filter, Record, Repository, field};

use crate::expect::{debug_tells_nothing, refused};

pub(crate) mod indexed;
pub(crate) mod random;
pub(crate) mod table;
pub(crate) mod tests;

pub(crate) use table::Table;

/// Every call refuses the filter, and says so of the path.
pub(crate) async fn is_refused<T: Record>(repository: &Repository<T>, filter: &Filter, path: Option<&str>) {
    let what = format!("{filter:?}");
    debug_tells_nothing(filter);
    for error in [
        refused(repository.find(filter).await.map(drop), ErrorKind::InvalidInput, "find"),
        refused(repository.find(filter).page(1).await.map(drop), ErrorKind::InvalidInput, "find"),
        refused(repository.find(filter).stream().next().await.unwrap().map(drop), ErrorKind::InvalidInput, "find"),
        refused(repository.find_one(filter).await.map(drop), ErrorKind::InvalidInput, "find_one"),
        refused(repository.count(filter).await.map(drop), ErrorKind::InvalidInput, "count"),
        refused(repository.exists(filter).await.map(drop), ErrorKind::InvalidInput, "exists"),
    ] {
        if path.is_some() {
            assert_eq!(error.path(), path, "{what}: {error}");
        }
    }
    refused(repository.find(!filter.clone()).await.map(drop), ErrorKind::InvalidInput, "find");
    let joined = field("id").is_set() | filter.clone();
    refused(repository.find(joined).await.map(drop), ErrorKind::InvalidInput, "find");
}
