//! How eagerly an answer is read: as data, without I/O.

use backends_core::Sort;
use backends_core::driver::FindRequest;

use crate::plan::{By, Route, Search};
use crate::throughput::TOGETHER;

/// So many records are waited for without reading ahead.
const FEW: u64 = 1_000;

/// How many parts of a table are read at once: each request of a scan is slow, and four of them are faster than one
/// client decodes.
pub(super) const SEGMENTS: usize = 4;

/// So many parts are read one after another where few records are wanted.
const MANY_PARTS: usize = 100;

/// How many items the first request looks at where not all of them match, and how many a later one at most; one without
/// a limit ends after 1 MB.
const FIRST: u64 = 100;
const LAST: u64 = 10_000;

/// Whether so many records will be read that it pays to ask for several parts at once, and for the next before it is
/// wanted.
pub(super) fn is_eager(route: &Route, request: &FindRequest) -> bool {
    let wanted = wanted(request);
    !route.is_in_order || wanted.is_none_or(|wanted| wanted > FEW)
}

/// Whether the parts come one after another.
pub(super) fn is_ordered(route: &Route, request: &FindRequest) -> bool {
    request.sort != Sort::Any && route.is_in_order
}

/// How many requests are on their way at once: where there are so many parts that most of them may have nothing, few
/// records take many requests too.
pub(super) fn together(route: &Route, request: &FindRequest) -> usize {
    let parts = match &route.by {
        By::Index(search) => search.lanes.len(),
        By::Range(range) => range.partitions.len(),
        _ => 1,
    };
    if is_eager(route, request) || parts > MANY_PARTS { TOGETHER } else { 1 }
}

/// Whether a scan is one of several parts.
pub(super) fn is_parallel(route: &Route, request: &FindRequest) -> bool {
    matches!(route.by, By::Scan(_)) && is_eager(route, request) && !is_ordered(route, request)
}

fn wanted(request: &FindRequest) -> Option<u64> {
    request.limit.map(|limit| limit.saturating_add(request.offset))
}

/// How many items the next request looks at, so that few records cost little.
#[derive(Clone)]
pub(super) struct Sizes {
    /// How many records are still wanted; any number if none.
    wanted: Option<u64>,
    /// How many are looked at next, where not each of them is a record that is wanted.
    growing: Option<u64>,
    /// How many are looked at behind those that are wanted, where the last of them waits for one that is not its equal.
    behind: u64,
}

impl Sizes {
    pub(super) fn new(route: &Route, request: &FindRequest) -> Self {
        let wanted = wanted(request).filter(|_| !is_eager(route, request));
        let is_exact = route.expression.is_none() && route.rest.is_all();
        let behind = match &route.by {
            // A page that goes on behind a place sees what stands there once more.
            By::Index(Search { merge: Some(merge), .. }) if merge.has_equals() => {
                1 + u64::from(request.after.is_some())
            }
            _ => 0,
        };
        let growing = match &route.by {
            // Who knows which of them are there.
            By::Keys(_) => wanted,
            _ if is_exact => None,
            _ => wanted.map(|wanted| (wanted + behind).max(FIRST)),
        };
        Self { wanted, growing, behind }
    }

    /// The size of the next request; no limit if none.
    pub(super) fn next(&mut self) -> Option<u64> {
        let size = match (self.wanted, self.growing) {
            (None, _) => return None,
            (Some(0), _) if self.behind == 0 => return None,
            (Some(wanted), None) => {
                let size = wanted.saturating_add(self.behind);
                // Many are equal where one request does not see the last of them.
                self.behind = self.behind.saturating_mul(4);
                Some(size)
            }
            (_, Some(size)) => {
                self.growing = Some(size.saturating_mul(4));
                Some(size)
            }
        };
        size.filter(|size| (1..=LAST).contains(size))
    }

