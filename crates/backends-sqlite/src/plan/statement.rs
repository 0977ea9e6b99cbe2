//! The statements of a way to the rows.

use std::sync::{Arc, OnceLock};

use backends_core::Order;

use crate::column::Column;

/// The rows that some conditions leave, in an order of columns.
pub(super) struct Rows {
    /// The table, and the index.
    from: String,
    conditions: Vec<String>,
    /// The columns that are open, which make the place of a row among the others.
    columns: Vec<Place>,
    order: Order,
    /// The statements for those behind a place, which a short answer does not need.
    next: OnceLock<Vec<(String, usize)>>,
}

/// A column that is open.
struct Place {
    sql: Arc<str>,
    is_key: bool,
}

impl Rows {
    pub(super) fn new(from: String, conditions: Vec<String>, columns: &[&Column], order: Order) -> Self {
        let place = |column: &&Column| Place { sql: Arc::clone(&column.sql), is_key: column.is_key };
        Self { from, conditions, columns: columns.iter().map(place).collect(), order, next: OnceLock::new() }
    }

    /// How many values a place has.
    pub(super) fn places(&self) -> usize {
        self.columns.len()
    }

    /// All of them.
    pub(super) fn first(&self) -> String {
        self.select(&self.conditions, 0)
    }

    /// Those behind a place, nearest first, each with how many values of the place it takes.
    ///
    /// They have the place's values in the first columns and a greater one in the next, for each number of first
    /// columns, the most first. The columns of the key, which stand last, are compared as one. SQLite finds each of
    /// these by an index, and not all of them at once.
    pub(super) fn next(&self) -> &[(String, usize)] {
        self.next.get_or_init(|| self.behind_all())
    }

    fn behind_all(&self) -> Vec<(String, usize)> {
        let key = self.columns.iter().rposition(|column| !column.is_key).map_or(0, |last| last + 1);
        let whole = (key < self.columns.len()).then_some((key, self.columns.len()));
        let parts = (0..key).rev().map(|at| (at, at + 1));
        whole.into_iter().chain(parts).map(|(equal, end)| (self.behind(equal, end), end)).collect()
    }

    /// Those that are equal in so many columns, and behind in the next up to an end.
    fn behind(&self, equal: usize, end: usize) -> String {
        let comparison = if self.order == Order::Desc { "<" } else { ">" };
        let next = &self.columns[equal..end];
        let (columns, marks) = (list(next, ""), vec!["?"; next.len()].join(", "));
        let mut conditions = self.conditions.clone();
        conditions.extend(self.columns[..equal].iter().map(|column| format!("{} = ?", column.sql)));
        conditions.push(format!("({columns}) {comparison} ({marks})"));
        self.select(&conditions, equal)
    }

    /// Where so many columns are equal in all rows, SQLite would sort by them all the same.
    fn select(&self, conditions: &[String], equal: usize) -> String {
        let conditions = if conditions.is_empty() { "1" } else { &conditions.join(" AND ") };
        let from = &self.from;
        if self.columns.is_empty() {
            return format!("SELECT record FROM {from} WHERE {conditions}");
        }
        let word = if self.order == Order::Desc { " DESC" } else { "" };
        let (columns, order) = (list(&self.columns, ""), list(&self.columns[equal..], word));
        format!("SELECT record, {columns} FROM {from} WHERE {conditions} ORDER BY {order}")
    }
}

fn list(columns: &[Place], word: &str) -> String {
    let mut list = String::new();
    for column in columns {
        list.push_str(if list.is_empty() { "" } else { ", " });
        list.push_str(&column.sql);
        list.push_str(word);
    }
    list
}
