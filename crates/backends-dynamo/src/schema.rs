//! Definitions: what is wanted, against what is stored and what is there.

use std::sync::Arc;
use std::time::Duration;

use backends_core::driver::{Context, DefineRequest, Defined, SchemaMode};
use backends_core::{Definition, Error, Reconciled, Result};
use tokio::time::{Instant, sleep};

use crate::codec::Codec;
use crate::repository::DynamoRepository;
use crate::service::Service;

mod adopt;
mod companion;
mod table;

use companion::Companion;
use table::Table;

/// Asks whether the service is there and takes the credentials: by the one table that every program here reads.
pub(crate) async fn ping(service: &Service, context: &Context) -> Result<()> {
    Companion::new(service, context).ping().await
}

pub(crate) async fn define(service: &Arc<Service>, request: &DefineRequest) -> Result<Defined> {
    let definition = match request.mode {
        SchemaMode::Trust => request.definition.clone(),
        _ => agree(service, request).await?,
    };
    Ok(Defined::new(Arc::new(DynamoRepository::new(service, &definition)), definition))
}

/// Compares and creates until nobody else stored a definition in between: what holds from now on.
async fn agree(service: &Arc<Service>, request: &DefineRequest) -> Result<Definition> {
    let companion = Companion::new(service, &request.context);
    loop {
        let stored = companion.definition(request.definition.name()).await?;
        let reconciled = request.reconcile(stored.as_deref())?;
        ensure(service, request, &reconciled, stored.is_none()).await?;
        let text = reconciled.merged.to_json();
        if stored.as_deref() == Some(text.as_str()) || request.mode == SchemaMode::Verify {
            return Ok(reconciled.merged);
        }
        companion.ensure().await?;
        if companion.store(request.definition.name(), stored.as_deref(), &text).await? {
            return Ok(reconciled.merged);
        }
        request.context.renew();
    }
}

/// Creates what is missing, and looks at what is stored. It may be done twice.
async fn ensure(service: &Arc<Service>, request: &DefineRequest, reconciled: &Reconciled, is_new: bool) -> Result<()> {
    let codec = Codec::new(&reconciled.merged);
    let table = Table {
        service,
        context: &request.context,
        name: service.table_name(request.definition.name()),
        keys: codec.keys(),
        throughput: reconciled.merged.throughput(),
    };
    if table.ensure(request.mode).await? {
        adopt::check(service, request, reconciled, is_new).await?;
    }
    Ok(())
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
