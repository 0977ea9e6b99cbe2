//! Definitions: what is wanted, against what is stored and what is there.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use backends_core::driver::{Context, DefineRequest, Defined, SchemaMode};
use backends_core::{Definition, Error, Reconciled, Result};
use tokio::time::{Instant, sleep};

use crate::codec::{Codec, EXPIRES};
use crate::guard::Guards;
use crate::index::TableIndex;
use crate::repository::DynamoRepository;
use crate::service::Service;

mod adopt;
mod companion;
mod fill;
mod guards;
mod indexes;
mod removing;
mod table;
mod ttl;

use companion::{Companion, Stored};
use fill::What;
pub(crate) use removing::remove_index;
use table::Table;

/// Asks whether the service is there and takes the credentials: by the one table that every program here reads.
pub(crate) async fn ping(service: &Service, context: &Context) -> Result<()> {
    Companion::new(service, context).ping().await
}

pub(crate) async fn define(service: &Arc<Service>, request: &DefineRequest) -> Result<Defined> {
    let (definition, indexes) = match request.mode {
        SchemaMode::Trust => {
            let wanted = indexes::wanted(&request.definition);
            (request.definition.clone(), wanted.into_iter().map(|wanted| wanted.index).collect())
        }
        _ => Box::pin(agree(service, request)).await?,
    };
    Ok(Defined::new(Arc::new(DynamoRepository::new(service, &definition, indexes)), definition))
}

