//! `cargo xtask model`: random programs on a backend and on a model of it.

use std::process::ExitCode;

use model::{Options, end, run};

#[tokio::main]
async fn main() -> ExitCode {
    end("model", Options::read(std::env::args().skip(1)), run).await
}
