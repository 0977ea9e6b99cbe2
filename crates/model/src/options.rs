//! What the command line says.

use crate::generate::Scale;

/// What to run.
#[derive(Debug)]
pub struct Options {
    pub(crate) backend: String,
    pub(crate) operations: u64,
    pub(crate) seed: u64,
    pub(crate) jobs: u32,
    /// Whether the first program that differs is the last, and printed as it is.
    pub(crate) stops_at_first: bool,
    pub(crate) scale: Scale,
}

impl Options {
    /// A short run on a backend, for tests: its seed is that of the variable `TEST_SEED`, or random.
    ///
    /// # Errors
    /// `TEST_SEED` is no number.
    pub fn short(backend: &str, operations: u64) -> Result<Self, String> {
        let seed = std::env::var("TEST_SEED").map(|seed| format!("--seed={seed}"));
        let words = [format!("--backend={backend}"), format!("--operations={operations}")];
        Self::read(words.into_iter().chain(seed))
    }

    /// Reads `--backend=B`, `--operations=N`, `--seed=S`, `--longest=L`, `--jobs=J` and `--first`; see
    /// `cargo xtask model --help`.
    ///
    /// # Errors
    /// What is none of these, or no number.
    pub fn read(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            backend: "memory".to_owned(),
            operations: 20_000,
            seed: fastrand::u64(..1 << 48),
            jobs: 2,
            stops_at_first: false,
            scale: Scale { longest: 2_000 },
        };
        for word in words {
            let (name, value) = word.split_once('=').unwrap_or((&word, ""));
            match name {
                "--backend" => value.clone_into(&mut options.backend),
                "--operations" => options.operations = number(name, value)?,
                "--seed" => options.seed = number(name, value)?,
                "--jobs" => options.jobs = number(name, value)?,
                "--first" => options.stops_at_first = true,
                "--longest" => options.scale.longest = number(name, value)?,
                _ => return Err(format!("unknown argument `{word}`")),
            }
        }
        if options.scale.longest < 2 || options.jobs == 0 {
            return Err("`--longest` is at least 2, and `--jobs` at least 1".to_owned());
        }
        Ok(options)
    }
}

fn number<N: std::str::FromStr>(name: &str, value: &str) -> Result<N, String> {
    value.parse().map_err(|_| format!("`{name}` is a number, as in `{name}=100`, not `{value}`"))
}
