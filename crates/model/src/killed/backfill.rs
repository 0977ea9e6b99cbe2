//! Unique indexes that come to records which are there, and what a process leaves that is killed while it defines them.

use backends::{Backend, Document, Index, Repository, Result, Update, Value};

use super::{Holder, all, define_plain, email, free_and_taken, plain, said};

/// So many records there are.
const RECORDS: i64 = 5;

/// A repository of its own, whose records are there before its unique indexes.
#[derive(Debug)]
pub struct Backfill {
    case: String,
}

impl Backfill {
    /// That of a case.
    pub fn new(case: &str) -> Self {
        Self { case: case.to_owned() }
    }

    fn holder(&self, number: i64) -> Holder {
        Holder::new(&self.case, &number.to_string(), Some(number))
    }

    /// Defines it without indexes, and stores its records.
    ///
    /// # Errors
    /// Those of `define` and `insert_many`.
    pub async fn prepare(&self, backend: &Backend) -> Result<()> {
        let plain: Repository<Holder> = backend.define(plain(&self.case)?).await?;
        let records: Vec<Holder> = (1..=RECORDS).map(|number| self.holder(number)).collect();
        plain.insert_many(&records).await.map(drop)
    }

    /// Defines it with its unique indexes.
    pub(super) async fn define(&self, backend: &Backend) -> Result<Repository<Holder>> {
        let definition = backends::Definition::builder(self.case.as_str())
            .id_kind(backends::IdKind::String)
            .field("number", backends::Kind::Integer)
            .index(Index::unique(["email"]))
            .index(Index::unique(["mark", "number"]))
            .build()?;
        backend.define(definition).no_other_writers().await
    }

    /// Has an older version of the service, which starts after the process was killed, write to it; then defines it again,
    /// and looks whether its indexes hold. `older` and `newer` are of two processes.
    ///
    /// # Errors
    /// A call fails; a value that nobody holds cannot be taken, or one that somebody holds can.
    pub async fn check(&self, older: &Backend, newer: &Backend) -> std::result::Result<(), String> {
        let records = define_plain(older, &self.case).await.map_err(said)?;
        let id = |number: i64| self.holder(number).id;
        let values = |number: i64| Update::new().set("email", email(&self.case, number)).set("number", number);
        // One leaves its values, one is deleted, and a new one takes what was left.
        records.update(id(1), values(10)).await.map_err(said)?;
        records.delete(id(2)).await.map_err(said)?;
        let new = Document::from([
            ("id", Value::from(id(11))),
            ("email", email(&self.case, 2).into()),
            ("mark", self.case.as_str().into()),
            ("number", Value::from(2)),
        ]);
        records.insert(&new).await.map_err(said)?;
        let records = self.define(newer).await.map_err(said)?;
        let stored = all(&records).await?;
        if stored.len() != usize::try_from(RECORDS).unwrap_or_default() {
            return Err(format!("there are {} records in place of {RECORDS}", stored.len()));
        }
        free_and_taken(&records, &self.case, &[1, 2, 3, 4, 5, 10], &stored).await
    }
}
