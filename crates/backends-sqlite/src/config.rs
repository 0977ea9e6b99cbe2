//! Which properties configure the backend, and what they come to.

use std::path::Path;

use backends_core::{BackendConfig, BackendInfo, Mistakes, Property, Result};

use crate::options::{check_path, check_prefix};
use crate::{SqliteOptions, Synchronous};

/// The word for `dbName`, and the URI scheme.
pub(crate) const NAME: &str = "sqlite";

const SYNCHRONOUS: Property = Property::choice(
    "synchronous",
    &["full", "normal"],
    "when a write counts as done: the disk has it (full, the default), or the operating system has it (normal)",
);
const READERS: Property =
    Property::integer("readers", "the number of connections that read; the number of cores if left out").between(1, 16);
const BUSY_TIMEOUT_MS: Property = Property::duration(
    "busyTimeoutMs",
    "how long a call waits for a lock of another process, in milliseconds; as long as its deadline if left out",
);
const READ_ONLY: Property = Property::flag("readOnly", "whether the file is only read: it is not created or changed");

pub(crate) fn info() -> BackendInfo {
    BackendInfo::new(NAME, "SQLite")
        .property(Property::URL)
        .property(Property::PATH.required_unless("url"))
        .property(Property::TABLE_PREFIX)
        .property(SYNCHRONOUS)
        .property(READERS)
        .property(BUSY_TIMEOUT_MS)
        .property(READ_ONLY)
        .check(check)
}

/// What can be judged without the file, so that it is told with the other mistakes.
fn check(config: &BackendConfig, mistakes: &mut Mistakes) {
    let path = match mistakes.check(config.uri()).flatten() {
        Some(uri) => mistakes.check(uri.local().map(str::to_owned)),
        None => config.text(Property::PATH.name).map(str::to_owned),
    };
    if let Some(path) = path {
        mistakes.check(check_path(Path::new(&path)));
    }
    if let Some(prefix) = config.text(Property::TABLE_PREFIX.name) {
        mistakes.check(check_prefix(prefix));
    }
}

/// The options that the properties are.
pub(crate) fn options(config: &BackendConfig) -> Result<SqliteOptions> {
    let uri = config.uri()?;
    let path = match &uri {
        Some(uri) => uri.local()?,
        None => config.required_text(Property::PATH.name)?,
    };
    let mut options = SqliteOptions::new(path);
    if config.text(SYNCHRONOUS.name) == Some("normal") {
        options = options.synchronous(Synchronous::Normal);
    }
    if let Some(readers) = config.integer(READERS.name) {
        options = options.readers(usize::try_from(readers).unwrap_or_default());
    }
    if let Some(timeout) = config.duration(BUSY_TIMEOUT_MS.name) {
        options = options.busy_timeout(timeout);
    }
    if let Some(prefix) = config.text(Property::TABLE_PREFIX.name) {
        options = options.table_prefix(prefix);
    }
    if let Some(timeout) = config.timeout() {
        options = options.open_timeout(timeout);
    }
    Ok(options.read_only(config.flag(READ_ONLY.name) == Some(true)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use backends_core::DatabaseConfig;

    use super::*;

    fn read(config: DatabaseConfig) -> Result<SqliteOptions> {
        options(&config.resolve(&[info()], &[])?)
    }

    #[test]
    fn every_property_reaches_the_options() {
        let config = DatabaseConfig::new(NAME)
            .set("path", "app.db")
            .set("synchronous", "normal")
            .set("readers", 3)
            .set("busyTimeoutMs", 250)
            .set("tablePrefix", "app_")
            .set("readOnly", true);
        let options = read(config).unwrap();
        assert_eq!(options.path, Path::new("app.db"));
        assert_eq!((options.synchronous, options.readers, options.read_only), (Synchronous::Normal, 3, true));
        assert_eq!((options.busy_timeout, &*options.table_prefix), (Some(Duration::from_millis(250)), "app_"));
    }

    #[test]
    fn every_mistake_is_told_at_once_and_before_the_file_is_opened() {
        let config = DatabaseConfig::new(NAME)
            .set("path", ":memory:")
            .set("readers", 99)
            .set("busyTimeoutMs", -1)
            .set("synchronous", "off")
            .set("tablePrefix", "bad prefix\n");
        let error = read(config).unwrap_err();
        assert_eq!(error.mistakes().len(), 5, "{error}");
        for key in ["path", "readers", "busyTimeoutMs", "synchronous", "tablePrefix"] {
            assert!(error.mistakes().iter().any(|mistake| mistake.contains(key)), "{key}: {error}");
        }
        for url in ["sqlite::memory:", "sqlite:", "sqlite://server/app.db", "sqlite:a?mode=ro"] {
            let error = read(DatabaseConfig::new(NAME).set("url", url).set("tablePrefix", "sqlite_")).unwrap_err();
            assert_eq!(error.mistakes().len(), 2, "{url}: {error}");
        }
    }

    #[test]
    fn a_url_takes_the_place_of_the_path() {
        let options = read(DatabaseConfig::new(NAME).set("url", "sqlite:///var/lib/app.db")).unwrap();
        assert_eq!(options.path, Path::new("/var/lib/app.db"));
        assert_eq!((options.synchronous, options.read_only), (Synchronous::Full, false));
        let missing = read(DatabaseConfig::new(NAME)).unwrap_err();
        assert!(missing.is_invalid_config() && missing.to_string().contains("path"), "{missing}");
        let unknown = read(DatabaseConfig::new(NAME).set("path", "a").set("synchronous", "off")).unwrap_err();
        assert!(unknown.is_invalid_config() && unknown.to_string().contains("full"), "{unknown}");
    }
}
