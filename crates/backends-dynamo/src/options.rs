//! What the backend is opened with in code.

use std::fmt;
use std::time::Duration;

use aws_sdk_dynamodb::Config;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, IdentityCache};
use aws_smithy_http_client::tls::TlsContext;
use backends_core::{ErrorKind, Mistakes, Result};

use crate::connections::http_client;
use crate::identity::WellFormed;

/// How long opening may take, unless configured: as long as an operation.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// How much sooner than asked for opening ends.
const MARGIN: Duration = Duration::from_millis(100);

// DynamoDB: the name of a table has at most 255 characters, and a repository's at most 48 of them.
const LONGEST_PREFIX: usize = 200;

/// How many bytes of records may be held to sort them, unless configured.
const MAX_SORT_BYTES: u64 = 100_000_000;

/// The behavior of the client that this backend was made for.
pub(crate) const BEHAVIOR: fn() -> BehaviorVersion = BehaviorVersion::v2026_01_12;

/// Whether a read by filter may look at the whole table, where no key serves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ScanMode {
    /// It may.
    #[default]
    Allow,
    /// It is `Unsupported`, with the field that would have to be a key.
    Deny,
}

/// What the backend is opened with, for [`DynamoBackend::open`](crate::DynamoBackend::open).
///
/// ```
/// use backends_dynamo::{DynamoOptions, aws_sdk_dynamodb as sdk};
///
/// let config = sdk::Config::builder().region(sdk::config::Region::new("eu-central-1")).build();
/// let options = DynamoOptions::new(config).table_prefix("test_");
/// # let _ = options;
/// ```
#[derive(Clone)]
#[must_use]
pub struct DynamoOptions {
    pub(crate) config: Config,
    pub(crate) table_prefix: String,
    pub(crate) timeout: Duration,
    pub(crate) scan: ScanMode,
    pub(crate) max_sort_bytes: u64,
}

impl DynamoOptions {
    /// The tables that a client of this configuration sees.
    ///
    /// The client makes no request a second time by itself, whatever the configuration says of it: this backend does,
    /// where it knows that no write is done twice. Its behavior version is that of this backend too. An HTTP client of
    /// the configuration is used, and where it has none, one with the TLS of this backend.
    pub fn new(config: Config) -> Self {
        let (table_prefix, timeout) = (String::new(), TIMEOUT);
        Self { config, table_prefix, timeout, scan: ScanMode::default(), max_sort_bytes: MAX_SORT_BYTES }
    }

    /// What the names of all tables begin with.
    pub fn table_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.table_prefix = prefix.into();
        self
    }

    /// How long opening may take, 30 s unless said otherwise.
    pub fn open_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Whether a read by filter may look at the whole table; it may, unless said otherwise.
    pub fn scan(mut self, scan: ScanMode) -> Self {
        self.scan = scan;
        self
    }

    /// How many bytes of records one read may hold to bring them into an order that no key serves: 100,000,000 unless
    /// said otherwise. It holds those that it hands over, and for a moment as much again; more are `Unsupported`.
    pub fn max_sort_bytes(mut self, bytes: u64) -> Self {
        self.max_sort_bytes = bytes;
        self
    }

    /// Refuses names that the service refuses late.
    pub(crate) fn check(&self) -> Result<()> {
        let mut mistakes = Mistakes::new(ErrorKind::InvalidConfig);
        if self.table_prefix.len() > LONGEST_PREFIX {
            mistakes.add("`tablePrefix` has more than 200 bytes: choose a shorter one");
        }
        // DynamoDB: what the name of a table consists of.
        let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.');
        if !self.table_prefix.chars().all(is_allowed) {
            mistakes
                .add("`tablePrefix` holds something else than letters, digits, `_`, `-` and `.`: choose another one");
        }
        mistakes.into_result()
    }

    /// The configuration of the client, with what this backend promises.
    pub(crate) fn for_client(&self) -> Config {
        // Without a version the client panics.
        let builder = self.config.to_builder().behavior_version(BEHAVIOR()).retry_config(RetryConfig::disabled());
        let identities = self.config.identity_cache().unwrap_or_else(|| IdentityCache::lazy().build());
        let builder = builder.identity_cache(WellFormed(identities));
        match self.config.http_client() {
            Some(_) => builder.build(),
            None => builder.http_client(http_client(TlsContext::default())).build(),
        }
    }
}

/// Who opens the backend waits `limit`; what is known has to come before that ends.
pub(crate) fn sooner(limit: Duration) -> Duration {
    limit.saturating_sub((limit / 20).min(MARGIN))
}

impl fmt::Debug for DynamoOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoOptions")
            .field("timeout", &self.timeout)
            .field("scan", &self.scan)
            .field("max_sort_bytes", &self.max_sort_bytes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_the_service_refuses_are_refused_before() {
        let config = Config::builder().build();
        let with = |prefix: &str| DynamoOptions::new(config.clone()).table_prefix(prefix);
        for good in ["", "test_", "shop-", "9.", "_"] {
            assert!(with(good).check().is_ok(), "{good}");
        }
        for bad in ["a b", "ä", "a/", "a$", &"p".repeat(201)] {
            assert!(with(bad).check().unwrap_err().is_invalid_config(), "{bad}");
        }
    }

    #[test]
    fn c42_the_client_repeats_nothing_by_itself() {
        let config = Config::builder().retry_config(RetryConfig::standard().with_max_attempts(9)).build();
        let client = DynamoOptions::new(config).for_client();
        assert_eq!(client.retry_config().map(RetryConfig::max_attempts), Some(1));
    }
}
