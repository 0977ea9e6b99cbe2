//! How a driver answers a request, for `explain`.

use std::fmt;

use super::{FindRequest, Remainder};
use crate::{Filter, Order, Sort};

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
    /// The order that is asked for.
    pub sort: Sort,
    /// Where the order comes from.
    pub sorted_by: SortedBy,
    /// How many records are passed over.
    pub offset: u64,
    /// How many are read at most.
    pub limit: Option<u64>,
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
        let (sort, offset, limit) = (request.sort.clone(), request.offset, request.limit);
        Self { access, database_filter, core_filter, sort, sorted_by, offset, limit, requests }
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
        let (sort, sorted_by) = (Sort::Any, SortedBy::Nobody);
        let (access, requests) = (Access::Nothing, "0".to_owned());
        Self { access, database_filter, core_filter, sort, sorted_by, offset: 0, limit: None, requests }
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

/// What of a filter somebody looks at. "All" would read as the reverse.
struct Filters<'f>(&'f Filter);

impl fmt::Display for Filters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_all() { f.write_str("filters nothing") } else { write!(f, "filters by {:?}", self.0) }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "reads:     {}", self.access)?;
        writeln!(f, "database:  {}", Filters(&self.database_filter))?;
        writeln!(f, "core:      {}", Filters(&self.core_filter))?;
        f.write_str("sorted:    ")?;
        match &self.sort {
            Sort::Any => {}
            Sort::Stable => f.write_str("by the primary key or another order of the backend, ")?,
            Sort::By(fields) => {
                f.write_str("by ")?;
                for field in fields {
                    let direction = if field.order == Order::Asc { "ascending" } else { "descending" };
                    write!(f, "{} {direction}, ", field.path)?;
                }
            }
        }
        writeln!(
            f,
            "{}",
            match self.sorted_by {
                SortedBy::Nobody => "in any order",
                SortedBy::Access => "in the order they are read",
                SortedBy::Database => "by the database",
                SortedBy::Core => "by core, in memory",
            }
        )?;
        match self.limit {
            Some(limit) => write!(f, "limit:     {limit}")?,
            None => f.write_str("limit:     none")?,
        }
        if self.offset > 0 {
            write!(f, ", after {} that are passed over", self.offset)?;
        }
        write!(f, "\nrequests:  {}", self.requests)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::driver::Context;
    use crate::{SortField, Timestamp, field};

    #[test]
    fn c25_a_plan_is_text_for_a_ticket() {
        let mut request = FindRequest::new(Context::new(Timestamp::MIN, Duration::from_secs(1)));
        request.filter = field("role").eq("secret") & field("name").contains("secret");
        let plan = |request: &FindRequest, remainder: &Remainder| {
            let access = Access::Index("role".to_owned());
            Plan::new(request, access, field("role").eq("secret"), remainder, "1").to_string()
        };
        let unsorted = plan(&request, &Remainder::nothing());
        assert_eq!(
            unsorted,
            "reads:     the index `role`\ndatabase:  filters by role eq a string\ncore:      filters nothing\n\
             sorted:    in any order\nlimit:     none\nrequests:  1"
        );
        let fields = vec![SortField::new("name", Order::Desc), SortField::new("id", Order::Desc)];
        (request.sort, request.offset, request.limit) = (Sort::By(fields), 40, Some(20));
        let remainder = Remainder::nothing().with_filter(field("name").contains("secret")).with_sort(true);
        let sorted = plan(&request, &remainder);
        assert!(sorted.contains("core:      filters by name contains"), "{sorted}");
        assert!(sorted.contains("sorted:    by name descending, id descending, by core, in memory\n"), "{sorted}");
        assert!(sorted.contains("limit:     20, after 40 that are passed over\n"), "{sorted}");
        assert!(!sorted.contains("secret"), "{sorted}");
        assert!(Plan::nothing().to_string().contains("nothing, since no record can match"));
    }
}
