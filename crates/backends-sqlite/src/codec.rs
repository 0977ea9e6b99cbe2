//! Keys as `SQLite`'s own values, and rows as records.

use std::iter;
use std::ops::Range;

use backends_core::json::JsonBatch;
use backends_core::{Error, Key, Result, Value};
use rusqlite::types::{Value as SqlValue, ValueRef};
use rusqlite::{Row, Statement};

/// The bytes of an id.
const USUAL_KEY: usize = 24;

/// A key as the values of the key columns.
#[derive(Clone)]
pub(crate) struct SqlKey {
    partition: SqlValue,
    sort: Option<SqlValue>,
}

impl SqlKey {
    /// The key as its columns hold it: text, an integer or a real; an instant is its 24 bytes of text.
    pub(crate) fn new(key: &Key) -> Result<Self> {
        Ok(Self { partition: column(key.partition())?, sort: key.sort().map(column).transpose()? })
    }

    /// Binds the key to the parameters from `first` on, and says which comes next.
    pub(crate) fn bind(&self, statement: &mut Statement<'_>, first: usize) -> rusqlite::Result<usize> {
        statement.raw_bind_parameter(first, &self.partition)?;
        let Some(sort) = &self.sort else { return Ok(first + 1) };
        statement.raw_bind_parameter(first + 1, sort)?;
        Ok(first + 2)
    }
}

/// The keys of many records, whose texts share one piece of memory.
pub(crate) struct SqlKeys {
    texts: String,
    /// One or two for each key.
    columns: Vec<Column>,
    keys: usize,
}

enum Column {
    /// The text between these bytes.
    Text(Range<usize>),
    Other(SqlValue),
}

impl SqlKeys {
    /// No keys, and room for so many.
    pub(crate) fn with_capacity(keys: usize) -> Self {
        Self { texts: String::with_capacity(keys * USUAL_KEY), columns: Vec::with_capacity(keys), keys: 0 }
    }

    /// Appends a key, which has as many parts as those before it.
    pub(crate) fn push(&mut self, key: &Key) -> Result<()> {
        for part in iter::once(key.partition()).chain(key.sort()) {
            let start = self.texts.len();
            match part {
                Value::String(text) => self.texts.push_str(text),
                other => match column(other)? {
                    SqlValue::Text(text) => self.texts.push_str(&text),
                    value => {
                        self.columns.push(Column::Other(value));
                        continue;
                    }
                },
            }
            self.columns.push(Column::Text(start..self.texts.len()));
        }
        self.keys += 1;
        Ok(())
    }

    pub(crate) fn len(&self) -> usize {
        self.keys
    }

    /// Binds the key at `index` to the first parameters, and says which comes next.
    pub(crate) fn bind(&self, index: usize, statement: &mut Statement<'_>) -> rusqlite::Result<usize> {
        let parts = self.columns.len() / self.keys.max(1);
        let mut next = 1;
        for column in self.columns.iter().skip(index * parts).take(parts) {
            match column {
                Column::Text(place) => statement.raw_bind_parameter(next, self.texts.get(place.clone()))?,
                Column::Other(value) => statement.raw_bind_parameter(next, value)?,
            }
            next += 1;
        }
        Ok(next)
    }
}

pub(crate) fn column(value: &Value) -> Result<SqlValue> {
    Ok(match value {
        Value::String(text) => SqlValue::Text(text.clone()),
        Value::Int(int) => SqlValue::Integer(*int),
        Value::Float(float) => SqlValue::Real(*float),
        Value::Timestamp(at) => SqlValue::Text(at.to_string()),
        _ => return Err(Error::unexpected("a key holds something else than a string, a number or a timestamp")),
    })
}

/// The record in a row, as text. What is no text is text that is no record, so that reading it is `Unreadable`, and
/// the records beside it stay readable.
pub(crate) fn record<'r>(row: &'r Row<'_>, column: usize) -> rusqlite::Result<&'r str> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(text) => std::str::from_utf8(text).unwrap_or_default(),
        _ => "",
    })
}

/// The batch that holds this one record.
pub(crate) fn batch_of(record: &str) -> JsonBatch {
    let mut batch = JsonBatch::with_capacity(1, record.len());
    batch.push(record);
    batch
}

#[cfg(test)]
mod tests {
    use backends_core::Timestamp;

    use super::*;

    #[test]
    fn many_keys_are_bound_as_each_alone() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        let mut statement = connection.prepare("SELECT ?1, ?2").unwrap();
        let key = |partition: Value, sort: Value| Key::new(partition, Some(sort));
        let keys = [
            key("ada".into(), Value::Int(1)),
            key(Value::Timestamp(Timestamp::MIN), "".into()),
            key(Value::Float(0.5), "grace".into()),
        ];
        let mut many = SqlKeys::with_capacity(1);
        for key in &keys {
            many.push(key).unwrap();
        }
        assert_eq!(many.len(), keys.len());
        for (index, key) in keys.iter().enumerate() {
            let mut read = |bind: &dyn Fn(&mut Statement<'_>) -> usize| -> (SqlValue, SqlValue) {
                assert_eq!(bind(&mut statement), 3);
                let mut rows = statement.raw_query();
                let row = rows.next().unwrap().unwrap();
                (row.get(0).unwrap(), row.get(1).unwrap())
            };
            let alone = SqlKey::new(key).unwrap();
            assert_eq!(
                read(&|statement| many.bind(index, statement).unwrap()),
                read(&|statement| alone.bind(statement, 1).unwrap()),
            );
        }
    }

    #[test]
    fn c02_c04_keys_are_stored_as_what_they_are() {
        for (value, stored) in [
            (Value::from("ada"), SqlValue::Text("ada".into())),
            (Value::Int(i64::MIN), SqlValue::Integer(i64::MIN)),
            (Value::Float(0.5), SqlValue::Real(0.5)),
            (Value::Timestamp(Timestamp::MIN), SqlValue::Text("0001-01-01T00:00:00.000Z".into())),
        ] {
            assert!(SqlKey::new(&Key::new(value, None)).unwrap().partition == stored);
        }
        assert!(SqlKey::new(&Key::new(Value::Bool(true), None)).is_err());
    }
}
