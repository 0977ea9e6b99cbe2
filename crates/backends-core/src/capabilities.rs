//! What a backend can do, as data.

use crate::{Definition, ErrorKind, Mistakes, Result};

/// What a backend can do. What is off is refused with a typed error, never ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools, reason = "each is a capability of its own, and every mix is possible")]
pub struct Capabilities {
    /// Whether records survive the process.
    pub durable: bool,
    /// The largest record in bytes of the backend's own form, if it has a limit.
    pub max_record_bytes: Option<u64>,
    /// Indexes besides the primary key that refuse a second record.
    pub unique_indexes: bool,
    /// Indexes besides the primary key that serve reads.
    pub indexes: bool,
    /// Whether a read by one of these sees every write that was acknowledged before. Where it does not,
    /// [`consistent`](crate::action::Find::consistent) reads see it, by another path.
    pub fresh_indexes: bool,
    /// Records that expire: the driver reads the [`Expiry`](crate::driver::Expiry) of the requests that have one, or
    /// leaves them to core, and the database removes what has expired sooner or later.
    pub ttl: bool,
    /// Whether the driver compares [expected versions](crate::driver::ExpectedVersion) where it writes. Where it does
    /// not, core does, by a read and a swap: records have versions on every backend.
    pub versions: bool,
    /// Whether writes to several records, also of several repositories, can be done together or not at all.
    pub batches: bool,
    /// What OpenTelemetry calls the database (`db.system.name`), where that is not the name of the backend.
    pub system: Option<&'static str>,
}

impl Capabilities {
    /// The capabilities of a driver that claims nothing.
    pub fn none() -> Self {
        Self {
            durable: false,
            max_record_bytes: None,
            unique_indexes: false,
            indexes: false,
            fresh_indexes: false,
            ttl: false,
            versions: false,
            batches: false,
            system: None,
        }
    }

    /// The same, with records that survive the process.
    #[must_use]
    pub fn durable(mut self) -> Self {
        self.durable = true;
        self
    }

    /// The same, with a largest record.
    #[must_use]
    pub fn max_record_bytes(mut self, bytes: u64) -> Self {
        self.max_record_bytes = Some(bytes);
        self
    }

    /// The same, with indexes that refuse a second record.
    #[must_use]
    pub fn unique_indexes(mut self) -> Self {
        self.unique_indexes = true;
        self
    }

    /// The same, with indexes that serve reads, and see every write that was acknowledged before.
    #[must_use]
    pub fn indexes(mut self) -> Self {
        (self.indexes, self.fresh_indexes) = (true, true);
        self
    }

    /// The same, with indexes that serve reads, and may be behind the writes.
    #[must_use]
    pub fn late_indexes(mut self) -> Self {
        (self.indexes, self.fresh_indexes) = (true, false);
        self
    }

    /// The same, of a database that OpenTelemetry calls otherwise than configurations call the backend.
    #[must_use]
    pub fn system(mut self, name: &'static str) -> Self {
        self.system = Some(name);
        self
    }

    /// The same, with a driver that compares versions where it writes.
    #[must_use]
    pub fn versions(mut self) -> Self {
        self.versions = true;
        self
    }

    /// The same, with writes to several records that are done together or not at all.
    #[must_use]
    pub fn batches(mut self) -> Self {
        self.batches = true;
        self
    }

    /// The same, with records that expire.
    #[must_use]
    pub fn ttl(mut self) -> Self {
        self.ttl = true;
        self
    }

    /// Refuses a definition that needs more than there is.
    ///
    /// # Errors
    /// `Unsupported` with every capability that is missing, and what to leave out.
    pub(crate) fn check(&self, definition: &Definition) -> Result<()> {
        let mut mistakes = Mistakes::new(ErrorKind::Unsupported);
        for index in definition.indexes() {
            let (has, capability) =
                if index.is_unique() { (self.unique_indexes, "unique_indexes") } else { (self.indexes, "indexes") };
            if !has {
                let name = index.name();
                mistakes.add(format!(
                    "the backend lacks `{capability}`, which the index `{name}` needs: leave the index out"
                ));
            }
        }
        if definition.ttl().is_some() && !self.ttl {
            mistakes
                .add("the backend lacks `ttl`, which `enableTtl` needs: leave it out, or delete by a time of your own");
        }
        mistakes.into_result()
    }
}
