//! Which properties configure the backend, and what they come to.

use std::fs::{self, File};
use std::path::Path;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{Region, SdkConfig};
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use backends_core::{BackendConfig, BackendInfo, Error, Mistakes, Property, Result, Uri};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::time::timeout;

use crate::connections;
use crate::options::{BEHAVIOR, TIMEOUT, sooner};
use crate::{DynamoOptions, ScanMode};

mod credentials;
mod url;

use url::Url;

/// The word for `dbName`, and the URI scheme.
pub(crate) const NAME: &str = "dynamodb";

const AWS_PROFILE: Property =
    Property::text("awsProfile", "the profile in the file with AWS credentials; `default` if left out");

const SCAN: Property = Property::choice(
    "scan",
    &["allow", "deny"],
    "whether a read by filter may look at the whole table where no key serves it; `allow` if left out",
);

const MAX_SORT_BYTES: Property = Property::integer(
    "maxSortBytes",
    "how many bytes of records a read may hold to sort them where no key does; 100000000 if left out",
);

pub(crate) fn info() -> BackendInfo {
    BackendInfo::new(NAME, "DynamoDB")
        .property(Property::URL)
        .property(Property::ENDPOINT)
        .property(Property::AWS_REGION)
        .property(Property::CREDENTIALS)
        .property(AWS_PROFILE)
        .property(Property::AWS_SECRET_KEY_ID)
        .property(Property::AWS_SECRET_ACCESS_KEY)
        .property(Property::AWS_SESSION_TOKEN)
        .property(Property::TABLE_PREFIX)
        .property(Property::CONNECT_TIMEOUT_MS)
        .property(Property::TLS_CA_FILE)
        .property(SCAN)
        .property(MAX_SORT_BYTES)
        .check(check)
}

/// What the properties have to be together.
fn check(config: &BackendConfig, mistakes: &mut Mistakes) {
    let address = config.text(Property::ENDPOINT.name).and_then(endpoint);
    if config.text(Property::ENDPOINT.name).is_some() && address.is_none() {
        mistakes.add("`endpoint` must be http:// or https:// and a host: write it as `http://localhost:8000`");
    }
    let has = |property: Property| config.is_set(property.name);
    if has(AWS_PROFILE) && has(Property::AWS_SECRET_KEY_ID) {
        mistakes.add("`awsProfile` is given beside `awsSecretKeyId`, and both say who asks: keep one of both");
    }
    let uri = mistakes.check(config.uri()).flatten();
    let url = uri.and_then(|uri| mistakes.check(Url::parse(&uri)));
    let address = address.or(url.as_ref().and_then(|url| url.endpoint.clone()));
    let is_plain = address.is_some_and(|address| address.starts_with("http://"));
    if has(Property::TLS_CA_FILE) && is_plain {
        mistakes.add("`tlsCaFile` is given beside an endpoint of http://, which is not encrypted: write https://, or leave the file out");
    }
    let Some(url) = url else { return };
    if url.key.is_some() && [Property::CREDENTIALS, AWS_PROFILE, Property::AWS_SECRET_KEY_ID].into_iter().any(has) {
        mistakes.add("`url` holds a key beside other credentials, and both say who asks: keep one of both");
    }
    for (property, in_url) in [(Property::AWS_REGION, url.region), (Property::TABLE_PREFIX, url.table_prefix)] {
        if in_url.is_some_and(|in_url| config.text(property.name).is_some_and(|beside| beside != in_url)) {
            mistakes.add(format!("`{0}` and that of `url` are different: keep one of both", property.name));
        }
    }
}

/// The address of a web service, its scheme in lower case, if it is one without a path, a query or a user.
fn endpoint(text: &str) -> Option<String> {
    let (scheme, host) = text.split_once("://")?;
    let scheme = ["http", "https"].into_iter().find(|known| scheme.eq_ignore_ascii_case(known))?;
    let host = host.strip_suffix('/').unwrap_or(host);
    Uri::is_host(host).then(|| format!("{scheme}://{host}"))
}

