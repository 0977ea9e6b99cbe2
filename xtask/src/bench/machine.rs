//! Where and of what a bench was run, as a sentence.

use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::{Result, cargo, workspace};

/// The machine, the compiler, the code, and how long it took.
pub(crate) fn sentence(took: Duration) -> Result<String> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let memory = memory(&fs::read_to_string("/proc/meminfo").unwrap_or_default());
    let memory = memory.map(|gib| format!(", {gib} GiB of memory")).unwrap_or_default();
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let rust = cargo::answer(rustc.arg("--version"))?;
    let rust = rust.split_whitespace().nth(1).unwrap_or("of an unknown version").to_owned();
    Ok(format!(
        "{cores} cores{memory}, {}, Rust {rust}, {}, {} s.",
        system(std::env::consts::OS),
        code()?,
        took.as_secs()
    ))
}

/// The memory in GiB, from the text of `/proc/meminfo`.
fn memory(text: &str) -> Option<u64> {
    let kib = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?.trim().strip_suffix("kB")?;
    // What the kernel keeps for itself is missing from it.
    kib.trim().parse::<u64>().ok().map(|kib| kib.div_ceil(1_048_576))
}

fn system(os: &str) -> &str {
    match os {
        "linux" => "Linux",
        "macos" => "macOS",
        "windows" => "Windows",
        other => other,
    }
}

fn code() -> Result<String> {
    let git = |args: &[&str]| {
        let mut git = Command::new("git");
        cargo::answer(git.args(args).current_dir(workspace::root()?))
    };
    let commit = git(&["rev-parse", "--short", "HEAD"])?;
    // Documentation is not measured.
    let changed = git(&["status", "--porcelain", "--", ":!*.md", ":!*.svg"])?;
    let changed = if changed.is_empty() { "" } else { " with changes" };
    Ok(format!("commit {}{changed}", commit.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_is_rounded_up_to_whole_gib() {
        assert_eq!(memory("MemTotal:       24652112 kB\nMemFree: 1 kB\n"), Some(24));
        assert_eq!(memory("MemFree: 1 kB\n"), None);
    }

    #[test]
    fn the_sentence_names_the_compiler_and_the_commit() {
        let sentence = sentence(Duration::from_secs(12)).unwrap();
        assert!(
            sentence.contains(", Rust 1.") && sentence.contains(", commit ") && sentence.ends_with(", 12 s."),
            "{sentence}"
        );
    }
}
