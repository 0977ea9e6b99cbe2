//! `cargo xtask failover`: writes through changes of the primary of a MongoDB replica set.

use std::process::ExitCode;

use model::{Failover, end};

#[tokio::main]
async fn main() -> ExitCode {
    end("failover", Failover::read(std::env::args().skip(1)), Failover::run).await
}
