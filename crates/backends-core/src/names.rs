//! Names that are close to what was written, for messages.

use std::fmt::Display;

/// The known name nearest to `name`, if one is near enough to be what was meant.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
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

/// `` unknown key `nmae` of the definition: did you mean `name`? `` or the list of what is known.
pub(crate) fn unknown<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(name, known.clone()) {
        Some(near) => mistaken(format_args!("unknown {what} `{name}`"), near),
        None => {
            let list: Vec<_> = known.into_iter().collect();
            format!("unknown {what} `{name}`: known are {}", list.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered_only_when_it_is_near() {
        let known = ["readCapacity", "writeCapacity", "name"];
        assert_eq!(nearest("readcapacty", known), Some("readCapacity"));
        assert_eq!(nearest("nmae", known), Some("name"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(unknown("key", "x", known), "unknown key `x`: known are readCapacity, writeCapacity, name");
    }
}