/// The options that the properties are.
pub(crate) async fn options(config: &BackendConfig) -> Result<DynamoOptions> {
    let url = config.uri()?.map(|uri| Url::parse(&uri)).transpose()?.unwrap_or_default();
    let prefix = config.text(Property::TABLE_PREFIX.name).map(str::to_owned).or(url.table_prefix.clone());
    // Where nothing says a region, the machine is asked for one, which may not answer.
    let limit = sooner(config.timeout().unwrap_or(TIMEOUT));
    let loaded = timeout(limit, load(config, url)).await.map_err(|_| no_region())??;
    let mut options = DynamoOptions::new((&loaded).into());
    if let Some(prefix) = prefix {
        options = options.table_prefix(prefix);
    }
    if let Some(timeout) = config.timeout() {
        options = options.open_timeout(timeout);
    }
    if config.text(SCAN.name) == Some("deny") {
        options = options.scan(ScanMode::Deny);
    }
    if let Some(bytes) = config.integer(MAX_SORT_BYTES.name) {
        options = options.max_sort_bytes(bytes.unsigned_abs());
    }
    options.check()?;
    Ok(options)
}

/// Nothing says which region is meant.
pub(crate) fn no_region() -> Error {
    Error::invalid_config("no AWS region is known: set `awsRegion`, or `AWS_REGION`")
}

/// The client's own configuration. What nothing is said of comes from where every AWS client has it.
async fn load(config: &BackendConfig, url: Url) -> Result<SdkConfig> {
    let text = |property: Property| config.text(property.name).map(str::to_owned);
    let http = http_client(config)?;
    // For those who give the credentials; the client of the tables has none.
    let retries = RetryConfig::standard();
    let mut loader = aws_config::defaults(BEHAVIOR()).http_client(http.clone()).retry_config(retries);
    if let Some(endpoint) = config.text(Property::ENDPOINT.name).and_then(endpoint).or(url.endpoint) {
        loader = loader.endpoint_url(endpoint);
    }
    if let Some(region) = text(Property::AWS_REGION).or(url.region) {
        loader = loader.region(Region::new(region));
    }
    if let Some(timeout) = config.duration(Property::CONNECT_TIMEOUT_MS.name) {
        loader = loader.timeout_config(TimeoutConfig::builder().connect_timeout(timeout).build());
    }
    if let (Some(profile), None) = (config.text(AWS_PROFILE.name), config.text(Property::CREDENTIALS.name)) {
        loader = loader.profile_name(profile);
    }
    let sdk = loader.load().await;
    let given = match url.key {
        Some((id, secret, token)) => Some(credentials::fixed(id, secret, token)?),
        None => credentials::configured(config, sdk.region(), http)?,
    };
    Ok(match given.or_else(|| sdk.credentials_provider()) {
        Some(provider) => sdk.into_builder().credentials_provider(credentials::in_time(provider)).build(),
        None => sdk,
    })
}

/// One client for `http://` and `https://`.
fn http_client(config: &BackendConfig) -> Result<SharedHttpClient> {
    let mut tls = TlsContext::builder();
    if let Some(path) = config.text(Property::TLS_CA_FILE.name) {
        let pem = readable(Path::new(path), "tlsCaFile", "certificates in PEM")?;
        trusted(&pem).map_err(|error| error.with_context("file", path))?;
        tls = tls.with_trust_store(TrustStore::empty().with_pem_certificate(pem));
    }
    let tls = tls.build().map_err(|native| unusable("tlsCaFile", "certificates in PEM").with_native(native))?;
    Ok(connections::http_client(tls))
}

/// Whether the client can trust these certificates: it panics where it cannot.
fn trusted(pem: &[u8]) -> Result<()> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| unusable("tlsCaFile", "certificates in PEM"))?;
        roots.add(certificate).map_err(|native| unusable("tlsCaFile", "certificates in PEM").with_native(native))?;
    }
    if roots.is_empty() { Err(unusable("tlsCaFile", "certificates in PEM")) } else { Ok(()) }
}

/// The content of a file that a setting names.
fn readable(path: &Path, setting: &str, what: &str) -> Result<Vec<u8>> {
    use std::io::Read as _;
    let mut content = Vec::new();
    // What is no file may have no end, and no beginning either: a pipe is not opened until somebody writes to it.
    let mut read = || {
        let is_file = fs::metadata(path)?.is_file();
        if is_file { File::open(path)?.read_to_end(&mut content).map(|_| true) } else { Ok(false) }
    };
    match read() {
        Ok(true) => Ok(content),
        Ok(false) => Err(unusable(setting, what)),
        Err(native) => Err(unusable(setting, what).with_native(native)),
    }
    .map_err(|error| error.with_context("file", path.display()))
}

fn unusable(setting: &str, what: &str) -> Error {
    Error::invalid_config(format!(
        "the file that `{setting}` names cannot be used: check its path, that this user may read it, and that it holds {what}"
    ))
}

#[cfg(test)]
mod tests;
