//! The numbers of the contract and of the lessons: `C26`, `L07`, and `c26_l07_…` in the name of a test.

use std::fmt;

/// What numbers exist: the letter, what it stands for, and the last number.
const FAMILIES: &[(char, u8)] = &[
    // Sentences of the contract.
    ('C', 44),
    // Lessons: the package replaced, a document store, a young mapper, patterns and pages, servers.
    ('L', 56),
    ('D', 12),
    ('T', 9),
    ('P', 4),
    ('S', 11),
];

/// The number of a sentence or a lesson; ordered as the families are listed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Id {
    family: usize,
    number: u8,
}

impl Id {
    /// Reads `C1`, `C01` or `c01`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut letters = text.chars();
        let letter = letters.next()?.to_ascii_uppercase();
        let number: u8 = letters.as_str().parse().ok()?;
        let family = FAMILIES.iter().position(|(known, _)| *known == letter)?;
        (1..=FAMILIES[family].1).contains(&number).then_some(Self { family, number })
    }

    /// Every number that exists.
    #[cfg(test)]
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let of_family =
            |(family, (_, last)): (usize, &(char, u8))| (1..=*last).map(move |number| Self { family, number });
        FAMILIES.iter().enumerate().flat_map(of_family)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = FAMILIES[self.family].0;
        if letter == 'C' { write!(f, "C{}", self.number) } else { write!(f, "{letter}{:02}", self.number) }
    }
}

/// The numbers that the name of a function begins with; an error is one that does not exist.
pub(super) fn of_name(name: &str) -> impl Iterator<Item = Result<Id, &str>> {
    name.split('_').take_while(|word| looks_like_one(word)).map(|word| Id::parse(word).ok_or(word))
}

/// A letter of a family and exactly two digits; `c1` and `s3_bucket` are ordinary words.
fn looks_like_one(word: &str) -> bool {
    let mut letters = word.chars();
    let family =
        letters.next().is_some_and(|letter| FAMILIES.iter().any(|(known, _)| known.to_ascii_lowercase() == letter));
    family && word.len() == 3 && letters.all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_written() {
        assert_eq!(Id::parse("C1").unwrap().to_string(), "C1");
        assert_eq!(Id::parse("l07").unwrap().to_string(), "L07");
        for wrong in ["", "C", "C0", "C45", "L57", "X1", "D13", "C+1x", "1"] {
            assert_eq!(Id::parse(wrong), None, "{wrong}");
        }
        assert!(Id::parse("C44") < Id::parse("L01"));
    }

    #[test]
    fn a_name_may_begin_with_several_numbers() {
        let shown = |name| {
            of_name(name).map(|id| id.map_or_else(str::to_owned, |id| id.to_string())).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(shown("c26_l07_never_overwrites"), "C26 L07");
        assert_eq!(shown("c26_never_overwrites_l07"), "C26");
        assert_eq!(shown("c45_x"), "c45");
        assert_eq!(shown("t1_x"), "");
        assert_eq!(shown("s3_bucket"), "");
        assert_eq!(shown("plain"), "");
    }
}
