//! `cargo xtask fuzz definition`: definitions in JSON, and what is stored of them.

fn main() -> std::process::ExitCode {
    fuzz::main(&fuzz::DEFINITION)
}
