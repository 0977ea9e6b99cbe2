//! Defining a repository: what is wanted, against what is stored.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Context, Expiry, RepositoryDriver};
use crate::schema::Place;
use crate::{
    Batch, Definition, Error, ErrorKind, FieldKind, Kind, Mistakes, Reconciled, RecordBuf, Result, Tokens, Ttl,
};

mod fits;
mod instants;

use fits::{Wanted, record_fits};

/// Whether `define` may change the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SchemaMode {
    /// Creates what is missing.
    #[default]
    Ensure,
    /// Changes nothing: what is missing is a `DefinitionConflict`. For services without the right to create.
    Verify,
    /// Neither asks nor changes: the definition is taken to be what is there. If nothing is, the first call on the
    /// repository is a `DefinitionConflict`. It is compared only with the one that this process has defined before.
    Trust,
}

/// A request to define a repository.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DefineRequest {
    /// Deadline, clock and consistency.
    pub context: Context,
    /// What is wanted, normalised.
    pub definition: Definition,
    /// Whether the database may be changed.
    pub mode: SchemaMode,
    /// Whether the caller gives its word that no other version of the service writes meanwhile.
    pub no_other_writers: bool,
    /// What the type of the records holds.
    pub(crate) type_kinds: Vec<(String, Kind)>,
}

impl DefineRequest {
    /// A request that creates what is missing.
    pub fn new(context: Context, definition: Definition) -> Self {
        Self { context, definition, mode: SchemaMode::Ensure, no_other_writers: false, type_kinds: Vec::new() }
    }

    /// The error for what is not there and may not be created with [`SchemaMode::Verify`], such as `the table`.
    #[must_use]
    pub fn missing(what: &str) -> Error {
        Error::definition_conflict(format!(
            "not there: {what}; `SchemaMode::Verify` creates nothing: define the repository once with `SchemaMode::Ensure`"
        ))
    }

    /// Compares what is wanted with the definition that is stored, if one is: its text is what
    /// [`Definition::to_json`] gave.
    ///
    /// # Errors
    /// `DefinitionConflict` with every difference, or with what is missing if nothing may be created; `Unreadable`
    /// for a stored text of a later version of this library.
    pub fn reconcile(&self, stored: Option<&str>) -> Result<Reconciled> {
        let Some(stored) = stored else {
            return match self.mode {
                SchemaMode::Verify => Err(Error::definition_conflict(
                    "the repository is not there, and `SchemaMode::Verify` creates nothing: define it once with `SchemaMode::Ensure`",
                )),
                _ => Ok(Reconciled::created(&self.definition)),
            };
        };
        self.reconcile_with(&Definition::from_stored(stored)?)
    }

    /// Compares what is wanted with a definition that holds.
    pub(crate) fn reconcile_with(&self, stored: &Definition) -> Result<Reconciled> {
        let mut differences = Mistakes::new(ErrorKind::DefinitionConflict);
        let reconciled = differences.check(crate::definition::reconcile(stored, &self.definition));
        differences.check(stored.check_kept_kinds(&self.definition, &self.type_kinds));
        differences.into_result().map_err(|error| error.with_repository(stored.name()))?;
        let Some(reconciled) = reconciled else { return Err(Error::unexpected("a conflict without a difference")) };
        let adds = !reconciled.added_indexes.is_empty() || !reconciled.added_kinds.is_empty();
        if self.mode == SchemaMode::Verify && adds {
            let indexes = reconciled.added_indexes.iter().map(|index| format!("the index `{}`", index.name()));
            let kinds = reconciled.added_kinds.iter().map(|(path, _)| format!("the kind of `{path}`"));
            let missing: Vec<_> = indexes.chain(kinds).collect();
            return Err(Self::missing(&missing.join(", ")));
        }
        if let (SchemaMode::Verify, Some(change)) = (self.mode, reconciled.ttl_change) {
            return Err(Error::definition_conflict(format!(
                "`ttl` is {} seconds in what is stored and {} here, and `SchemaMode::Verify` changes nothing: let them agree, or define it once with `SchemaMode::Ensure`",
                change.from_seconds, change.to_seconds
            )));
        }
        Ok(reconciled)
    }
}

/// The answer to a [`DefineRequest`].
#[derive(Debug)]
pub struct Defined {
    pub(crate) repository: Arc<dyn RepositoryDriver>,
    pub(crate) definition: Definition,
}

impl Defined {
    /// The repository, and the definition that now holds: [`Reconciled::merged`].
    pub fn new(repository: Arc<dyn RepositoryDriver>, definition: Definition) -> Self {
        Self { repository, definition }
    }

