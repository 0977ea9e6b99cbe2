//! Rule `link`: links between the documents of the repository lead somewhere.

use std::collections::BTreeSet;

use super::{Files, Violation};
use crate::workspace::has_extension;

pub(super) fn check(files: &Files) -> Vec<Violation> {
    let mut found = Vec::new();
    for (name, text) in files.iter().filter(|(name, _)| has_extension(name, "md")) {
        for (line, target) in links(text.as_deref().unwrap_or_default()) {
            if let Some(remedy) = broken(files, name, &target) {
                found.push(Violation::new(name, line, "link", remedy));
            }
        }
    }
    found
}

/// What is wrong with a link, if anything.
fn broken(files: &Files, from: &str, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") || target.is_empty() {
        return None;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let Some(path) = resolve(from, path) else {
        return Some(format!("`{target}` leads out of the repository; name a file in it"));
    };
    let folder = format!("{path}/");
    let is_folder = path.is_empty() || files.keys().any(|name| name.starts_with(&folder));
    let Some(text) = files.get(&path) else {
        return (!is_folder).then(|| format!("there is no `{path}`; correct the link `{target}`"));
    };
    let is_document = has_extension(&path, "md");
    let missing = !anchor.is_empty() && is_document && !anchors(text.as_deref().unwrap_or_default()).contains(anchor);
    missing.then(|| format!("`{path}` has no heading `#{anchor}`; correct the link"))
}

/// The path from the root of a link in the file `from`; none if it leaves the repository.
fn resolve(from: &str, path: &str) -> Option<String> {
    if path.is_empty() {
        return Some(from.to_owned());
    }
    let mut parts: Vec<&str> = match path.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => from.split('/').collect(),
    };
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop()?,
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The targets of the links of a document, with their lines; what stands in code is none.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, line) in prose(text) {
        let line = without_code(line);
        let inline = line.match_indices("](").map(|(start, _)| &line[start + 2..]);
        let inline = inline.filter_map(|rest| rest.split(')').next());
        let reference = line.strip_prefix('[').and_then(|rest| rest.split_once("]:")).map(|(_, target)| target);
        for target in inline.chain(reference) {
            // A title may follow the target.
            let target = target.split_whitespace().next().unwrap_or_default();
            found.push((at + 1, target.trim_matches(['<', '>']).to_owned()));
        }
    }
    found
}

/// The lines outside fenced code.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fence: Option<&str> = None;
    text.lines().enumerate().filter(move |(_, line)| {
        let mark = ["```", "~~~"].into_iter().find(|mark| line.trim_start().starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, None) => return true,
            _ => {}
        }
        false
    })
}

/// A line without what stands between backticks.
fn without_code(line: &str) -> String {
    let parts: Vec<&str> = line.split('`').collect();
    let unclosed = parts.len().is_multiple_of(2);
    let keep = |at: usize| at.is_multiple_of(2) || (unclosed && at + 1 == parts.len());
    parts.iter().enumerate().map(|(at, part)| if keep(at) { *part } else { "" }).collect()
}

/// The anchors that GitHub makes from the headings of a document.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, line) in prose(text) {
        let title = line.trim_start_matches('#');
        if title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let kept = title.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        let slug = kept.collect::<String>().to_lowercase().replace(' ', "-");
        let numbered = (1..).map(|number| format!("{slug}-{number}"));
        let free = std::iter::once(slug.clone()).chain(numbered).find(|slug| !found.contains(slug));
        found.extend(free);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::{brief, sample};
    use super::*;

    #[test]
    fn links_to_files_folders_and_headings_are_followed() {
        let files = sample(&[
            ("README.md", "[a](docs/guide.md#a-b) [b](docs) [c](https://x.org/y) [d](#top)\n# Top\n"),
            (
                "docs/guide.md",
                "# A, `b`!\n[up](../README.md#top \"title\") [self](guide.md) [root](/README.md)\n[r]: ../Cargo.toml\n",
            ),
            ("Cargo.toml", ""),
        ]);
        assert_eq!(check(&files), []);
    }

    #[test]
    fn broken_links_are_named_with_their_line() {
        let files =
            sample(&[("docs/a.md", "[a](b.md)\n[b](../../x)\n[c](#no)\n`[d](no)`\n```\n[e](no)\n```\n\n[f]: no\n")]);
        let expected = ["docs/a.md:1 link", "docs/a.md:2 link", "docs/a.md:3 link", "docs/a.md:9 link"];
        assert_eq!(brief(&check(&files)), expected);
    }

    #[test]
    fn headings_become_anchors() {
        let anchors = anchors("# One two\n## One two\n#no\n```\n# code\n```\n### C1: `a_b`, c\n");
        assert_eq!(anchors.into_iter().collect::<Vec<_>>(), ["c1-a_b-c", "one-two", "one-two-1"]);
    }
}