    /// Takes note of records that were given.
    pub(super) fn given(&mut self, records: u64) {
        self.wanted = self.wanted.map(|wanted| wanted.saturating_sub(records));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use backends_core::driver::Context;
    use backends_core::{Definition, Filter, Order, SortField, Timestamp, field};

    use super::*;
    use crate::guard::Guards;
    use crate::index::TableIndex;
    use crate::plan::route;

    fn of(filter: Filter, sort: Sort, limit: Option<u64>) -> (Route, FindRequest) {
        by(&Definition::builder("notes").partition_key("p").sort_key("s").build().unwrap(), filter, sort, limit)
    }

    fn by(definition: &Definition, filter: Filter, sort: Sort, limit: Option<u64>) -> (Route, FindRequest) {
        let mut request = FindRequest::new(Context::new(Timestamp::now(), Duration::from_secs(1)));
        (request.filter, request.sort, request.limit) = (filter, sort, limit);
        let indexes = definition.indexes().map(|index| Arc::new(TableIndex::new(definition, index)));
        let (indexes, guards) = (indexes.collect::<Vec<_>>(), Guards::new(definition));
        (route(&request, definition, &indexes, &guards).unwrap(), request)
    }

    #[test]
    fn the_last_that_is_wanted_of_an_index_is_seen_with_the_one_behind_it() {
        let sizes = |json: &str, filter: Filter, given: &[u64]| -> Vec<Option<u64>> {
            let definition = Definition::from_json(json).unwrap();
            let sort = Sort::By(["n", "id"].iter().map(|name| SortField::new(*name, Order::Asc)).collect());
            let (route, request) = by(&definition, filter, sort, Some(50));
            assert!(matches!(&route.by, By::Index(search) if search.merge.is_some()), "{route:?}");
            let mut sizes = Sizes::new(&route, &request);
            let size = |given: &u64| {
                let size = sizes.next();
                sizes.given(*given);
                size
            };
            given.iter().map(size).collect()
        };
        let with = |ids: &str| {
            format!(
                r#"{{"name": "notes", "idKind": "{ids}", "fields": {{"n": "integer"}}, "indexes": [{{"fields": ["a", "n"], "unique": false}}]}}"#
            )
        };
        let all = field("a").eq("x") & field("n").gt(1);
        assert_eq!(sizes(&with("string"), all.clone(), &[10, 0, 0, 0]), [51, 44, 56, 104].map(Some));
        assert_eq!(sizes(&with("string"), all.clone() & field("c").eq(1), &[0, 0]), [100, 400].map(Some));
        // No two stand at one place.
        assert_eq!(sizes(&with("objectId"), all, &[50]), [Some(50)]);
    }

    #[test]
    fn few_records_are_waited_for_and_many_are_read_at_once() {
        let by_other = || Sort::By(vec![SortField::new("x", Order::Asc)]);
        for (sort, limit, is_at_once, is_parallel_scan) in [
            (Sort::Any, None, true, true),
            (Sort::Any, Some(1_001), true, true),
            (Sort::Any, Some(1_000), false, false),
            (Sort::Stable, Some(1_001), true, false),
            (Sort::Stable, Some(51), false, false),
            (by_other(), Some(1), true, true),
        ] {
            let (route, request) = of(Filter::all(), sort.clone(), limit);
            assert_eq!(together(&route, &request) > 1, is_at_once, "{sort:?} {limit:?}");
            assert_eq!(is_parallel(&route, &request), is_parallel_scan, "{sort:?} {limit:?}");
        }
        for (parts, is_at_once) in [(100, false), (101, true)] {
            let (route, request) =
                of(field("p").is_in((0..parts).map(|part| format!("{part:03}"))), Sort::Any, Some(1));
            assert_eq!(together(&route, &request) > 1, is_at_once, "{parts}");
        }
        let (route, request) = of(field("p").eq("a"), Sort::Any, None);
        assert!(!is_parallel(&route, &request));
    }

    #[test]
    fn requests_for_few_records_are_small_and_grow() {
        let sizes = |filter: Filter, limit: Option<u64>, given: &[u64]| -> Vec<Option<u64>> {
            let (route, request) = of(filter, Sort::Any, limit);
            let mut sizes = Sizes::new(&route, &request);
            let sizes_of = given.iter().map(|given| {
                let size = sizes.next();
                sizes.given(*given);
                size
            });
            sizes_of.collect()
        };
        let key = field("p").eq("a");
        // All that is looked at is wanted.
        assert_eq!(sizes(key.clone(), Some(7), &[4, 3, 0]), [Some(7), Some(3), None]);
        // Nobody knows how many match.
        let some = key.clone() & field("x").eq(1);
        assert_eq!(
            sizes(some.clone(), Some(7), &[0, 1, 0, 0, 0]),
            [100, 400, 1_600, 6_400, 0].map(|size| (size > 0).then_some(size))
        );
        assert_eq!(sizes(some, Some(700), &[0, 0]), [Some(700), Some(2_800)]);
        let left = key.clone() & field("x").like("a%b");
        assert_eq!(sizes(left, Some(1), &[0]), [Some(100)]);
        // Nobody knows which keys are there.
        let keys = key.clone() & field("s").is_in(["a", "b", "c"]);
        assert_eq!(sizes(keys, Some(1), &[0, 0, 0]), [Some(1), Some(4), Some(16)]);
        assert_eq!(sizes(key, None, &[0, 0]), [None, None]);
    }
}
