//! `cargo xtask dataset`: a published data set on a backend and in memory, whose answers are compared.

#![allow(clippy::print_stderr, reason = "a command line program talks to its terminal")]

use std::process::ExitCode;

use model::Dataset;

#[tokio::main]
async fn main() -> ExitCode {
    let ran = match Dataset::read(std::env::args().skip(1)) {
        Ok(dataset) => dataset.run().await,
        Err(message) => Err(message),
    };
    match ran {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("dataset: {message}");
            ExitCode::FAILURE
        }
    }
}
