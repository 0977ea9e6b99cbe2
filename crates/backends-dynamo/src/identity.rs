//! Who asks, looked at before a request is signed: the client panics on a key that no header can hold.

use std::fmt;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{ConfigBag, ResolveCachedIdentity, RuntimeComponents, SharedIdentityCache};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::client::identity::{IdentityFuture, SharedIdentityResolver};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;

/// A cache of credentials that gives out none with a control character.
#[derive(Debug)]
pub(crate) struct WellFormed(pub(crate) SharedIdentityCache);

impl ResolveCachedIdentity for WellFormed {
    fn resolve_cached_identity<'a>(
        &'a self,
        resolver: SharedIdentityResolver,
        components: &'a RuntimeComponents,
        config: &'a ConfigBag,
    ) -> IdentityFuture<'a> {
        IdentityFuture::new(async move {
            let identity = self.0.resolve_cached_identity(resolver, components, config).await?;
            let is_malformed = identity.data::<Credentials>().is_some_and(|key| {
                let parts = [Some(key.access_key_id()), Some(key.secret_access_key()), key.session_token()];
                !parts.into_iter().flatten().all(is_clean)
            });
            if is_malformed { Err(Malformed.into()) } else { Ok(identity) }
        })
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.validate_base_client_config(components, config)
    }

    fn validate_final_config(&self, components: &RuntimeComponents, config: &ConfigBag) -> Result<(), BoxError> {
        self.0.validate_final_config(components, config)
    }
}

/// Whether it can stand in the header of a request.
pub(crate) fn is_clean(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

/// A key that no request can carry.
#[derive(Debug)]
pub(crate) struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an AWS key or its token holds a line break or another control character: look for one at its end")
    }
}

impl std::error::Error for Malformed {}
