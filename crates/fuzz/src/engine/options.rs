//! How long, from which seed, with which inputs of earlier.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

pub(super) const USAGE: &str = "\
--seconds N    how long; 60 if not given
--seed S       where to begin; another each time if not given
--corpus DIR   files that are run first and mutated; what fails is kept there";

/// How a run goes.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long it takes, shrinking apart.
    pub time: Duration,
    /// What all its inputs follow from.
    pub seed: u64,
    /// A folder of inputs.
    pub folder: Option<PathBuf>,
}

impl Options {
    /// A run of so many seconds, from a seed.
    pub fn new(seconds: u64, seed: u64) -> Self {
        Self { time: Duration::from_secs(seconds), seed, folder: None }
    }

    pub(super) fn from_arguments(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::new(60, fastrand::u64(..));
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("`{word}` needs a value"));
            match word.as_str() {
                "--seconds" => options.time = Duration::from_secs(number(&value()?)?),
                "--seed" => options.seed = number(&value()?)?,
                "--corpus" => options.folder = Some(value()?.into()),
                _ => return Err(format!("unknown word `{word}`")),
            }
        }
        Ok(options)
    }

    /// The inputs of the folder, in the order of their names.
    pub(super) fn corpus(&self) -> Vec<Vec<u8>> {
        let Some(folder) = &self.folder else { return Vec::new() };
        let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
        let mut paths: Vec<_> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
        paths.sort();
        paths.into_iter().filter_map(|path| fs::read(path).ok()).collect()
    }

    /// Keeps an input in the folder; where, if there is one.
    pub(super) fn keep(&self, input: &[u8]) -> Option<PathBuf> {
        let folder = self.folder.as_ref()?;
        let name = input
            .iter()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
        let path = folder.join(format!("failure-{name:016x}"));
        fs::create_dir_all(folder).and_then(|()| fs::write(&path, input)).ok().map(|()| path)
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("`{text}` is no whole number"))
}
