//! `cargo xtask ci`: everything that has to hold before a change goes in.

use crate::args::Args;
use crate::steps::Steps;
use crate::{Result, Verb, contract, lint, package, test, tidy};

pub(crate) const VERB: Verb = Verb {
    name: "ci",
    usage: "",
    about: "Run test, lint, tidy, contract and package, and print what each step took",
    help: "\
The steps are those of the five verbs, in this order; packages are packed and not built. The first failure ends the run with
exit code 1; the table of steps is printed either way.",
    run,
};

fn run(args: Args) -> Result {
    args.finish()?;
    let mut steps = Steps::default();
    let result = all(&mut steps);
    steps.finish(result)
}

fn all(steps: &mut Steps) -> Result {
    test::steps(steps)?;
    lint::steps(steps)?;
    steps.step("tidy", tidy::check)?;
    steps.step("contract", || contract::check(false))?;
    steps.step("package", || package::check(true))
}
