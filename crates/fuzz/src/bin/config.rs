//! `cargo xtask fuzz config`: configurations, environments and URIs.

fn main() -> std::process::ExitCode {
    fuzz::main(&fuzz::CONFIG)
}
