//! What only this backend has, on the real service that `TEST_DYNAMODB_ENDPOINT` names. Without one every test here
//! fails.

#![allow(clippy::unwrap_used, reason = "tests stop where something is wrong")]
#![allow(unreachable_pub, reason = "modules of one program of tests")]

mod at_once;
mod batches;
mod costs;
mod definitions;
mod expiry;
mod faults;
mod find;
mod foreign;
mod go_package;
mod in_code;
mod index_reads;
mod indexes;
mod lost;
mod many;
mod random;
mod records;
mod removing;
mod stage;
#[path = "../common/store.rs"]
mod store;
#[path = "../common/tables.rs"]
mod tables;
mod tls;
mod unique;
mod waiting;
mod warnings;
