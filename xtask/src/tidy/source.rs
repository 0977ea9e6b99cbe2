//! The text of a Rust file, split into code and comments, with its attributes and test parts.

use std::ops::Range;

/// A file, character by character, with the other half blanked.
pub(super) struct Source {
    /// The code; comments and the inside of strings are spaces.
    pub(super) code: Vec<char>,
    /// The comments that are no documentation; all else is spaces.
    pub(super) comments: Vec<char>,
}

impl Source {
    pub(super) fn new(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let mut code: Vec<char> = chars.clone();
        let mut comments: Vec<char> = blank(&chars);
        let mut at = 0;
        while at < chars.len() {
            let (end, part) = part(&chars, at);
            match part {
                Part::Code => {}
                Part::Text => blank_range(&mut code, at + 1..end.saturating_sub(1)),
                Part::Doc => blank_range(&mut code, at..end),
                Part::Comment => {
                    blank_range(&mut code, at..end);
                    comments[at..end].copy_from_slice(&chars[at..end]);
                }
            }
            at = end;
        }
        Self { code, comments }
    }

    /// The lines of the code.
    pub(super) fn code_lines(&self) -> Vec<String> {
        lines(&self.code)
    }

    /// The lines of the comments.
    pub(super) fn comment_lines(&self) -> Vec<String> {
        lines(&self.comments)
    }

    /// The attributes, `#[…]` and `#![…]`.
    pub(super) fn attributes(&self) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        for at in 0..self.code.len() {
            let open = if self.code[at..].starts_with(&['#', '[']) {
                at + 1
            } else if self.code[at..].starts_with(&['#', '!', '[']) {
                at + 2
            } else {
                continue;
            };
            found.push(at..self.closing(open));
        }
        found
    }

    /// The items that are compiled for tests only, by their `#[cfg(test)]`.
    pub(super) fn test_items(&self) -> Vec<Range<usize>> {
        let is_test = |range: &Range<usize>| {
            let text: String = self.code[range.clone()].iter().filter(|c| !c.is_whitespace()).collect();
            text.starts_with("#[cfg(test)") || text.starts_with("#[cfg(all(test,")
        };
        self.attributes().into_iter().filter(is_test).map(|range| range.start..self.item_end(range.end)).collect()
    }

    /// The text of the code in a range.
    pub(super) fn text(&self, range: Range<usize>) -> String {
        self.code[range].iter().collect()
    }

    /// The line, from 1, of a character.
    pub(super) fn line_of(&self, at: usize) -> usize {
        1 + self.code[..at].iter().filter(|c| **c == '\n').count()
    }

    /// The end of the item that begins at `at`: its `;`, or the brace that closes it.
    fn item_end(&self, mut at: usize) -> usize {
        while at < self.code.len() {
            match self.code[at] {
                ';' => return at + 1,
                '{' => return self.closing(at),
                '(' | '[' => at = self.closing(at),
                _ => at += 1,
            }
        }
        at
    }

    /// The end of what the bracket at `open` opens.
    fn closing(&self, open: usize) -> usize {
        let mut depth = 0_usize;
        for (offset, c) in self.code[open..].iter().enumerate() {
            match c {
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return open + offset + 1;
            }
        }
        self.code.len()
    }
}

enum Part {
    Code,
    /// A string or character, with its quotes.
    Text,
    Doc,
    Comment,
}

/// The end and the sort of the part that begins at `at`.
fn part(chars: &[char], at: usize) -> (usize, Part) {
    let rest = &chars[at..];
    match rest {
        ['/', '/', ..] => {
            let end = rest.iter().position(|c| *c == '\n').unwrap_or(rest.len());
            let doc = matches!(rest, ['/', '/', '!', ..]) || matches!(rest, ['/', '/', '/', next, ..] if *next != '/');
            (at + end, if doc { Part::Doc } else { Part::Comment })
        }
        ['/', '*', ..] => (at + block_comment(rest), Part::Comment),
        ['"', ..] => (at + quoted(rest, '"'), Part::Text),
        ['\'', '\\', ..] => (at + quoted(rest, '\''), Part::Text),
        // A lifetime has no second quote.
        ['\'', _, '\'', ..] => (at + 3, Part::Text),
        ['r', ..] if !follows_word(chars, at) => match raw_string(rest) {
            Some(end) => (at + end, Part::Text),
            None => (at + 1, Part::Code),
        },
        _ => (at + 1, Part::Code),
    }
}

