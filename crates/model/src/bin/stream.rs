//! `cargo xtask stream`: the memory of a stream of very many records.

use std::process::ExitCode;

use model::{Streaming, end};

#[tokio::main]
async fn main() -> ExitCode {
    end("stream", Streaming::read(std::env::args().skip(1)), Streaming::run).await
}
