//! `cargo xtask model`: random programs on a backend and on a model of it.

use crate::args::Args;
use crate::{Result, Verb, cargo, integration};

/// The backends that it can be compared with, and whether each needs a server.
const BACKENDS: &[(&str, bool)] = &[("memory", false), ("sqlite", false), ("mongodb", true), ("dynamodb", true)];

pub(crate) const VERB: Verb = Verb {
    name: "model",
    usage: "--backend B [--operations N] [--seed S] [--longest L] [--jobs J] [--writers W] [--harm P]",
    about: "Run random programs on a backend and on a model of it, and compare every answer",
    help: "\
A program has a definition of its own and up to 400 operations: writes, reads with any filter and
order, pages with writes between them, new indexes over old records, records that expire by a clock
that is given, another process, and one percent of calls just outside the domain. The model is a
list and the contract, said a second time. A program that differs is made smaller and printed with
its seed. The last line is `N operations, D divergences`; the exit code is 1 if there is one.

  --backend B      memory, sqlite, mongodb or dynamodb; a server is had as for `cargo xtask integration`
  --operations N   how many in all; 20,000 if not given
  --seed S         that of the first program, each later one adds 1; random if not given, and printed
  --longest L      how many bytes the longest text has; 2,000 if not given
  --jobs J         how many programs run at once; 2 if not given
  --writers W      how many programs share a repository and run at once, each with records of its own;
                   1 if not given
  --harm P         how many of 100 requests are harmed: refused, throttled, delayed, done without an
                   answer, cut off, or never answered; before a server by a proxy, else by the wrapper
                   `Faults`. 0 if not given; for one writer

With `--harm` a call may fail with Throttled, Unavailable or Timeout. After every write, and every call
that failed, all that is stored is read by a clean way: what was acknowledged has to be there once;
what surely did not happen may have changed nothing; what may have happened is as it was or as it was
meant, of a batch all of it or nothing, and the model follows. The line before the last says how many
requests were harmed and how many operations failed. A call may take 5 s, and very few are let hang so
long: 20,000 operations take some minutes.",
    run,
};

fn run(mut args: Args) -> Result {
    let mut words = Vec::new();
    for option in ["--operations", "--seed", "--longest", "--jobs", "--writers", "--harm"] {
        words.extend(args.option::<u64>(option)?.map(|value| format!("{option}={value}")));
    }
    run_program("model", args, words)
}

/// Runs a program of the crate `model` on the backend that the arguments name, beside a server if it needs one.
pub(crate) fn run_program(program: &str, mut args: Args, words: Vec<String>) -> Result {
    let backend: String = args.option("--backend")?.ok_or("say which backend: `--backend sqlite`")?;
    args.finish()?;
    let known: Vec<_> = BACKENDS.iter().map(|(name, _)| *name).collect();
    let (name, has_server) = BACKENDS
        .iter()
        .find(|(name, _)| *name == backend)
        .ok_or_else(|| format!("unknown backend `{backend}`; known: {}", known.join(", ")))?;
    let mut package = vec!["--release", "--package", "model", "--bin", program];
    if *name != "memory" {
        package.extend(["--features", name]);
    }
    let with = |verb: &'static str, rest: &[String]| -> Vec<String> {
        let all = std::iter::once(&verb).chain(&package).map(|word| (*word).to_owned());
        all.chain(rest.iter().cloned()).collect()
    };
    let passed_on: Vec<String> = ["--".to_owned(), format!("--backend={name}")].into_iter().chain(words).collect();
    let call = with("run", &passed_on);
    if !has_server {
        return cargo::run_cargo(&call);
    }
    // A server does not wait for a build.
    cargo::run_cargo(&with("build", &[]))?;
    integration::beside(name, &call)
}
