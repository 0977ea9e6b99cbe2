//! Names that are close to what was written, for messages.

use std::fmt::Display;

use crate::definition::shown;

/// Bytes of a name that may be a slip of the finger.
const LONGEST: usize = 1_024;

/// The known name nearest to `name`, if one is near enough to be what was meant.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A distance takes as much time and memory as both names have characters, multiplied.
    if name.len() > LONGEST {
        return None;
    }
    let written = name.to_ascii_lowercase();
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&written, &candidate.to_ascii_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count().max(written.chars().count()) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// What is wrong, and the name that was meant.
pub(crate) fn mistaken(what: impl Display, meant: impl Display) -> String {
    format!("{what}: did you mean `{meant}`?")
}

/// `` unknown key `nmae` of the definition: did you mean `name`? `` or the list of what is known. A name that is too long
/// to be read is shown by its beginning.
pub(crate) fn unknown<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    let written = shown(name);
    match nearest(name, known.clone()) {
        Some(near) => mistaken(format_args!("unknown {what} `{written}`"), near),
        None => {
            let list: Vec<_> = known.into_iter().collect();
            format!("unknown {what} `{written}`: known are {}", list.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c40_a_long_name_is_shown_by_its_beginning() {
        let message = unknown("key", &"x".repeat(200_000), ["name"]);
        assert!(message.len() < 120 && message.contains("xxx…`"), "{message}");
    }

    #[test]
    fn the_nearest_name_is_offered_only_when_it_is_near() {
        let known = ["readCapacity", "writeCapacity", "name"];
        assert_eq!(nearest("readcapacty", known), Some("readCapacity"));
        assert_eq!(nearest("nmae", known), Some("name"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(unknown("key", "x", known), "unknown key `x`: known are readCapacity, writeCapacity, name");
    }
}
