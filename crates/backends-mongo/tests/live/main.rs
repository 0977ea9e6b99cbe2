//! What only this backend has, on the real server that `TEST_MONGODB_URL` names. Without one every test here fails.

#![allow(clippy::unwrap_used, reason = "tests stop where something is wrong")]
#![allow(unreachable_pub, reason = "modules of one program of tests")]

mod at_once;
mod away;
mod beside;
mod by_filter;
mod costs;
mod define_lost;
mod definitions;
mod edges;
mod expiry;
mod foreign;
mod go_package;
mod indexes;
mod lost;
mod many;
mod oracle;
mod plans;
mod pool;
mod proxied;
mod races;
mod reading;
mod records;
mod second_try;
#[path = "../common/stage.rs"]
mod stage;
#[path = "../common/store.rs"]
mod store;
mod unique;
mod walk;
