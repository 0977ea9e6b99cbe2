//! Reading by filter: what is asked for, how many there are, and how that is answered.

use std::sync::Arc;

use backends_core::driver::{Access, Consistency, Counted, FindRequest, Found, Plan, Remainder};
use backends_core::{Cursor, Error, Expr, Filter, Index, Predicate, Result, Sort, SortField};

use super::DynamoRepository;
use super::answers::Answers;
use super::get::KEYS;
use super::merge::Merging;
use super::pace::{SEGMENTS, Sizes, is_eager, is_ordered, is_parallel, together};
use super::read::Reader;
use crate::ScanMode;
use crate::codec::SHARDS;
use crate::index::Form;
use crate::plan::{By, Range, Route, Search, VALUES, route};

/// More than is collected at once is as good as everything.
const ALL: u64 = 100_000;

impl DynamoRepository {
    /// The first request is made when the first batch is wanted.
    pub(super) fn read(&self, request: &FindRequest) -> Result<Found> {
        let route = self.chosen(request)?;
        let remainder = remainder(request, &route);
        let bound = remainder.sort.then(|| self.too_much(request, &route));
        let cursor: Box<dyn Cursor> = match &route.by {
            By::Index(Search { merge: Some(_), .. }) => Box::new(self.merging(request, route)?),
            _ => Box::new(self.answers(request, route, false)?),
        };
        let found = Found::new(cursor, remainder);
        Ok(match bound {
            Some(too_much) => found.with_sort_bound(self.service.max_sort_bytes, too_much),
            None => found,
        })
    }

    /// The service counts what it can filter; it has no request that counts keys.
    pub(super) async fn number(&self, request: &FindRequest) -> Result<Counted> {
        let route = self.chosen(request)?;
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
            By::Guard(guard) => Access::Index(guard.index.clone()),
            By::Index(search) => Access::Index(search.index.name.clone()),
            By::Scan(_) => Access::Scan,
        };
        let (remainder, requests) = (remainder(request, &route), requests(request, &route));
        Ok(Plan::new(request, access, route.database, &remainder, requests))
    }

    /// How the request is answered, where a scan is allowed if it comes to one.
    fn route(&self, request: &FindRequest) -> Result<Route> {
        let route = route(request, &self.definition, &self.indexes, &self.guards)?;
        match (&route.by, self.service.scan) {
            (By::Scan(_), ScanMode::Deny) => Err(self.no_scan(request)),
            _ => Ok(route),
        }
    }

    /// The same for a request that is about to be made, whose caller is told of a scan that an index would spare: for a
    /// test, and for an order of which only the first are wanted.
    fn chosen(&self, request: &FindRequest) -> Result<Route> {
        let route = self.route(request)?;
        let wants_first = !route.is_in_order && request.limit.is_some_and(|limit| limit <= ALL);
        let tests = request.filter.conjuncts().iter().any(|conjunct| !conjunct.is_of_expiry());
        if matches!(route.by, By::Scan(_)) && (wants_first || tests) {
            request.context.warn(&format!("a read looks at the whole table: {}", self.instead_of_a_scan(request)));
        }
        Ok(route)
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

    fn merging(&self, request: &FindRequest, route: Route) -> Result<Merging> {
        let (sizes, is_eager) = (Sizes::new(&route, request), is_eager(&route, request));
        let too_much = self.too_much(request, &route);
        let (repository, context) = (self.clone(), request.context.clone());
        let reader = Reader { repository, context, route, is_ordered: true, counts: false };
        let parts = reader.parts(is_eager, false)?;
        Ok(Merging::new(reader, parts, &sizes, is_eager, self.service.max_sort_bytes, too_much))
    }

    #[cold]
    fn no_scan(&self, request: &FindRequest) -> Error {
        let instead = self.instead_of_a_scan(request);
        Error::unsupported(format!(
            "no key and no index serves this read, and `scan` is `deny`: {instead}, or set `scan` to `allow`"
        ))
    }

    /// What to do so that no scan is needed.
    fn instead_of_a_scan(&self, request: &FindRequest) -> String {
        let key = self.definition.partition_key();
        if request.context.consistency == Consistency::Consistent
            && let Some(index) = self.serving(request)
        {
            return format!("leave `.consistent()` out, so that the index `{index}` serves");
        }
        if let Some(told) = self.waiting_for(request) {
            return told;
        }
        let by_key = format!("test the partition key `{key}` with `eq` or `is_in`");
        if let Some(index) = self.half_serving(request) {
            return format!(
                "ask for the records of the index `{index}` only, which have all its fields, by `is_set`, and for its first fields by `eq` or `is_in` of at most {VALUES} values together, or {by_key}"
            );
        }
        let fields = tested(&request.filter, self.definition.key_fields().next());
        match fields.first() {
            Some(field) => format!("declare an index on `{field}`, or {by_key}"),
            None => match &request.sort {
                Sort::By(_) => format!("{}, or {by_key}", self.to_order(request, None)),
                _ => by_key,
            },
        }
    }

    /// What to do so that an index has the order which is asked for, of records that are found by this field.
    fn to_order(&self, request: &FindRequest, first: Option<&str>) -> String {
        match self.ordered_by(request) {
            Some(mut fields) => {
                fields.retain(|field| Some(*field) != first);
                fields.splice(0..0, first);
                fields.truncate(Index::MAX_FIELDS);
                format!("declare an `ordered` index on `{}`", fields.join("`, `"))
            }
            None => {
                "sort by up to four fields of the record, all in one direction, and declare an `ordered` index on them"
                    .to_owned()
            }
        }
    }

    /// What to do so that an index serves in which records may be missing yet.
    fn waiting_for(&self, request: &FindRequest) -> Option<String> {
        let route = route(request, &self.definition, &self.waiting, &self.guards).ok()?;
        let By::Index(search) = route.by else { return None };
        let index = &search.index.name;
        Some(format!(
            "when no version without the index `{index}` runs any more, define once with `.no_other_writers()`, so that it serves"
        ))
    }

    /// The index that serves a request if it need not be consistent.
    fn serving(&self, request: &FindRequest) -> Option<String> {
        let mut request = request.clone();
        request.context.consistency = Consistency::Default;
        match route(&request, &self.definition, &self.indexes, &self.guards).ok()?.by {
            By::Index(search) => Some(search.index.name.clone()),
            _ => None,
        }
    }

    /// An index whose first field is tested, and which does not serve all the same.
    fn half_serving(&self, request: &FindRequest) -> Option<&str> {
        let fields = tested(&request.filter, None);
        let index = self.indexes.iter().find(|index| index.fields.first().is_some_and(|first| fields.contains(first)));
        index.map(|index| index.name.as_str())
    }

    #[cold]
    fn too_much(&self, request: &FindRequest, route: &Route) -> Error {
        let bytes = self.service.max_sort_bytes;
        let first = match &route.by {
            By::Range(_) => Some(self.definition.partition_key()),
            By::Index(search) => search.index.fields.first().map(String::as_str),
            _ => None,
        };
        // What finds the records stays the beginning.
        let first = first.filter(|first| tested(&request.filter, None).iter().any(|field| field == first));
        let index = self.waiting_for(request).unwrap_or_else(|| self.to_order(request, first));
        Error::unsupported(format!(
            "no key and no index serves this order, and more than {bytes} bytes would be held to sort: {index}, ask for fewer with `.limit(…)` or `.fields(…)`, or raise `maxSortBytes`"
        ))
    }

    /// The fields of an index that has the order which is asked for, without the primary key at its end.
    fn ordered_by<'r>(&'r self, request: &'r FindRequest) -> Option<Vec<&'r str>> {
        let Sort::By(fields) = &request.sort else { return None };
        let is_key = |field: &SortField| self.definition.key_fields().any(|key| key == field.path.as_str());
        let end = fields.iter().rposition(|field| !is_key(field)).map_or(fields.len(), |last| last + 1);
        let fields = &fields[..end];
        let is_one_way =
            fields.iter().all(|field| field.order == fields[0].order && field.path.segments().count() == 1);
        let names = fields.iter().map(|field| field.path.as_str()).collect();
        (is_one_way && fields.len() <= Index::MAX_FIELDS).then_some(names)
    }
}

