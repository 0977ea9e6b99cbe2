//! The native handle of a repository.

use std::fmt;

use aws_sdk_dynamodb::Client;

/// The table of a repository, for what this library does not have: what
/// [`Repository::native`](backends_core::Repository::native) gives.
///
/// Items that are written by it carry no mark of this library, which takes them all the same, and notices the change.
#[derive(Clone)]
#[non_exhaustive]
#[doc(alias = "DynamoCollection")]
pub struct DynamoTable {
    /// The client.
    pub client: Client,
    /// The name of the table.
    pub name: String,
}

impl fmt::Debug for DynamoTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoTable").field("name", &self.name).finish_non_exhaustive()
    }
}
