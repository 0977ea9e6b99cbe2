//! The indexes of a table: which are there, whoever created them, and which is created next.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndexDescription, IndexStatus, KeySchemaElement,
    KeyType as KeyRole, ProjectionType, ScalarAttributeType, TableDescription, TableStatus,
};
use backends_core::{Definition, ErrorKind, Kind, Mistakes, Result, Throughput};

use crate::codec::KeyField;
use crate::index::{FieldKeys, Form, KeyAttribute, KeyType, TableIndex};

/// An index that the definition wants.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) index: TableIndex,
    /// The capacity that it is created with, if the table has any.
    pub(super) throughput: Option<Throughput>,
    /// The fields that are declared, and the rest of the primary key.
    columns: Vec<KeyField>,
}

/// What to do about the indexes of a table.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// Nothing: here they are.
    Ready(Vec<TableIndex>),
    /// One is being created, or one of the same name is being deleted.
    Wait,
    /// The one at this place is missing.
    Create(usize),
}

/// The indexes that a definition wants to read by. A unique one only guards, unless it says more.
pub(super) fn wanted(definition: &Definition) -> Vec<Wanted> {
    let indexes = definition.indexes().filter(|index| index.is_for_reading() || index.is_ordered());
    let wanted = indexes.map(|index| {
        let keys = definition.key_fields().filter(|key| index.fields().all(|field| field != *key));
        let columns = index.fields().chain(keys).map(|field| KeyField::of(definition, field));
        Wanted { index: TableIndex::new(definition, index), throughput: index.throughput(), columns: columns.collect() }
    });
    wanted.collect()
}

/// Holds what is wanted against what is there.
///
/// # Errors
/// `DefinitionConflict` for a name that belongs to another index, and for a field that the table keeps as another type.
pub(super) fn next(table: &TableDescription, wanted: &[Wanted]) -> Result<Next> {
    let mut mistakes = Mistakes::new(ErrorKind::DefinitionConflict);
    let (mut ready, mut waits, mut missing) = (Vec::new(), false, None);
    for (place, wanted) in wanted.iter().enumerate() {
        let same = |index: &&GlobalSecondaryIndexDescription| wanted.form_of(index).is_some() && !is_going(index);
        let own = table.global_secondary_indexes().iter().filter(same);
        let own_name = |index: &&GlobalSecondaryIndexDescription| index.index_name() == Some(&wanted.index.native);
        let found = own.clone().find(own_name).or_else(|| own.clone().find(|index| is_usable(index)));
        for attribute in wanted.all_attributes() {
            if let Some(stored) = type_of(table, &attribute.name).filter(|stored| *stored != scalar(attribute.of_type))
            {
                mistakes.add(format!(
                    "the table keeps `{}` as {} in a key or an index, and the definition says {}: declare its kind, or remove that index",
                    attribute.name,
                    super::table::spelt(Some(&stored)),
                    super::table::spelt(Some(&scalar(attribute.of_type))),
                ));
            }
        }
        match found.or_else(|| own.clone().next()) {
            Some(index) if is_usable(index) => {
                let native = index.index_name().unwrap_or_default().to_owned();
                let form = wanted.form_of(index).unwrap_or_else(|| wanted.index.form.clone());
                ready.push(TableIndex { native, form, ..wanted.index.clone() });
            }
            Some(_) => waits = true,
            None => match named(table, &wanted.index.native) {
                Named::Nothing => missing = missing.or(Some(place)),
                Named::Going => waits = true,
                Named::Other => mistakes.add(format!(
                    "the index `{}` of the table is on other fields, or does not have all of a record: choose another name, or remove it",
                    wanted.index.native
                )),
            },
        }
    }
    mistakes.into_result()?;
    // DynamoDB: one index at a time is created or deleted.
    let is_busy = waits || table.table_status() == Some(&TableStatus::Updating);
    Ok(match missing {
        Some(place) if !is_busy && !table.global_secondary_indexes().iter().any(is_changing) => Next::Create(place),
        None if !waits => Next::Ready(ready),
        _ => Next::Wait,
    })
}

impl Wanted {
    /// Every attribute of its key.
    fn all_attributes(&self) -> impl Iterator<Item = KeyAttribute> {
        let (hash, range) = self.index.attributes();
        hash.into_iter().chain(range)
    }

