//! Which properties configure the backend, and what they come to.

use std::fs::{self, File};
use std::path::Path;

use backends_core::{BackendConfig, BackendInfo, Error, Mistakes, Property, Result};
use mongodb::options::{ClientOptions, Credential, DriverInfo, ServerAddress, Tls, TlsOptions};

use crate::MongoOptions;

mod url;

/// The word for `dbName`, and the URI scheme.
pub(crate) const NAME: &str = "mongodb";

const AUTH_SOURCE: Property = Property::text(
    "authSource",
    "the database that knows the user; `database` if left out, or beside a `url` what that says, or `admin`",
);

pub(crate) fn info() -> BackendInfo {
    BackendInfo::new(NAME, "MongoDB")
        .uri_scheme(url::SRV)
        .property(Property::URL)
        .property(Property::HOST.required_unless("url"))
        .property(Property::DATABASE)
        .property(Property::USER)
        .property(Property::PASS)
        .property(AUTH_SOURCE)
        .property(Property::TABLE_PREFIX)
        .property(Property::MAX_POOL_SIZE)
        .property(Property::MIN_POOL_SIZE)
        .property(Property::CONNECT_TIMEOUT_MS)
        .property(Property::TLS)
        .property(Property::TLS_CA_FILE)
        .property(Property::TLS_CERTIFICATE_KEY_FILE)
        .check(check)
}

/// What the properties have to be together.
fn check(config: &BackendConfig, mistakes: &mut Mistakes) {
    let uri = mistakes.check(config.uri()).flatten();
    if let Some(uri) = &uri {
        mistakes.check(url::check(uri, config.is_set(Property::USER.name)));
    }
    let in_url = uri.as_ref().is_some_and(|uri| uri.path().is_ok_and(|path| !path.is_empty()));
    if !in_url && !config.is_set(Property::DATABASE.name) {
        mistakes.add("`database` is missing: set it, or put it behind the hosts of `url`");
    }
    if config.is_set(Property::USER.name) && !config.is_set(Property::PASS.name) {
        mistakes.add("`user` is given without `pass`: give both, or a full connection string as `url`");
    }
    if config.is_set(AUTH_SOURCE.name) && !config.is_set(Property::USER.name) {
        mistakes.add("`authSource` is given without `user`: give both, or put it into `url`");
    }
}

/// The options that the properties are.
pub(crate) async fn options(config: &BackendConfig) -> Result<MongoOptions> {
    let uri = config.uri()?;
    let mut client = match &uri {
        Some(uri) => url::parse(uri, config.is_set(Property::USER.name)).await?,
        None => of_hosts(config.list(Property::HOST.name))?,
    };
    login(config, &mut client);
    tls(config, &mut client)?;
    pool(config, &mut client);
    client.driver_info =
        Some(DriverInfo::builder().name("backends").version(env!("CARGO_PKG_VERSION").to_owned()).build());
    let database = match config.text(Property::DATABASE.name) {
        Some(database) => database.to_owned(),
        None => client.default_database.clone().unwrap_or_default(),
    };
    let mut options = MongoOptions::new(client, database);
    if let Some(prefix) = config.text(Property::TABLE_PREFIX.name) {
        options = options.table_prefix(prefix);
    }
    if let Some(timeout) = config.timeout() {
        options = options.open_timeout(timeout);
    }
    options.check()?;
    Ok(options)
}

fn of_hosts(hosts: &[String]) -> Result<ClientOptions> {
    let hosts = hosts.iter().map(|host| {
        // The driver knows a socket by its ending alone.
        if host.starts_with('/') && Path::new(host).extension().is_none_or(|ending| ending != "sock") {
            return Err(Error::invalid_config("the path of a socket in `host` must end with `.sock`: give that"));
        }
        ServerAddress::parse(host).map_err(|native| {
            Error::invalid_config("`host` holds what is no address: write each as `name` or `name:port`")
                .with_native(native)
        })
    });
    Ok(ClientOptions::builder().hosts(hosts.collect::<Result<Vec<_>>>()?).build())
}

/// Puts in who logs in; the driver has read from `url` where the user is known, and the mechanism.
fn login(config: &BackendConfig, client: &mut ClientOptions) {
    let Some(user) = config.text(Property::USER.name) else { return };
    let credential = client.credential.get_or_insert_with(Credential::default);
    credential.username = Some(user.to_owned());
    credential.password = config.secret(Property::PASS.name).map(|pass| pass.expose().to_owned());
    if let Some(source) = config.text(AUTH_SOURCE.name) {
        credential.source = Some(source.to_owned());
    }
    // The block of the Go package says no more, and its driver looked there.
    let of_block = config.text(Property::DATABASE.name).filter(|_| !config.is_set(Property::URL.name));
    credential.source.get_or_insert_with(|| of_block.unwrap_or("admin").to_owned());
}

fn tls(config: &BackendConfig, client: &mut ClientOptions) -> Result<()> {
    match config.tls() {
        None => {}
        Some(false) => client.tls = Some(Tls::Disabled),
        Some(true) => {
            let mut tls = match client.tls.take() {
                Some(Tls::Enabled(tls)) => tls,
                _ => TlsOptions::default(),
            };
            for (property, place) in [
                (Property::TLS_CA_FILE, &mut tls.ca_file_path),
                (Property::TLS_CERTIFICATE_KEY_FILE, &mut tls.cert_key_file_path),
            ] {
                if let Some(path) = config.text(property.name) {
                    *place = Some(path.into());
                }
            }
            client.tls = Some(Tls::Enabled(tls));
        }
    }
    let Some(Tls::Enabled(tls)) = &client.tls else { return Ok(()) };
    for file in [&tls.ca_file_path, &tls.cert_key_file_path].into_iter().flatten() {
        readable(file)?;
    }
    Ok(())
}

/// The driver reads the files when it connects, and says less of what is wrong.
fn readable(path: &Path) -> Result<()> {
    // What is no file may have no end, and no beginning either: a pipe is not opened until somebody writes to it.
    let is_file = || if fs::metadata(path)?.is_file() { File::open(path).map(|_| true) } else { Ok(false) };
    match is_file() {
        Ok(true) => Ok(()),
        Ok(_) => Err(Error::invalid_config("a file for encryption is no file: give the path of a PEM file")),
        Err(error) => Err(Error::invalid_config(
            "a file for encryption cannot be read: check its path, and that this user may read it",
        )
        .with_native(error)),
    }
    .map_err(|error| error.with_context("file", path.display()))
}

fn pool(config: &BackendConfig, client: &mut ClientOptions) {
    let size = |property: Property| config.integer(property.name).and_then(|size| u32::try_from(size).ok());
    client.max_pool_size = size(Property::MAX_POOL_SIZE).or(client.max_pool_size);
    client.min_pool_size = size(Property::MIN_POOL_SIZE).or(client.min_pool_size);
    client.connect_timeout = config.duration(Property::CONNECT_TIMEOUT_MS.name).or(client.connect_timeout);
}

#[cfg(test)]
mod tests;
