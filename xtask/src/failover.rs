//! `cargo xtask failover`: writes through changes of the primary of a MongoDB replica set.

use crate::args::Args;
use crate::{Result, Verb, cargo};

pub(crate) const VERB: Verb = Verb {
    name: "failover",
    usage: "[--rounds N] [--seed S] [--writers W]",
    about: "Change the primary of a replica set while records are written, and look for lost and doubled writes (mongodb)",
    help: "\
Starts a replica set of three `mongod` of this machine (`TEST_MONGOD`, the one on the path, or one that
is fetched; no image), and writes to it: each writer inserts, replaces, upserts, updates and deletes
records of its own that share unique values, increments a number, and pushes to a list. Meanwhile the
primary steps down in one half of the rounds, and is killed (SIGKILL) and started again in the other.
After each round what is stored is compared with what the writers were told, and after the last one
all of it once more.

  --rounds N    how many times the primary changes; 100 if not given
  --seed S      of the writes and the moments; random if not given, and printed
  --writers W   how many write at once; 8 if not given

An acknowledged write has to be there once. One whose error says that it surely was not done may not be
there (`doubled` if it is), one whose error says that it may have been done may. The exit code is 1 if
one is lost or doubled, or if a call fails otherwise than by `Unavailable` or `Timeout`, or takes longer
than its time.",
    run,
};

fn run(mut args: Args) -> Result {
    let mut call = ["run", "--release", "--package", "model", "--features", "mongodb", "--bin", "failover", "--"]
        .map(str::to_owned)
        .to_vec();
    for option in ["--rounds", "--seed", "--writers"] {
        call.extend(args.option::<u64>(option)?.map(|value| format!("{option}={value}")));
    }
    args.finish()?;
    cargo::run_cargo(&call)
}
