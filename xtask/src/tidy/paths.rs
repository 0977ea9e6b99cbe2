//! Rule `machine-path`: no text names a folder of somebody's machine.

use super::Violation;

/// First folders of such paths; written in parts so that this file passes its own rule.
const FIRST: &[&str] = &["root", "home", "work", "Users"];

pub(super) fn check(name: &str, text: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if let Some(path) = FIRST.iter().map(|first| format!("/{first}/")).find(|path| names(line, path)) {
            let remedy = format!("`{path}…` is a folder of one machine; name it relative to the repository");
            found.push(Violation::new(name, at + 1, "machine-path", remedy));
        }
    }
    found
}

/// Whether `path` begins somewhere in the line, and is not the middle of a longer one.
fn names(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.' | '}' | '~'))
    })
}

#[cfg(test)]
mod tests {
    use super::super::brief;
    use super::*;

    #[test]
    fn only_paths_from_the_root_of_a_machine_are_found() {
        let bad = |first: &str| format!("fine\nopen(\"/{first}/me/x\")\n");
        for first in FIRST {
            assert_eq!(brief(&check("a.md", &bad(first))), ["a.md:2 machine-path"]);
        }
        for good in ["docs/home/x", "https://example.org/work/x", "$DIR/work/x", "/run/secrets/key", "at home / work"] {
            assert!(check("a.md", good).is_empty(), "{good}");
        }
    }
}
