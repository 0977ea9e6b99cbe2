//! Conditions of writes, and expressions as such: names and values always stand beside the expression, never in it.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use backends_core::driver::{ExpectedVersion, Expiry};

use crate::codec::{Item, RESERVED};
use crate::stamp::STAMP;

// DynamoDB: 300 operators an expression; each attribute takes a comparison and an `AND`.
const MOST_COMPARISONS: usize = 140;

/// What has to be so for a write to be done.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Condition<'a> {
    /// Nothing has the key.
    Missing,
    /// Something has the key.
    There,
    /// Something has the key, and this version.
    Version(&'a ExpectedVersion),
    /// The item is what was read: it has the stamp of the same write, and the same attributes, so that a program which
    /// leaves no stamp is noticed too. Where there are more attributes than an expression may compare, the stamp and
    /// the first of them have to do.
    Unchanged(&'a Item),
}

/// That a record has not expired, as far as the text of its time shows it: there is none, or it is one of this library,
/// and a later one. What another program wrote in another form does not meet it, and is to be looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Alive<'a>(pub(crate) &'a Expiry);

impl Alive<'_> {
    pub(crate) fn expression(self) -> Expression {
        let text = "(attribute_not_exists(#e) OR #e > :e AND size(#e) = :e0 AND contains(#e, :e1) AND contains(#e, :e2) AND contains(#e, :e3))";
        let until = self.0.until().to_string();
        let length = AttributeValue::N(until.len().to_string());
        // No instant has another form with as many characters and all of these.
        let parts = [(":e1", "T"), (":e2", ":"), (":e3", "Z"), (":e", until.as_str())];
        let mut values: Item =
            parts.into_iter().map(|(name, part)| (name.to_owned(), AttributeValue::S(part.to_owned()))).collect();
        values.insert(":e0".to_owned(), length);
        let names = HashMap::from([("#e".to_owned(), self.0.field().to_owned())]);
        Expression { text: text.to_owned(), names, values: Some(values) }
    }
}

/// A condition or a filter as the service wants it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expression {
    pub(crate) text: String,
    pub(crate) names: HashMap<String, String>,
    /// None where the text names none, as the service wants it.
    pub(crate) values: Option<Item>,
}

impl<'a> Condition<'a> {
    /// What was read, or nothing, is there still.
    pub(crate) fn still(seen: Option<&'a Item>) -> Self {
        seen.map_or(Self::Missing, Self::Unchanged)
    }

    /// The condition as an expression; `partition` is the attribute that every item has.
    pub(crate) fn expression(self, partition: &str) -> Expression {
        match self {
            Self::Missing => Expression::about("attribute_not_exists(#p)", partition),
            Self::There => Expression::about("attribute_exists(#p)", partition),
            Self::Version(expected) => Expression::has_version(expected, partition),
            Self::Unchanged(seen) => Expression::is_unchanged(seen, partition),
        }
    }
}