/// What is left to core. It slices; only a scan in the table's order, which is none of the keys, goes on behind a place
/// by itself.
fn remainder(request: &FindRequest, route: &Route) -> Remainder {
    let sorts = request.sort != Sort::Any && !route.is_in_order;
    let is_own = matches!(route.by, By::Scan(_)) && route.is_in_order;
    Remainder::whole(request)
        .with_filter(route.rest.clone())
        .with_sort(sorts)
        .with_after(!is_own)
        .with_own_order(is_own)
}

/// The requests in words.
fn requests(request: &FindRequest, route: &Route) -> String {
    let more = "and one more for each 1 MB read";
    match &route.by {
        By::Nothing => "0".to_owned(),
        By::Key(_) => "1".to_owned(),
        By::Guard(_) => "2: who has the values, then that record".to_owned(),
        By::Keys(keys) if is_eager(route, request) => keys.len().div_ceil(KEYS).to_string(),
        By::Keys(keys) => format!("1 to {}, for as many keys as it takes", keys.len().div_ceil(KEYS).max(2)),
        By::Range(Range { partitions, .. }) if is_eager(route, request) => format!("{}, {more}", partitions.len()),
        By::Scan(_) if is_parallel(route, request) => format!("{SEGMENTS} at once, {more}"),
        By::Index(search) if is_eager(route, request) || search.merge.is_some() => {
            of_search(search, is_eager(route, request))
        }
        By::Index(_) | By::Range(_) | By::Scan(_) => {
            format!("{}, and more until there are enough", together(route, request))
        }
    }
}

/// The requests of a search in words.
fn of_search(search: &Search, is_eager: bool) -> String {
    let lanes = search.lanes.len();
    let each = match search.index.form {
        Form::Order(_) if lanes == usize::from(SHARDS) => ", one for each shard",
        Form::Order(_) => ", one for each value and shard",
        Form::Fields(_) if lanes > 1 => ", one for each value",
        Form::Fields(_) => "",
    };
    let more = if is_eager { "one more for each 1 MB read" } else { "more until there are enough" };
    format!("{lanes}{each}, and {more}")
}

/// The fields of the record that are tested, those that have to be equal to something first; without the key.
fn tested(filter: &Filter, key: Option<&str>) -> Vec<String> {
    let field = |filter: &Filter, equal: bool| match filter.expr() {
        Expr::Test(path, test) if matches!(test, Predicate::Eq(_) | Predicate::In(_)) == equal => {
            Some(path.first().to_owned())
        }
        _ => None,
    };
    let conjuncts = filter.conjuncts();
    let of = |equal| conjuncts.iter().filter_map(move |conjunct| field(conjunct, equal));
    of(true).chain(of(false)).filter(|field| Some(field.as_str()) != key).collect()
}
