//! What a request for records by filter sends to the server, and what it leaves to core.

use backends_core::driver::{FindRequest, Remainder};
use backends_core::{Definition, Filter, Path, Result, Sort};
use mongodb::bson::{Bson, Document, doc};

use crate::alternatives::Alternatives;
use crate::codec::ID;
use crate::filter::{Condition, is_suspect, nothing, paths, size};
use crate::order::{Sorted, Sorting};
use crate::place::in_documents;

/// How large a query may be that is sent once for each part of an order.
const REPEATED_BYTES: usize = 64 << 10;

// MongoDB: the first reply has 101 documents unless told otherwise, none has more than 16 MB.
pub(crate) const FIRST_REPLY: i64 = 101;

/// How many documents a reply has at most where all are read: as few as keep what stands in memory small, and as many as
/// are worth a request.
pub(crate) const EACH_REPLY: u32 = 10_000;

/// The largest limit up to which all documents are asked for in one reply.
pub(crate) const AT_ONCE: i64 = 100_000;

/// Whether so many are asked for in one reply.
pub(crate) fn is_at_once(limit: u64) -> bool {
    i64::try_from(limit).is_ok_and(|limit| limit <= AT_ONCE)
}

/// What is sent.
#[derive(Debug)]
pub(crate) struct Search {
    pub(crate) command: Command,
    pub(crate) remainder: Remainder,
    /// What of the filter the server looks at.
    pub(crate) asked: Filter,
    /// What of it core has to look at.
    pub(crate) rest: Filter,
    /// Whether the server brings the documents into an order.
    pub(crate) sorts: bool,
}

/// A command of the server.
#[derive(Debug)]
pub(crate) enum Command {
    Find(Box<Find>),
    /// Values are computed, and sorted by.
    Aggregate(Vec<Document>),
}

impl Command {
    /// How many requests it makes, in words.
    pub(crate) fn requests(&self) -> &'static str {
        match self {
            Self::Find(find) if find.limit.is_some_and(|limit| limit <= FIRST_REPLY) => "1",
            Self::Find(find) if find.limit.is_some_and(|limit| limit <= AT_ONCE) => "1 for each 16 MB read",
            Self::Find(find) if find.is_all => "1 for each 10,000 records or 16 MB read",
            _ => "1 for the first 101 records, then 1 for each 16 MB read",
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Find {
    pub(crate) filter: Document,
    pub(crate) sort: Option<Document>,
    pub(crate) projection: Option<Document>,
    pub(crate) skip: Option<i64>,
    pub(crate) limit: Option<i64>,
    /// Whether everything that is found is asked for, or more than one reply has.
    pub(crate) is_all: bool,
}

impl Search {
    /// What a request sends.
    pub(crate) fn new(definition: &Definition, request: &FindRequest) -> Result<Self> {
        let condition = Condition::new(definition, &request.filter, Alternatives::of(definition, request))?;
        let condition = condition.looking_at(sorted_suspects(definition, request));
        let sorted = Sorted::of(definition, request);
        let core_sorts = matches!(sorted, Sorted::Core);
        let finds_only_those = condition.rest.is_all() && !core_sorts;
        let slices = finds_only_those && condition.left.is_all();
        let projection = projection(definition, request, &condition);
        let (skip, limit) = match slice(request) {
            slice if slices => slice,
            // Core counts what it has looked at, and needs no more than so many.
            (skip, limit) if finds_only_those => (None, limit.map(|limit| limit + skip.unwrap_or(0))),
            _ => (None, None),
        };
        let remainder = Remainder::nothing()
            .with_filter(condition.left)
            .with_sort(core_sorts)
            .with_slice(!slices)
            .with_after(core_sorts);
        let sorts = matches!(sorted, Sorted::Server(_));
        let filter = condition.document;
        let is_all = !request.limit.is_some_and(is_at_once);
        let command = match sorted {
            Sorted::Server(sorting) if sorting.computes() => {
                Command::Aggregate(pipeline(filter, &sorting, request, projection, (skip, limit))?)
            }
            Sorted::Server(sorting) => {
                let filter = behind(filter, &sorting, request)?;
                Command::Find(Box::new(Find {
                    filter,
                    sort: Some(sorting.document()),
                    projection,
                    skip,
                    limit,
                    is_all,
                }))
            }
            Sorted::Nobody | Sorted::Core => {
                Command::Find(Box::new(Find { filter, sort: None, projection, skip, limit, is_all }))
            }
        };
        Ok(Self { command, remainder, asked: condition.asked, rest: condition.rest, sorts })
    }
}

/// The places that the server sorts by where it may find what no record holds, and would not say so.
fn sorted_suspects<'r>(definition: &Definition, request: &'r FindRequest) -> impl Iterator<Item = &'r Path> {
    let fields = if let Sort::By(fields) = &request.sort { fields.as_slice() } else { &[] };
    fields.iter().map(|field| &field.path).filter(|path| is_suspect(definition, path))
}

