//! Records and keys through the handles: what comes back is what the contract says, and what it refuses is told so.

use std::sync::Arc;

use backends_core::memory::MemoryBackend;
use backends_core::{Backend, Definition, Document, Error, ErrorKind, RecordBuf, Repository, Value, driver, json};
use tokio::runtime::{Builder, Runtime};

use crate::engine::{Target, Verdict};
use crate::properties::{holds, of_error};
use crate::source::{self, Source};
use keeper::Keeper;

mod keeper;
mod model;
pub(crate) mod tree;

/// Records: bytes that decide what a record is made of.
pub const CODEC: Target = Target { name: "codec", generate: source::bytes, words: &[], check, show };

fn show(input: &[u8]) -> String {
    let mut source = Source::new(input);
    let backend = source.below(3);
    let document = tree::document(&mut source);
    let json = serde_json::to_string(&document).unwrap_or_default();
    format!("backend {backend}, record {json}, bytes \"{}\"", input.escape_ascii())
}

/// A repository of its own for each input.
struct Stage {
    keeper: Option<Keeper>,
    repository: Repository<Document>,
}

impl Stage {
    /// The memory backend, or a driver that gives back bytes or JSON.
    fn new(choice: usize) -> Result<Self, Error> {
        let keeper = (choice > 0).then(|| Keeper::new(choice == 1));
        let backend = match &keeper {
            Some(keeper) => Backend::new(Arc::new(keeper.clone())),
            None => Backend::new(Arc::new(MemoryBackend::open(""))),
        };
        let definition = Definition::from_json(model::DEFINITION)?;
        let repository = done(backend.define(definition))?;
        Ok(Self { keeper, repository })
    }
}

/// The outcome of an action; nothing here waits for anything but itself.
pub(crate) fn done<R>(action: impl IntoFuture<Output = Result<R, Error>>) -> Result<R, Error> {
    thread_local! {
        static RUNTIME: std::io::Result<Runtime> = Builder::new_current_thread().enable_time().build();
    }
    RUNTIME.with(|runtime| match runtime {
        Ok(runtime) => runtime.block_on(action.into_future()),
        Err(error) => Err(Error::unexpected(format!("no runtime: {error}"))),
    })
}

fn check(input: &[u8]) -> Result<Verdict, String> {
    let mut source = Source::new(input);
    let stage = Stage::new(source.below(3)).map_err(|error| format!("no repository: {error}"))?;
    let document = tree::document(&mut source);
    let model = model::stored(&document);

    let inserted = done(stage.repository.insert(&document));
    if let (Ok(inserted), Some(model)) = (&inserted, &model) {
        is_modelled(inserted, model)?;
    }
    stage.stored(inserted.map(|inserted| inserted.get("id").cloned()), model.as_ref())?;

    // The same by another type; it was stored already if it brought its key, unless the driver keeps only the last.
    if let Some(tree) = as_json(&Value::Map(document)) {
        let repository: Repository<serde_json::Value> = stage.repository.typed();
        if model.as_ref().is_some_and(|model| model.get("id").is_some()) && stage.keeper.is_none() {
            let again = done(repository.insert(&tree));
            holds(again.is_err_and(|error| error.is_already_exists()), "a key is taken once")?;
        } else {
            let inserted = done(repository.insert(&tree));
            let id = inserted.map(|inserted| inserted.get("id").and_then(|id| id.as_str()).map(Value::from));
            stage.stored(id, model.as_ref())?;
        }
    }
    key(&stage, &tree::value(&mut source))?;
    Ok(if model.is_some() { Verdict::Accepted } else { Verdict::Refused })
}

impl Stage {
    /// The record is there as the model says, or was refused as `InvalidInput`.
    fn stored(&self, inserted: Result<Option<Value>, Error>, model: Option<&Document>) -> Result<(), String> {
        let (id, model) = match (inserted, model) {
            (Err(error), None) => return of_error(&error, &[ErrorKind::InvalidInput], true),
            (Ok(_), None) => return Err("what no backend stores is stored".to_owned()),
            (Err(error), Some(_)) => return Err(format!("what every backend stores is refused: {error}")),
            (Ok(id), Some(model)) => (id, model),
        };
        let read = done(self.repository.get(id)).map_err(|error| format!("what was stored is not read: {error}"))?;
        is_modelled(&read.ok_or("what was stored is not there")?, model)?;
        self.keeper.as_ref().and_then(Keeper::record).map_or(Ok(()), |record| of_forms(&record))
    }
}

/// What was read is what the model says, with an id.
fn is_modelled(read: &Document, model: &Document) -> Result<(), String> {
    let mut expected = model.clone();
    if expected.get("id").is_none() {
        let Some(Value::String(id)) = read.get("id") else { return Err("a record has no id".to_owned()) };
        holds(id.len() == 24, "a generated id has 24 digits")?;
        expected.insert("id", id.clone());
    }
    holds(*read == expected, "what is read is what the contract says")
}

/// The record is the same in every form: bytes, JSON text, a copy.
fn of_forms(record: &RecordBuf) -> Result<(), String> {
    let text = json::to_string(record).map_err(|error| format!("a record cannot be written: {error}"))?;
    let again = json::parse(&text).map_err(|error| format!("a record's text cannot be read: {error}"))?;
    let document = |record: &RecordBuf| driver::read::<Document>(record, 0).map_err(|error| error.to_string());
    let (first, second) = (document(record)?, document(&again)?);
    holds(serde_json::to_value(&first).ok() == serde_json::to_value(&second).ok(), "JSON text holds the same record")?;
    let copy = RecordBuf::from_tokens(&mut record.tokens()).map_err(|error| error.to_string())?;
    holds(copy == *record, "a copy is the same record")
}

/// The value in JSON, if it is one that JSON has.
fn as_json(value: &Value) -> Option<serde_json::Value> {
    match value {
        Value::Bytes(_) | Value::Timestamp(_) => None,
        Value::Float(float) => serde_json::Number::from_f64(*float).map(Into::into),
        Value::Array(items) => items.iter().map(as_json).collect::<Option<_>>().map(serde_json::Value::Array),
        Value::Map(map) => {
            let fields = map.iter().map(|(name, value)| Some((name.to_owned(), as_json(value)?)));
            fields.collect::<Option<_>>().map(serde_json::Value::Object)
        }
        scalar => serde_json::to_value(scalar).ok(),
    }
}

/// Whatever is passed as a key, it is looked for or refused.
fn key(stage: &Stage, key: &Value) -> Result<(), String> {
    match done(stage.repository.get(key)) {
        Ok(_) => Ok(()),
        Err(error) => of_error(&error, &[ErrorKind::InvalidInput], true),
    }
}
