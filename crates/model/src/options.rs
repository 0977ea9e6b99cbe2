//! What the command line says.

use crate::generate::Scale;

/// The words of a command line: `--name=value`, or `--name` alone.
#[derive(Debug)]
pub(crate) struct Words(Vec<String>);

impl Words {
    pub(crate) fn new(words: impl Iterator<Item = String>) -> Self {
        Self(words.collect())
    }

    /// Whether a word is there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let at = self.0.iter().position(|word| word == name);
        at.map(|at| self.0.remove(at)).is_some()
    }

    /// The text of a word.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|word| word.split_once('=').is_some_and(|(known, _)| known == name))?;
        let word = self.0.remove(at);
        word.split_once('=').map(|(_, value)| value.to_owned())
    }

    /// The number of a word.
    pub(crate) fn number<N: std::str::FromStr>(&mut self, name: &str) -> Result<Option<N>, String> {
        let Some(value) = self.text(name) else { return Ok(None) };
        value.parse().map(Some).map_err(|_| format!("`{name}` is a number, as in `{name}=100`, not `{value}`"))
    }

    /// Nothing may be left.
    pub(crate) fn finish(self) -> Result<(), String> {
        self.0.first().map_or(Ok(()), |word| Err(format!("unknown argument `{word}`")))
    }
}

/// What to run.
#[derive(Debug)]
pub struct Options {
    pub(crate) backend: String,
    pub(crate) operations: u64,
    pub(crate) seed: u64,
    pub(crate) jobs: u32,
    /// How many write to each repository at once.
    pub(crate) writers: u8,
    /// How many of 100 requests are harmed, if any are.
    pub(crate) harm: Option<u32>,
    /// Whether the first program that differs is the last, and printed as it is.
    pub(crate) stops_at_first: bool,
    pub(crate) scale: Scale,
}

/// The seed of short runs whose requests are harmed.
const HARMED_SEED: u64 = 104;

impl Options {
    /// A short run on a backend, for tests, of so many programs at once that share a repository: its seed is that of the
    /// variable `TEST_SEED`, or random.
    ///
    /// # Errors
    /// `TEST_SEED` is no number.
    pub fn short(backend: &str, operations: u64, writers: u8) -> Result<Self, String> {
        Self::shortly([
            ("backend", backend.to_owned()),
            ("operations", operations.to_string()),
            ("writers", writers.to_string()),
        ])
    }

    /// The same of one program at a time, so many of 100 of whose requests are harmed, of a seed that is always the same:
    /// what is harmed depends on moments too, and a test has to say the same of the same code.
    ///
    /// # Errors
    /// `TEST_SEED` is no number.
    pub fn harmed(backend: &str, operations: u64, percent: u32) -> Result<Self, String> {
        Self::shortly([
            ("backend", backend.to_owned()),
            ("operations", operations.to_string()),
            ("harm", percent.to_string()),
        ])
        .map(|options| Self { seed: std::env::var("TEST_SEED").map_or(HARMED_SEED, |_| options.seed), ..options })
    }

    fn shortly(words: [(&str, String); 3]) -> Result<Self, String> {
        let seed = std::env::var("TEST_SEED").map(|seed| format!("--seed={seed}"));
        let words = words.into_iter().map(|(name, value)| format!("--{name}={value}"));
        Self::read(words.chain(seed))
    }

    /// Reads `--backend=B`, `--operations=N`, `--seed=S`, `--longest=L`, `--jobs=J`, `--writers=W`, `--harm=P` and
    /// `--first`; see `cargo xtask model --help`.
    ///
    /// # Errors
    /// What is none of these, or no number.
    pub fn read(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut words = Words::new(words);
        let options = Self {
            backend: words.text("--backend").unwrap_or_else(|| "memory".to_owned()),
            operations: words.number("--operations")?.unwrap_or(20_000),
            seed: words.number("--seed")?.unwrap_or_else(|| fastrand::u64(..1 << 48)),
            jobs: words.number("--jobs")?.unwrap_or(2),
            writers: words.number("--writers")?.unwrap_or(1),
            harm: words.number("--harm")?.filter(|percent| *percent > 0),
            stops_at_first: words.flag("--first"),
            scale: Scale { longest: words.number("--longest")?.unwrap_or(2_000) },
        };
        words.finish()?;
        if options.scale.longest < 2 || options.jobs == 0 || options.writers == 0 {
            return Err("`--longest` is at least 2, `--jobs` and `--writers` at least 1".to_owned());
        }
        if options.harm.is_some() && options.writers > 1 {
            return Err("`--harm` is for one writer: leave `--writers` out".to_owned());
        }
        Ok(options)
    }
}
