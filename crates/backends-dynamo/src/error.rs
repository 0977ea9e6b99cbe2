//! What the service and its client answer, as errors of this library: one table.

use std::error::Error as StdError;
use std::io;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ConnectorError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::CancellationReason;
use backends_core::Error;
use hyper_util::client::legacy::Error as ConnectionError;

use crate::identity::Malformed;
use crate::retry::Again;

mod code;

pub(crate) use code::TOO_LARGE;
use code::{of_code, of_reason};

/// An error of the client, for a request of one kind.
pub(crate) type Native<E> = SdkError<E, HttpResponse>;

/// What became of a request that failed.
#[derive(Debug)]
pub(crate) struct Meaning {
    pub(crate) error: Error,
    /// Whether another try may help.
    pub(crate) again: Again,
    /// Whether the service may have done what it was asked to.
    pub(crate) is_unclear: bool,
}

/// The error of this library for one of the client, which is reached by
/// `native::<aws_sdk_dynamodb::error::SdkError<…>>()`.
pub(crate) fn translate<E>(native: Native<E>) -> Meaning
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let meaning = meaning(&native);
    Meaning { error: meaning.error.with_native(native), ..meaning }
}

/// What a transaction comes to that was cancelled for something else than a condition, which did nothing.
pub(crate) fn cancelled<E>(reason: &CancellationReason, native: Native<E>) -> Meaning
where
    E: StdError + Send + Sync + 'static,
{
    let (code, message) = (reason.code().unwrap_or_default(), reason.message().unwrap_or_default());
    let (kind, text, again) = of_reason(code, message);
    let error = Error::new(kind, text).with_context("code", if code.is_empty() { "none" } else { code });
    Meaning { error: error.with_native(native), again, is_unclear: false }
}

fn meaning<E: ProvideErrorMetadata + StdError + 'static>(native: &Native<E>) -> Meaning {
    match native {
        SdkError::ServiceError(answer) => {
            let meta = answer.err().meta();
            let (code, message) = (meta.code().unwrap_or_default(), meta.message().unwrap_or_default());
            of_service(code, message, answer.raw().status().as_u16())
        }
        SdkError::DispatchFailure(failure) => of_connection(failure.as_connector_error()),
        SdkError::ConstructionFailure(_) => of_request(native.source()),
        SdkError::ResponseError(_) => {
            Meaning { error: Error::unavailable(code::UNREADABLE), again: Again::Briefly, is_unclear: true }
        }
        _ => Meaning {
            error: Error::timeout("DynamoDB did not answer in time: ask again, or give more time with `.timeout(…)`"),
            again: Again::Briefly,
            is_unclear: true,
        },
    }
}

/// What the service refuses, and whether it may have done it all the same.
fn of_service(code: &str, message: &str, status: u16) -> Meaning {
    let (kind, text, again, is_unclear) = of_code(code, message, status);
    // The repository is not there, whatever it is called here.
    let error = if text.is_empty() { Error::never_defined() } else { Error::new(kind, text) };
    let error = if code.is_empty() { error.with_context("status", status) } else { error.with_context("code", code) };
    Meaning { error, again, is_unclear }
}

/// No answer came.
fn of_connection(error: Option<&ConnectorError>) -> Meaning {
    let Some(error) = error else { return broken() };
    if lacks_credentials(error) {
        return no_credentials(error);
    }
    let connection = find::<ConnectionError>(error);
    if error.is_other() && connection.is_none() {
        // Before anything is sent the client looks for a key and an address, and signs. A client of somebody else's
        // connections may say the same of what was sent.
        return Meaning { error: Error::invalid_config(NO_REQUEST), again: Again::Never, is_unclear: true };
    }
    if find::<hyper::Error>(error).is_some_and(hyper::Error::is_parse) {
        return Meaning { error: Error::invalid_config(NO_HTTP), again: Again::Never, is_unclear: true };
    }
    if !connection.is_some_and(ConnectionError::is_connect) {
        return broken();
    }
    let io = find::<io::Error>(error).map(innermost);
    let (error, again) = match io.map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => (
            Error::unavailable("DynamoDB refuses connections: check `endpoint` and its port, and whether it runs"),
            Again::Briefly,
        ),
        // rustls: what the peer sends is no TLS, or its certificate is not to be trusted.
        Some(io::ErrorKind::InvalidData) => (Error::invalid_config(NO_TLS), Again::Never),
        _ if io.is_some_and(is_lookup) => (
            Error::unavailable(
                "the name of the endpoint has no address: check `endpoint`, `awsRegion` and the name service",
            ),
            Again::Never,
        ),
        _ => (Error::unavailable("DynamoDB cannot be reached: check `endpoint` and the network"), Again::Briefly),
    };
    Meaning { error, again, is_unclear: false }
}

