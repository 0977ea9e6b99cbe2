//! The contract, on the replica set that `TEST_MONGODB_URL` names.

#![allow(unreachable_pub, reason = "a module of several programs of tests")]

#[path = "common/contract.rs"]
mod contract;

backends_conformance::suite!(contract::open);
