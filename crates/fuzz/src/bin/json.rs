//! `cargo xtask fuzz json`: records as JSON text.

fn main() -> std::process::ExitCode {
    fuzz::main(&fuzz::JSON)
}
