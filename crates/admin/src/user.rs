//! The record: a user, whose key is an e-mail address.

use backends::Timestamp;
use serde::{Deserialize, Serialize};

/// A user as it is stored, and as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Given by the library; may be left out where a user is replaced.
    #[serde(default)]
    pub id: String,
    /// The key.
    pub email: String,
    /// As it is shown; 1 to 1,024 bytes, since an index holds it.
    pub name: String,
    /// What the user may do.
    pub role: Role,
    /// Whether the user may log in.
    pub active: bool,
    /// When the user was registered.
    pub created: Timestamp,
}

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Everything.
    Admin,
    /// Change what others have written.
    Editor,
    /// What concerns the user alone.
    Member,
}

/// What a client says of a new user; the rest is the service's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Registration {
    email: String,
    name: String,
    role: Role,
}

impl From<Registration> for User {
    fn from(new: Registration) -> Self {
        let Registration { email, name, role } = new;
        Self { id: String::new(), email, name, role, active: true, created: Timestamp::now() }
    }
}
