//! What requests that read say beside the name of the table: conditions on keys, filters, and what to fetch. Names and
//! values always stand beside an expression, never in it.

use std::collections::{BTreeSet, HashMap};

use backends_core::Value;

use crate::codec::{Item, operand};
use crate::expression::Expression;
use crate::plan::{Lane, SortRange};

// DynamoDB: 4 KB an expression, and each name takes seven of them at most.
pub(crate) const MOST_NAMES: usize = 500;

/// Expressions, with the names and values in them; none where no expression has any, as the service wants it.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Words {
    pub(crate) key: Option<String>,
    pub(crate) filter: Option<String>,
    pub(crate) projection: Option<String>,
    pub(crate) names: Option<HashMap<String, String>>,
    pub(crate) values: Option<Item>,
}

impl Words {
    /// A filter.
    pub(crate) fn filtered(filter: Option<&Expression>) -> Self {
        let Some(Expression { text, names, values }) = filter.cloned() else { return Self::default() };
        Self { filter: Some(text), names: Some(names), values, ..Self::default() }
    }

    /// The same for one partition, or a range of it. `keys` are the names of the partition and of the sort key.
    pub(crate) fn of_partition(self, keys: (&str, &str), partition: &Value, range: Option<&SortRange>) -> Self {
        let (partition_key, sort_key) = keys;
        self.of_keys([(partition_key, partition)], range.map(|range| (sort_key, range)))
    }

    /// The same for one query of an index.
    pub(crate) fn of_lane(self, lane: &Lane) -> Self {
        let equals = lane.equals.iter().map(|(name, value)| (name.as_str(), value));
        self.of_keys(equals, lane.range.as_ref().map(|(name, range)| (name.as_str(), range)))
    }

    fn of_keys<'k>(
        mut self,
        equals: impl IntoIterator<Item = (&'k str, &'k Value)>,
        range: Option<(&str, &SortRange)>,
    ) -> Self {
        let equal = |(number, (name, value)): (usize, (&str, &Value))| {
            let [alias, operand] = ["#k", ":k"].map(|sign| format!("{sign}{number}"));
            self.name(&alias, name);
            self.value(&operand, value);
            format!("{alias} = {operand}")
        };
        let mut conditions: Vec<String> = equals.into_iter().enumerate().map(equal).collect();
        if let Some((name, range)) = range {
            self.name("#s", name);
            conditions.push(match range {
                SortRange::From { value, included } => self.compare(if *included { ">=" } else { ">" }, value),
                SortRange::To { value, included } => self.compare(if *included { "<=" } else { "<" }, value),
                SortRange::Between(low, high) => {
                    self.value(":s", low);
                    self.value(":t", high);
                    "#s BETWEEN :s AND :t".to_owned()
                }
                SortRange::StartsWith(start) => {
                    self.value(":s", &Value::from(start.as_str()));
                    "begins_with(#s, :s)".to_owned()
                }
            });
        }
        self.key = Some(conditions.join(" AND "));
        self
    }

    /// The same with only these attributes. More than an expression has room for are all.
    pub(crate) fn of_fields(mut self, fields: Option<&BTreeSet<String>>) -> Self {
        if let Some(fields) = fields.filter(|fields| (1..=MOST_NAMES).contains(&fields.len())) {
            let names: Vec<String> = (0..fields.len()).map(|number| format!("#f{number}")).collect();
            names.iter().zip(fields).for_each(|(alias, field)| self.name(alias, field));
            self.projection = Some(names.join(", "));
        }
        self
    }

    fn compare(&mut self, operator: &str, value: &Value) -> String {
        self.value(":s", value);
        format!("#s {operator} :s")
    }

    fn name(&mut self, alias: &str, field: &str) {
        self.names.get_or_insert_default().insert(alias.to_owned(), field.to_owned());
    }

    fn value(&mut self, alias: &str, value: &Value) {
        // A key holds scalars only.
        if let Some(value) = operand(value) {
            self.values.get_or_insert_default().insert(alias.to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;

    use super::*;

    #[test]
    fn d05_a_query_has_one_condition_on_its_sort_key() {
        let (low, high) = (Value::from(1), Value::from(2));
        let partition = Value::from("a = b");
        for (range, condition, values) in [
            (None, "#k0 = :k0", 1),
            (Some(SortRange::From { value: low.clone(), included: true }), "#k0 = :k0 AND #s >= :s", 2),
            (Some(SortRange::From { value: low.clone(), included: false }), "#k0 = :k0 AND #s > :s", 2),
            (Some(SortRange::To { value: low.clone(), included: true }), "#k0 = :k0 AND #s <= :s", 2),
            (Some(SortRange::To { value: low.clone(), included: false }), "#k0 = :k0 AND #s < :s", 2),
            (Some(SortRange::Between(low, high)), "#k0 = :k0 AND #s BETWEEN :s AND :t", 3),
            (Some(SortRange::StartsWith("x".to_owned())), "#k0 = :k0 AND begins_with(#s, :s)", 2),
        ] {
            let words = Words::default().of_partition(("size", "range"), &partition, range.as_ref());
            let (names, all) = (words.names.unwrap(), words.values.unwrap());
            assert_eq!(words.key.as_deref(), Some(condition));
            assert_eq!((names["#k0"].as_str(), names.contains_key("#s")), ("size", range.is_some()));
            assert_eq!((&all[":k0"], all.len()), (&AttributeValue::S("a = b".to_owned()), values));
        }
    }

    #[test]
    fn c39_an_index_of_several_fields_has_a_condition_on_each() {
        let lane = Lane {
            equals: vec![("a".to_owned(), 1.into()), ("b".to_owned(), "x".into())],
            range: Some(("c".to_owned(), SortRange::StartsWith("y".to_owned()))),
            after: Vec::new(),
        };
        let words = Words::default().of_lane(&lane);
        assert_eq!(words.key.as_deref(), Some("#k0 = :k0 AND #k1 = :k1 AND begins_with(#s, :s)"));
        let (names, values) = (words.names.unwrap(), words.values.unwrap());
        assert_eq!((names["#k1"].as_str(), names["#s"].as_str(), values.len()), ("b", "c", 3));
    }

    #[test]
    fn what_is_fetched_is_named_beside() {
        let fields = |count: usize| (0..count).map(|number| format!("field {number}")).collect::<BTreeSet<_>>();
        let words = Words::default().of_fields(Some(&fields(2)));
        assert_eq!(words.projection.as_deref(), Some("#f0, #f1"));
        assert_eq!(words.names.unwrap()["#f1"], "field 1");
        assert_eq!(words.values, None);
        let words = Words::default().of_fields(Some(&fields(500)));
        assert!(words.projection.is_some_and(|text| text.len() <= 4_096));
        for fields in [None, Some(fields(0)), Some(fields(501))] {
            assert_eq!(Words::default().of_fields(fields.as_ref()), Words::default());
        }
    }
}