    /// What the key of an index of the table consists of, if it is on the same fields and has all of a record.
    fn form_of(&self, index: &GlobalSecondaryIndexDescription) -> Option<Form> {
        let projection = index.projection().and_then(|projection| projection.projection_type());
        if projection != Some(&ProjectionType::All) {
            return None;
        }
        let of = |role: KeyRole| {
            let elements = index.key_schema().iter().filter(move |element| *element.key_type() == role);
            elements.map(KeySchemaElement::attribute_name)
        };
        let (hash, range) = (of(KeyRole::Hash).count(), of(KeyRole::Range).count());
        let names = of(KeyRole::Hash).chain(of(KeyRole::Range));
        match &self.index.form {
            Form::Order(_) => {
                let is_same = names.eq(self.all_attributes().map(|attribute| attribute.name)) && hash == 1;
                is_same.then(|| self.index.form.clone())
            }
            Form::Fields(_) => {
                let columns = self.columns.get(..hash + range)?;
                let has_all = hash > 0 && columns.len() >= self.index.fields.len();
                (has_all && names.eq(columns.iter().map(|column| column.name.as_str()))).then(|| {
                    let (hash, range) = columns.split_at(hash);
                    Form::Fields(FieldKeys { hash: hash.to_vec(), range: range.to_vec() })
                })
            }
        }
    }
}

enum Named {
    Nothing,
    Going,
    Other,
}

fn named(table: &TableDescription, name: &str) -> Named {
    let global = table.global_secondary_indexes().iter().find(|index| index.index_name() == Some(name));
    let is_local = table.local_secondary_indexes().iter().any(|index| index.index_name() == Some(name));
    match global {
        Some(index) if is_going(index) => Named::Going,
        None if !is_local => Named::Nothing,
        _ => Named::Other,
    }
}

/// Whether it can be read, and has every record.
fn is_usable(index: &GlobalSecondaryIndexDescription) -> bool {
    matches!(index.index_status(), Some(IndexStatus::Active | IndexStatus::Updating))
        && index.backfilling() != Some(true)
}

fn is_going(index: &GlobalSecondaryIndexDescription) -> bool {
    index.index_status() == Some(&IndexStatus::Deleting)
}

fn is_changing(index: &GlobalSecondaryIndexDescription) -> bool {
    !is_usable(index) || index.index_status() == Some(&IndexStatus::Updating)
}

fn type_of(table: &TableDescription, name: &str) -> Option<ScalarAttributeType> {
    let known = table.attribute_definitions().iter().find(|known| known.attribute_name() == name);
    known.map(AttributeDefinition::attribute_type).cloned()
}

pub(super) fn scalar(of_type: KeyType) -> ScalarAttributeType {
    match of_type {
        KeyType::Text => ScalarAttributeType::S,
        KeyType::Number => ScalarAttributeType::N,
        KeyType::Bytes => ScalarAttributeType::B,
    }
}

/// The indexes that are given a capacity which the service does not take, by name.
pub(super) fn without_meaning(table: &TableDescription, wanted: &[Wanted]) -> Option<String> {
    let given = wanted.iter().filter(|wanted| wanted.throughput.is_some());
    let names = given.map(|wanted| wanted.index.name.as_str()).collect::<Vec<_>>().join("`, `");
    (is_on_demand(table) && !names.is_empty()).then_some(names)
}

/// Whether a table is billed by request.
pub(super) fn is_on_demand(table: &TableDescription) -> bool {
    table.billing_mode_summary().and_then(|mode| mode.billing_mode()) == Some(&BillingMode::PayPerRequest)
}

