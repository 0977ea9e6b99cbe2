//! The indexes of a definition: which there are, and what they are called.

use std::collections::BTreeSet;

use super::check_throughput;
use crate::definition::draft::Draft;
use crate::definition::index::{Index, hashed_name};
use crate::definition::report::Report;
use crate::definition::rules::shown;
use crate::definition::settings::Throughput;

/// Indexes of one definition.
// DynamoDB: 20 global secondary indexes a table.
pub(in crate::definition) const MAX_INDEXES: usize = 20;

impl Draft {
    /// The indexes by name, without those that are the primary key.
    pub(super) fn indexes(&self, key: &[String], report: &mut Report) -> Vec<Index> {
        for index in &self.indexes {
            self.check_index(index, report);
        }
        for index in &self.partial_indexes {
            if let Some(fields) = &index.fields {
                self.check_index_fields(fields, report);
            }
            if let Some(name) = &index.name {
                self.check_index_name(name, report);
            }
        }
        let mut indexes: Vec<Index> = Vec::new();
        for index in self.indexes.iter().filter(|index| index.fields != key || index.ordered) {
            let mut index = index.clone();
            if index.fields == key {
                // The key is unique already; what is left to do is to order, which is for reading.
                index.unique = false;
                index.for_reading = true;
            }
            match indexes.iter().position(|other| other.fields == index.fields) {
                None if indexes.len() <= MAX_INDEXES => indexes.push(index),
                None => {}
                Some(at) if indexes[at].means(&index) => {
                    indexes[at].named |= index.named;
                    indexes[at].for_reading |= index.for_reading;
                }
                Some(_) => report.add(|| {
                    let fields: Vec<_> = index.fields().map(shown).collect();
                    format!("two indexes on `{}` differ: keep one of them", fields.join("`, `"))
                }),
            }
        }
        for (name, throughput) in &self.read_indexes {
            self.read_index(name, *throughput, key, &mut indexes, report);
        }
        if indexes.len() > MAX_INDEXES {
            report.add(|| format!("there are more than {MAX_INDEXES} indexes: leave some out"));
        }
        settle_names(&mut indexes, report);
        indexes.sort_by(|left, right| left.name.cmp(&right.name));
        indexes
    }

    fn check_index(&self, index: &Index, report: &mut Report) {
        self.check_index_fields(&index.fields, report);
        if index.named {
            self.check_index_name(&index.name, report);
        }
    }

    fn check_index_fields(&self, fields: &[String], report: &mut Report) {
        if !(1..=Index::MAX_FIELDS).contains(&fields.len()) {
            report.add(|| format!("an index has 1 to {} fields, not {}", Index::MAX_FIELDS, fields.len()));
        }
        for field in fields.iter().take(Index::MAX_FIELDS) {
            self.check_field("index field", field, report);
            if fields.iter().filter(|other| *other == field).count() > 1 {
                report.add(|| format!("field `{}` is twice in one index: name it once", shown(field)));
            }
        }
    }

    fn check_index_name(&self, name: &str, report: &mut Report) {
        if let Some(mistake) = self.name_mistake(name) {
            report.add(|| format!("the name `{}` of an index {mistake}", shown(name)));
        }
    }

    /// Makes the index that `name` means one to read by.
    fn read_index(
        &self,
        name: &str,
        throughput: Option<Throughput>,
        key: &[String],
        indexes: &mut Vec<Index>,
        report: &mut Report,
    ) {
        check_throughput(&format!("index `{}`", shown(name)), throughput, report);
        let by_field = indexes.iter().position(|index| !self.stored && index.fields == [name]);
        match by_field.or_else(|| indexes.iter().position(|index| index.name == name)) {
            Some(at) => {
                if indexes[at].throughput.is_some_and(|other| Some(other) != throughput) {
                    report.add(|| format!("index `{}` is given two capacities: leave one", shown(&indexes[at].name)));
                }
                indexes[at].for_reading = true;
                indexes[at].throughput = throughput;
            }
            None if indexes.len() > MAX_INDEXES => {}
            None if key == [name] || self.indexes.iter().any(|index| index.fields == key && index.name == name) => {}
            None => {
                let index = Index { throughput, ..Index::on([name]) };
                self.check_index(&index, report);
                indexes.push(index);
            }
        }
    }
}

/// Gives each index without a name its own, in an order that does not depend on that of the caller.
fn settle_names(indexes: &mut [Index], report: &mut Report) {
    let mut taken = BTreeSet::new();
    for index in indexes.iter().filter(|index| index.named) {
        if !taken.insert(index.name.to_ascii_lowercase()) {
            report.add(|| format!("two indexes are named `{}`, regardless of case: rename one", shown(&index.name)));
        }
    }
    let mut unnamed: Vec<_> = indexes.iter_mut().filter(|index| !index.named).collect();
    unnamed.sort_by(|left, right| (left.fields.len(), &left.fields).cmp(&(right.fields.len(), &right.fields)));
    for index in unnamed {
        if !taken.insert(index.name.to_ascii_lowercase()) {
            index.name = hashed_name(&index.fields);
            if !taken.insert(index.name.clone()) {
                report.add(|| format!("two indexes would be named `{}`: name one of them", index.name));
            }
        }
    }
    for index in indexes {
        index.named = false;
    }
}
