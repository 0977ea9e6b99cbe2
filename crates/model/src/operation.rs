//! What a program does, as data that can be made smaller and printed.

use std::fmt;

use backends::driver::Consistency;
use backends::{Change, Document, Filter, Order, SortField, Update, Value};

/// One call, or one walk of several.
#[derive(Debug, Clone)]
pub(crate) enum Operation {
    /// Defines the repository anew, with all its indexes.
    Define,
    /// Opens the store as another process, and goes on with that.
    Reopen,
    /// So many milliseconds pass.
    Pass(u16),
    Insert(At, Document),
    InsertMany(Vec<(At, Document)>),
    Replace(At, Document),
    Upsert(At, Document),
    Delete(At),
    /// The same, of the version that is so much above the one that is there.
    ExpectingDelete(At, i64),
    Update(At, Update),
    /// The same, of the version that is so much above the one that is there.
    ExpectingUpdate(At, Update, i64),
    UpdateOne(Query, Update),
    UpdateMany(Filter, Update),
    DeleteOne(Query),
    DeleteMany(Filter),
    Get(At),
    GetMany(Vec<At>),
    Find(Query),
    /// Into a type that has some of the fields only.
    Select(Query),
    Stream(Query),
    FindOne(Query),
    Count(Filter),
    Exists(Filter),
    /// Writes by key, all of them or none.
    Batch(Vec<(Side, Operation)>),
    /// Page after page of these sizes, with writes between them.
    Pages(Query, Vec<u32>, Vec<Operation>),
    /// A call that is just outside the domain.
    Outside(Outside),
}

/// Which of the two repositories of a program a write of a batch is to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    First,
    Second,
}

/// Which record a call is about.
#[derive(Debug, Clone)]
pub(crate) enum At {
    /// One that is stored, counted from the first and round again.
    Stored(usize),
    /// A key that was made up.
    Made(Vec<Value>),
    /// The key that the library gives.
    Given,
}

/// What is read.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub(crate) filter: Filter,
    pub(crate) sort: Vec<SortField>,
    pub(crate) limit: Option<u64>,
    pub(crate) offset: u64,
    /// The fields that are read, if not all.
    pub(crate) fields: Option<Vec<&'static str>>,
    pub(crate) consistency: Consistency,
}

/// What the library refuses as `InvalidInput`.
#[derive(Debug, Clone)]
pub(crate) enum Outside {
    Write(At, Document),
    Get(Vec<Value>),
    Find(Query),
    Page(Query, u32),
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Define => f.write_str("define with all indexes"),
            Self::Pass(millis) => write!(f, "{millis} ms pass"),
            Self::Reopen => f.write_str("open the store again"),
            Self::Insert(at, body) => write!(f, "insert {at} {}", Shown(body)),
            Self::InsertMany(records) => {
                write!(f, "insert_many")?;
                records.iter().try_for_each(|(at, body)| write!(f, "\n      {at} {}", Shown(body)))
            }
            Self::Replace(at, body) => write!(f, "replace {at} {}", Shown(body)),
            Self::Upsert(at, body) => write!(f, "upsert {at} {}", Shown(body)),
            Self::Delete(at) => write!(f, "delete {at}"),
            Self::ExpectingDelete(at, off) => write!(f, "delete {at} of its version {off:+}"),
            Self::Update(at, update) => write!(f, "update {at}{}", Edits(update)),
            Self::ExpectingUpdate(at, update, off) => {
                write!(f, "update {at} of its version {off:+}{}", Edits(update))
            }
            Self::UpdateOne(query, update) => write!(f, "update_one {query}{}", Edits(update)),
            Self::UpdateMany(filter, update) => write!(f, "update_many {}{}", shown(filter), Edits(update)),
            Self::DeleteOne(query) => write!(f, "delete_one {query}"),
            Self::DeleteMany(filter) => write!(f, "delete_many {}", shown(filter)),
            Self::Get(at) => write!(f, "get {at}"),
            Self::GetMany(all) => {
                f.write_str("get_many")?;
                all.iter().try_for_each(|at| write!(f, " {at}"))
            }
            Self::Find(query) => write!(f, "find {query}"),
            Self::Select(query) => write!(f, "find {query} select a, n, m"),
            Self::Stream(query) => write!(f, "stream {query}"),
            Self::FindOne(query) => write!(f, "find_one {query}"),
            Self::Count(filter) => write!(f, "count {}", shown(filter)),
            Self::Exists(filter) => write!(f, "exists {}", shown(filter)),
            Self::Batch(writes) => {
                f.write_str("batch")?;
                writes.iter().try_for_each(|(side, write)| {
                    let side = if *side == Side::First { "" } else { "in the second, " };
                    write!(f, "\n      {side}{write}")
                })
            }
            Self::Pages(query, sizes, between) => {
                write!(f, "pages of {sizes:?} of {query}")?;
                between.iter().try_for_each(|write| write!(f, "\n      then {write}"))
            }
            Self::Outside(Outside::Write(at, body)) => write!(f, "refused: upsert {at} {}", Shown(body)),
            Self::Outside(Outside::Get(key)) => write!(f, "refused: get {}", At::Made(key.clone())),
            Self::Outside(Outside::Find(query)) => write!(f, "refused: find {query}"),
            Self::Outside(Outside::Page(query, size)) => write!(f, "refused: a page of {size} of {query}"),
        }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stored(number) => write!(f, "stored[{number}]"),
            Self::Given => f.write_str("given"),
            Self::Made(values) => values.iter().try_for_each(|value| write!(f, "[{}]", value_shown(value))),
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.filter))?;
        for SortField { path, order, .. } in &self.sort {
            write!(f, " by {path} {}", if *order == Order::Asc { "asc" } else { "desc" })?;
        }
        if self.offset > 0 {
            write!(f, " offset {}", self.offset)?;
        }
        if let Some(limit) = self.limit {
            write!(f, " limit {limit}")?;
        }
        if let Some(fields) = &self.fields {
            write!(f, " fields {fields:?}")?;
        }
        match self.consistency {
            Consistency::Consistent => f.write_str(" consistent"),
            Consistency::Eventual => f.write_str(" eventual"),
            _ => Ok(()),
        }
    }
}

/// A document as JSON: what the library's own `Debug` does not tell.
struct Shown<'d>(&'d Document);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&value_shown(&Value::Map(self.0.clone())))
    }
}

/// The changes of an update.
struct Edits<'u>(&'u Update);

impl fmt::Display for Edits<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.changes().iter().try_for_each(|change| {
            write!(f, "\n      {} {}", change.name(), change.path())?;
            match change {
                Change::Set(_, value) | Change::Push(_, value) | Change::Pull(_, value) => {
                    write!(f, " {}", value_shown(value))
                }
                Change::Inc(_, by) => write!(f, " {by}"),
                _ => Ok(()),
            }
        })
    }
}

fn shown(filter: &Filter) -> String {
    serde_json::to_string(filter).map_or_else(|error| format!("<{error}>"), shortened)
}

/// A value as JSON, which a float that is none has no form in.
pub(crate) fn value_shown(value: &Value) -> String {
    serde_json::to_string(value).map_or_else(|error| format!("<{error}>"), shortened)
}

/// Long texts say nothing to a reader; the seed makes them again.
fn shortened(text: String) -> String {
    if text.len() <= 2_000 {
        return text;
    }
    let start: String = text.chars().take(1_000).collect();
    format!("{start}… ({} bytes)", text.len())
}
