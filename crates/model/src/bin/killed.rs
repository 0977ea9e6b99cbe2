//! A process that makes one call and is killed in it: the tests of what such a process leaves behind start it.

use std::process::ExitCode;

use model::{Victim, end};

#[tokio::main]
async fn main() -> ExitCode {
    end("killed", Victim::read(std::env::args().skip(1)), Victim::run).await
}
