//! A table: it is there, has the key and the indexes that are wanted, and can be used.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::operation::update_table::UpdateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, DeleteGlobalSecondaryIndexAction,
    GlobalSecondaryIndex, GlobalSecondaryIndexUpdate, IndexStatus, KeySchemaElement, KeyType, Projection,
    ProjectionType, ProvisionedThroughput, ScalarAttributeType, TableDescription, TableStatus,
};
use backends_core::driver::{Context, DefineRequest, SchemaMode};
use backends_core::{Error, ErrorKind, Mistakes, Result, Throughput};

use super::Patience;
use super::indexes::{self, Next, Wanted};
use crate::codec::KeyField;
use crate::index::{KeyAttribute, TableIndex};
use crate::retry::Effect;
use crate::service::Service;

/// What the service says when a table or an index is being changed, or is there already.
pub(super) const IN_THE_WAY: [&str; 2] = ["ResourceInUseException", "LimitExceededException"];

pub(super) struct Table<'a> {
    pub(super) service: &'a Service,
    pub(super) context: &'a Context,
    pub(super) name: String,
    pub(super) keys: &'a [KeyField],
    /// The capacity that it is created with; billed by request if there is none.
    pub(super) throughput: Option<Throughput>,
    /// Its indexes, which a new table is created with.
    pub(super) indexes: &'a [Wanted],
}

