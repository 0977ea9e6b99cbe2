//! Defining a repository.

use std::marker::PhantomData;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use super::{Invocation, action};
use crate::ask::Asked;
use crate::driver::{BackendDriver, DefineRequest, Defined, Report, SchemaMode, Told, Warnings};
use crate::layer::Operation;
use crate::repository::State;
use crate::{Backend, Definition, Error, ErrorKind, Kind, Mistakes, Record, Repository, Result};

/// How long a definition may take without getting on, unless its `timeout` says otherwise: the limit of the backend is
/// for calls that are short, and looking at what is stored is not.
const TIMEOUT: Duration = Duration::from_secs(600);

/// Creates what a repository needs and is missing. See [`Backend::define`].
#[must_use = "an action does nothing until it is awaited"]
pub struct Define<T> {
    backend: Backend,
    definition: Definition,
    mode: SchemaMode,
    no_other_writers: bool,
    timeout: Option<Duration>,
    report: Option<Report>,
    /// Where the program asks for it.
    caller: &'static Location<'static>,
    record: PhantomData<fn() -> T>,
}

impl<T: Record> Define<T> {
    #[track_caller]
    pub(crate) fn new(backend: Backend, definition: Definition) -> Self {
        let mode = SchemaMode::Ensure;
        Self {
            backend,
            definition,
            mode,
            no_other_writers: false,
            timeout: None,
            report: None,
            caller: Location::caller(),
            record: PhantomData,
        }
    }

    /// Says whether the database may be changed.
    pub fn schema_mode(mut self, mode: SchemaMode) -> Self {
        self.mode = mode;
        self
    }

    /// Gives the word that no other version of the service writes meanwhile, nor afterwards, which a new unique index on a
    /// live table needs on some backends, and a new ordered one before it serves reads.
    pub fn no_other_writers(mut self) -> Self {
        self.no_other_writers = true;
        self
    }

    /// Calls `report` as the definition gets on, with the number of stored records that were looked at so far.
    pub fn on_progress(mut self, report: impl Fn(u64) + Send + Sync + 'static) -> Self {
        self.report = Some(Arc::new(report));
        self
    }

    async fn run(mut self) -> Result<Repository<T>> {
        let name: Arc<str> = self.definition.name().into();
        let limit = self.timeout.unwrap_or(TIMEOUT);
        let invocation = Invocation::of_backend(&self.backend, "define", limit).on(&name).renewable();
        let invocation = invocation.reporting(self.report.take());
        self.define(&invocation, &name).await.map_err(|error| invocation.place(error))
    }

    async fn define(self, invocation: &Invocation, name: &str) -> Result<Repository<T>> {
        let (definition, type_kinds) = complete::<T>(self.definition)?;
        self.backend.capabilities().check(&definition)?;
        let slot = self.backend.slot(name);
        let _one_at_a_time = invocation.wait_for(slot.defining.lock()).await?;
        if let Some(live) = slot.live() {
            let state = live.state();
            let known = state.definition.name();
            if known != name {
                return Err(Error::definition_conflict(format!(
                    "the repository `{known}` differs in case only: names are unique without regard to case, choose another"
                )));
            }
        }
        let warnings = Warnings::new(&Told::default(), self.caller, &name.into());
        let mut request = DefineRequest::new(invocation.context().clone().warning(warnings), definition.clone());
        request.type_kinds = type_kinds;
        request.mode = self.mode;
        request.no_other_writers = self.no_other_writers;
        if let (SchemaMode::Trust, Some(live)) = (self.mode, slot.live()) {
            // Nobody asks the database, so what this process knows of it is what there is to compare with.
            request.definition = request.reconcile_with(&live.state().definition)?.merged;
        }
        let driver = Arc::clone(self.backend.driver());
        let defined = invocation.write(Defining { driver, request }).await?;
        let state = State::new(defined.definition, defined.repository, self.backend.capabilities());
        let state = state.wanted_by(Some(definition))?;
        #[cfg(feature = "tracing")]
        for warning in &state.warnings {
            tracing::warn!(repository = name, "{warning}");
        }
        let live = slot.set(state);
        Ok(Repository::new(self.backend.clone(), name, Arc::clone(live)))
    }
}

action!(
    Define<T: Record>,
    Repository<T>,
    "Gives the action another time limit than its own of 10 minutes, which neither `timeoutMs` nor \
     [`Backend::with_timeout`] changes."
);

/// The definition with what the type says: its instants, and the kinds of fields that the definition leaves open; and
/// the kinds of all its fields.
fn complete<T: Record>(definition: Definition) -> Result<(Definition, Vec<(String, Kind)>)> {
    let asked = Asked::of::<T>();
    if let Some(what) = asked.no_record() {
        return Err(Error::invalid_input(format!(
            "the type of the records is {what}, and a record is a struct or a map: put it into a field of one"
        )));
    }
    if asked.fields().is_none() {
        return Ok((definition, Vec::new()));
    }
    let kinds = asked.kinds();
    let names: Vec<&str> = asked.names().collect();
    let mut mistakes = Mistakes::new(ErrorKind::InvalidInput);
    mistakes.check(definition.check_type_fields(&names));
    mistakes.check(definition.check_places(|path| asked.place_mistake(path)));
    let typed = mistakes.check(definition.with_type_kinds(&kinds));
    mistakes.into_result()?;
    Ok((typed.unwrap_or(definition), kinds))
}

struct Defining {
    driver: Arc<dyn BackendDriver>,
    request: DefineRequest,
}

impl Operation for Defining {
    type Answer = Defined;

    async fn run(&self) -> Result<Defined> {
        self.driver.define(&self.request).await
    }
}
