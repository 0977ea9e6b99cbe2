//! Where and of what a bench was run, as a sentence.

use std::fs;
use std::io::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::{Result, cargo, workspace};

/// The machine, the compiler, the code, and how long it took.
pub(crate) fn sentence(took: Duration) -> Result<String> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let memory = memory(&fs::read_to_string("/proc/meminfo").unwrap_or_default());
    let memory = memory.map(|gib| format!(", {gib} GiB of memory")).unwrap_or_default();
    let known = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = processor(&known).map(|name| format!(" ({name})")).unwrap_or_default();
    let flush =
        flush().map(|time| format!(", {} µs for a flush of 4 KiB to the disk", time.as_micros())).unwrap_or_default();
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let rust = cargo::answer(rustc.arg("--version"))?;
    let rust = rust.split_whitespace().nth(1).unwrap_or("of an unknown version").to_owned();
    Ok(format!(
        "{cores} cores{processor}{memory}{flush}, {}, Rust {rust}, {}, {} s.",
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

/// The name of the processor, from the text of `/proc/cpuinfo`.
fn processor(text: &str) -> Option<&str> {
    let (_, name) = text.lines().find_map(|line| line.strip_prefix("model name"))?.split_once(':')?;
    Some(name.trim())
}

/// What a flush takes, half of them less: of the folder in which the benches have their files.
fn flush() -> Option<Duration> {
    let path = std::env::temp_dir().join(format!("backends-flush-{}", std::process::id()));
    let mut file = fs::File::create(&path).ok()?;
    let mut once = || {
        file.write_all(&[0; 4_096]).ok()?;
        let begun = Instant::now();
        file.sync_data().ok()?;
        Some(begun.elapsed())
    };
    let mut times: Vec<_> = (0..101).map_while(|_| once()).collect();
    let _ = fs::remove_file(&path);
    times.sort();
    times.get(times.len() / 2).copied()
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
    fn the_processor_is_named() {
        assert_eq!(processor("processor\t: 0\nmodel name\t: Some One\nmodel name\t: x\n"), Some("Some One"));
        assert_eq!(processor("processor\t: 0\n"), None);
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
