//! What is asked for: a backend, the kind of its server, and perhaps where it is to come from.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, bail};

use crate::Source;

/// A database that is a server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Backend {
    /// MongoDB.
    MongoDb,
    /// DynamoDB, in AWS's own local form.
    DynamoDb,
}

/// How the server is set up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// MongoDB: a replica set of one member, so that transactions work.
    ReplicaSet,
    /// MongoDB: a single server without transactions.
    Standalone,
    /// MongoDB: a replica set that wants a user. There are an administrator, and a writer who may not create or drop
    /// indexes, nor change or drop collections; MongoDB lets who may insert create a collection.
    Auth,
    /// MongoDB: a replica set that takes encrypted connections only, and only from clients with a certificate of its
    /// authority.
    Tls,
    /// DynamoDB: in memory, every table usable at once.
    Plain,
}

/// A server that is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request {
    /// The database.
    pub backend: Backend,
    /// How it is set up.
    pub kind: Kind,
    /// Where it has to come from; from the first that gives one, if not said.
    pub source: Option<Source>,
}

impl Backend {
    /// Every backend.
    pub const ALL: &[Self] = &[Self::MongoDb, Self::DynamoDb];

    /// The word for it on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::MongoDb => "mongodb",
            Self::DynamoDb => "dynamodb",
        }
    }

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::MongoDb => "MongoDB",
            Self::DynamoDb => "DynamoDB Local",
        }
    }

    /// The kinds of its servers, the usual one first.
    pub fn kinds(self) -> &'static [Kind] {
        match self {
            Self::MongoDb => &[Kind::ReplicaSet, Kind::Standalone, Kind::Auth, Kind::Tls],
            Self::DynamoDb => &[Kind::Plain],
        }
    }
}

impl Kind {
    /// The word for it on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::ReplicaSet => "replica-set",
            Self::Standalone => "standalone",
            Self::Auth => "auth",
            Self::Tls => "tls",
            Self::Plain => "plain",
        }
    }
}

impl Request {
    /// The usual server of a backend, or one of the kind that `kind` names.
    ///
    /// # Errors
    /// The backend has no servers of that kind.
    pub fn new(backend: Backend, kind: Option<&str>, source: Option<Source>) -> crate::Result<Self> {
        let known = backend.kinds();
        let Some(name) = kind else { return Ok(Self { backend, kind: known[0], source }) };
        let Some(kind) = known.iter().find(|kind| kind.name() == name) else {
            let names: Vec<&str> = known.iter().map(|kind| kind.name()).collect();
            bail!("{} has no kind `{name}`; known kinds: {}", backend.name(), names.join(", "));
        };
        Ok(Self { backend, kind: *kind, source })
    }
}

impl FromStr for Backend {
    type Err = Error;

    fn from_str(name: &str) -> crate::Result<Self> {
        match Self::ALL.iter().find(|backend| backend.name() == name) {
            Some(backend) => Ok(*backend),
            None => bail!("unknown backend `{name}`; known backends: mongodb, dynamodb"),
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.backend.title(), self.kind.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_kind_is_the_first_and_an_unknown_one_names_the_known_ones() {
        assert_eq!(Request::new(Backend::MongoDb, None, None).unwrap().kind, Kind::ReplicaSet);
        assert_eq!(Request::new(Backend::MongoDb, Some("tls"), None).unwrap().kind, Kind::Tls);
        let error = Request::new(Backend::DynamoDb, Some("auth"), None).unwrap_err().to_string();
        assert_eq!(error, "dynamodb has no kind `auth`; known kinds: plain");
    }

    #[test]
    fn backends_are_read_by_name() {
        for backend in Backend::ALL {
            assert_eq!(backend.name().parse::<Backend>().unwrap(), *backend);
        }
        assert!("mysql".parse::<Backend>().unwrap_err().to_string().contains("known backends: mongodb"));
    }
}
