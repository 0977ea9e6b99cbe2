//! The companion table: one for each prefix, which keeps what is no record of any repository. Today the definitions.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use backends_core::driver::{Context, SchemaMode};
use backends_core::{Error, ErrorKind, Result};

use super::table::Table;
use crate::codec::{Item, KeyField};
use crate::retry::Effect;
use crate::service::{Cause, Service};

/// What its name ends with; no repository has a name like it.
const NAME: &str = "_backends";

/// Its partition key, a string.
const KEY: &str = "key";

/// What the keys of definitions begin with; the rest is the name of the repository in lower case.
const DEFINITIONS: &str = "definition:";

/// The attribute of a definition's text.
const DEFINITION: &str = "definition";

pub(super) struct Companion<'a> {
    service: &'a Service,
    context: &'a Context,
    name: String,
}

impl<'a> Companion<'a> {
    pub(super) fn new(service: &'a Service, context: &'a Context) -> Self {
        Self { service, context, name: service.table_name(NAME) }
    }

    /// Creates the table if it is missing, and waits until it can be used.
    pub(super) async fn ensure(&self) -> Result<()> {
        let keys = [KeyField::text(KEY)];
        let (service, context, name) = (self.service, self.context, self.name.clone());
        let table = Table { service, context, name, keys: &keys, throughput: None };
        table.ensure(SchemaMode::Ensure).await.map(|_| ())
    }

    /// Whether the service answers; that the table is not there yet is an answer too.
    pub(super) async fn ping(&self) -> Result<()> {
        self.read(String::from("ping"), false).await.map(|_| ())
    }

    /// The definition that is stored for a repository.
    pub(super) async fn definition(&self, name: &str) -> Result<Option<String>> {
        match self.read(key_of(name), true).await? {
            Some(item) => text(&item).map(|text| Some(text.to_owned())),
            None => Ok(None),
        }
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

    /// Stores a definition in the place of what was read. `false` if something else is there now.
    pub(super) async fn store(&self, name: &str, seen: Option<&str>, text: &str) -> Result<bool> {
        let request = || {
            let put = self
                .service
                .client
                .put_item()
                .table_name(&self.name)
                .item(KEY, AttributeValue::S(key_of(name)))
                .item(DEFINITION, AttributeValue::S(text.to_owned()))
                .expression_attribute_names("#d", DEFINITION)
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
            let put = match seen {
                None => put.condition_expression("attribute_not_exists(#d)"),
                Some(seen) => put
                    .condition_expression("#d = :d")
                    .expression_attribute_values(":d", AttributeValue::S(seen.to_owned())),
            };
            Ok(put.send())
        };
        match self.service.ask(self.context, Effect::WritesOnce, request).await {
            Ok(_) => Ok(true),
            // Whoever wrote the same text, this call in an earlier try or another process: it is stored.
            Err(failure) => match failure.cause {
                Cause::Condition(item) => {
                    Ok(item.is_some_and(|item| self::text(&item).is_ok_and(|there| there == text)))
                }
                Cause::Error(error) => Err(error),
            },
        }
    }
}

fn text(item: &Item) -> Result<&str> {
    match item.get(DEFINITION) {
        Some(AttributeValue::S(text)) => Ok(text),
        _ => Err(Error::unreadable("the stored definition is no text: another program uses the companion table")),
    }
}

/// Names are unique without regard to case.
fn key_of(name: &str) -> String {
    format!("{DEFINITIONS}{}", name.to_ascii_lowercase())
}