/// The fields of this kind in each index that holds the attributes of records as they are: what other programs stored
/// there may be nothing that it takes or finds.
pub(super) fn fields_of<'w>(kind: Kind, wanted: impl IntoIterator<Item = &'w Wanted>) -> Vec<Vec<String>> {
    let fields = wanted.into_iter().filter_map(|wanted| match &wanted.index.form {
        Form::Fields(_) => Some(&wanted.columns[..wanted.index.fields.len()]),
        Form::Order(_) => None,
    });
    let is_meant = |column: &&KeyField| column.kind == kind;
    let fields = fields.map(|columns| columns.iter().filter(is_meant).map(|column| column.name.clone()).collect());
    fields.filter(|fields: &Vec<String>| !fields.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::Projection;

    use super::*;

    const DEFINITION: &str = r#"{"name": "notes", "idKind": "string", "fields": {"n": "number"}, "indexes": [
        {"fields": ["a", "n"], "unique": false, "name": "pair"}, {"fields": ["b"], "unique": false, "ordered": true}]}"#;

    fn index(name: &str, hash: &[&str], range: &[&str], status: IndexStatus) -> GlobalSecondaryIndexDescription {
        let element = |name: &&str, role: KeyRole| {
            KeySchemaElement::builder().attribute_name(*name).key_type(role).build().unwrap()
        };
        let keys = hash.iter().map(|name| element(name, KeyRole::Hash));
        let keys = keys.chain(range.iter().map(|name| element(name, KeyRole::Range))).collect();
        let all = Projection::builder().projection_type(ProjectionType::All).build();
        GlobalSecondaryIndexDescription::builder()
            .index_name(name)
            .set_key_schema(Some(keys))
            .projection(all)
            .index_status(status)
            .build()
    }

    fn table(indexes: Vec<GlobalSecondaryIndexDescription>) -> TableDescription {
        TableDescription::builder()
            .table_status(TableStatus::Active)
            .set_global_secondary_indexes(Some(indexes))
            .build()
    }

    #[test]
    fn l37_indexes_are_created_one_at_a_time_and_waited_for() {
        use IndexStatus::{Active, Creating, Deleting};
        let wanted = wanted(&Definition::from_json(DEFINITION).unwrap());
        let order = |status| index("b", &["_backends_shard"], &["_backends_order_089be807b544fc16"], status);
        let pair = |status| index("pair", &["a"], &["n", "id"], status);
        let names = |next: Next| match next {
            Next::Ready(indexes) => indexes.iter().map(|index| index.native.as_str()).collect::<Vec<_>>().join(","),
            other => format!("{other:?}"),
        };
        let Form::Order(own) = &wanted[0].index.form else { panic!() };
        let order = |status| {
            let mut one = order(status);
            one.key_schema.as_mut().unwrap()[1].attribute_name.clone_from(&own.attribute);
            one
        };
        for (indexes, is) in [
            (vec![], "Create(0)"),
            (vec![order(Creating)], "Wait"),
            (vec![order(Active)], "Create(1)"),
            (vec![order(Active), pair(Creating)], "Wait"),
            (vec![order(Active), pair(Active)], "b,pair"),
            (vec![order(Active), pair(Deleting)], "Wait"),
            // Somebody else's on the same fields is taken, whatever its name, unless it is not there for long.
            (vec![order(Active), index("other", &["a"], &["n"], Active)], "b,other"),
            (vec![order(Active), index("other", &["a", "n"], &["id"], Active)], "b,other"),
            (vec![order(Active), index("other", &["a"], &["n"], Active), pair(Active)], "b,pair"),
            (vec![order(Active), index("other", &["a"], &["n"], Deleting)], "Wait"),
            (vec![order(Active), index("other", &["n"], &["a"], Active)], "Create(1)"),
            (vec![order(Active), index("other", &["a"], &[], Active)], "Create(1)"),
            (
                vec![order(Active), index("other", &["a"], &["n"], Active), index("third", &["x"], &[], Creating)],
                "b,other",
            ),
        ] {
            let told = format!("{indexes:?}");
            assert_eq!(names(next(&table(indexes), &wanted).unwrap()), is, "{told}");
        }
        let error = next(&table(vec![order(Active), index("pair", &["x"], &[], Active)]), &wanted).unwrap_err();
        assert!(error.is_definition_conflict() && error.to_string().contains("`pair`"), "{error}");
        let definition =
            AttributeDefinition::builder().attribute_name("n").attribute_type(ScalarAttributeType::S).build().unwrap();
        let other_type = TableDescription::builder().attribute_definitions(definition).build();
        let error = next(&other_type, &wanted).unwrap_err();
        assert!(error.is_definition_conflict() && error.to_string().contains("`n` as strings"), "{error}");
    }

    #[test]
    fn c43_an_index_without_all_of_a_record_is_not_taken() {
        let wanted = wanted(&Definition::from_json(r#"{"name": "notes", "GSI": {"email": {}}}"#).unwrap());
        let mut other = index("other", &["email"], &[], IndexStatus::Active);
        assert!(matches!(next(&table(vec![other.clone()]), &wanted), Ok(Next::Ready(_))));
        other.projection = Some(Projection::builder().projection_type(ProjectionType::KeysOnly).build());
        assert!(matches!(next(&table(vec![other]), &wanted), Ok(Next::Create(0))));
    }
}
