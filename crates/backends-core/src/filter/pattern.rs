//! Patterns: text in which `%` stands for any run of characters.

use std::fmt;

use crate::encode::check_text;
use crate::{Error, Result};

/// The longest pattern in bytes: what every backend can be handed whole.
const LONGEST: usize = 4_096;

/// A pattern: `%` is any run of characters, also none, `%%` a literal percent; everything else is literal.
///
/// Case matters, and a pattern covers the whole text. `Debug` shows its form only.
///
/// ```
/// use backends_core::Pattern;
///
/// let pattern = Pattern::parse("%a%%b%")?;
/// assert!(pattern.matches("xa%b") && !pattern.matches("xab"));
/// assert_eq!((pattern.first(), pattern.rest()), ("", ["a%b".to_owned(), String::new()].as_slice()));
/// # Ok::<(), backends_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Pattern {
    first: String,
    /// What follows each run, in order; the last is the end of the text.
    rest: Vec<String>,
}

impl Pattern {
    /// Reads a pattern, from left to right.
    ///
    /// # Errors
    /// `InvalidInput` for more than 4,096 bytes, and for U+0000, which no string has.
    pub fn parse(text: &str) -> Result<Self> {
        if text.len() > LONGEST {
            return Err(Error::invalid_input("a pattern has at most 4,096 bytes: shorten it"));
        }
        check_text(text)?;
        let mut literals = vec![String::new()];
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            if character == '%' && characters.next_if_eq(&'%').is_none() {
                literals.push(String::new());
            } else if let Some(literal) = literals.last_mut() {
                literal.push(character);
            }
        }
        let rest = literals.split_off(1);
        Ok(Self { first: literals.remove(0), rest })
    }

    /// The literal text that a match begins with; the whole of it where [`rest`](Self::rest) is empty.
    pub fn first(&self) -> &str {
        &self.first
    }

    /// The literal texts that follow, each after a run of any characters; a match ends with the last.
    pub fn rest(&self) -> &[String] {
        &self.rest
    }

    /// Whether `text` is what the pattern describes; linear in its length.
    pub fn matches(&self, text: &str) -> bool {
        let Some(mut left) = text.strip_prefix(self.first.as_str()) else { return false };
        let Some((last, between)) = self.rest.split_last() else { return left.is_empty() };
        for literal in between {
            match left.split_once(literal.as_str()) {
                Some((_, after)) => left = after,
                None => return false,
            }
        }
        left.ends_with(last.as_str())
    }
}

/// The pattern as it is read.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.first.replace('%', "%%"))?;
        self.rest.iter().try_for_each(|literal| write!(f, "%{}", literal.replace('%', "%%")))
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a pattern with {} of `%`", self.rest.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What C17 says, one character after another.
    fn by_definition(pattern: &[char], text: &[char]) -> bool {
        match pattern {
            [] => text.is_empty(),
            ['%', '%', pattern @ ..] => text.first() == Some(&'%') && by_definition(pattern, &text[1..]),
            ['%', pattern @ ..] => (0..=text.len()).any(|at| by_definition(pattern, &text[at..])),
            [literal, pattern @ ..] => text.first() == Some(literal) && by_definition(pattern, &text[1..]),
        }
    }

    #[test]
    fn c17_a_pattern_matches_what_the_definition_says() {
        for (pattern, texts, others) in [
            ("", &[""][..], &["a", " "][..]),
            ("%", &["", "a", "line\nline"], &[]),
            ("x%", &["x", "xy"], &["", "ax", "X"]),
            ("%x", &["x", "yx"], &["xa", ""]),
            ("a%b", &["ab", "a-b", "abab"], &["ba", "a", "abc"]),
            ("a%%b", &["a%b"], &["ab", "a%%b"]),
            ("a%%%b", &["a%b", "a%xb"], &["ab", "axb"]),
            ("%%%abc", &["%abc", "%xabc"], &["abc", "abcd"]),
            ("aa%aa", &["aaaa", "aabaa"], &["aaa", "aa"]),
            ("%ab%ab%", &["abab", "xabyabz"], &["ab", "aba"]),
            ("_", &["_"], &["a"]),
            (r"\%", &[r"\", r"\a"], &["%"]),
            (".*", &[".*"], &["", "a", "ab"]),
            ("%é%", &["café!", "é"], &["cafe\u{301}"]),
        ] {
            let parsed = Pattern::parse(pattern).unwrap();
            for (text, is_match) in texts.iter().map(|text| (text, true)).chain(others.iter().map(|text| (text, false)))
            {
                assert_eq!(parsed.matches(text), is_match, "{pattern} {text}");
            }
            assert_eq!(parsed.to_string(), pattern);
        }
    }

    #[test]
    fn l12_patterns_agree_with_the_definition_on_every_short_text() {
        const LETTERS: [char; 3] = ['a', 'b', '%'];
        let all: Vec<Vec<char>> = (0..=5_u32)
            .flat_map(|length| (0..3_usize.pow(length)).map(move |number| (length, number)))
            .map(|(length, number)| (0..length).map(|at| LETTERS[number / 3_usize.pow(at) % 3]).collect())
            .collect();
        for pattern in &all {
            let parsed = Pattern::parse(&pattern.iter().collect::<String>()).unwrap();
            for text in &all {
                let is_match = parsed.matches(&text.iter().collect::<String>());
                assert_eq!(is_match, by_definition(pattern, text), "{pattern:?} {text:?}");
            }
        }
    }

    #[test]
    fn c17_a_pattern_has_at_most_4096_bytes() {
        assert!(Pattern::parse(&"x".repeat(4_096)).is_ok());
        assert!(Pattern::parse(&"ä".repeat(2_049)).unwrap_err().is_invalid_input());
    }

    #[test]
    fn c05_a_pattern_has_no_zero() {
        assert!(Pattern::parse("a\0%").unwrap_err().is_invalid_input());
    }

    #[test]
    fn s01_long_texts_take_no_time() {
        let pattern = Pattern::parse(&"%a".repeat(2_000)).unwrap();
        let text = "a".repeat(300_000);
        assert!(pattern.matches(&text) && !pattern.matches(&format!("{text}b")));
    }
}