/// The query for what is behind the position of the request.
fn behind(filter: Document, sorting: &Sorting, request: &FindRequest) -> Result<Document> {
    let Some(after) = &request.after else { return Ok(filter) };
    let alternatives = sorting.after(after)?;
    if alternatives.is_empty() {
        return Ok(nothing());
    }
    if filter.is_empty() {
        return Ok(doc! { "$or": alternatives });
    }
    // MongoDB: an `$or` on top is planned part by part, each with bounds of its own.
    if size(&filter) * alternatives.len() > REPEATED_BYTES {
        return Ok(doc! { "$and": [filter, { "$or": alternatives }] });
    }
    let both: Vec<_> = alternatives.into_iter().map(|alternative| doc! { "$and": [&filter, alternative] }).collect();
    Ok(doc! { "$or": both })
}

fn pipeline(
    filter: Document,
    sorting: &Sorting,
    request: &FindRequest,
    projection: Option<Document>,
    (skip, limit): (Option<i64>, Option<i64>),
) -> Result<Vec<Document>> {
    let computed = sorting.computed();
    let names: Vec<String> = computed.keys().cloned().collect();
    let mut stages = vec![doc! { "$match": filter }, doc! { "$set": computed }];
    if let Some(after) = &request.after {
        stages.push(doc! { "$match": sorting.after_computed(after)? });
    }
    stages.push(doc! { "$sort": sorting.document() });
    if let Some(skip) = skip {
        stages.push(doc! { "$skip": skip });
    }
    if let Some(limit) = limit {
        stages.push(doc! { "$limit": limit });
    }
    stages.push(match projection {
        Some(projection) => doc! { "$project": projection },
        None => doc! { "$unset": names },
    });
    Ok(stages)
}

/// How many documents are passed over, and how many are read at most: as many as the server can count to.
fn slice(request: &FindRequest) -> (Option<i64>, Option<i64>) {
    let skip = i64::try_from(request.offset).unwrap_or(i64::MAX);
    let limit =
        request.limit.and_then(|limit| i64::try_from(limit).ok()).filter(|limit| limit.checked_add(skip).is_some());
    ((skip > 0).then_some(skip), limit)
}

/// The fields that are read: those asked for, and those that somebody has to look at.
fn projection(definition: &Definition, request: &FindRequest, condition: &Condition) -> Option<Document> {
    let fields = request.fields.as_ref()?;
    let mut names: Vec<String> =
        fields.iter().map(|field| first(&in_documents(definition, field)).to_owned()).collect();
    let mut looked_at = Vec::new();
    paths(&condition.left, &mut looked_at);
    if let Sort::By(fields) = &request.sort {
        looked_at.extend(fields.iter().map(|field| &field.path));
    }
    names.extend(looked_at.into_iter().map(|path: &Path| first(&in_documents(definition, path.as_str())).to_owned()));
    names.push(ID.to_owned());
    Some(names.into_iter().map(|name| (name, Bson::Int32(1))).collect())
}

fn first(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}
