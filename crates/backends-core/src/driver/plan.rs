//! How a driver answers a request, for `explain`.

use std::fmt;

use super::{FindRequest, Remainder};
use crate::{Filter, Sort};

/// How the records of a [`FindRequest`] are reached.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// Nobody is asked: no record can be meant.
    Nothing,
    /// By one primary key.
    Key,
    /// By several primary keys.
    Keys,
    /// By a range of primary keys.
    KeyRange,
    /// By the index of this name.
    Index(String),
    /// Every record is read.
    Scan,
}

/// Where records are brought into their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SortedBy {
    /// Nobody: no order was asked for.
    Nobody,
    /// They come in it, by the key or the index that they are read by.
    Access,
    /// The database sorts what matches.
    Database,
    /// Core does, and holds what matches in memory, or as many as the limit says.
    Core,
}

/// How a driver answers a request: what a call sends, and what is done where. `Display` is for a ticket: it has names
/// and operators, and no operand.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// How the records are reached.
    pub access: Access,
    /// What of the filter the database itself looks at, the conditions on a key or an index among it.
    pub database_filter: Filter,
    /// What of the filter core looks at.
    pub core_filter: Filter,
    /// Where the order comes from.
    pub sorted_by: SortedBy,
    /// How many requests the call makes, in words (`1`, `1 for each 1 MB read`).
    pub requests: String,
}

impl Plan {
    /// How a driver answers that reaches records by `access`, filters by `database_filter` and leaves `remainder`.
    pub fn new(
        request: &FindRequest,
        access: Access,
        database_filter: Filter,
        remainder: &Remainder,
        requests: impl Into<String>,
    ) -> Self {
        let sorted_by = match request.sort {
            Sort::Any => SortedBy::Nobody,
            _ if remainder.sort => SortedBy::Core,
            _ => SortedBy::Access,
        };
        let (core_filter, requests) = (remainder.filter.clone(), requests.into());
        Self { access, database_filter, core_filter, sorted_by, requests }
    }

    /// The plan of a driver that hands over every record.
    pub fn everything(request: &FindRequest, requests: impl Into<String>) -> Self {
        Self::new(request, Access::Scan, Filter::all(), &Remainder::whole(request), requests)
    }

    /// The same, where the database sorts what it has found.
    #[must_use]
    pub fn sorted_by_database(mut self) -> Self {
        self.sorted_by = SortedBy::Database;
        self
    }

    pub(crate) fn nothing() -> Self {
        let (database_filter, core_filter) = (Filter::all(), Filter::all());
        let (sorted_by, requests) = (SortedBy::Nobody, "0".to_owned());
        Self { access: Access::Nothing, database_filter, core_filter, sorted_by, requests }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing, since no record can match"),
            Self::Key => f.write_str("one primary key"),
            Self::Keys => f.write_str("several primary keys"),
            Self::KeyRange => f.write_str("a range of primary keys"),
            Self::Index(name) => write!(f, "the index `{name}`"),
            Self::Scan => f.write_str("every record"),
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "reads:     {}", self.access)?;
        writeln!(f, "database:  {:?}", self.database_filter)?;
        writeln!(f, "core:      {:?}", self.core_filter)?;
        let sorted_by = match self.sorted_by {
            SortedBy::Nobody => "in any order",
            SortedBy::Access => "in the order they are read",
            SortedBy::Database => "by the database",
            SortedBy::Core => "by core, in memory",
        };
        writeln!(f, "sorted:    {sorted_by}")?;
        write!(f, "requests:  {}", self.requests)
    }
}
