//! The companion table: one for each prefix, which keeps what is no record of any repository: definitions, and the
//! guards of unique values.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use backends_core::driver::{Context, SchemaMode};
use backends_core::{Error, ErrorKind, Result};

use super::table::Table;
use crate::codec::{Item, KeyField};
use crate::guard::KEY;
use crate::retry::Effect;
use crate::service::{Cause, Service};

/// What the keys of definitions begin with; the rest is the name of the repository in lower case.
const DEFINITIONS: &str = "definition:";

/// The attribute of a definition's text.
const DEFINITION: &str = "definition";

/// The attribute with the names of the indexes in which records from before may be missing.
const UNFINISHED: &str = "unfinished";

/// The attribute with the names of the indexes that others may write past.
const WAITING: &str = "waiting";

/// The attribute with the names of the unique indexes that were removed, and whose guards are still to be taken away.
pub(super) const LEAVING: &str = "leaving";

/// What is stored of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Stored {
    /// The definition.
    pub(super) text: String,
    /// The indexes in which records from before may be missing, in order.
    pub(super) unfinished: Vec<String>,
    /// The ordered indexes by which nobody reads until it is said that all who write know them, in order.
    pub(super) waiting: Vec<String>,
    /// The unique indexes that were removed, and whose guards are still to be taken away, in order.
    pub(super) leaving: Vec<String>,
}

pub(super) struct Companion<'a> {
    service: &'a Service,
    context: &'a Context,
    name: String,
}

impl<'a> Companion<'a> {
    pub(super) fn new(service: &'a Service, context: &'a Context) -> Self {
        Self { service, context, name: service.companion() }
    }

    /// Creates the table if it is missing, and waits until it can be used.
    pub(super) async fn ensure(&self) -> Result<()> {
        let keys = [KeyField::text(KEY)];
        let (service, context, name) = (self.service, self.context, self.name.clone());
        let table = Table { service, context, name, keys: &keys, throughput: None, indexes: &[] };
        table.ensure(SchemaMode::Ensure).await.map(|_| ())
    }

    /// Whether the service answers; that the table is not there yet is an answer too.
    pub(super) async fn ping(&self) -> Result<()> {
        self.read(String::from("ping"), false).await.map(|_| ())
    }

    /// What is stored of a repository.
    pub(super) async fn stored(&self, name: &str) -> Result<Option<Stored>> {
        self.read(key_of(name), true).await?.as_ref().map(stored).transpose()
    }

    async fn read(&self, key: String, is_consistent: bool) -> Result<Option<Item>> {
        let request = || {
            let get = self.service.client.get_item().table_name(&self.name).consistent_read(is_consistent);
            Ok(get.key(KEY, AttributeValue::S(key.clone())).send())
        };
        match self.service.call(self.context, Effect::Reads, request).await {
            Ok(answer) => Ok(answer.item),
            Err(error) if error.kind() == ErrorKind::DefinitionConflict => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Stores it in the place of what was read. `false` if something else is there now.
    pub(super) async fn store(&self, name: &str, seen: Option<&Stored>, new: &Stored) -> Result<bool> {
        let set = |names: &[String]| (!names.is_empty()).then(|| AttributeValue::Ss(names.to_vec()));
        let request = || {
            let mut put = self
                .service
                .client
                .put_item()
                .table_name(&self.name)
                .item(KEY, AttributeValue::S(key_of(name)))
                .item(DEFINITION, AttributeValue::S(new.text.clone()))
                .expression_attribute_names("#d", DEFINITION)
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
            let lists = [(UNFINISHED, &new.unfinished), (WAITING, &new.waiting), (LEAVING, &new.leaving)];
            for (attribute, names) in lists {
                if let Some(names) = set(names) {
                    put = put.item(attribute, names);
                }
            }
            let Some(seen) = seen else { return Ok(put.condition_expression("attribute_not_exists(#d)").send()) };
            let mut conditions = vec!["#d = :d".to_owned()];
            put = put.expression_attribute_values(":d", AttributeValue::S(seen.text.clone()));
            let lists =
                [("u", UNFINISHED, &seen.unfinished), ("w", WAITING, &seen.waiting), ("l", LEAVING, &seen.leaving)];
            for (sign, attribute, names) in lists {
                put = put.expression_attribute_names(format!("#{sign}"), attribute);
                conditions.push(match set(names) {
                    None => format!("attribute_not_exists(#{sign})"),
                    Some(names) => {
                        put = put.expression_attribute_values(format!(":{sign}"), names);
                        format!("#{sign} = :{sign}")
                    }
                });
            }
            Ok(put.condition_expression(conditions.join(" AND ")).send())
        };
        match self.service.ask(self.context, Effect::WritesOnce, request).await {
            Ok(_) => Ok(true),
            // Whoever wrote the same, this call in an earlier try or another process: it is stored.
            Err(failure) => match failure.cause {
                Cause::Condition(item) => {
                    Ok(item.is_some_and(|item| self::stored(&item).is_ok_and(|there| there == *new)))
                }
                _ => Err(failure.into_error()),
            },
        }
    }
}

fn stored(item: &Item) -> Result<Stored> {
    let names = |attribute| {
        let mut names = match item.get(attribute) {
            Some(AttributeValue::Ss(names)) => names.clone(),
            _ => Vec::new(),
        };
        names.sort_unstable();
        names
    };
    let (unfinished, waiting, leaving) = (names(UNFINISHED), names(WAITING), names(LEAVING));
    Ok(Stored { text: text(item)?.to_owned(), unfinished, waiting, leaving })
}

fn text(item: &Item) -> Result<&str> {
    match item.get(DEFINITION) {
        Some(AttributeValue::S(text)) => Ok(text),
        _ => Err(Error::unreadable("the stored definition is no text: another program uses the companion table")),
    }
}

/// The key of a definition. Names are unique without regard to case.
pub(super) fn key_of(name: &str) -> String {
    format!("{DEFINITIONS}{}", name.to_ascii_lowercase())
}
