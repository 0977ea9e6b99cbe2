//! `cargo xtask fuzz`: random input for what reads text from outside.

use crate::args::Args;
use crate::metadata::Metadata;
use crate::{Result, Verb, cargo};

/// The unpublished crate with one binary a target.
const PACKAGE: &str = "fuzz";

const SECONDS: u64 = 60;

pub(crate) const VERB: Verb = Verb {
    name: "fuzz",
    usage: "<target> [--seconds N] [-- <arguments of the target>]",
    about: "Feed random input to one target, a binary of crates/fuzz",
    help: "\
Without a target, or with an unknown one, the known targets are listed. Every backend is compiled
in, since `config` reads the settings of each; none is opened.

  --seconds N   how long; 60 if not given

What follows `--` is passed on: `--seed S` to repeat a run, `--corpus DIR` for a folder of
inputs that are run first, and where those that fail are kept.",
    run,
};

fn run(mut args: Args) -> Result {
    let seconds = args.option("--seconds")?.unwrap_or(SECONDS).to_string();
    let target = args.position();
    let extra = args.passed_on()?;
    let metadata = Metadata::load()?;
    let package = metadata.package(PACKAGE).ok_or("there is no crate `fuzz` under crates/ yet")?;
    let target = choose(target.as_deref(), &package.binaries)?;
    let mut call = vec!["run", "--release", "--package", PACKAGE, "--all-features", "--bin", target];
    call.extend(["--", "--seconds", &seconds]);
    call.extend(extra.iter().map(String::as_str));
    cargo::run_cargo(&call)
}

fn choose<'a>(target: Option<&str>, known: &'a [String]) -> Result<&'a str> {
    let list = known.join(", ");
    let target = target.ok_or_else(|| format!("no target; known targets: {list}"))?;
    let found = known.iter().find(|name| *name == target);
    found.map(String::as_str).ok_or_else(|| format!("unknown target `{target}`; known targets: {list}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_one_of_the_known() {
        let known = ["config".to_owned(), "definition".to_owned()];
        assert_eq!(choose(Some("config"), &known), Ok("config"));
        assert_eq!(choose(None, &known).unwrap_err(), "no target; known targets: config, definition");
        assert_eq!(choose(Some("x"), &known).unwrap_err(), "unknown target `x`; known targets: config, definition");
    }
}
