//! `cargo xtask fuzz page_token`: page tokens.

fn main() -> std::process::ExitCode {
    fuzz::main(&fuzz::PAGE_TOKEN)
}
