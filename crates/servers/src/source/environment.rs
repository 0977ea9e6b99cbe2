//! A server that runs already, by its address in the environment.

use crate::error::Context as _;

use super::{Found, text_variable, variable};
use crate::server::Held;
use crate::{Backend, Kind, Request, Server, Variable, dynamo, mongo};

/// The name of the variable with a backend's address.
pub(super) fn address_variable(backend: Backend) -> &'static str {
    match backend {
        Backend::MongoDb => "TEST_MONGODB_URL",
        Backend::DynamoDb => "TEST_DYNAMODB_ENDPOINT",
    }
}

/// The URI by which `backends` opens a store of its own on the server that the environment names; none if it names
/// none. A store is a database, or the tables of a prefix.
///
/// # Errors
/// The variable is no text.
pub fn uri(backend: Backend, store: &str) -> crate::Result<Option<String>> {
    let Some(address) = text_variable(address_variable(backend))? else { return Ok(None) };
    let address = address.trim_end_matches('/');
    Ok(Some(match backend {
        Backend::MongoDb => {
            let (hosts, settings) = address.split_once('?').unwrap_or((address, ""));
            format!("{}/{store}?{settings}", hosts.trim_end_matches('/'))
        }
        Backend::DynamoDb => {
            let (scheme, host) = address.split_once("://").unwrap_or(("http", address));
            let tls = if scheme == "https" { "&tls=true" } else { "" };
            format!("dynamodb://test:test@{host}?awsRegion=us-east-1&tablePrefix={store}.{tls}")
        }
    }))
}

/// The variables with the users of a MongoDB of the kind `auth`.
pub(super) const USERS: [&str; 4] = [
    "TEST_MONGODB_ADMIN_USER",
    "TEST_MONGODB_ADMIN_PASSWORD",
    "TEST_MONGODB_WRITER_USER",
    "TEST_MONGODB_WRITER_PASSWORD",
];

/// The variables with the files for a client of a MongoDB of the kind `tls`.
pub(super) const TLS_FILES: [&str; 2] = ["TEST_MONGODB_TLS_CA_FILE", "TEST_MONGODB_TLS_CERTIFICATE_KEY_FILE"];

pub(super) fn describe(backend: Backend) -> String {
    let name = address_variable(backend);
    // The value may hold a password.
    format!("{name} ({})", if variable(name).is_some() { "set" } else { "not set" })
}

pub(super) fn server(request: Request) -> crate::Result<Found> {
    let name = address_variable(request.backend);
    let Some(url) = text_variable(name)? else { return Ok(Found::Unset(format!("{name} is not set"))) };
    let asked = match request.backend {
        Backend::MongoDb => mongodb(&url, request.kind),
        Backend::DynamoDb => dynamodb(&url, request.kind),
    };
    let asked =
        asked.with_context(|| format!("the server that {name} names does not answer; start it or unset {name}"))?;
    let (address, version) = match asked {
        Ok(asked) => asked,
        Err(reason) => return Ok(Found::Nothing(format!("{name} names {reason}"))),
    };
    let mut variables: Vec<Variable> = vec![(name, url)];
    let more: &[&str] = match request.kind {
        Kind::Auth => &USERS,
        Kind::Tls => &TLS_FILES,
        _ => &[],
    };
    for name in more {
        let Some(value) = text_variable(name)? else {
            return Ok(Found::Nothing(format!("{name} is not set")));
        };
        variables.push((name, value));
    }
    let origin = format!("environment, {name}");
    let server = Server { request, address, version, origin, variables, held: Held::Nothing };
    Ok(Found::Server(Box::new(server)))
}

/// An address and a version, or what the server is instead of what is wanted.
type Asked = Result<(String, String), String>;

fn mongodb(url: &str, kind: Kind) -> crate::Result<Asked> {
    let Some(address) = mongo::address_of(url) else {
        // Only a driver speaks TLS and looks up `mongodb+srv`; that it wants encryption is what is known of it.
        return Ok(match kind {
            Kind::Tls => Ok(("a server that only a driver reaches".to_owned(), "unknown".to_owned())),
            _ => Err("a server of the kind tls, as far as is known".to_owned()),
        });
    };
    let version = match mongo::version(&address) {
        Err(error) if mongo::Refusal::code_of(&error).is_some() => "unknown".to_owned(),
        version => version?,
    };
    let in_set = mongo::set_name(&address)?.is_some();
    let wants_users = mongo::wants_users(&address)?;
    let is = match (in_set, wants_users) {
        (_, true) => Kind::Auth,
        (true, false) => Kind::ReplicaSet,
        (false, false) => Kind::Standalone,
    };
    Ok(if is == kind { Ok((address, version)) } else { Err(format!("a server of the kind {}", is.name())) })
}

fn dynamodb(endpoint: &str, kind: Kind) -> crate::Result<Asked> {
    if kind != Kind::Plain {
        return Ok(Err("a server of the kind plain, as far as is known".to_owned()));
    }
    let Some(address) = dynamo::address_of(endpoint) else {
        return Ok(Ok(("a server that only a driver reaches".to_owned(), "unknown".to_owned())));
    };
    dynamo::ready(&address)?;
    Ok(Ok((address, "unknown".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_a_driver_reaches_serves_the_suite_of_encryption_alone() {
        for url in ["mongodb://a/?tls=true", "mongodb+srv://a/"] {
            assert!(mongodb(url, Kind::Tls).unwrap().is_ok(), "{url}");
            for kind in [Kind::ReplicaSet, Kind::Standalone, Kind::Auth] {
                assert!(mongodb(url, kind).unwrap().is_err(), "{url}");
            }
        }
    }
}
