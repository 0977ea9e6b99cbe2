//! The backend, open: its definitions, and the connections that its repositories share.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use backends_core::driver::{
    BackendDriver, BackendFactory, BatchWritten, Context, DefineRequest, Defined, RemoveIndexRequest, SchemaMode,
    WriteBatchRequest,
};
use backends_core::{BackendConfig, BackendInfo, Capabilities, Error, Result};
use rusqlite::Connection;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::capabilities::capabilities;
use crate::claim::Receipt;
use crate::config::{self, NAME};
use crate::connection::{self, Connections};
use crate::error::{Fault, READ_ONLY, SET_READ_ONLY};
use crate::file::File;
use crate::patience::Patience;
use crate::queue::Queue;
use crate::readers::{self, ReadJob, Readers};
use crate::schema::{self, Table};
use crate::writer::{self, Locked, Manner, WriteJob, Writer};
use crate::{SqliteOptions, SqliteRepository, repository};

/// Opens the embedded backend; what a registry takes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sqlite;

#[async_trait]
impl BackendFactory for Sqlite {
    fn info(&self) -> BackendInfo {
        config::info()
    }

    async fn open(&self, config: &BackendConfig) -> Result<Arc<dyn BackendDriver>> {
        Ok(Arc::new(SqliteBackend::open(config::options(config)?).await?))
    }
}

/// The embedded backend, open. Cheap to clone; every clone is the same backend.
#[derive(Clone)]
pub struct SqliteBackend(Arc<Inner>);

struct Inner {
    readers: Arc<Readers>,
    writer: Option<Arc<Writer>>,
    file: Arc<File>,
    table_prefix: String,
    busy_timeout: Option<Duration>,
    /// Whether it was opened so, and not only the file is.
    read_only: bool,
    capabilities: Capabilities,
}

impl Inner {
    fn open(options: SqliteOptions) -> Result<Self> {
        let Connections { writer, readers } = connection::open(&options)?;
        let file = Arc::new(File::at(&options.path));
        let readers =
            Queue::start("backends-sqlite reader", readers, |job: ReadJob, connection, _| job.run(connection), || ())?;
        // From here on, an error closes what is open.
        let mut inner = Self {
            readers: Arc::clone(&readers),
            writer: None,
            file: Arc::clone(&file),
            table_prefix: options.table_prefix,
            busy_timeout: options.busy_timeout,
            read_only: options.read_only,
            capabilities: capabilities(),
        };
        if let Some(writer) = writer {
            let locked = Locked::default();
            let serve = move |job: WriteJob, connection: &mut Connection, queue: &Writer| {
                writer::serve(job, connection, queue, &file, &locked);
            };
            // The connection that is closed last takes the log into the file, which a reader may not.
            let last = move || readers.wait_for_end();
            inner.writer = Some(Queue::start("backends-sqlite writer", vec![writer], serve, last)?);
        }
        Ok(inner)
    }

    fn close(&self) {
        self.readers.close();
        if let Some(writer) = &self.writer {
            writer.close();
        }
    }
}

/// The threads do what is in the queues, close their connections, and end.
impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

impl SqliteBackend {
    /// Opens the file, or creates it.
    ///
    /// # Errors
    /// `InvalidConfig` if the path names no database that can be used, `PermissionDenied`, `Unreadable` for a damaged
    /// file, `Timeout` or `Unavailable` if another process does not let go of it.
    pub async fn open(options: SqliteOptions) -> Result<Self> {
        let inner = blocking(move || Inner::open(options)).await?;
        Ok(Self(Arc::new(inner)))
    }

    /// Calls `work` with the connection that writes, between the transactions of other callers; what it changes, it has
    /// to commit. It goes on when the caller does not wait any longer.
    ///
    /// # Errors
    /// Those of `work`, and `InvalidInput` if it leaves a transaction open: both say that it may have happened, for nobody
    /// knows what `work` committed before; `PermissionDenied` if the file is only read.
    pub async fn with_writer<R, F>(&self, work: F) -> Result<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut Connection) -> rusqlite::Result<R> + Send + 'static,
    {
        let patience = Patience::endless(self.0.busy_timeout);
        self.write(Manner::Bare, patience, once(work)).await
    }

    /// Calls `work` with a connection that reads, which no other caller has meanwhile.
    ///
    /// # Errors
    /// Those of `work`.
    pub async fn with_reader<R, F>(&self, work: F) -> Result<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut Connection) -> rusqlite::Result<R> + Send + 'static,
    {
        self.read(Patience::endless(self.0.busy_timeout), once(work)).await
    }

    /// How long a call waits.
    pub(crate) fn patience(&self, context: &Context) -> Patience {
        Patience::new(context, self.0.busy_timeout)
    }

    pub(crate) async fn write<R, F>(&self, manner: Manner, patience: Patience, work: F) -> Result<R>
    where
        R: Send + 'static,
        F: FnMut(&mut Connection) -> Result<R, Fault> + Send + 'static,
    {
        self.start_write(manner, patience, work)?.wait().await
    }

    /// Puts a write in the queue: it is done whether or not somebody waits for the answer, unless its turn comes too
    /// late.
    pub(crate) fn start_write<R, F>(&self, manner: Manner, patience: Patience, work: F) -> Result<Receipt<R>>
    where
        R: Send + 'static,
        F: FnMut(&mut Connection) -> Result<R, Fault> + Send + 'static,
    {
        let Some(queue) = &self.0.writer else {
            let reason = if self.0.read_only { SET_READ_ONLY } else { READ_ONLY };
            return Err(Error::permission_denied(reason).with_context("path", self.0.file.path().display()));
        };
        let (job, receipt) = writer::write(manner, patience, work);
        queue.submit(job)?;
        Ok(receipt)
    }

    pub(crate) async fn read<R, F>(&self, patience: Patience, work: F) -> Result<R>
    where
        R: Send + 'static,
        F: FnMut(&mut Connection) -> Result<R, Fault> + Send + 'static,
    {
        self.start_read(patience, work)?.await.map_err(|_| lost())?
    }

    pub(crate) fn start_read<R, F>(&self, patience: Patience, work: F) -> Result<oneshot::Receiver<Result<R>>>
    where
        R: Send + 'static,
        F: FnMut(&mut Connection) -> Result<R, Fault> + Send + 'static,
    {
        let (job, answer) = readers::read(patience, work);
        self.0.readers.submit(job)?;
        Ok(answer)
    }
}