/// Whether the character before belongs to a word; `b` and `c` before a raw string do not.
fn follows_word(chars: &[char], at: usize) -> bool {
    let word = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric() || *c == '_');
    let before = at.checked_sub(1).map(|i| chars[i]);
    match before {
        Some('b' | 'c') => at >= 2 && word(chars.get(at - 2)),
        _ => word(before.as_ref()),
    }
}

fn block_comment(rest: &[char]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        match &rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn quoted(rest: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            '\\' => at += 2,
            c if c == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// The end of `r"…"` or `r#"…"#`, or none if it is a word or `r#word`.
fn raw_string(rest: &[char]) -> Option<usize> {
    let hashes = rest[1..].iter().take_while(|c| **c == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return None;
    }
    let mut end: Vec<char> = vec!['"'];
    end.extend(std::iter::repeat_n('#', hashes));
    let body = 2 + hashes;
    let found = rest[body..].windows(end.len()).position(|window| window == end.as_slice());
    Some(found.map_or(rest.len(), |at| body + at + end.len()))
}

fn blank(chars: &[char]) -> Vec<char> {
    chars.iter().map(|c| if *c == '\n' { '\n' } else { ' ' }).collect()
}

fn blank_range(chars: &mut [char], range: Range<usize>) {
    if range.start < range.end {
        let blanked = blank(&chars[range.clone()]);
        chars[range].copy_from_slice(&blanked);
    }
}

fn lines(chars: &[char]) -> Vec<String> {
    chars.iter().collect::<String>().split('\n').map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        Source::new(text).code.iter().collect()
    }

    #[test]
    fn strings_and_comments_are_no_code() {
        for (text, left) in [
            ("a // x", "a     "),
            ("a /* /* x */ y */ b", "a                 b"),
            ("f(\"x\\\"y\") z", "f(\"    \") z"),
            ("r#\"x\"y\"# z", "r      # z"),
            ("br\"x\" z", "br  \" z"),
            ("r#fn z", "r#fn z"),
            ("'x' '\\'' &'a str", "' ' '  ' &'a str"),
            ("'\"' + \"'\" z", "' ' + \" \" z"),
        ] {
            assert_eq!(code(text), left, "{text}");
        }
    }

    #[test]
    fn documentation_is_no_comment() {
        let source = Source::new("//! a\n/// b\n// c\n//// d\n");
        assert_eq!(source.comment_lines(), ["     ", "     ", "// c", "//// d", ""]);
    }

    #[test]
    fn items_for_tests_end_where_they_end() {
        let source = Source::new(
            "#[cfg(test)]\nmod tests;\nfn a() {}\n#[cfg(all(test, unix))]\nfn b(x: [u8; 3]) { {} }\nfn c() {}",
        );
        let texts: Vec<String> = source.test_items().into_iter().map(|range| source.text(range)).collect();
        assert_eq!(texts, ["#[cfg(test)]\nmod tests;", "#[cfg(all(test, unix))]\nfn b(x: [u8; 3]) { {} }"]);
        assert_eq!(source.line_of(source.test_items()[1].start), 4);
    }

    #[test]
    fn an_unclosed_part_ends_with_the_file() {
        for text in ["\"x", "r#\"x", "/* x", "#[allow(", "'\\"] {
            assert_eq!(code(text).chars().count(), text.chars().count(), "{text}");
            assert!(Source::new(text).test_items().is_empty());
        }
    }
}
