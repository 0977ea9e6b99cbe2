//! What the backend is opened with in code.

use std::fmt;
use std::time::Duration;

use backends_core::{BackendConfig, ErrorKind, Mistakes, Result};
use mongodb::options::{ClientOptions, ReadConcern, ReadConcernLevel, ReadPreference, SelectionCriteria, WriteConcern};

use crate::config;

/// How long opening may take, unless configured: as long as an operation.
const TIMEOUT: Duration = Duration::from_secs(30);

// MongoDB specifications: the default of every driver but this one, which has 10.
const MAX_POOL_SIZE: u32 = 100;

// MongoDB: the name of a database has fewer than 64 bytes, that of a collection with its database 255.
const LONGEST_DATABASE: usize = 63;
const LONGEST_PREFIX: usize = 100;

/// What the backend is opened with, for [`MongoBackend::open`](crate::MongoBackend::open).
///
/// ```
/// use backends_mongo::MongoOptions;
/// use mongodb::options::ClientOptions;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let client = ClientOptions::parse("mongodb://localhost").await?;
/// let options = MongoOptions::new(client, "shop").table_prefix("test_");
/// # let _ = options;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct MongoOptions {
    pub(crate) client: ClientOptions,
    pub(crate) database: String,
    pub(crate) table_prefix: String,
    pub(crate) timeout: Duration,
}

impl MongoOptions {
    /// The database of this name, with a client of these options.
    ///
    /// Reads go to the primary, writes are confirmed by the journals of the majority, and both are repeated once when
    /// the connection breaks, whatever the options say of it; a read concern other than local, majority and linearizable
    /// becomes local. A pool has at most 100 connections unless they say otherwise. Their handler of server events is
    /// replaced.
    pub fn new(client: ClientOptions, database: impl Into<String>) -> Self {
        Self { client, database: database.into(), table_prefix: String::new(), timeout: TIMEOUT }
    }

    /// What a configuration says, for a program that decides a part of it in code: what is called on these options goes
    /// before it.
    ///
    /// ```
    /// use backends_core::{DatabaseConfig, driver::BackendFactory};
    /// use backends_mongo::{MongoOptions, Mongodb};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> backends_core::Result<()> {
    /// let config = DatabaseConfig::new("mongodb").set("host", "localhost").set("database", "shop");
    /// let config = config.resolve(&[Mongodb.info()], &[])?;
    /// let options = MongoOptions::from_config(&config).await?.client(|client| client.app_name = Some("shop".to_owned()));
    /// # let _ = options;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `InvalidConfig` for what cannot be used; `Unavailable` if the name service does not know the host of a
    /// `mongodb+srv` URL.
    pub async fn from_config(config: &BackendConfig) -> Result<Self> {
        config::options(config).await
    }

    /// The name of the database.
    pub fn database(mut self, name: impl Into<String>) -> Self {
        self.database = name.into();
        self
    }

    /// Changes the options of the client.
    pub fn client(mut self, change: impl FnOnce(&mut ClientOptions)) -> Self {
        change(&mut self.client);
        self
    }

