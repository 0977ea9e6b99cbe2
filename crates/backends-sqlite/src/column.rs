//! What rows are found by: the columns of the primary key, and what indexes take out of records.

use std::sync::Arc;

use backends_core::{Definition, FieldKind, Index, Kind, Predicate, Result, Value};
use rusqlite::types::Value as SqlValue;

use crate::codec;
use crate::schema::quoted;

/// A column of the primary key, or a field that an index takes out of the record.
#[derive(Debug)]
pub(crate) struct Column {
    /// The field of the record.
    pub(crate) field: String,
    /// The column or the expression.
    pub(crate) sql: Arc<str>,
    /// The same, but null where a record has no value.
    value: String,
    pub(crate) kind: Kind,
    pub(crate) is_key: bool,
    /// Whether it may hold instants as text of another program, which is not compared as text.
    is_foreign: bool,
}

/// What stands in an index where a record has no value: before all numbers, as nothing that a record holds, and with a
/// place in the order of rows, which null has not.
const MISSING: f64 = f64::NEG_INFINITY;

impl Column {
    /// The columns of the primary key.
    pub(crate) fn of_key(definition: &Definition, columns: &[&str]) -> Vec<Self> {
        let column = |(field, column): (&str, &&str)| Self {
            field: field.to_owned(),
            sql: (*column).into(),
            value: (*column).to_owned(),
            kind: definition.kind_of(field).unwrap_or(Kind::String),
            is_key: true,
            is_foreign: false,
        };
        definition.key_fields().zip(columns).map(column).collect()
    }

    fn of_record(definition: &Definition, field: &str) -> Self {
        let declared = definition.field(field).unwrap_or(FieldKind::new(Kind::String));
        let value = in_record(field);
        let value = if declared.empty_is_missing { format!("nullif({value}, '')") } else { value };
        Self {
            field: field.to_owned(),
            sql: format!("ifnull({value}, -9e999)").into(),
            value,
            kind: declared.kind,
            is_key: false,
            is_foreign: declared.foreign_text,
        }
    }

    /// What is equal where and only where values are, and null where a record has none.
    fn guard(&self) -> String {
        if self.is_key {
            // Of an index without an expression SQLite does not tell the name.
            return format!("+{}", self.value);
        }
        if self.is_exact() {
            return self.value.clone();
        }
        let value = &self.value;
        // A fraction is what its text says.
        let text = value.replacen("json_extract(record, ", "(record -> ", 1);
        format!(
            "CASE WHEN {value} IS NULL THEN NULL WHEN {value} = CAST({value} AS INTEGER) THEN CAST({value} AS INTEGER) \
             ELSE {text} END"
        )
    }

    /// Whether the order of the column is that of its values.
    pub(crate) fn is_ordered(&self) -> bool {
        self.is_exact() && !self.is_foreign
    }

    /// Whether the column tells something of whether a test holds.
    pub(crate) fn serves(&self, predicate: &Predicate) -> bool {
        !self.is_foreign || *predicate == Predicate::IsMissing
    }

    /// Whether the column is equal to what records hold, also where another program has written them: an instant is
    /// one in any text.
    pub(crate) fn is_equal(&self) -> bool {
        self.is_key || matches!(self.kind, Kind::String | Kind::Integer | Kind::ObjectId)
    }

    /// Whether the column holds values as they are. SQLite may read the text of a float with another last digit.
    pub(crate) fn is_exact(&self) -> bool {
        self.is_key || self.kind != Kind::Number
    }
}

/// What takes the value of a field out of a record.
fn in_record(field: &str) -> String {
    // No name holds what would end the path; a quote would end the text that it stands in.
    format!("json_extract(record, '$.\"{}\"')", field.replace('\'', "''"))
}

/// The value as a column holds it.
pub(crate) fn value(value: &Value) -> Result<SqlValue> {
    match value {
        Value::Null => Ok(SqlValue::Real(MISSING)),
        other => codec::column(other),
    }
}

