//! What this backend can do.

use backends_core::Capabilities;

// DynamoDB: 400 KB an item, with the names of its attributes.
pub(crate) const MAX_RECORD_BYTES: u64 = 409_600;

// OpenTelemetry: the well-known value of `db.system.name` for Amazon DynamoDB.
const SYSTEM: &str = "aws.dynamodb";

pub(crate) fn capabilities() -> Capabilities {
    let capabilities = Capabilities::none().durable().max_record_bytes(MAX_RECORD_BYTES).late_indexes();
    capabilities.unique_indexes().versions().ttl().batches().system(SYSTEM)
}