    /// What the names of all collections begin with.
    pub fn table_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.table_prefix = prefix.into();
        self
    }

    /// How long opening may take, 30 s unless said otherwise; a call waits five sixths of it for a server that takes it.
    pub fn open_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Refuses names that the server refuses late, or takes for something else.
    pub(crate) fn check(&self) -> Result<()> {
        let mut mistakes = Mistakes::new(ErrorKind::InvalidConfig);
        if self.database.is_empty() || self.database.len() > LONGEST_DATABASE {
            mistakes.add("`database` must have 1 to 63 bytes: choose another name");
        }
        // MongoDB: restrictions on database names, those of Windows everywhere.
        if self.database.contains(['/', '\\', '.', ' ', '"', '$', '*', '<', '>', ':', '|', '?', '\0']) {
            mistakes.add("`database` holds a space or one of /\\.\"$*<>:|?: choose another name");
        }
        if self.table_prefix.len() > LONGEST_PREFIX {
            mistakes.add("`tablePrefix` has more than 100 bytes: choose a shorter one");
        }
        // MongoDB: restrictions on collection names.
        if self.table_prefix.contains(['$', '\0'])
            || [".", "system."].iter().any(|no| self.table_prefix.starts_with(no))
        {
            mistakes.add("`tablePrefix` holds a `$`, or begins with `.` or `system.`: choose another one");
        }
        mistakes.into_result()
    }

    /// The options of the client, with what this backend promises.
    pub(crate) fn for_client(&self) -> ClientOptions {
        let mut client = self.client.clone();
        let mut concern = client.write_concern.take().unwrap_or_default();
        concern.w = WriteConcern::majority().w;
        // A single server confirms from memory otherwise, and a write that was acknowledged could be lost.
        concern.journal = Some(true);
        client.write_concern = Some(concern);
        client.selection_criteria = Some(SelectionCriteria::ReadPreference(ReadPreference::Primary));
        // By the others a read may miss a write that was acknowledged.
        if let Some(concern) = &mut client.read_concern
            && !matches!(
                concern.level,
                ReadConcernLevel::Local | ReadConcernLevel::Majority | ReadConcernLevel::Linearizable
            )
        {
            *concern = ReadConcern::local();
        }
        client.retry_reads = Some(true);
        client.retry_writes = Some(true);
        client.max_pool_size.get_or_insert(MAX_POOL_SIZE);
        client.server_selection_timeout = Some(self.patience());
        client
    }

    /// How long the driver looks for a server that takes a call. One whose server goes away looks for another, and has
    /// to end before its deadline to say so.
    pub(crate) fn patience(&self) -> Duration {
        self.client.server_selection_timeout.unwrap_or(self.timeout / 6 * 5)
    }
}

impl fmt::Debug for MongoOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoOptions").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn parsed(url: &str) -> ClientOptions {
        ClientOptions::parse(url).await.unwrap()
    }

    #[tokio::test]
    async fn l52_reads_go_to_the_primary_and_the_journals_of_the_majority_confirm() {
        for settings in
            ["", "readPreference=secondary&w=1", "w=majority&journal=false", "retryReads=false&retryWrites=false"]
        {
            let client = MongoOptions::new(parsed(&format!("mongodb://a/?{settings}")).await, "d").for_client();
            let concern = client.write_concern.unwrap();
            assert_eq!((concern.w, concern.journal), (WriteConcern::majority().w, Some(true)), "{settings}");
            let primary = SelectionCriteria::ReadPreference(ReadPreference::Primary);
            assert_eq!(client.selection_criteria, Some(primary), "{settings}");
            assert_eq!((client.retry_reads, client.retry_writes), (Some(true), Some(true)), "{settings}");
            assert_eq!(client.max_pool_size, Some(100));
            assert_eq!(client.server_selection_timeout, Some(Duration::from_secs(25)));
        }
    }

    #[tokio::test]
    async fn l52_no_read_concern_lets_a_read_miss_a_write() {
        for (level, used) in [
            ("local", "local"),
            ("majority", "majority"),
            ("linearizable", "linearizable"),
            ("available", "local"),
            ("snapshot", "local"),
            ("newer", "local"),
        ] {
            let client = parsed(&format!("mongodb://a/?readConcernLevel={level}")).await;
            let concern = MongoOptions::new(client, "d").for_client().read_concern.unwrap();
            assert_eq!(concern, ReadConcern::custom(used), "{level}");
        }
        let client = MongoOptions::new(parsed("mongodb://a/").await, "d").for_client();
        assert_eq!(client.read_concern, None);
    }

    #[tokio::test]
    async fn names_that_the_server_refuses_are_refused_before() {
        let client = parsed("mongodb://user:hunter2@a/").await;
        let good = MongoOptions::new(client.clone(), "shop").table_prefix("test.");
        assert!(good.check().is_ok());
        assert!(!format!("{good:?}").contains("hunter2"));
        for (database, prefix) in
            [("", ""), ("a.b", ""), ("a b", ""), ("a$", ""), ("a", "x$"), ("a", "system."), ("a", ".a")]
        {
            let error = MongoOptions::new(client.clone(), database).table_prefix(prefix).check().unwrap_err();
            assert!(error.is_invalid_config(), "{database} {prefix}");
        }
        let error = MongoOptions::new(client, "a/").table_prefix("p".repeat(101)).check().unwrap_err();
        assert_eq!(error.mistakes().len(), 2);
    }
}