/// The value that a column of this kind holds; nothing where another program left something else there.
pub(crate) fn held(kind: Kind, held: &SqlValue) -> Option<Value> {
    match held {
        SqlValue::Real(float) if *float == MISSING => Some(Value::Null),
        SqlValue::Real(float) => Some(Value::from(*float)),
        SqlValue::Integer(int) => Some(Value::Int(*int)),
        SqlValue::Text(text) if kind == Kind::Timestamp => text.parse().ok().map(Value::Timestamp),
        SqlValue::Text(text) => Some(Value::String(text.clone())),
        SqlValue::Null | SqlValue::Blob(_) => None,
    }
}

/// The name of the index of the times to live, which no other index has.
const TTL: &str = "_backends_ttl";

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
    /// What keeps two records from having the same values, if something does.
    pub(crate) guard: Option<Guard>,
}

/// A unique index of the table, which rows are not found by: it leaves out what lacks a field.
#[derive(Debug)]
pub(crate) struct Guard {
    /// Its name in the file.
    pub(crate) name: String,
    /// What it holds, of which one is null where a field is missing.
    columns: Vec<String>,
}

/// What the name of a guard ends with, where no name of an index ends.
const GUARD: &str = ":unique";

impl TableIndex {
    pub(crate) fn new(table: &str, definition: &Definition, index: &Index, columns: &[&str]) -> Self {
        let mut keys = Column::of_key(definition, columns);
        let field = |field: &str| match keys.iter().position(|key| key.field == field) {
            Some(at) => keys.remove(at),
            None => Column::of_record(definition, field),
        };
        let mut all: Vec<Column> = index.fields().map(field).collect();
        all.extend(keys);
        let (name, fields) = (format!("{table}:{}", index.name()), index.fields().len());
        let guard = index.is_unique().then(|| Guard {
            name: format!("{name}{GUARD}"),
            columns: all[..fields].iter().map(Column::guard).collect(),
        });
        Self { name, index: index.name().to_owned(), fields, columns: all, guard }
    }

    /// The names of what it is in the file.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.name).chain(self.guard.iter().map(|guard| &*guard.name))
    }

    /// The index by which expired records are found to be removed; no read goes by it.
    pub(crate) fn of_ttl(table: &str, definition: &Definition) -> Option<Self> {
        let column = Column::of_record(definition, definition.ttl()?.field());
        let name = format!("{table}:{TTL}");
        Some(Self { name, index: TTL.to_owned(), fields: 1, columns: vec![column], guard: None })
    }

    /// What creates it, as the file keeps it. The primary key stands at the end of every index of such a table.
    pub(crate) fn ddl(&self, table: &str) -> String {
        let columns: Vec<&str> = self.columns[..self.fields].iter().map(|column| &*column.sql).collect();
        let (name, table, columns) = (quoted(&self.name), quoted(table), columns.join(", "));
        format!("CREATE INDEX {name} ON {table} ({columns})")
    }
}

impl Guard {
    /// What creates it, as the file keeps it.
    pub(crate) fn ddl(&self, table: &str) -> String {
        let (name, table, columns) = (quoted(&self.name), quoted(table), self.columns.join(", "));
        format!("CREATE UNIQUE INDEX {name} ON {table} ({columns})")
    }

    /// The records of which others have the same values, each with what these have in common, one after another; of the
    /// first values so many.
    pub(crate) fn duplicates(&self, table: &str, values: usize) -> String {
        let (table, columns) = (quoted(table), self.columns.join(", "));
        let present: Vec<_> = self.columns.iter().map(|column| format!("{column} IS NOT NULL")).collect();
        let present = present.join(" AND ");
        format!(
            "SELECT record, dense_rank() OVER (ORDER BY {columns}) AS place FROM {table} WHERE ({columns}) IN \
             (SELECT {columns} FROM {table} WHERE {present} GROUP BY {columns} HAVING count(*) > 1 LIMIT {values}) \
             ORDER BY place"
        )
    }
}

/// The name of the index whose guard a message of `SQLite` names, if it names one: `TABLE:INDEX:unique`, where neither
/// has a colon.
pub(crate) fn guarded(message: &str) -> Option<&str> {
    let name = message.strip_prefix("UNIQUE constraint failed: index '")?.strip_suffix('\'')?;
    name.strip_suffix(GUARD)?.split_once(':').map(|(_, index)| index)
}
