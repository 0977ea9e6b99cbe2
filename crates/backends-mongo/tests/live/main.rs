//! What only this backend has, on the real server that `TEST_MONGODB_URL` names. Without one every test here fails.

#![allow(clippy::unwrap_used, reason = "tests stop where something is wrong")]
#![allow(unreachable_pub, reason = "modules of one program of tests")]

mod definitions;
mod foreign;
mod many;
mod races;
mod records;
#[path = "../common/store.rs"]
mod store;
