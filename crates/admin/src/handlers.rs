//! What each route does.

pub(crate) mod list;
pub(crate) mod users;
pub(crate) mod watch;
