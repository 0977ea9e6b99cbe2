//! Patterns: whatever pattern and text, what matches is what the definition of patterns says.

use backends_core::{ErrorKind, Filter, Pattern, field};
use fastrand::Rng;
use serde_json::json;

use crate::engine::{Target, Verdict};
use crate::properties::{SECRET, hidden, holds, of_error, show_text};

/// Patterns: a pattern, and behind U+0001 a text.
pub const PATTERN: Target = Target { name: "pattern", generate, words: WORDS, check, show: show_text };

const WORDS: &[&str] = &[
    "%",
    "%%",
    "%%%",
    "\u{1}",
    "a",
    "b",
    "ab",
    "aa",
    "_",
    "\\",
    "\\%",
    ".*",
    "[",
    "(",
    "é",
    "e\u{301}",
    "\u{1f600}",
    "\n",
    "\0",
    SECRET,
];

/// C17: a pattern has so many bytes at most.
const LONGEST: usize = 4_096;

fn generate(rng: &mut Rng) -> Vec<u8> {
    let run = |rng: &mut Rng, most: usize, from: &[&str]| -> String {
        (0..rng.usize(..most)).filter_map(|_| rng.choice(from).copied()).collect()
    };
    let pattern = run(rng, 12, &["%", "%", "a", "b", "é"]);
    let text = match rng.u8(..3) {
        // One that is likely to match.
        0 => pattern.replace('%', ["", "a", "ab%"][rng.usize(..3)]),
        _ => run(rng, 20, &["a", "a", "b", "%", "é", "\n"]),
    };
    let repeated = if rng.u8(..50) == 0 { pattern.repeat(rng.usize(..1_000)) } else { pattern };
    format!("{repeated}\u{1}{text}").into_bytes()
}

fn check(input: &[u8]) -> Result<Verdict, String> {
    let input = String::from_utf8_lossy(input);
    let (pattern, text) = input.split_once('\u{1}').unwrap_or((&input, ""));
    let parsed = match Pattern::parse(pattern) {
        Err(error) => {
            holds(pattern.len() > LONGEST || pattern.contains('\0'), "a pattern of the domain is read")?;
            of_error(&error, &[ErrorKind::InvalidInput], true)?;
            return Ok(Verdict::Refused);
        }
        Ok(parsed) => parsed,
    };
    holds(pattern.len() <= LONGEST && !pattern.contains('\0'), "a pattern outside of the domain is refused")?;
    hidden(&format!("{parsed:?}"))?;
    holds(parsed.to_string() == pattern, "a pattern is written as it is read")?;
    let parts = parts(pattern);
    let wildcards = parts.iter().filter(|part| part.is_none()).count();
    holds(parsed.rest().len() == wildcards, "each `%` that is no literal divides the pattern")?;
    holds(parsed.matches(text) == matches(&parts, text), "a text matches as the definition says")?;
    of_filter(pattern)?;
    Ok(Verdict::Accepted)
}

/// A pattern is the same in a filter, made in code or read from JSON.
fn of_filter(pattern: &str) -> Result<(), String> {
    let made = field("a").like(pattern);
    let text = json!({"field": "a", "like": pattern}).to_string();
    let read = Filter::from_json(&text).map_err(|error| format!("a pattern cannot be read from JSON: {error}"))?;
    holds(made == read, "a pattern in JSON is the same pattern")
}

/// The characters that the pattern stands for, nothing for a run of any.
fn parts(pattern: &str) -> Vec<Option<char>> {
    let characters: Vec<char> = pattern.chars().collect();
    let mut parts = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        let is_double = characters[at..].starts_with(&['%', '%']);
        parts.push((characters[at] != '%' || is_double).then_some(characters[at]));
        at += if is_double { 2 } else { 1 };
    }
    parts
}

/// Which beginnings of the text the parts so far can have taken, one part after another.
fn matches(parts: &[Option<char>], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for part in parts {
        match part {
            None => {
                let first = reached.iter().position(|reached| *reached).unwrap_or(reached.len());
                reached[first..].fill(true);
            }
            Some(character) => {
                for at in (0..text.len()).rev() {
                    reached[at + 1] = reached[at] && text[at] == *character;
                }
                reached[0] = false;
            }
        }
    }
    reached[text.len()]
}
