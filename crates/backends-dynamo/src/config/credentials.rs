//! Who asks: static keys, a file of profiles, or, when nothing is said, the chain that every AWS client has.

use std::path::Path;
use std::time::Duration;

use aws_config::Region;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_sdk_dynamodb::config::{Credentials, SharedHttpClient};
use backends_core::{BackendConfig, Error, Property, Result};
use tokio::time::timeout;

use super::{AWS_PROFILE, readable};
use crate::identity::{Malformed, is_clean};

/// A key that never changes.
///
/// # Errors
/// `InvalidConfig` for a key that no request can carry.
pub(super) fn fixed(id: String, secret: String, token: Option<String>) -> Result<SharedCredentialsProvider> {
    if ![Some(&id), Some(&secret), token.as_ref()].into_iter().flatten().all(|text| is_clean(text)) {
        return Err(Error::invalid_config(Malformed.to_string()));
    }
    Ok(SharedCredentialsProvider::new(Credentials::new(id, secret, token, None, "configuration")))
}

/// What the settings say, if they say anything: a profile that is named goes before whatever the environment has. A role
/// in a file is asked for in `region`.
pub(super) fn configured(
    config: &BackendConfig,
    region: Option<&Region>,
    http: SharedHttpClient,
) -> Result<Option<SharedCredentialsProvider>> {
    let secret = |property: Property| config.secret(property.name).map(|secret| secret.expose().to_owned());
    if let (Some(id), Some(key)) = (secret(Property::AWS_SECRET_KEY_ID), secret(Property::AWS_SECRET_ACCESS_KEY)) {
        return fixed(id, key, secret(Property::AWS_SESSION_TOKEN)).map(Some);
    }
    let (path, profile) = (config.text(Property::CREDENTIALS.name), config.text(AWS_PROFILE.name));
    if path.is_none() && profile.is_none() {
        return Ok(None);
    }
    // A profile may name a role, which the provider then asks for; without a client of ours it panics.
    let client = ProviderConfig::without_region().with_region(region.cloned()).with_http_client(http);
    let mut provider = ProfileFileCredentialsProvider::builder().configure(&client);
    if let Some(path) = path {
        readable(Path::new(path), "credentials", "AWS credentials")?;
        let files = EnvConfigFiles::builder().with_file(EnvConfigFileKind::Credentials, path).build();
        provider = provider.profile_files(files);
    }
    let provider = provider.profile_name(profile.unwrap_or("default"));
    Ok(Some(SharedCredentialsProvider::new(provider.build())))
}

/// How long whoever gives the credentials may take; the client waits at least 6.2 s, and then does not say for what.
const LONGEST: Duration = Duration::from_secs(5);

/// The same provider, which says so when it takes too long.
pub(super) fn in_time(provider: SharedCredentialsProvider) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(InTime(provider))
}

#[derive(Debug)]
struct InTime(SharedCredentialsProvider);

impl ProvideCredentials for InTime {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            match timeout(LONGEST, self.0.provide_credentials()).await {
                Ok(key) => key,
                Err(_) => self.0.fallback_on_interrupt().ok_or(CredentialsError::provider_timed_out(LONGEST)),
            }
        })
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.0.fallback_on_interrupt()
    }
}