impl Expression {
    /// Both.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.text.extend([" AND ", &other.text]);
        self.names.extend(other.names);
        if let Some(values) = other.values {
            self.values.get_or_insert_default().extend(values);
        }
        self
    }

    fn about(text: &str, partition: &str) -> Self {
        let names = HashMap::from([("#p".to_owned(), partition.to_owned())]);
        Self { text: text.to_owned(), names, values: None }
    }

    /// That there is an item, and these fields of it are what they are in the one that was read.
    pub(crate) fn same(seen: &Item, fields: &[&str], partition: &str) -> Self {
        let mut expression = Self::about("attribute_exists(#p)", partition);
        for (number, name) in fields.iter().enumerate().filter(|(_, name)| **name != partition) {
            let (field, operand) = (format!("#a{number}"), format!(":a{number}"));
            match seen.get(*name) {
                Some(value) => {
                    expression.text.extend([" AND ", &field, " = ", &operand]);
                    expression.values.get_or_insert_default().insert(operand, value.clone());
                }
                None => expression.text.extend([" AND attribute_not_exists(", &field, ")"]),
            }
            expression.names.insert(field, (*name).to_owned());
        }
        expression
    }

    fn has_version(expected: &ExpectedVersion, partition: &str) -> Self {
        let mut expression = Self::about("attribute_exists(#p) AND ", partition);
        let mut values = Item::from([(":v".to_owned(), AttributeValue::N(expected.version().to_string()))]);
        if expected.means_missing() {
            expression.text.push_str("(attribute_not_exists(#v) OR #v IN (:v, :n))");
            values.insert(":n".to_owned(), AttributeValue::Null(true));
        } else {
            expression.text.push_str("#v = :v");
        }
        expression.names.insert("#v".to_owned(), expected.field().to_owned());
        expression.values = Some(values);
        expression
    }

    fn is_unchanged(seen: &Item, partition: &str) -> Self {
        let mut expression = match seen.get(STAMP) {
            Some(stamp) => Self {
                text: "#w = :w".to_owned(),
                names: HashMap::from([("#w".to_owned(), STAMP.to_owned())]),
                values: Some(Item::from([(":w".to_owned(), stamp.clone())])),
            },
            None => Self {
                text: "attribute_exists(#p) AND attribute_not_exists(#w)".to_owned(),
                names: HashMap::from([("#p".to_owned(), partition.to_owned()), ("#w".to_owned(), STAMP.to_owned())]),
                values: None,
            },
        };
        let mut attributes: Vec<(&String, &AttributeValue)> =
            seen.iter().filter(|(name, _)| !name.starts_with(RESERVED) && *name != partition).collect();
        attributes.sort_unstable_by_key(|(name, _)| *name);
        for (number, (name, value)) in attributes.into_iter().take(MOST_COMPARISONS).enumerate() {
            let (field, operand) = (format!("#a{number}"), format!(":a{number}"));
            expression.text.extend([" AND ", &field, " = ", &operand]);
            expression.names.insert(field, name.clone());
            expression.values.get_or_insert_default().insert(operand, value.clone());
        }
        expression
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::primitives::Blob;

    use super::*;

    fn item(attributes: &[(&str, &str)]) -> Item {
        attributes.iter().map(|(name, text)| ((*name).to_owned(), AttributeValue::S((*text).to_owned()))).collect()
    }

    #[test]
    fn what_was_read_is_compared_with_its_stamp() {
        let mut seen = item(&[("id", "1"), ("name", "Ada"), ("b", "x"), ("_backends_shard", "derived")]);
        seen.insert(STAMP.to_owned(), AttributeValue::B(Blob::new([7])));
        let expression = Condition::Unchanged(&seen).expression("id");
        assert_eq!(expression.text, "#w = :w AND #a0 = :a0 AND #a1 = :a1");
        assert_eq!((expression.names["#w"].as_str(), expression.names["#a1"].as_str()), (STAMP, "name"));
        let values = expression.values.unwrap();
        assert_eq!((&values[":a0"], values.len()), (&AttributeValue::S("x".to_owned()), 3));
    }

    #[test]
    fn c32_a_version_is_compared_and_the_first_may_be_missing() {
        let condition = |version| Condition::Version(&ExpectedVersion::new("rev", version)).expression("id");
        let third = condition(3);
        assert_eq!(third.text, "attribute_exists(#p) AND #v = :v");
        assert_eq!((third.names["#p"].as_str(), third.names["#v"].as_str()), ("id", "rev"));
        assert_eq!(third.values, Some(Item::from([(":v".to_owned(), AttributeValue::N("3".to_owned()))])));
        let none = condition(0);
        assert_eq!(none.text, "attribute_exists(#p) AND (attribute_not_exists(#v) OR #v IN (:v, :n))");
        assert_eq!(none.values.unwrap()[":n"], AttributeValue::Null(true));
    }

    #[test]
    fn what_another_program_wrote_has_no_stamp() {
        let expression = Condition::Unchanged(&item(&[("id", "1")])).expression("id");
        assert_eq!(expression.text, "attribute_exists(#p) AND attribute_not_exists(#w)");
        assert_eq!(expression.values, None);
    }

    #[test]
    fn an_expression_stays_within_what_the_service_takes() {
        let seen: Item = (0..1_000).map(|n| (format!("field{n}"), AttributeValue::Bool(true))).collect();
        let expression = Condition::Unchanged(&seen).expression("field0");
        let operators = expression.text.matches(['=', '(']).count() + expression.text.matches("AND").count();
        assert!(operators <= 300, "{operators}");
        // DynamoDB: 4 KB an expression.
        assert!(expression.text.len() <= 4_096, "{}", expression.text.len());
        assert_eq!(expression.names.len(), MOST_COMPARISONS + 2);
    }
}
