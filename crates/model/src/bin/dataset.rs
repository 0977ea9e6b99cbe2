//! `cargo xtask dataset`: a published data set on a backend and in memory, whose answers are compared.

use std::process::ExitCode;

use model::{Dataset, end};

#[tokio::main]
async fn main() -> ExitCode {
    end("dataset", Dataset::read(std::env::args().skip(1)), Dataset::run).await
}
