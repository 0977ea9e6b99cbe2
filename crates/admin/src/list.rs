//! What a client may ask of the list: which users, in which order, how many at a time.

use backends::{Filter, Order, PageToken, Timestamp, field};
use serde::{Deserialize, Serialize};

use crate::{Role, User};

/// The query of `GET /users`. What is not known is refused, so that a slip does not show everybody.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Query {
    /// Text in the name or the address, as it is typed: `%` and `*` mean themselves, and case matters.
    search: Option<String>,
    role: Option<Role>,
    active: Option<bool>,
    /// Registered at this instant or later.
    since: Option<Timestamp>,
    pub(crate) sort: Option<Sort>,
    pub(crate) size: Option<Size>,
    pub(crate) page: Option<PageToken>,
}

/// The body of `POST /users/search`, for what the query above cannot say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Search {
    /// In the JSON form of the library.
    pub(crate) filter: Filter,
    #[serde(default)]
    pub(crate) sort: Sort,
    #[serde(default)]
    pub(crate) size: Size,
    pub(crate) page: Option<PageToken>,
}

/// A page of the list.
#[derive(Debug, Serialize)]
pub(crate) struct Page {
    pub(crate) users: Vec<User>,
    /// What `page` is for the next one; null after the last.
    pub(crate) next: Option<PageToken>,
}

impl Query {
    /// What all users in the list have in common.
    pub(crate) fn filter(&self) -> Filter {
        let mut filter = Filter::all();
        if let Some(text) = &self.search {
            filter = filter & (field("name").contains(text) | field("email").contains(text));
        }
        if let Some(role) = self.role {
            filter = filter & field("role").eq(role);
        }
        if let Some(active) = self.active {
            filter = filter & field("active").eq(active);
        }
        if let Some(since) = self.since {
            filter = filter & field("created").ge(since);
        }
        filter
    }
}

impl From<Query> for Search {
    fn from(query: Query) -> Self {
        let filter = query.filter();
        Self { filter, sort: query.sort.unwrap_or_default(), size: query.size.unwrap_or_default(), page: query.page }
    }
}

/// A field of the list, and which way; in a request `created`, or `-created` for the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Sort {
    pub(crate) field: String,
    pub(crate) order: Order,
}

/// The fields that have an index in this order, or are the key; by others a large list would be slow.
const SORTABLE: [&str; 3] = ["created", "email", "name"];

impl Default for Sort {
    fn default() -> Self {
        Self { field: "created".to_owned(), order: Order::Desc }
    }
}

impl TryFrom<String> for Sort {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (field, order) = match text.strip_prefix('-') {
            Some(field) => (field, Order::Desc),
            None => (&*text, Order::Asc),
        };
        if !SORTABLE.contains(&field) {
            let names = SORTABLE.map(|name| format!("`{name}`")).join(" or ");
            return Err(format!("the list is sorted by {names}, with `-` before it for the other way round"));
        }
        Ok(Self { field: field.to_owned(), order })
    }
}

/// How many users a page has: 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub(crate) struct Size(u32);

impl Size {
    const MOST: u32 = 100;

    pub(crate) fn get(self) -> u32 {
        self.0
    }
}

impl Default for Size {
    fn default() -> Self {
        Self(20)
    }
}

impl TryFrom<u32> for Size {
    type Error = String;

    fn try_from(size: u32) -> Result<Self, String> {
        let fits = (1..=Self::MOST).contains(&size);
        fits.then_some(Self(size)).ok_or_else(|| format!("a page has 1 to {} users", Self::MOST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sort_is_one_of_the_listed_fields_with_or_without_a_minus() {
        let read = |text: &str| Sort::try_from(text.to_owned());
        assert_eq!(read("name"), Ok(Sort { field: "name".to_owned(), order: Order::Asc }));
        assert_eq!(read("-name"), Ok(Sort { field: "name".to_owned(), order: Order::Desc }));
        for text in ["", "-", "--name", "name-", "role", "Name", "name,email"] {
            assert!(read(text).unwrap_err().contains("`created` or `email` or `name`"), "{text}");
        }
    }

    #[test]
    fn a_size_is_bounded_and_not_clamped() {
        assert_eq!([1, 100].map(|size| Size::try_from(size).map(Size::get)), [Ok(1), Ok(100)]);
        assert!([0, 101, u32::MAX].into_iter().all(|size| Size::try_from(size).is_err()));
    }
}
