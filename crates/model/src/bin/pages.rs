//! `cargo xtask pages`: pages over many records while others write, and one match among very many.

#![allow(clippy::print_stderr, reason = "a command line program talks to its terminal")]

use std::process::ExitCode;

use model::Walk;

#[tokio::main]
async fn main() -> ExitCode {
    let ran = match Walk::read(std::env::args().skip(1)) {
        Ok(walk) => walk.run().await,
        Err(message) => Err(message),
    };
    match ran {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("pages: {message}");
            ExitCode::FAILURE
        }
    }
}
