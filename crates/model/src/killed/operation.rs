//! The writes that a process is killed in, and what is stored before and after each.

use backends::{Backend, Repository, Result, Update, field};

use super::{Holder, email, free_and_taken, said};

/// A write of records with unique values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// `insert`.
    Insert,
    /// `insert_many`, which is no batch: each record for itself.
    InsertMany,
    /// `update` to other values.
    Update,
    /// `update` that leaves the values.
    Unset,
    /// `update_many` that leaves the values; each record for itself.
    UnsetMany,
    /// `replace` with other values.
    Replace,
    /// `upsert` of a record that is there, with other values.
    UpsertOver,
    /// `upsert` of a new record.
    UpsertNew,
    /// `delete`.
    Delete,
    /// `delete_many`; each record for itself.
    DeleteMany,
    /// A batch in which a value passes from one record to another, and one is deleted.
    Batch,
}

impl Operation {
    /// Every one.
    pub const ALL: [Self; 11] = [
        Self::Insert,
        Self::InsertMany,
        Self::Update,
        Self::Unset,
        Self::UnsetMany,
        Self::Replace,
        Self::UpsertOver,
        Self::UpsertNew,
        Self::Delete,
        Self::DeleteMany,
        Self::Batch,
    ];

    /// The keys that it may concern, and the number of the values under each before it and after it.
    fn keys(self) -> [(&'static str, Place, Place); 4] {
        const A: Place = Some(Some(1));
        const B: Place = Some(Some(2));
        const NEW: Place = Some(Some(3));
        const BARE: Place = Some(None);
        let (a, b, c, d) = match self {
            Self::Insert | Self::UpsertNew => (A, B, NEW, None),
            Self::InsertMany => (A, B, NEW, Some(Some(4))),
            Self::Update | Self::Replace | Self::UpsertOver => (NEW, B, None, None),
            Self::Unset => (BARE, B, None, None),
            Self::UnsetMany => (BARE, BARE, None, None),
            Self::Delete => (None, B, None, None),
            Self::DeleteMany => (None, None, None, None),
            Self::Batch => (NEW, None, A, Some(Some(4))),
        };
        [("a", A, a), ("b", B, b), ("c", None, c), ("d", None, d)]
    }

    /// Whether it is done as a whole or not at all.
    fn is_atomic(self) -> bool {
        ![Self::InsertMany, Self::UnsetMany, Self::DeleteMany].contains(&self)
    }

    /// Stores what is there before.
    ///
    /// # Errors
    /// Those of `insert_many`.
    pub async fn prepare(self, records: &Repository<Holder>, case: &str) -> Result<()> {
        let before: Vec<Holder> =
            self.keys().into_iter().filter_map(|(key, before, _)| Some(Holder::new(case, key, before?))).collect();
        records.insert_many(&before).await.map(drop)
    }

    /// Makes the call.
    pub(super) async fn run(self, backend: &Backend, records: &Repository<Holder>, case: &str) -> Result<()> {
        let new = |key: &str, value: i64| Holder::new(case, key, Some(value));
        let id = |key: &str| Holder::new(case, key, None).id;
        let set = |value: i64| Update::new().set("email", email(case, value)).set("number", value);
        let unset = || Update::new().unset("email").unset("number");
        match self {
            Self::Insert => records.insert(&new("c", 3)).await.map(drop),
            Self::InsertMany => records.insert_many(&[new("c", 3), new("d", 4)]).await.map(drop),
            Self::Update => records.update(id("a"), set(3)).await.map(drop),
            Self::Unset => records.update(id("a"), unset()).await.map(drop),
            Self::UnsetMany => records.update_many(field("mark").eq(case), unset()).await.map(drop),
            Self::Replace => records.replace(&new("a", 3)).await.map(drop),
            Self::UpsertOver => records.upsert(&new("a", 3)).await.map(drop),
            Self::UpsertNew => records.upsert(&new("c", 3)).await.map(drop),
            Self::Delete => records.delete(id("a")).await.map(drop),
            Self::DeleteMany => records.delete_many(field("mark").eq(case)).await.map(drop),
            Self::Batch => {
                let batch = backend.batch().update(records, id("a"), set(3)).delete(records, id("b"));
                batch.insert(records, &new("c", 1)).insert(records, &new("d", 4)).await.map(drop)
            }
        }
    }

    /// Looks at what the call has left when its process was killed, and whether it can be made again.
    ///
    /// # Errors
    /// A record is neither as before nor as after the call; only a part of what is done as a whole was done; a value that
    /// nobody holds cannot be taken, or one that somebody holds can; the call fails when it is made again; or it was
    /// acknowledged (`is_done`) and is not done.
    pub async fn check(
        self,
        backend: &Backend,
        records: &Repository<Holder>,
        case: &str,
        is_done: bool,
    ) -> std::result::Result<(), String> {
        let (mut stored, mut done, mut undone) = (Vec::new(), 0, 0);
        for (key, before, after) in self.keys() {
            let [before, after] = [before, after].map(|place| place.map(|value| Holder::new(case, key, value)));
            let now = records.get(Holder::new(case, key, None).id).await.map_err(said)?;
            if now != before && now != after {
                return Err(format!("`{key}` is neither as before nor as after: {now:?}"));
            }
            if before != after {
                *(if now == after { &mut done } else { &mut undone }) += 1;
            }
            stored.extend(now);
        }
        if undone > 0 && (is_done || (done > 0 && self.is_atomic())) {
            return Err(format!("{done} of its writes are done and {undone} are not"));
        }
        free_and_taken(records, case, &[1, 2, 3, 4], &stored).await?;
        if undone > 0 && done == 0 {
            self.run(backend, records, case).await.map_err(said)?;
            return Box::pin(self.check(backend, records, case, true)).await;
        }
        Ok(())
    }
}

/// A record with values of this number, one without values, or none.
type Place = Option<Option<i64>>;