fn broken() -> Meaning {
    Meaning {
        error: Error::unavailable("the connection to DynamoDB broke: ask again, and look at the network"),
        again: Again::Briefly,
        is_unclear: true,
    }
}

/// The request was never sent.
fn of_request(source: Option<&(dyn StdError + 'static)>) -> Meaning {
    if let Some(source) = source.filter(|source| lacks_credentials(*source)) {
        return no_credentials(source);
    }
    let error = Error::invalid_config(NO_REQUEST);
    Meaning { error, again: Again::Never, is_unclear: false }
}

fn no_credentials(error: &(dyn StdError + 'static)) -> Meaning {
    if let Some(malformed) = find::<Malformed>(error) {
        let error = Error::invalid_config(malformed.to_string());
        return Meaning { error, again: Again::Never, is_unclear: false };
    }
    if let Some(CredentialsError::ProviderTimedOut(_)) = find(error) {
        let error = Error::unavailable(
            "whoever gives the AWS credentials did not answer in time: look at the role, the container or the machine that does",
        );
        return Meaning { error, again: Again::Briefly, is_unclear: false };
    }
    let error = Error::permission_denied(
        "there are no AWS credentials that can be used: set `credentials`, or `awsSecretKeyId` and `awsSecretAccessKey`, or give the process a role; if `credentials` is set, look in that file for the profile (`awsProfile`, or else `default`) and both parts of its key",
    );
    Meaning { error, again: Again::Never, is_unclear: false }
}

fn lacks_credentials(error: &(dyn StdError + 'static)) -> bool {
    find::<CredentialsError>(error).is_some()
        || find::<Malformed>(error).is_some()
        || find::<aws_config::profile::ProfileFileLoadError>(error).is_some()
}

/// The error of this type among what caused an error.
fn find<'e, E: StdError + 'static>(error: &'e (dyn StdError + 'static)) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// What an error of the system wraps of its own kind, which `source` passes over.
fn innermost(error: &io::Error) -> &io::Error {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<io::Error>());
    inner.map_or(error, innermost)
}

// The standard library has no kind for a name that has no address; its text for it is the same on every platform.
fn is_lookup(error: &io::Error) -> bool {
    error.raw_os_error().is_none() && error.to_string().starts_with("failed to lookup address")
}

const NO_REQUEST: &str = "DynamoDB's client cannot make a request: look at `awsRegion`, `endpoint` and the credentials, which have to be there and well-formed";

const NO_TLS: &str = "no encrypted connection can be made: check that `endpoint` begins with the right one of http:// and https://, `tlsCaFile`, and that the certificate names the host";

const NO_HTTP: &str = "what answers does not speak HTTP: check that `endpoint` begins with the right one of http:// and https://, and names a DynamoDB";

/// Whether the service knows who asks, and does not allow what was asked.
pub(crate) fn is_no_right(error: &Error) -> bool {
    error.is_permission_denied() && error.context().any(|(_, value)| value == "AccessDeniedException")
}

/// Whether other writes of one item were in the way, which says nothing of the rest of the table.
pub(crate) fn is_of_one_item(error: &Error) -> bool {
    error.context().any(|(_, value)| code::IN_ONE_ITEM.contains(&value))
}

/// Whether the service failed by itself, which says nothing of the rest of the table until it does so again.
pub(crate) fn is_of_a_moment(error: &Error) -> bool {
    error.context().any(|(_, value)| code::OF_A_MOMENT.contains(&value))
}

#[cfg(test)]
mod tests;
