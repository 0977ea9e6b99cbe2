//! `cargo xtask pages`: pages over many records while others write.

use crate::args::Args;
use crate::{Result, Verb, model};

pub(crate) const VERB: Verb = Verb {
    name: "pages",
    usage: "--backend B [--ordered] [--records N] [--size N] [--writers N] [--writes N] [--needle N] \
            [--limit-ms N]",
    about: "Page through many records while others write, or look for one among very many",
    help: "\
Stores records with tied and missing values, and reads them page by page in descending order while
writers insert and delete records of their own. Every record that nobody touches has to come exactly
once, and in order; the last line says how many did not, and the exit code is 1 if there is one.

  --backend B    memory, sqlite, mongodb or dynamodb; a server is had as for `cargo xtask integration`
  --ordered      with an index that is declared `ordered` on what is sorted by
  --records N    how many are stored; 100,000 if not given
  --size N       of a page; 2,000 if not given
  --writers N    how many write meanwhile; 4 if not given
  --writes N     it is read again until they have done so many writes; 1,000 if not given
  --needle N     instead, look for the one of N records that a filter means, over pages that end
                 when half of their time is over
  --limit-ms N   the time limit of each of those; 400 if not given",
    run,
};

fn run(mut args: Args) -> Result {
    let mut words = Vec::new();
    if args.flag("--ordered") {
        words.push("--ordered".to_owned());
    }
    for option in ["--records", "--size", "--writers", "--writes", "--needle", "--limit-ms"] {
        words.extend(args.option::<u64>(option)?.map(|value| format!("{option}={value}")));
    }
    model::run_program("pages", args, words)
}