/// Compares and creates until nobody else stored a definition in between: what holds from now on.
///
/// The definition is stored before its new indexes are filled, so that whoever starts from then on keeps them; until
/// they are, their names stand beside it, and whoever finds these there fills them too.
async fn agree(service: &Arc<Service>, request: &DefineRequest) -> Result<(Definition, Vec<TableIndex>)> {
    let (context, name) = (&request.context, request.definition.name());
    let companion = Companion::new(service, context);
    let mut patience = Patience::new();
    loop {
        let stored = companion.stored(name).await?;
        let reconciled = match &stored {
            Some(stored) => request.reconcile(Some(&stored.text))?,
            // What another program made is looked at all the same, so that what is in the way is told.
            None => Reconciled::created(&request.definition),
        };
        let definition = reconciled.merged.clone();
        let (codec, wanted) = (Codec::new(&definition), indexes::wanted(&definition));
        let table = Table {
            service,
            context,
            name: service.table_name(name),
            keys: codec.keys(),
            throughput: definition.throughput(),
            indexes: &wanted,
        };
        let there = table.ensure(request.mode).await?;
        if let Some(table) = &there.table {
            indexes::next(table, &wanted)?;
            if let Some(names) = indexes::without_meaning(table, &wanted) {
                context.warn(&format!(
                    "the table is billed by request, so that the capacity of `{names}` is of no meaning: leave it out, or give the repository one"
                ));
            }
        }
        let is_new = there.is_created && stored.is_none();
        let records = guards::Records { service, context, table: &table.name, definition: &definition, codec: &codec };
        let guards = Guards::new(&definition);
        let mut to_guard = Vec::new();
        let mut waiting: BTreeSet<String> = stored.iter().flat_map(|stored| stored.waiting.iter().cloned()).collect();
        if !there.is_created {
            let is_new = |name: &str| stored.is_none() || is_added(&reconciled, name);
            let raw = adopt::Raw::new(&reconciled, &wanted, stored.is_none());
            adopt::check(service, request, &reconciled, stored.is_none(), &raw).await?;
            let new = ordered(&definition, is_new);
            if !new.is_empty() && records.are_there().await? {
                waiting.extend(new);
            }
            to_guard = names(&guards, |name| request.no_other_writers || is_new(name));
            if request.mode == SchemaMode::Ensure && !to_guard.is_empty() {
                let has_new = guards.names().any(is_new);
                if has_new && request.no_other_writers {
                    records.remove_expired(service, &guards).await?;
                }
                match records.check(request, &guards.only(&to_guard), has_new).await {
                    Ok(true) => {}
                    Ok(false) => to_guard = Vec::new(),
                    // Whoever defined the repository and wrote records, while this one waited for the table, knows the
                    // indexes.
                    Err(_) if companion.stored(name).await? != stored => {
                        context.renew();
                        continue;
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        if request.mode == SchemaMode::Ensure && request.no_other_writers {
            waiting.clear();
        }
        let new = Stored {
            waiting: waiting.into_iter().collect(),
            text: definition.to_json(),
            unfinished: if is_new { to_guard } else { unfinished(request, &reconciled, stored.as_ref(), to_guard) },
            // Whoever takes guards of the past away stops where the index is wanted again.
            leaving: leaving(stored.as_ref(), &guards),
        };
        table.ensure_ttl(request, &reconciled).await?;
        if request.mode == SchemaMode::Verify {
            if stored.as_ref().is_none_or(|stored| stored.unfinished.is_empty()) {
                let indexes = Box::pin(table.ensure_indexes(there, request.mode)).await?;
                if stored.is_none() {
                    return Err(DefineRequest::missing("the definition"));
                }
                return Ok((definition, holding_back(indexes, &new.waiting, context)));
            }
            patience.wait(context, "another process gives records what they lack").await?;
            continue;
        }
        if stored.as_ref() != Some(&new) {
            companion.ensure().await?;
            if !companion.store(name, stored.as_ref(), &new).await? {
                context.renew();
                continue;
            }
        }
        let indexes = Box::pin(table.ensure_indexes(there, request.mode)).await?;
        let indexes = holding_back(indexes, &new.waiting, context);
        if new.unfinished.is_empty() {
            return Ok((definition, indexes));
        }
        complete(service, &records, &guards, &new.unfinished).await?;
        let finished = Stored { unfinished: Vec::new(), ..new.clone() };
        if companion.store(name, Some(&new), &finished).await? {
            return Ok((definition, indexes));
        }
        context.renew();
    }
}

/// Gives the records what they lack, which is named as it is stored.
async fn complete(
    service: &Arc<Service>,
    records: &guards::Records<'_>,
    guards: &Guards,
    lacking: &[String],
) -> Result<()> {
    let lacks = |name: &str| lacking.iter().any(|lacking| lacking == name);
    let guards::Records { context, table, definition, codec, .. } = *records;
    if !ordered(definition, lacks).is_empty() {
        fill::fill(service, context, table, codec, What::Places).await?;
    }
    if lacks(EXPIRES) {
        fill::fill(service, context, table, codec, What::Ends).await?;
    }
    let guards = guards.only(lacking);
    if guards.is_empty() { Ok(()) } else { records.guard(service, guards).await }
}

/// The indexes, of which those that wait are not to be read by.
fn holding_back(mut indexes: Vec<TableIndex>, waiting: &[String], context: &Context) -> Vec<TableIndex> {
    for index in &mut indexes {
        index.waits = waiting.contains(&index.name);
    }
    if !waiting.is_empty() {
        context.warn(&format!(
            "nothing is read by `{}` yet, since a version of the service without it would leave out what it writes: when none runs any more, define once with `.no_other_writers()`",
            waiting.join("`, `")
        ));
    }
    indexes
}

/// Those of the unique indexes that are meant.
fn names(guards: &Guards, is_meant: impl Fn(&str) -> bool) -> Vec<String> {
    guards.names().filter(|name| is_meant(name)).map(str::to_owned).collect()
}

/// Those of the ordered indexes that are meant.
fn ordered(definition: &Definition, is_meant: impl Fn(&str) -> bool) -> Vec<String> {
    let ordered = definition.indexes().filter(|index| index.is_ordered() && is_meant(index.name()));
    ordered.map(|index| index.name().to_owned()).collect()
}

/// What records may lack. The indexes: new ones of a table that was there, those that somebody else has not finished, and
/// all, where the caller gives its word that from now on nobody leaves any out. And when they expire, by the name of the
/// attribute: on a table that was there, after a change of the time to live, and with that word too.
fn unfinished(
    request: &DefineRequest,
    reconciled: &Reconciled,
    stored: Option<&Stored>,
    to_guard: Vec<String>,
) -> Vec<String> {
    let is_new = |name: &str| stored.is_none() || is_added(reconciled, name);
    let new = ordered(&reconciled.merged, |name| request.no_other_writers || is_new(name));
    let left = stored.into_iter().flat_map(|stored| stored.unfinished.iter().cloned());
    let has_new_ends = stored.is_none() || request.no_other_writers || ttl::has_other_ends(reconciled);
    let ends = reconciled.merged.ttl().filter(|_| has_new_ends).map(|_| EXPIRES.to_owned());
    new.into_iter().chain(left).chain(to_guard).chain(ends).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The indexes of which guards are still to be taken away, without those that are wanted again.
fn leaving(stored: Option<&Stored>, guards: &Guards) -> Vec<String> {
    let leaving = stored.into_iter().flat_map(|stored| &stored.leaving);
    leaving.filter(|leaves| guards.names().all(|name| name != leaves.as_str())).cloned().collect()
}

fn is_added(reconciled: &Reconciled, index: &str) -> bool {
    reconciled.added_indexes.iter().any(|added| added.name() == index)
}

/// Waits for something to change on the other side, longer each time.
struct Patience(Duration);

impl Patience {
    fn new() -> Self {
        Self(Duration::from_millis(20))
    }

    /// # Errors
    /// `Timeout` if the deadline comes first.
    async fn wait(&mut self, context: &Context, what: &'static str) -> Result<()> {
        if Instant::now() + self.0 >= context.deadline() {
            return Err(Error::timeout(format!(
                "{what}: define the repository again, which goes on where this stopped"
            )));
        }
        sleep(self.0).await;
        self.0 = (self.0 * 2).min(Duration::from_secs(2));
        Ok(())
    }
}
