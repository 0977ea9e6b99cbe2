//! A request that went through, and what became of it.

use std::fmt;

use serde_json::Value;

/// One request.
#[derive(Clone)]
pub struct Request {
    pub(crate) connection: u64,
    pub(crate) operation: String,
    pub(crate) target: Option<String>,
    pub(crate) body: Vec<u8>,
    pub(crate) bytes: usize,
    pub(crate) answered: Option<Answered>,
}

/// The answer that the client got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answered {
    /// The size of it on the wire.
    pub bytes: usize,
    /// The status of HTTP; 0 for MongoDB.
    pub status: u16,
}

impl Request {
    /// The number of the connection it came through, from 0.
    pub fn connection(&self) -> u64 {
        self.connection
    }

    /// What was asked: the name of the command (`find`), or the operation of the service (`GetItem`).
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// The collection or table, if it names one.
    pub fn target(&self) -> Option<&str> {
        self.target.as_deref()
    }

    /// The size of it on the wire.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The body: JSON, or the BSON document of the command without further sections.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The answer that the client got, if it got one by now.
    pub fn answered(&self) -> Option<Answered> {
        self.answered
    }

    /// Whether the driver asks on its own account: handshakes, heartbeats, the end of sessions.
    pub fn is_drivers_own(&self) -> bool {
        const OWN: [&str; 8] =
            ["hello", "isMaster", "ismaster", "ping", "buildInfo", "saslStart", "saslContinue", "endSessions"];
        OWN.contains(&self.operation.as_str())
    }
}

/// Names and sizes; a body holds values.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("connection", &self.connection)
            .field("operation", &self.operation)
            .field("target", &self.target)
            .field("bytes", &self.bytes)
            .field("answered", &self.answered)
            .finish_non_exhaustive()
    }
}
