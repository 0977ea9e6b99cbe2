//! Calls that a process is killed in, and what they may leave behind: the tests start the program `killed`, and kill it.
//!
//! Every call is given records of its own, by the number of a case, so that one store is enough for many.

mod backfill;
mod operation;

use std::io::{self, BufRead as _, Write as _};

use backends::{Backend, Definition, Document, Filter, Repository, Result};
use serde::{Deserialize, Serialize};

pub use backfill::Backfill;
pub use operation::Operation;

use crate::options::Words;

/// A record that holds unique values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    id: String,
    /// Unique.
    email: Option<String>,
    /// Unique together with the number.
    mark: String,
    number: Option<i64>,
}

impl Holder {
    fn new(case: &str, id: &str, value: Option<i64>) -> Self {
        let email = value.map(|value| email(case, value));
        Self { id: format!("{case}.{id}"), email, mark: case.to_owned(), number: value }
    }
}

/// The one of the values of a case that has this number.
fn email(case: &str, value: i64) -> String {
    format!("{case}.{value}@example.org")
}

/// What the program `killed` is to do when it is told to go.
#[derive(Debug)]
pub struct Victim {
    uri: String,
    call: Call,
    case: String,
}

#[derive(Debug)]
enum Call {
    Write(Operation),
    Define,
}

impl Victim {
    /// The words that tell the program to make a call.
    pub fn writes(uri: &str, operation: Operation, case: &str) -> Vec<String> {
        vec![format!("--uri={uri}"), format!("--call={operation:?}"), format!("--case={case}")]
    }

    /// The words that tell it to define a repository with its unique indexes.
    pub fn defines(uri: &str, case: &str) -> Vec<String> {
        vec![format!("--uri={uri}"), format!("--call={DEFINE}"), format!("--case={case}")]
    }

    /// Reads these words.
    ///
    /// # Errors
    /// One is missing or not known.
    pub fn read(words: impl Iterator<Item = String>) -> std::result::Result<Self, String> {
        let mut words = Words::new(words);
        let mut text = |name: &str| words.text(name).ok_or_else(|| format!("`{name}=…` is missing"));
        let (uri, call, case) = (text("--uri")?, text("--call")?, text("--case")?);
        words.finish()?;
        let known = Operation::ALL.into_iter().find(|operation| format!("{operation:?}") == call);
        let call = match known {
            Some(operation) => Call::Write(operation),
            None if call == DEFINE => Call::Define,
            None => return Err(format!("unknown call `{call}`")),
        };
        Ok(Self { uri, call, case })
    }

    /// Says that it is ready, waits for a line, makes the call, and says that it is done; nothing if its input ends.
    ///
    /// # Errors
    /// The call fails.
    pub async fn run(self) -> std::result::Result<u64, String> {
        self.die().await.map_err(|error| error.to_string())
    }

    async fn die(&self) -> Result<u64> {
        let backend = backends::open(&self.uri).await?;
        match self.call {
            Call::Write(operation) => {
                let records = define(&backend).await?;
                if is_told_to_go() {
                    operation.run(&backend, &records, &self.case).await?;
                    say("done");
                }
            }
            Call::Define => {
                backend.ping().await?;
                if is_told_to_go() {
                    Backfill::new(&self.case).define(&backend).await?;
                    say("done");
                }
            }
        }
        backend.close().await?;
        Ok(0)
    }
}

/// The call that is no write.
const DEFINE: &str = "Define";

fn is_told_to_go() -> bool {
    say("ready");
    io::stdin().lock().read_line(&mut String::new()).is_ok_and(|bytes| bytes > 0)
}

fn say(word: &str) {
    println!("{word}");
    // Nobody is there to be told if this fails.
    let _ = io::stdout().flush();
}

/// The repository that the writes go to, with its unique indexes.
///
/// # Errors
/// Those of `define`.
pub async fn define(backend: &Backend) -> Result<Repository<Holder>> {
    let definition = Definition::from_json(
        r#"{"name": "killed", "idKind": "string",
            "indexes": ["email", {"fields": ["mark", "number"], "unique": true}]}"#,
    )?;
    backend.define(definition).await
}

/// What is wrong with the unique values of a case: one that no record holds and that another record may not take, or the
/// other way round. `values` are the numbers of all values that may be held.
async fn free_and_taken(
    records: &Repository<Holder>,
    case: &str,
    values: &[i64],
    stored: &[Holder],
) -> std::result::Result<(), String> {
    for value in values {
        let other = format!("probe of {case}");
        let probes = [
            ("email", Holder { email: Some(email(case, *value)), ..Holder::new(&other, "x", None) }),
            ("mark_number", Holder { number: Some(*value), ..Holder::new(case, "probe", None) }),
        ];
        for (index, probe) in probes {
            let holds = |stored: &&Holder| {
                if index == "email" { stored.email == probe.email } else { stored.number == probe.number }
            };
            let holders = stored.iter().filter(holds).count();
            let told = || format!("value {value} of `{index}`");
            if holders > 1 {
                return Err(format!("{} is held by {holders} records", told()));
            }
            match records.insert(&probe).await {
                Ok(_) if holders == 1 => return Err(format!("{} is held, and another record took it", told())),
                Ok(_) => drop(records.delete(&probe.id).await.map_err(said)?),
                Err(error) if holders == 1 && error.index() == Some(index) => {}
                Err(error) => return Err(format!("{}, which {holders} records hold: {error}", told())),
            }
        }
    }
    Ok(())
}

/// All records, by their ids.
async fn all(records: &Repository<Holder>) -> std::result::Result<Vec<Holder>, String> {
    records.find(Filter::all()).sort("id", backends::Order::Asc).await.map_err(said)
}

fn said(error: backends::Error) -> String {
    format!("a call failed: {error}")
}

/// Nothing but the id, for a repository whose indexes come later.
fn plain(name: &str) -> Result<Definition> {
    Definition::builder(name).id_kind(backends::IdKind::String).field("number", backends::Kind::Integer).build()
}

/// The repository of that name without its indexes, as an older version of a service has it.
async fn define_plain(backend: &Backend, name: &str) -> Result<Repository<Document>> {
    backend.define(plain(name)?).await
}
