//! `cargo xtask fuzz pattern`: patterns.

fn main() -> std::process::ExitCode {
    fuzz::main(&fuzz::PATTERN)
}
