//! The record: a user, whose key is an e-mail address; and what a client says of one.

use backends::{Timestamp, Update};
use serde::{Deserialize, Deserializer, Serialize};

use crate::Problem;

/// A user as it is stored, and as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Given by the library.
    #[serde(default)]
    pub id: String,
    /// The key.
    pub email: String,
    /// As it is shown; 1 to 1,024 bytes, since an index holds it.
    pub name: String,
    /// What the user may do.
    pub role: Role,
    /// Whether the user may log in: once the address is confirmed, until somebody says otherwise.
    pub active: bool,
    /// When the user was registered.
    pub created: Timestamp,
    /// Counted by the library with every write; clients have it as the entity tag.
    #[serde(default)]
    pub version: u64,
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

impl TryFrom<Registration> for User {
    type Error = Problem;

    fn try_from(new: Registration) -> Result<Self, Problem> {
        let Registration { email, name, role } = new;
        // It also keeps the addresses apart from `count` and `search`, which are beside them.
        if !email.contains('@') {
            return Err(Problem::bad_request("an e-mail address has an @").about("email"));
        }
        check_name(&name)?;
        Ok(Self { id: String::new(), email, name, role, active: false, created: Timestamp::now(), version: 0 })
    }
}

/// What a client changes of a user; what is left out stays. The address is the key, so another one is another user.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edit {
    #[serde(default, deserialize_with = "a_value")]
    name: Option<String>,
    #[serde(default, deserialize_with = "a_value")]
    role: Option<Role>,
    #[serde(default, deserialize_with = "a_value")]
    active: Option<bool>,
}

impl TryFrom<Edit> for Update {
    type Error = Problem;

    fn try_from(edit: Edit) -> Result<Self, Problem> {
        let mut update = Self::new();
        if let Some(name) = edit.name {
            check_name(&name)?;
            update = update.set("name", name);
        }
        if let Some(role) = edit.role {
            update = update.set("role", role);
        }
        if let Some(active) = edit.active {
            update = update.set("active", active);
        }
        if update.changes().is_empty() {
            return Err(Problem::bad_request("nothing is changed: say `name`, `role` or `active`"));
        }
        Ok(update)
    }
}

/// Refuses null: nothing of a user can be taken away.
fn a_value<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// The rule of this service; those of keys and indexes are the library's.
fn check_name(name: &str) -> Result<(), Problem> {
    if name.trim().is_empty() {
        return Err(Problem::bad_request("a user has a name").about("name"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_changes_what_it_names_and_nothing_else() {
        let update = |json: &str| -> Vec<String> {
            let edit: Edit = serde_json::from_str(json).unwrap();
            let update = Update::try_from(edit).unwrap();
            update.changes().iter().map(|change| change.path().to_string()).collect()
        };
        assert_eq!(update(r#"{ "active": false }"#), ["active"]);
        assert_eq!(update(r#"{ "role": "editor", "name": "Ada" }"#), ["name", "role"]);
    }

    #[test]
    fn null_is_no_value_and_what_is_not_the_clients_is_unknown() {
        for json in [r#"{ "name": null }"#, r#"{ "version": 3 }"#, r#"{ "email": "b@example.org" }"#] {
            assert!(serde_json::from_str::<Edit>(json).is_err(), "{json}");
        }
    }
}
