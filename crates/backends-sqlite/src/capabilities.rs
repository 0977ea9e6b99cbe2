//! What this backend can do.

use backends_core::Capabilities;

// SQLite: SQLITE_MAX_LENGTH, the largest text, and at the same time the largest row.
pub(crate) const MAX_RECORD_BYTES: u64 = 1_000_000_000;

pub(crate) fn capabilities() -> Capabilities {
    let capabilities = Capabilities::none().durable().max_record_bytes(MAX_RECORD_BYTES).indexes();
    capabilities.unique_indexes().versions().ttl().batches()
}
