//! The small parts of a definition: the kind of ids, throughput, and time to live.

use std::time::Duration;

use crate::Kind;

/// What the ids of a repository are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum IdKind {
    /// Exactly 24 lower-case hexadecimal digits; a real `ObjectId` where the database has one.
    #[default]
    ObjectId,
    /// Any text that a key may be; a `UUIDv7` where the record brings none.
    String,
}

impl IdKind {
    pub(super) const ALL: [Self; 2] = [Self::ObjectId, Self::String];

    /// The name that definitions use.
    pub fn name(self) -> &'static str {
        self.kind().name()
    }

    /// The kind of the field that holds the id.
    pub fn kind(self) -> Kind {
        match self {
            Self::ObjectId => Kind::ObjectId,
            Self::String => Kind::String,
        }
    }

    pub(super) fn from_kind(kind: Kind) -> Option<Self> {
        match kind {
            Kind::ObjectId => Some(Self::ObjectId),
            Kind::String => Some(Self::String),
            _ => None,
        }
    }
}

/// What the TTL field of a record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TtlHolds {
    /// The instant from which the time to live is counted.
    #[default]
    Start,
    /// The instant at which the record expires.
    Expiry,
}

impl TtlHolds {
    pub(super) const ALL: [Self; 2] = [Self::Start, Self::Expiry];

    /// The name that definitions use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Expiry => "expiry",
        }
    }
}

/// Capacity that is reserved for reading and for writing, at least 1 each.
///
/// # Backends
/// DynamoDB reserves it when the table or the index is created, and bills by request where there is none. The others
/// have no such thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Throughput {
    /// Capacity units for reading (`readCapacity`).
    pub read: u64,
    /// Capacity units for writing (`writeCapacity`).
    pub write: u64,
}

impl Throughput {
    /// Throughput with these units.
    pub fn new(read: u64, write: u64) -> Self {
        Self { read, write }
    }
}

/// How records of a repository expire.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ttl {
    pub(super) field: String,
    pub(crate) seconds: u32,
    pub(super) holds: TtlHolds,
}

impl Ttl {
    /// The longest time to live, in seconds.
    // MongoDB: `expireAfterSeconds` is a 32-bit integer.
    pub const MAX_SECONDS: u32 = i32::MAX.unsigned_abs();

    /// What is wrong with another time.
    pub(super) fn out_of_range() -> String {
        format!("the TTL has to be 0 to {} whole seconds", Self::MAX_SECONDS)
    }

    /// The field that holds the instant.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// The time to live, in seconds.
    pub fn seconds(&self) -> u32 {
        self.seconds
    }

    /// The time to live.
    pub fn duration(&self) -> Duration {
        Duration::from_secs(u64::from(self.seconds))
    }

    /// What the field holds.
    pub fn holds(&self) -> TtlHolds {
        self.holds
    }
}
