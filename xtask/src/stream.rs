//! `cargo xtask stream`: the memory of a stream of very many records.

use crate::args::Args;
use crate::{Result, Verb, model};

pub(crate) const VERB: Verb = Verb {
    name: "stream",
    usage: "--backend B [--records N]",
    about: "Stream very many records, and measure the memory that it takes",
    help: "\
Stores records of about 300 bytes, reads all of them by one stream, first when half of them are there,
and prints how much memory the process used at its peak beyond what it used before the stream: the
resident set, as Linux tells it. The exit code is 1 if that is more than 32 MB, if the two peaks differ
by more than 4 MB, or if a record is missing.

  --backend B    sqlite, mongodb or dynamodb; a server is had as for `cargo xtask integration`
  --records N    how many; 1,000,000 if not given",
    run,
};

fn run(mut args: Args) -> Result {
    let words = args.option::<u64>("--records")?.map(|value| format!("--records={value}"));
    model::run_program("stream", args, words.into_iter().collect())
}