    /// The repository and the definition, for a driver that wraps another.
    pub fn into_parts(self) -> (Arc<dyn RepositoryDriver>, Definition) {
        (self.repository, self.definition)
    }
}

/// Looks whether stored records hold what a definition newly declares; those that have expired are gone.
#[derive(Debug)]
pub struct StoredKinds {
    added: Vec<(String, FieldKind)>,
    /// Where texts are instants from now on.
    instants: Option<Place>,
    mistakes: Mistakes,
    context: Option<Context>,
    /// When records end, as it was so far.
    ttl: Option<Ttl>,
    /// What has expired, if a clock was given.
    expiry: Option<Expiry>,
    /// Whether the database has instants of its own, which it compares with no text.
    has_instants: bool,
}

impl StoredKinds {
    /// A look for the kinds that `reconciled` adds.
    pub fn new(reconciled: &Reconciled) -> Self {
        let mut ttl = reconciled.merged.ttl().cloned();
        if let (Some(ttl), Some(change)) = (&mut ttl, reconciled.ttl_change) {
            ttl.seconds = change.from_seconds;
        }
        Self {
            added: reconciled.added_kinds.clone(),
            instants: instants::places(&reconciled.added_kinds),
            mistakes: Mistakes::new(ErrorKind::DefinitionConflict),
            context: None,
            ttl,
            expiry: None,
            has_instants: false,
        }
    }

    /// A look for every kind of the definition that now holds, at records that were there before it.
    pub fn of_all(reconciled: &Reconciled) -> Self {
        let kinds = reconciled.merged.fields().map(|(path, kind)| (path.to_owned(), kind));
        let added: Vec<_> = kinds.collect();
        // What another program ends in its own way is looked at as it stands.
        Self { instants: instants::places(&added), added, ttl: None, ..Self::new(reconciled) }
    }

