//! What has to be shown: the lines of `xtask/contract.txt`.

use super::id::Id;
use crate::Result;

/// The file.
pub(super) const LIST: &str = "xtask/contract.txt";

/// A sentence or a lesson.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Line<'a> {
    pub(super) id: Id,
    pub(super) mark: Option<Mark>,
    pub(super) title: &'a str,
}

/// What a line says of its tests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mark {
    /// Only a server can provoke it.
    Server,
    /// No single test shows it; the title says why.
    Untested,
}

impl Mark {
    const ALL: [(&'static str, Self); 2] = [("[server]", Self::Server), ("[untested]", Self::Untested)];
}

/// The lines `C1 title` or `C1 [mark] title`; empty ones and those that begin with `#` are left out.
pub(super) fn parse(text: &str) -> Result<Vec<Line<'_>>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (at, text) in text.lines().enumerate().filter(|(_, text)| !text.trim().is_empty() && !text.starts_with('#')) {
        let at = at + 1;
        let (number, rest) = text.split_once(' ').unwrap_or((text, ""));
        let id =
            Id::parse(number).ok_or_else(|| format!("{LIST}:{at}: `{number}` is no number of a sentence or lesson"))?;
        let marked = Mark::ALL.iter().find_map(|(word, mark)| Some((Some(*mark), rest.trim().strip_prefix(word)?)));
        let (mark, title) = marked.unwrap_or((None, rest));
        let title = title.trim();
        if title.is_empty() {
            return Err(format!("{LIST}:{at}: `{number}` has no title; write what it says in a few words"));
        }
        if title.starts_with('[') {
            return Err(format!("{LIST}:{at}: `{number}` has an unknown mark; known: [server], [untested]"));
        }
        if lines.iter().any(|other| other.id == id) {
            return Err(format!("{LIST}:{at}: `{number}` is listed twice; take one away"));
        }
        lines.push(Line { id, mark, title });
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

    #[test]
    fn a_line_has_a_number_a_mark_if_it_needs_one_and_a_title() {
        let id = |text| Id::parse(text).unwrap();
        let list = "# sentences\nC1 a document is a map\n\nL07 [server] one read, one request\nL56 [untested] why\n";
        let line = |number, mark, title| Line { id: id(number), mark, title };
        let expected = [
            line("C1", None, "a document is a map"),
            line("L07", Some(Mark::Server), "one read, one request"),
            line("L56", Some(Mark::Untested), "why"),
        ];
        assert_eq!(parse(list).unwrap(), expected);
        assert!(parse("C99 x").unwrap_err().starts_with("xtask/contract.txt:1: `C99` is no number"));
        assert!(parse("C1 x\nC01 y").unwrap_err().contains(":2: `C01` is listed twice"));
        assert!(parse("C1 [servers] x").unwrap_err().contains("unknown mark"));
        assert!(["C1", "C1 [server]"].iter().all(|line| parse(line).unwrap_err().contains("has no title")));
    }

    #[test]
    fn the_list_of_this_repository_has_every_number() {
        let root = workspace::root().unwrap();
        let text = workspace::required_text(&root, LIST).unwrap();
        assert_eq!(parse(&text).unwrap().len(), Id::all().count());
    }
}
