//! What rows are found by: the columns of the primary key, and what indexes take out of records.

use backends_core::{Definition, Index, Kind, Result, Value};
use rusqlite::types::Value as SqlValue;

use crate::codec;
use crate::schema::quoted;

/// A column of the primary key, or a field that an index takes out of the record.
#[derive(Debug)]
pub(crate) struct Column {
    /// The field of the record.
    pub(crate) field: String,
    /// The column or the expression.
    pub(crate) sql: String,
    pub(crate) kind: Kind,
    pub(crate) is_key: bool,
}

/// What stands in an index where a record has no value: before all numbers, as nothing that a record holds, and with a
/// place in the order of rows, which null has not.
const MISSING: f64 = f64::NEG_INFINITY;

impl Column {
    /// The columns of the primary key.
    pub(crate) fn of_key(definition: &Definition, columns: &[&str]) -> Vec<Self> {
        let column = |(field, column): (&str, &&str)| Self {
            field: field.to_owned(),
            sql: (*column).to_owned(),
            kind: definition.kind_of(field).unwrap_or(Kind::String),
            is_key: true,
        };
        definition.key_fields().zip(columns).map(column).collect()
    }

    fn of_record(definition: &Definition, field: &str) -> Self {
        // No name holds what would end the path; a quote would end the text that it stands in.
        let path = field.replace('\'', "''");
        Self {
            field: field.to_owned(),
            sql: format!("ifnull(json_extract(record, '$.\"{path}\"'), -9e999)"),
            kind: definition.kind_of(field).unwrap_or(Kind::String),
            is_key: false,
        }
    }

    /// Whether the column holds values as they are. SQLite may read the text of a float with another last digit.
    pub(crate) fn is_exact(&self) -> bool {
        self.is_key || self.kind != Kind::Number
    }
}

/// The value as a column holds it.
pub(crate) fn value(value: &Value) -> Result<SqlValue> {
    match value {
        Value::Null => Ok(SqlValue::Real(MISSING)),
        other => codec::column(other),
    }
}

/// An index of a table.
#[derive(Debug)]
pub(crate) struct TableIndex {
    /// Its name in the file.
    pub(crate) name: String,
    /// Its name in the definition.
    pub(crate) index: String,
    /// The fields of the index, then what they lack of the primary key.
    pub(crate) columns: Vec<Column>,
    /// How many of the columns are the fields of the index.
    fields: usize,
}

impl TableIndex {
    pub(crate) fn new(table: &str, definition: &Definition, index: &Index, columns: &[&str]) -> Self {
        let mut keys = Column::of_key(definition, columns);
        let field = |field: &str| match keys.iter().position(|key| key.field == field) {
            Some(at) => keys.remove(at),
            None => Column::of_record(definition, field),
        };
        let mut all: Vec<Column> = index.fields().map(field).collect();
        all.extend(keys);
        let name = format!("{table}:{}", index.name());
        Self { name, index: index.name().to_owned(), fields: index.fields().len(), columns: all }
    }

    /// What creates it, unless it is there. The primary key stands at the end of every index of such a table.
    pub(crate) fn ddl(&self, table: &str) -> String {
        let columns: Vec<&str> = self.columns[..self.fields].iter().map(|column| column.sql.as_str()).collect();
        let (name, table, columns) = (quoted(&self.name), quoted(table), columns.join(", "));
        format!("CREATE INDEX IF NOT EXISTS {name} ON {table} ({columns})")
    }
}
