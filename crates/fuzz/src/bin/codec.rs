//! `cargo xtask fuzz codec`: records and keys on their way into a backend and back.

fn main() -> std::process::ExitCode {
    fuzz::main(&fuzz::CODEC)
}
