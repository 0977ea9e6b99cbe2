//! `cargo xtask model`: random programs on a backend and on a model of it.

#![allow(clippy::print_stderr, reason = "a command line program talks to its terminal")]

use std::process::ExitCode;

use model::Options;

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::read(std::env::args().skip(1));
    let ran = match options {
        Ok(options) => model::run(options).await,
        Err(message) => Err(message),
    };
    match ran {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("model: {message}");
            ExitCode::FAILURE
        }
    }
}
