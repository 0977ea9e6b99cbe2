//! `cargo xtask pages`: pages over many records while others write, and one match among very many.

use std::process::ExitCode;

use model::{Walk, end};

#[tokio::main]
async fn main() -> ExitCode {
    end("pages", Walk::read(std::env::args().skip(1)), Walk::run).await
}
