//! What only this backend has, on the real server that `TEST_MONGODB_URL` names. Without one every test here fails.

#![allow(unreachable_pub, clippy::missing_panics_doc, reason = "modules of one program of tests")]

mod definitions;
mod foreign;
mod many;
mod races;
mod records;
#[path = "../common/store.rs"]
mod store;