    /// The same without the field `name`, at which the driver looks by itself.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.added.retain(|(path, _)| path != name);
        self
    }

    /// The same for a database that has instants of its own, and compares them with no text: where text stands for one,
    /// `foreignText` has to be declared.
    #[must_use]
    pub fn having_instants(mut self) -> Self {
        self.has_instants = true;
        self
    }

    /// The fields of the records themselves that have to be read for it, each once, in byte order. What no definition
    /// names may be what no record holds, so a driver that can leaves the others out.
    pub fn fields(&self) -> BTreeSet<String> {
        // A name may hold a bracket of its own; only pairs at its end stand for arrays.
        let first = |path: &String| path.split('.').next().unwrap_or_default().trim_end_matches("[]").to_owned();
        // When a record ends is of no use where nothing is looked at.
        let ends = self.ttl.iter().filter(|_| !self.is_empty()).map(|ttl| ttl.field().to_owned());
        self.added.iter().map(|(path, _)| first(path)).chain(ends).collect()
    }

    /// The same, which renews the deadline of `context`, reports progress with each batch, and passes over what has
    /// expired by its clock.
    #[must_use]
    pub fn reporting(mut self, context: &Context) -> Self {
        self.expiry = self.ttl.as_ref().and_then(|ttl| Expiry::at(ttl, context.now));
        self.context = Some(context.clone());
        self
    }

    /// Whether there is nothing to look for, so that no record need be read.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty()
    }

    /// The record that `tokens` walks with the instants that a new kind declares as such, where they stand in it as text
    /// of another form than `YYYY-MM-DDTHH:MM:SS.mmmZ`; nothing where none does, or with `foreignText`. For drivers that
    /// keep instants as that text and compare it: they store the record before the kind holds.
    ///
    /// # Errors
    /// `Unreadable`, if the record cannot be read.
    pub fn rewritten(&self, tokens: &mut dyn Tokens) -> Result<Option<RecordBuf>> {
        self.instants.as_ref().map_or(Ok(None), |places| instants::rewritten(places, tokens))
    }

    /// Looks at the records of a batch.
    ///
    /// # Errors
    /// What the batch says; what does not fit the definition, or cannot be read, is told by [`finish`](Self::finish).
    pub fn look(&mut self, batch: &dyn Batch) -> Result<()> {
        for index in 0..batch.len() {
            match RecordBuf::from_batch_in_part(batch, index) {
                Ok(record) if self.is_over(&record)? => {}
                Ok(record) => self.look_at(&record)?,
                Err(error) if error.is_unreadable() => {
                    self.mistakes.add(format!("where the definition declares a kind, {}", error.message()));
                }
                Err(error) => return Err(error),
            }
        }
        if let Some(context) = &self.context {
            context.looked_at(batch.len());
        }
        Ok(())
    }

    fn is_over(&self, record: &RecordBuf) -> Result<bool> {
        self.expiry.as_ref().map_or(Ok(false), |expiry| expiry.is_over(&mut record.tokens()))
    }

    fn look_at(&mut self, record: &RecordBuf) -> Result<()> {
        for (path, kind) in &self.added {
            let kind = *kind;
            let takes_text = kind.foreign_text || !self.has_instants;
            match record_fits(record, path, Wanted { kind, takes_text }) {
                Ok(true) => {}
                Ok(false) if !takes_text && record_fits(record, path, Wanted { kind, takes_text: true })? => {
                    self.mistakes.add(format!(
                        "stored records hold instants as text at `{path}`, which no comparison would find: declare \
                         `foreignText: true` there, or store dates, as in a key and a unique index they have to be"
                    ));
                }
                Ok(false) => self.mistakes.add(format!(
                    "stored records hold another kind than {} at `{path}`: change them, or declare their kind",
                    kind.kind
                )),
                Err(error) if error.is_unreadable() => {
                    self.mistakes.add(format!("at `{path}`, {}", error.message()));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// What was found.
    ///
    /// # Errors
    /// `DefinitionConflict` with every path at which a record holds another kind.
    pub fn finish(self) -> Result<()> {
        self.mistakes.into_result()
    }

    /// Looks at every record of a repository.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub async fn look_at_all(mut self, repository: &dyn RepositoryDriver, context: &Context) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        if self.context.is_none() {
            self = self.reporting(context);
        }
        let mut cursor = repository.find(&super::FindRequest::new(context.clone())).await?.cursor;
        while let Some(batch) = cursor.next().await? {
            self.look(&*batch)?;
        }
        self.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tokens;

    #[test]
    fn c37_only_the_fields_that_have_a_kind_need_be_read() {
        let json = r#"{"name": "notes", "fields": {"a.b": "string", "a.c": "string", "events[].at": "timestamp",
            "x[y": "bool", "tags[][]": "string"}}"#;
        let reconciled = Reconciled::created(&Definition::from_json(json).unwrap());
        assert!(StoredKinds::new(&reconciled).is_empty());
        let all = StoredKinds::of_all(&reconciled);
        assert!(all.fields().iter().eq(["a", "events", "id", "tags", "x[y"]), "{:?}", all.fields());
        assert!(all.without("id").fields().iter().eq(["a", "events", "tags", "x[y"]));
    }

    /// A record that another program left as no record.
    struct Broken;

    impl Batch for Broken {
        fn len(&self) -> usize {
            1
        }

        fn read(&self, _: usize, reader: &mut dyn FnMut(&mut dyn Tokens) -> Result<()>) -> Result<()> {
            reader(&mut RecordBuf::new().tokens())?;
            Err(Error::unreadable("another program stored a regular expression"))
        }
    }

    #[test]
    fn c37_a_record_that_cannot_be_read_is_a_conflict() {
        let json = r#"{"name": "notes", "fields": {"a": "string"}}"#;
        let reconciled = Reconciled::created(&Definition::from_json(json).unwrap());
        let mut kinds = StoredKinds::of_all(&reconciled);
        kinds.look(&Broken).unwrap();
        let error = kinds.finish().unwrap_err();
        assert!(error.is_definition_conflict() && error.to_string().contains("regular expression"), "{error}");
    }

    #[test]
    fn c37_every_difference_is_told_also_where_values_cannot_be_read() {
        let json = r#"{"name": "notes", "fields": {"a": "string", "big": "number", "map.x": "bool"}}"#;
        let reconciled = Reconciled::created(&Definition::from_json(json).unwrap());
        let mut batch = crate::json::JsonBatch::new();
        batch.push(r#"{"big": 99999999999999999999, "a": "x", "map": {"y": 99999999999999999999}}"#);
        batch.push(r#"{"a": 1, "other": 99999999999999999999}"#);
        let mut kinds = StoredKinds::of_all(&reconciled);
        kinds.look(&batch).unwrap();
        let error = kinds.finish().unwrap_err();
        let [big, text] = error.mistakes() else { panic!("{error}") };
        assert!(big.starts_with("at `big`, an integer is stored"), "{big}");
        assert!(text.contains("another kind than string at `a`"), "{text}");
    }
}
