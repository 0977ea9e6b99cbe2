//! Rule `length`: no `.rs` and no `.md` file has more than 400 lines.

use super::{Files, Violation};
use crate::workspace::has_extension;

const MAX_LINES: usize = 400;

pub(super) fn check(files: &Files) -> Vec<Violation> {
    files.iter().filter_map(|(name, text)| too_long(name, text.as_deref()?)).collect()
}

fn too_long(name: &str, text: &str) -> Option<Violation> {
    let advice = if has_extension(name, "rs") {
        "split the file by what it does"
    } else if has_extension(name, "md") {
        "move a part of it to a page of its own"
    } else {
        return None;
    };
    let lines = text.lines().count();
    if lines <= MAX_LINES {
        return None;
    }
    let remedy = format!("{lines} lines, at most {MAX_LINES}; {advice}");
    Some(Violation::new(name, MAX_LINES + 1, "length", remedy))
}

#[cfg(test)]
mod tests {
    use super::super::{brief, sample};
    use super::*;

    #[test]
    fn code_and_pages_stay_short() {
        let (longest, longer) = ("\n".repeat(400), "\n".repeat(401));
        let names = ["docs/a.md", "xtask/src/a.rs"];
        assert_eq!(check(&sample(&names.map(|name| (name, longest.as_str())))), []);
        let found = check(&sample(&names.map(|name| (name, longer.as_str()))));
        assert_eq!(brief(&found), ["docs/a.md:401 length", "xtask/src/a.rs:401 length"]);
        assert_eq!(check(&sample(&[("Cargo.lock", longer.as_str())])), []);
    }
}
