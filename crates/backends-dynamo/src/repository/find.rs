//! Reading by filter: what is asked for, how many there are, and how that is answered.

use std::sync::Arc;

use backends_core::driver::{Access, Counted, FindRequest, Found, Plan, Remainder};
use backends_core::{Error, Expr, Filter, Predicate, Result, Sort};

use super::DynamoRepository;
use super::answers::Answers;
use super::get::KEYS;
use super::pace::{SEGMENTS, Sizes, is_eager, is_ordered, is_parallel, together};
use super::read::Reader;
use crate::ScanMode;
use crate::plan::{By, Range, Route, route};

impl DynamoRepository {
    /// The first request is made when the first batch is wanted.
    pub(super) fn read(&self, request: &FindRequest) -> Result<Found> {
        let route = self.route(request)?;
        let remainder = remainder(request, &route);
        let sorts = remainder.sort;
        let found = Found::new(Box::new(self.answers(request, route, false)?), remainder);
        Ok(if sorts { found.with_sort_bound(self.service.max_sort_bytes, self.too_much(request)) } else { found })
    }

    /// The service counts what it can filter; it has no request that counts keys.
    pub(super) async fn number(&self, request: &FindRequest) -> Result<Counted> {
        let route = self.route(request)?;
        if !route.rest.is_all() || matches!(route.by, By::Key(_) | By::Keys(_)) {
            return Ok(Counted::by_find());
        }
        let mut answers = self.answers(request, route, true)?;
        let mut records = 0;
        while let Some(step) = answers.step().await? {
            request.context.looked_at(step.looked_at);
            records += step.matched as u64;
        }
        Ok(Counted::exactly(records))
    }

    pub(super) fn plan(&self, request: &FindRequest) -> Result<Plan> {
        let route = self.route(request)?;
        let access = match &route.by {
            By::Nothing => Access::Nothing,
            By::Key(_) => Access::Key,
            By::Keys(_) => Access::Keys,
            By::Range(_) => Access::KeyRange,
            By::Scan(_) => Access::Scan,
        };
        let (remainder, requests) = (remainder(request, &route), requests(request, &route));
        Ok(Plan::new(request, access, route.database, &remainder, requests))
    }

    fn route(&self, request: &FindRequest) -> Result<Route> {
        let route = route(request, &self.definition)?;
        match (&route.by, self.service.scan) {
            (By::Scan(_), ScanMode::Deny) => Err(self.no_scan(request)),
            _ => Ok(route),
        }
    }

    fn answers(&self, request: &FindRequest, route: Route, counts: bool) -> Result<Answers> {
        let (together, sizes) = (together(&route, request), Sizes::new(&route, request));
        let (is_eager, is_parallel) = (is_eager(&route, request), is_parallel(&route, request));
        let is_ordered = is_ordered(&route, request);
        let (repository, context) = (self.clone(), request.context.clone());
        let reader = Reader { repository, context, route, is_ordered, counts };
        let parts = reader.parts(is_eager, is_parallel)?;
        Ok(Answers::new(Arc::new(reader), parts, together, sizes))
    }

    #[cold]
    fn no_scan(&self, request: &FindRequest) -> Error {
        let key = self.definition.partition_key();
        let other = tested(&request.filter).filter(|field| field != key);
        let other = other.map(|field| format!("keep what is found by `{field}` in a repository with that key, "));
        Error::unsupported(format!(
            "no key serves this filter, and `scan` is `deny`: test the partition key `{key}` with `eq` or `is_in`, {}or set `scan` to `allow`",
            other.unwrap_or_default()
        ))
    }

    #[cold]
    fn too_much(&self, request: &FindRequest) -> Error {
        let first = match &request.sort {
            Sort::By(fields) => fields.first().map(|field| field.path.to_string()),
            _ => None,
        };
        let (field, bytes) = (first.unwrap_or_default(), self.service.max_sort_bytes);
        Error::unsupported(format!(
            "no key serves the order by `{field}`, and more than {bytes} bytes would be held to sort: make it the sort key and ask for one partition, ask for fewer with `.limit(…)` or `.fields(…)`, or raise `maxSortBytes`"
        ))
    }
}

/// What is left to core. It slices; only a scan, whose order is none of the keys, goes on behind a place by itself.
fn remainder(request: &FindRequest, route: &Route) -> Remainder {
    let sorts = request.sort != Sort::Any && !route.is_in_order;
    let after = !matches!(route.by, By::Scan(_));
    Remainder::whole(request).with_filter(route.rest.clone()).with_sort(sorts).with_after(after)
}

/// The requests in words.
fn requests(request: &FindRequest, route: &Route) -> String {
    let more = "and one more for each 1 MB read";
    match &route.by {
        By::Nothing => "0".to_owned(),
        By::Key(_) => "1".to_owned(),
        By::Keys(keys) if is_eager(route, request) => keys.len().div_ceil(KEYS).to_string(),
        By::Keys(keys) => format!("1 to {}, for as many keys as it takes", keys.len().div_ceil(KEYS).max(2)),
        By::Range(Range { partitions, .. }) if is_eager(route, request) => format!("{}, {more}", partitions.len()),
        By::Scan(_) if is_parallel(route, request) => format!("{SEGMENTS} at once, {more}"),
        By::Range(_) | By::Scan(_) => "1, and more until there are enough".to_owned(),
    }
}

/// A field of the record that is tested, one that has to be equal to something if there is one.
fn tested(filter: &Filter) -> Option<String> {
    let field = |filter: &Filter, equal: bool| match filter.expr() {
        Expr::Test(path, Predicate::Eq(_) | Predicate::In(_)) => path.segments().next().map(str::to_owned),
        Expr::Test(path, _) if !equal => path.segments().next().map(str::to_owned),
        _ => None,
    };
    let conjuncts = filter.conjuncts();
    let first = |equal| conjuncts.iter().find_map(|conjunct| field(conjunct, equal));
    first(true).or_else(|| first(false))
}
