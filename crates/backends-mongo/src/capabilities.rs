//! What this backend can do.

use backends_core::Capabilities;

// MongoDB: `maxBsonObjectSize`, the largest document.
pub(crate) const MAX_RECORD_BYTES: u64 = 16_777_216;

pub(crate) fn capabilities() -> Capabilities {
    Capabilities::none().durable().indexes().unique_indexes().versions().ttl().max_record_bytes(MAX_RECORD_BYTES)
}