/// A table that can be used.
pub(super) struct There {
    /// What the service tells of it; nothing where that may not be asked.
    pub(super) table: Option<TableDescription>,
    /// Whether it was not there before.
    pub(super) is_created: bool,
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
    /// Creates the table, unless it is there: then its key is looked at. It can be used when this returns.
    ///
    /// # Errors
    /// `DefinitionConflict` for another key, and for what is missing and may not be created.
    pub(super) async fn ensure(&self, mode: SchemaMode) -> Result<There> {
        let mut patience = Patience::new();
        let mut is_created = false;
        loop {
            let found = match self.look().await {
                Ok(found) => found,
                // Who may only read and write records cannot look; who created the table did.
                Err(error) if error.is_permission_denied() && mode == SchemaMode::Verify => {
                    return Ok(There { table: None, is_created: false });
                }
                Err(error) => return Err(error),
            };
            match found {
                Some(table) => match state(&table) {
                    State::Usable => {
                        self.check(&table)?;
                        return Ok(There { table: Some(table), is_created });
                    }
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

    /// Creates what is missing of the indexes, one after another, and waits until they can be used.
    ///
    /// # Errors
    /// `DefinitionConflict` for what is missing and may not be created, and for names and types that are taken.
    pub(super) async fn ensure_indexes(&self, there: There, mode: SchemaMode) -> Result<Vec<TableIndex>> {
        let Some(mut table) = there.table else {
            return Ok(self.indexes.iter().map(|wanted| wanted.index.clone()).collect());
        };
        let mut patience = Patience::new();
        loop {
            match indexes::next(&table, self.indexes).map_err(|error| error.with_context("table", &self.name))? {
                Next::Ready(indexes) => return Ok(indexes),
                Next::Create(place) if mode == SchemaMode::Verify => {
                    let name = &self.indexes[place].index.name;
                    return Err(DefineRequest::missing(&format!("the index `{name}`")));
                }
                Next::Create(place) => match self.create_index(&table, &self.indexes[place]).await {
                    Ok(()) => patience = Patience::new(),
                    // Another process was quicker, or another index is being created.
                    Err(error) if is_in_the_way(&error) => {}
                    Err(error) => return Err(error),
                },
                Next::Wait => {}
            }
            patience.wait(self.context, "the indexes cannot be used yet").await?;
            table = self.look().await?.ok_or_else(|| DefineRequest::missing("the table"))?;
        }
    }

    async fn create_index(&self, table: &TableDescription, wanted: &Wanted) -> Result<()> {
        // DynamoDB: a table that is billed by request has no capacity.
        let capacity = table.provisioned_throughput().map(|units| Throughput {
            read: u64::try_from(units.read_capacity_units().unwrap_or(1)).unwrap_or(1).max(1),
            write: u64::try_from(units.write_capacity_units().unwrap_or(1)).unwrap_or(1).max(1),
        });
        let throughput =
            wanted.throughput.or(capacity).filter(|_| !indexes::is_on_demand(table)).map(provisioned).transpose()?;
        let create = CreateGlobalSecondaryIndexAction::builder()
            .index_name(&wanted.index.native)
            .set_key_schema(Some(key_schema(wanted)?))
            .projection(Projection::builder().projection_type(ProjectionType::All).build())
            .set_provisioned_throughput(throughput)
            .build()
            .map_err(incomplete)?;
        let attributes = self.attributes(std::slice::from_ref(wanted))?;
        let request = || {
            let update = GlobalSecondaryIndexUpdate::builder().create(create.clone()).build();
            let table = self.service.client.update_table().table_name(&self.name);
            Ok(table.set_attribute_definitions(Some(attributes.clone())).global_secondary_index_updates(update).send())
        };
        // A second request finds the index of the first.
        self.service.call(self.context, Effect::WritesOnce, request).await.map(|_| ())
    }

    /// Removes the index that has this name on the service, if there is one, and waits until it is gone.
    pub(super) async fn remove_index(&self, name: &str) -> Result<()> {
        let mut patience = Patience::new();
        loop {
            let table = self.look().await?;
            let indexes = table.iter().flat_map(TableDescription::global_secondary_indexes);
            let Some(index) = indexes.clone().find(|index| index.index_name() == Some(name)) else { return Ok(()) };
            let is_going = index.index_status() == Some(&IndexStatus::Deleting);
            if !is_going {
                let delete =
                    DeleteGlobalSecondaryIndexAction::builder().index_name(name).build().map_err(incomplete)?;
                let update = GlobalSecondaryIndexUpdate::builder().delete(delete).build();
                let request = || {
                    let table = self.service.client.update_table().table_name(&self.name);
                    Ok(table.global_secondary_index_updates(update.clone()).send())
                };
                match self.service.call(self.context, Effect::WritesOnce, request).await {
                    Ok(_) => patience = Patience::new(),
                    // Another process was quicker, or another index is being changed.
                    Err(error) if is_in_the_way(&error) => {}
                    Err(error) => return Err(error),
                }
            }
            patience.wait(self.context, "the index is not gone yet").await?;
            self.context.renew();
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
        let (attributes, schema) = (self.attributes(self.indexes)?, self.key()?);
        let throughput = self.throughput.map(provisioned).transpose()?;
        let index = |wanted: &Wanted| {
            // An index of a table with a capacity needs one too.
            let capacity = self.throughput.map(|of_table| provisioned(wanted.throughput.unwrap_or(of_table)));
            GlobalSecondaryIndex::builder()
                .index_name(&wanted.index.native)
                .set_key_schema(Some(key_schema(wanted)?))
                .projection(Projection::builder().projection_type(ProjectionType::All).build())
                .set_provisioned_throughput(capacity.transpose()?)
                .build()
                .map_err(incomplete)
        };
        let indexes = self.indexes.iter().map(index).collect::<Result<Vec<_>>>()?;
        let indexes = (!indexes.is_empty()).then_some(indexes);
        let request = || {
            let create = self.service.client.create_table().table_name(&self.name);
            let create = create
                .set_attribute_definitions(Some(attributes.clone()))
                .set_key_schema(Some(schema.clone()))
                .set_global_secondary_indexes(indexes.clone());
            Ok(match &throughput {
                Some(capacity) => create.provisioned_throughput(capacity.clone()),
                None => create.billing_mode(BillingMode::PayPerRequest),
            }
            .send())
        };
        // A second request finds the table of the first.
        self.service.call(self.context, Effect::WritesOnce, request).await.map(|_| ())
    }

    fn key(&self) -> Result<Vec<KeySchemaElement>> {
        let element = |(key, of_type): (&KeyField, KeyType)| {
            KeySchemaElement::builder().attribute_name(&key.name).key_type(of_type).build().map_err(incomplete)
        };
        self.keys.iter().zip([KeyType::Hash, KeyType::Range]).map(element).collect()
    }

    /// The attributes of the key and of these indexes, each once.
    fn attributes(&self, indexes: &[Wanted]) -> Result<Vec<AttributeDefinition>> {
        let keys = self.keys.iter().map(|key| (key.name.clone(), key.attribute_type()));
        let of_indexes = indexes.iter().flat_map(|wanted| {
            let (hash, range) = wanted.index.attributes();
            hash.into_iter().chain(range).map(|one| (one.name, indexes::scalar(one.of_type)))
        });
        let all: BTreeMap<String, ScalarAttributeType> = keys.chain(of_indexes).collect();
        let definition = |(name, of_type)| {
            AttributeDefinition::builder().attribute_name(name).attribute_type(of_type).build().map_err(incomplete)
        };
        all.into_iter().map(definition).collect()
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

/// Whether another index is being created, or this one is there already: what the service tells of a table may be a
/// little old.
fn is_in_the_way(error: &Error) -> bool {
    let native = error.native::<crate::error::Native<UpdateTableError>>();
    let message = native.and_then(|native| native.as_service_error()?.meta().message());
    error.context().any(|(_, value)| IN_THE_WAY.contains(&value))
        || message.is_some_and(|message| message.contains("already exists"))
}

fn is_missing(error: &Error) -> bool {
    let native = error.native::<crate::error::Native<DescribeTableError>>();
    native.and_then(|native| native.as_service_error()).is_some_and(DescribeTableError::is_resource_not_found_exception)
}

pub(super) fn spelt(of_type: Option<&ScalarAttributeType>) -> &'static str {
    match of_type {
        Some(ScalarAttributeType::N) => "numbers",
        Some(ScalarAttributeType::S) => "strings",
        Some(ScalarAttributeType::B) => "bytes",
        _ => "something else",
    }
}

fn key_schema(wanted: &Wanted) -> Result<Vec<KeySchemaElement>> {
    let (hash, range) = wanted.index.attributes();
    let all =
        hash.into_iter().map(|one| (one, KeyType::Hash)).chain(range.into_iter().map(|one| (one, KeyType::Range)));
    let element = |(one, role): (KeyAttribute, KeyType)| {
        KeySchemaElement::builder().attribute_name(one.name).key_type(role).build().map_err(incomplete)
    };
    all.map(element).collect()
}

fn provisioned(capacity: Throughput) -> Result<ProvisionedThroughput> {
    ProvisionedThroughput::builder()
        .read_capacity_units(units(capacity.read))
        .write_capacity_units(units(capacity.write))
        .build()
        .map_err(incomplete)
}

fn units(capacity: u64) -> i64 {
    i64::try_from(capacity).unwrap_or(i64::MAX)
}

pub(super) fn incomplete(native: aws_sdk_dynamodb::error::BuildError) -> Error {
    Error::unexpected("a table became an incomplete request").with_native(native)
}
