//! `cargo xtask fuzz filter`: filters in JSON.

fn main() -> std::process::ExitCode {
    fuzz::main(&fuzz::FILTER)
}
