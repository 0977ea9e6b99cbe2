//! C1 to C4 by a table: what comes back of every shape that serde gives to a type, or that it is refused.

use std::fmt::Debug;
use std::pin::Pin;

use backends_core::{Document, ErrorKind, Record, Repository};
use serde_json::Value as Json;

use crate::Context;
use crate::expect::looks_right;
use crate::records::{Holds, id};

mod collections;
mod enums;
mod flatten;
mod instants;
mod scalars;
mod structs;
mod wholes;

type Checking = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// Declares types that every row needs to compare, print, write and read.
macro_rules! shapes {
    ($($(#[$attribute:meta])* $kind:ident $name:ident { $($body:tt)* })+) => {
        $(#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        $(#[$attribute])*
        $kind $name { $($body)* })+
    };
}

/// The same for structs without names.
macro_rules! tuples {
    ($($name:ident($($type:ty),*))+) => {
        $(#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        struct $name($($type),*);)+
    };
}
use {shapes, tuples};

/// One shape, and what is to come of it.
struct Row {
    name: &'static str,
    check: Box<dyn Fn(Repository<Document>) -> Checking + Send + Sync>,
}

/// What a row may hold.
trait Shape: Record + Clone + PartialEq + Debug + Sync {}
impl<T: Record + Clone + PartialEq + Debug + Sync> Shape for T {}

/// A field that comes back equal, and is stored as `stored`; null is a field that is missing.
fn same<V: Shape>(name: &'static str, value: V, stored: Json) -> Row {
    becomes(name, value.clone(), value, stored)
}

/// A field that comes back as another value.
fn becomes<V: Shape>(name: &'static str, value: V, expected: V, stored: Json) -> Row {
    let holds = Holds::new(value);
    let stored = if stored.is_null() { serde_json::json!({}) } else { serde_json::json!({ "value": stored }) };
    whole_becomes(name, holds, move |id| Holds { id: id.to_owned(), value: expected.clone() }, stored)
}

/// A field that is refused before the write.
fn refused<V: Shape>(name: &'static str, value: V) -> Row {
    let holds = Holds { id: id(8), value };
    whole_refused(name, holds)
}

/// A record that comes back equal but for its id, which it does not hold.
fn whole<T: Shape>(name: &'static str, record: T, stored: Json) -> Row {
    let expected = record.clone();
    whole_becomes(name, record, move |_| expected.clone(), stored)
}

/// A record that comes back as `expected`, which may know the id.
fn whole_becomes<T: Shape>(
    name: &'static str,
    record: T,
    expected: impl Fn(&str) -> T + Send + Sync + Clone + 'static,
    stored: Json,
) -> Row {
    let check = move |documents: Repository<Document>| {
        let (records, record) = (documents.typed::<T>(), record.clone());
        let (expected, stored) = (expected.clone(), stored.clone());
        let checking: Checking = Box::pin(async move { comes_back(records, record, expected, stored).await });
        checking
    };
    Row { name, check: Box::new(check) }
}

async fn comes_back<T: Shape>(
    records: Repository<T>,
    record: T,
    expected: impl Fn(&str) -> T,
    stored: Json,
) -> Result<(), String> {
    let inserted = records.insert_many([&record]).await.map_err(|error| error.to_string())?;
    let id = inserted.id(0).ok_or("no id")?;
    let read = records.get(id).await.map_err(|error| error.to_string())?.ok_or("not stored")?;
    equal("read", &read, &expected(id))?;
    let untyped = records.untyped().get(id).await.map_err(|error| error.to_string())?.ok_or("not stored")?;
    let mut untyped = serde_json::to_value(&untyped).map_err(|error| error.to_string())?;
    untyped.as_object_mut().ok_or("no map")?.remove("id");
    equal("stored", &untyped, &stored)?;
    // What was read can be written.
    records.upsert(&read).await.map(drop).map_err(|error| error.to_string())
}

fn equal<T: PartialEq + Debug>(what: &str, is: &T, shall: &T) -> Result<(), String> {
    if is == shall { Ok(()) } else { Err(format!("{what} {is:?}, not {shall:?}")) }
}

/// A record that is refused before the write.
fn whole_refused<T: Shape>(name: &'static str, record: T) -> Row {
    let check = move |documents: Repository<Document>| {
        let record = record.clone();
        let checking: Checking = Box::pin(async move { is_refused(&documents, &record).await });
        checking
    };
    Row { name, check: Box::new(check) }
}

async fn is_refused<T: Shape>(documents: &Repository<Document>, record: &T) -> Result<(), String> {
    let records = documents.typed::<T>();
    let answers = [
        records.insert(record).await.map(drop),
        records.upsert(record).await.map(drop),
        records.replace(record).await.map(drop),
        records.insert_many([record]).await.map(drop),
    ];
    for answer in answers {
        let Err(error) = answer else { return Err("it was stored".to_owned()) };
        if error.kind() != ErrorKind::InvalidInput {
            return Err(error.to_string());
        }
        looks_right(&error);
    }
    match documents.get(id(8)).await {
        Ok(None) => Ok(()),
        other => Err(format!("it was refused, and left {other:?}")),
    }
}

/// Checks every row, and tells of all that are wrong.
async fn check(records: &Repository<Document>, rows: Vec<Row>) {
    let mut wrong = Vec::new();
    for row in &rows {
        if let Err(told) = (row.check)(records.clone()).await {
            wrong.push(format!("{}: {told}", row.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {} rows are wrong:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

async fn check_in_one(context: &Context, rows: Vec<Row>) {
    check(&context.repository("shapes").await, rows).await;
}

pub async fn c01_c02_c05_scalars_come_back_or_are_refused(context: &Context) {
    check_in_one(context, scalars::rows()).await;
}

pub async fn c01_c03_collections_come_back_or_are_refused(context: &Context) {
    check_in_one(context, collections::rows()).await;
}

pub async fn c01_c03_l16_structs_come_back_or_are_refused(context: &Context) {
    check_in_one(context, structs::rows()).await;
}

pub async fn c01_c03_flattened_structs_come_back_or_are_refused(context: &Context) {
    check_in_one(context, flatten::rows()).await;
}

pub async fn c01_c03_enums_come_back_or_are_refused(context: &Context) {
    check_in_one(context, enums::rows()).await;
}

pub async fn c01_c03_whole_records_come_back_or_are_refused(context: &Context) {
    check_in_one(context, wholes::rows()).await;
}

pub async fn c01_c04_instants_and_dates_come_back_or_are_refused(context: &Context) {
    instants::check_all(context).await;
}

/// How many rows the table has.
pub fn count() -> usize {
    [
        scalars::rows().len(),
        collections::rows().len(),
        structs::rows().len(),
        flatten::rows().len(),
        enums::rows().len(),
        wholes::rows().len(),
        instants::COUNT,
    ]
    .iter()
    .sum()
}
