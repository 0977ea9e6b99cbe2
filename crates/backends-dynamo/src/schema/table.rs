//! A table: it is there, has the key that is wanted, and can be used.

use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ProvisionedThroughput, ScalarAttributeType,
    TableDescription, TableStatus,
};
use backends_core::driver::{Context, DefineRequest, SchemaMode};
use backends_core::{Error, ErrorKind, Mistakes, Result, Throughput};

use super::Patience;
use crate::codec::KeyField;
use crate::retry::Effect;
use crate::service::Service;

pub(super) struct Table<'a> {
    pub(super) service: &'a Service,
    pub(super) context: &'a Context,
    pub(super) name: String,
    pub(super) keys: &'a [KeyField],
    /// The capacity that it is created with; billed by request if there is none.
    pub(super) throughput: Option<Throughput>,
}

/// What to do about a table in the state in which it is.
#[derive(Debug, PartialEq, Eq)]
enum State {
    Usable,
    /// It will be there, or gone, in a while.
    Changing,
    /// It will not be there by itself.
    Locked,
}

impl Table<'_> {
    /// Creates the table, unless it is there: then its key is looked at, and the answer is `true`. It can be used when
    /// this returns.
    ///
    /// # Errors
    /// `DefinitionConflict` for another key, and for what is missing and may not be created.
    pub(super) async fn ensure(&self, mode: SchemaMode) -> Result<bool> {
        let mut patience = Patience::new();
        let mut is_created = false;
        loop {
            let found = match self.look().await {
                Ok(found) => found,
                // Who may only read and write records cannot look; who created the table did.
                Err(error) if error.is_permission_denied() && mode == SchemaMode::Verify => return Ok(true),
                Err(error) => return Err(error),
            };
            match found {
                Some(table) => match state(&table) {
                    State::Usable => return self.check(&table).map(|()| !is_created),
                    State::Changing => patience.wait(self.context, "the table cannot be used yet").await?,
                    State::Locked => {
                        return Err(Error::unavailable(
                            "the table is archived, or its key of encryption cannot be reached: restore it",
                        ));
                    }
                },
                None if mode == SchemaMode::Verify => {
                    return Err(DefineRequest::missing("the table"));
                }
                None => match self.create().await {
                    Ok(()) => is_created = true,
                    // Another process was quicker, or the old one is not quite gone.
                    Err(error) if error.context().any(|(_, value)| value == "ResourceInUseException") => {
                        patience.wait(self.context, "the table is being created or deleted").await?;
                    }
                    Err(error) => return Err(error),
                },
            }
        }
    }

    /// What the service tells of the table, if it is there.
    async fn look(&self) -> Result<Option<TableDescription>> {
        let request = || Ok(self.service.client.describe_table().table_name(&self.name).send());
        let answer = self.service.call(self.context, Effect::Reads, request).await;
        match answer {
            Ok(answer) => Ok(answer.table),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn create(&self) -> Result<()> {
        let (attributes, schema) = self.key()?;
        let throughput = self.throughput.map(|capacity| {
            ProvisionedThroughput::builder()
                .read_capacity_units(units(capacity.read))
                .write_capacity_units(units(capacity.write))
                .build()
        });
        let throughput = throughput.transpose().map_err(incomplete)?;
        let request = || {
            let create = self.service.client.create_table().table_name(&self.name);
            let create =
                create.set_attribute_definitions(Some(attributes.clone())).set_key_schema(Some(schema.clone()));
            Ok(match &throughput {
                Some(capacity) => create.provisioned_throughput(capacity.clone()),
                None => create.billing_mode(BillingMode::PayPerRequest),
            }
            .send())
        };
        // A second request finds the table of the first.
        self.service.call(self.context, Effect::WritesOnce, request).await.map(|_| ())
    }

    fn key(&self) -> Result<(Vec<AttributeDefinition>, Vec<KeySchemaElement>)> {
        let mut attributes = Vec::new();
        let mut schema = Vec::new();
        for (key, of_type) in self.keys.iter().zip([KeyType::Hash, KeyType::Range]) {
            let attribute =
                AttributeDefinition::builder().attribute_name(&key.name).attribute_type(key.attribute_type());
            attributes.push(attribute.build().map_err(incomplete)?);
            let element = KeySchemaElement::builder().attribute_name(&key.name).key_type(of_type);
            schema.push(element.build().map_err(incomplete)?);
        }
        Ok((attributes, schema))
    }

    /// Holds the key of the table against the one that is wanted.
    fn check(&self, table: &TableDescription) -> Result<()> {
        let mut mistakes = Mistakes::new(ErrorKind::DefinitionConflict);
        let has = |of_type: KeyType| table.key_schema().iter().find(|element| *element.key_type() == of_type);
        for (place, of_type, wanted) in
            [("partition key", KeyType::Hash, self.keys.first()), ("sort key", KeyType::Range, self.keys.get(1))]
        {
            match (has(of_type).map(KeySchemaElement::attribute_name), wanted) {
                (Some(stored), Some(wanted)) if stored == wanted.name => {
                    let attribute = table.attribute_definitions().iter().find(|known| known.attribute_name() == stored);
                    let stored = attribute.map(AttributeDefinition::attribute_type);
                    if stored.is_some_and(|stored| *stored != wanted.attribute_type()) {
                        mistakes.add(format!(
                            "the {place} `{}` of the table holds {}, and the definition says {}: declare its kind, or choose another name",
                            wanted.name,
                            spelt(stored),
                            spelt(Some(&wanted.attribute_type())),
                        ));
                    }
                }
                (None, None) => {}
                (stored, wanted) => mistakes.add(format!(
                    "the {place} of the table is {}, and the definition says {}: declare that of the table, or choose another name",
                    stored.map_or("none".to_owned(), |name| format!("`{name}`")),
                    wanted.map_or("none".to_owned(), |key| format!("`{}`", key.name)),
                )),
            }
        }
        mistakes.into_result().map_err(|error| error.with_context("table", &self.name))
    }
}

fn state(table: &TableDescription) -> State {
    match table.table_status() {
        // A table that is being changed serves reads and writes meanwhile.
        Some(TableStatus::Active | TableStatus::Updating) => State::Usable,
        Some(TableStatus::InaccessibleEncryptionCredentials | TableStatus::Archiving | TableStatus::Archived) => {
            State::Locked
        }
        _ => State::Changing,
    }
}

fn is_missing(error: &Error) -> bool {
    let native = error.native::<crate::error::Native<DescribeTableError>>();
    native.and_then(|native| native.as_service_error()).is_some_and(DescribeTableError::is_resource_not_found_exception)
}

fn spelt(of_type: Option<&ScalarAttributeType>) -> &'static str {
    match of_type {
        Some(ScalarAttributeType::N) => "numbers",
        Some(ScalarAttributeType::S) => "strings",
        Some(ScalarAttributeType::B) => "bytes",
        _ => "something else",
    }
}

fn units(capacity: u64) -> i64 {
    i64::try_from(capacity).unwrap_or(i64::MAX)
}

fn incomplete(native: aws_sdk_dynamodb::error::BuildError) -> Error {
    Error::unexpected("a table became an incomplete request").with_native(native)
}
