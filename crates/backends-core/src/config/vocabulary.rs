//! The properties that backends share: the words of today's `dbInfo`, and the new ones.
//!
//! They are always known, whichever backends are compiled in, so that one block may hold the settings of several.

use super::property::Property;

impl Property {
    /// A full connection string.
    pub const URL: Self = Self::secret("url", "a full connection string, in place of the settings it replaces");
    /// One or more servers.
    pub const HOST: Self = Self::list("host", "the servers, each as `name` or `name:port`");
    /// The address of a web service.
    pub const ENDPOINT: Self = Self::text("endpoint", "the address of the service, with http:// or https://");
    /// A file.
    pub const PATH: Self = Self::text("path", "the file that holds the database");
    /// The database on the server.
    pub const DATABASE: Self = Self::text("database", "the name of the database on the server");
    /// The user.
    pub const USER: Self = Self::text("user", "the name to log in with");
    /// The password.
    pub const PASS: Self = Self::secret("pass", "the password to log in with");
    /// A file with AWS credentials.
    pub const CREDENTIALS: Self = Self::text("credentials", "the path of a file with AWS credentials");
    /// The AWS region.
    pub const AWS_REGION: Self = Self::text("awsRegion", "the AWS region");
    /// The id of a static AWS key.
    pub const AWS_SECRET_KEY_ID: Self = Self::secret("awsSecretKeyId", "the id of a static AWS key");
    /// A static AWS key.
    pub const AWS_SECRET_ACCESS_KEY: Self = Self::secret("awsSecretAccessKey", "the static AWS key itself");
    /// The session token of a temporary AWS key.
    pub const AWS_SESSION_TOKEN: Self = Self::secret("awsSessionToken", "the session token of a temporary AWS key");
    /// What the names of tables begin with.
    pub const TABLE_PREFIX: Self = Self::text("tablePrefix", "what the names of all tables begin with");
    /// The most connections.
    pub const MAX_POOL_SIZE: Self =
        Self::integer("maxPoolSize", "the most connections held open").between(1, MOST_CONNECTIONS);
    /// The fewest connections.
    pub const MIN_POOL_SIZE: Self =
        Self::integer("minPoolSize", "the fewest connections held open").between(0, MOST_CONNECTIONS);
    /// The deadline of an operation, not of `define`, which has its own. Every backend has it: the library keeps it, so none declares it.
    pub const TIMEOUT_MS: Self = Self::duration("timeoutMs", "the deadline of an operation, in milliseconds");
    /// The time a new connection may take.
    pub const CONNECT_TIMEOUT_MS: Self =
        Self::duration("connectTimeoutMs", "the time that opening a connection may take, in milliseconds");
    /// Whether connections are encrypted.
    pub const TLS: Self = Self::flag("tls", "whether connections are encrypted");
    /// The certificates to trust.
    pub const TLS_CA_FILE: Self =
        Self::text("tlsCaFile", "a PEM file with the certificate authorities to trust, in place of the usual ones");
    /// The client's certificate and key.
    pub const TLS_CERTIFICATE_KEY_FILE: Self =
        Self::text("tlsCertificateKeyFile", "a PEM file with the client's certificate and its key");
    /// Settings for one backend each.
    pub const OPTIONS: Self = Self::map("options", "settings for one backend each, by its name");

    /// Every property that backends share, in the order of the reference.
    pub const COMMON: &'static [Self] = &[
        Self::URL,
        Self::HOST,
        Self::ENDPOINT,
        Self::PATH,
        Self::DATABASE,
        Self::USER,
        Self::PASS,
        Self::CREDENTIALS,
        Self::AWS_REGION,
        Self::AWS_SECRET_KEY_ID,
        Self::AWS_SECRET_ACCESS_KEY,
        Self::AWS_SESSION_TOKEN,
        Self::TABLE_PREFIX,
        Self::MAX_POOL_SIZE,
        Self::MIN_POOL_SIZE,
        Self::TIMEOUT_MS,
        Self::CONNECT_TIMEOUT_MS,
        Self::TLS,
        Self::TLS_CA_FILE,
        Self::TLS_CERTIFICATE_KEY_FILE,
        Self::OPTIONS,
    ];
}

/// More than any server here lets one client have; a larger number is a slip of the finger.
const MOST_CONNECTIONS: i64 = 100_000;