/// A job without an answer: what it did, if anything, nobody knows.
pub(crate) fn lost() -> Error {
    Error::unexpected("a job ended without an answer: see whether a closure given to the backend panicked")
}

fn once<R, F>(work: F) -> impl FnMut(&mut Connection) -> Result<R, Fault>
where
    F: FnOnce(&mut Connection) -> rusqlite::Result<R>,
{
    let mut work = Some(work);
    move |connection| match work.take() {
        Some(work) => Ok(work(connection)?),
        None => Err(Fault::Refused(Error::unavailable(
            "another process held the lock of the file: begin with `BEGIN IMMEDIATE`, and try again",
        ))),
    }
}

/// Does `work` on a blocking thread.
async fn blocking<R: Send + 'static>(work: impl FnOnce() -> Result<R> + Send + 'static) -> Result<R> {
    let Ok(runtime) = Handle::try_current() else {
        return Err(Error::unexpected("no tokio runtime: await the call inside one, with its timers enabled"));
    };
    runtime
        .spawn_blocking(work)
        .await
        .map_err(|_| Error::unavailable("the runtime is ending: try again in a live one"))?
}

#[async_trait]
impl BackendDriver for SqliteBackend {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> &Capabilities {
        &self.0.capabilities
    }

    async fn define(&self, request: &DefineRequest) -> Result<Defined> {
        let table = Arc::new(Table::new(&self.0.table_prefix, &request.definition));
        let definition = match request.mode {
            SchemaMode::Trust => request.definition.clone(),
            _ => self.define_table(&table, request).await?,
        };
        // With the indexes that are stored already.
        let table = Arc::new(Table::new(&self.0.table_prefix, &definition));
        let repository = SqliteRepository::new(self.clone(), table);
        if request.mode == SchemaMode::Ensure {
            repository.sweep(&request.context);
        }
        Ok(Defined::new(Arc::new(repository), definition))
    }

    async fn remove_index(&self, request: &RemoveIndexRequest) -> Result<Defined> {
        let (prefix, wanted) = (self.0.table_prefix.clone(), request.clone());
        let remove = move |connection: &mut Connection| {
            let whole = connection.savepoint()?;
            let rest = schema::remove_index(&whole, &prefix, &wanted)?;
            whole.commit()?;
            Ok(rest)
        };
        let rest = self.write(Manner::Alone, self.patience(&request.context), remove).await?;
        let table = Arc::new(Table::new(&self.0.table_prefix, &rest));
        Ok(Defined::new(Arc::new(SqliteRepository::new(self.clone(), table)), rest))
    }

    async fn write_batch(&self, request: &WriteBatchRequest) -> Result<BatchWritten> {
        repository::write_batch(self, request).await
    }

    async fn ping(&self, context: &Context) -> Result<()> {
        let file = Arc::clone(&self.0.file);
        let look = move |connection: &mut Connection| {
            file.check()?;
            schema::is_empty(connection)?;
            Ok(())
        };
        self.read(self.patience(context), look).await
    }

    async fn close(&self, context: &Context) -> Result<()> {
        self.0.close();
        let until = self.patience(context).until();
        self.0.readers.ended(until).await?;
        match &self.0.writer {
            Some(writer) => writer.ended(until).await,
            None => Ok(()),
        }
    }

    fn native(&self) -> &dyn Any {
        self
    }
}

impl SqliteBackend {
    async fn define_table(&self, table: &Arc<Table>, request: &DefineRequest) -> Result<backends_core::Definition> {
        // Many processes start at once and find everything there: that takes no lock.
        let (reading, wanted) = (Arc::clone(table), request.clone());
        let look = move |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            schema::unchanged(&transaction, &reading, &wanted)
        };
        if let Some(definition) = self.read(self.patience(&request.context), look).await? {
            return Ok(definition);
        }
        let (table, wanted) = (Arc::clone(table), request.clone());
        let ensure = move |connection: &mut Connection| {
            // What is refused half-way leaves nothing behind.
            let whole = connection.savepoint()?;
            let definition = schema::ensure(&whole, &table, &wanted)?;
            whole.commit()?;
            Ok(definition)
        };
        self.write(Manner::Alone, self.patience(&request.context), ensure).await
    }
}

impl fmt::Debug for SqliteBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteBackend")
            .field("readers", &self.0.readers)
            .field("writer", &self.0.writer)
            .finish_non_exhaustive()
    }
}
