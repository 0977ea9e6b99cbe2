//! Conditions of writes: names and values always stand beside the expression, never in it.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::codec::Item;
use crate::stamp::STAMP;

// DynamoDB: 300 operators an expression; each attribute takes a comparison and an `AND`.
const MOST_COMPARISONS: usize = 140;

/// What has to be so for a write to be done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condition {
    pub(crate) expression: String,
    pub(crate) names: HashMap<String, String>,
    /// None where the expression names none, as the service wants it.
    pub(crate) values: Option<Item>,
}

impl Condition {
    /// Nothing has this key; `partition` is the attribute that every item has.
    pub(crate) fn is_missing(partition: &str) -> Self {
        Self::about("attribute_not_exists(#p)", partition)
    }

    /// Something has this key.
    pub(crate) fn is_there(partition: &str) -> Self {
        Self::about("attribute_exists(#p)", partition)
    }

    fn about(expression: &str, partition: &str) -> Self {
        let names = HashMap::from([("#p".to_owned(), partition.to_owned())]);
        Self { expression: expression.to_owned(), names, values: None }
    }

    /// The item is what was read: it has the stamp of the same write, and the same attributes, so that a program which
    /// leaves no stamp is noticed too. Where there are more attributes than an expression may compare, the stamp and
    /// the first of them have to do.
    pub(crate) fn is_unchanged(seen: &Item, partition: &str) -> Self {
        let mut condition = match seen.get(STAMP) {
            Some(stamp) => Self {
                expression: "#w = :w".to_owned(),
                names: HashMap::from([("#w".to_owned(), STAMP.to_owned())]),
                values: Some(Item::from([(":w".to_owned(), stamp.clone())])),
            },
            None => Self {
                expression: "attribute_exists(#p) AND attribute_not_exists(#w)".to_owned(),
                names: HashMap::from([("#p".to_owned(), partition.to_owned()), ("#w".to_owned(), STAMP.to_owned())]),
                values: None,
            },
        };
        let mut attributes: Vec<(&String, &AttributeValue)> =
            seen.iter().filter(|(name, _)| *name != STAMP && *name != partition).collect();
        attributes.sort_unstable_by_key(|(name, _)| *name);
        for (number, (name, value)) in attributes.into_iter().take(MOST_COMPARISONS).enumerate() {
            let (field, operand) = (format!("#a{number}"), format!(":a{number}"));
            condition.expression.extend([" AND ", &field, " = ", &operand]);
            condition.names.insert(field, name.clone());
            condition.values.get_or_insert_default().insert(operand, value.clone());
        }
        condition
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
        let mut seen = item(&[("id", "1"), ("name", "Ada"), ("b", "x")]);
        seen.insert(STAMP.to_owned(), AttributeValue::B(Blob::new([7])));
        let condition = Condition::is_unchanged(&seen, "id");
        assert_eq!(condition.expression, "#w = :w AND #a0 = :a0 AND #a1 = :a1");
        assert_eq!((condition.names["#w"].as_str(), condition.names["#a1"].as_str()), (STAMP, "name"));
        let values = condition.values.unwrap();
        assert_eq!((&values[":a0"], values.len()), (&AttributeValue::S("x".to_owned()), 3));
    }

    #[test]
    fn what_another_program_wrote_has_no_stamp() {
        let condition = Condition::is_unchanged(&item(&[("id", "1")]), "id");
        assert_eq!(condition.expression, "attribute_exists(#p) AND attribute_not_exists(#w)");
        assert_eq!(condition.values, None);
    }

    #[test]
    fn an_expression_stays_within_what_the_service_takes() {
        let seen: Item = (0..1_000).map(|n| (format!("field{n}"), AttributeValue::Bool(true))).collect();
        let condition = Condition::is_unchanged(&seen, "field0");
        let operators = condition.expression.matches(['=', '(']).count() + condition.expression.matches("AND").count();
        assert!(operators <= 300, "{operators}");
        // DynamoDB: 4 KB an expression.
        assert!(condition.expression.len() <= 4_096, "{}", condition.expression.len());
        assert_eq!(condition.names.len(), MOST_COMPARISONS + 2);
    }
}
