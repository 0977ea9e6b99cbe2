//! A remedy that is a line of a definition, which names the field once its path is known.

use super::Error;
use crate::Kind;
use crate::definition::shown;

/// What stands for the path in a remedy, until it is known.
const PATH: &str = "\"path\"";

/// How a definition declares the kind of the field that an error is about.
pub(crate) fn declaration(kind: Kind) -> String {
    format!("`fields: {{{PATH}: \"{kind}\"}}`")
}

impl Error {
    /// The same error, whose remedy names the field that it is about; the walk that has failed knows the whole path
    /// only when it is back at the top.
    #[cold]
    pub(crate) fn naming_path(mut self) -> Self {
        if let Some(path) = &self.0.path
            && self.0.message.contains(PATH)
        {
            self.0.message = self.0.message.replace(PATH, &format!("\"{}\"", shown(path))).into();
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c40_a_remedy_names_the_field_where_it_is_known() {
        let error = || Error::invalid_input(format!("declare it with {}", declaration(Kind::Bool)));
        assert_eq!(error().naming_path().message(), "declare it with `fields: {\"path\": \"bool\"}`");
        let named = error().below("[]").below("tags").naming_path();
        assert_eq!(named.message(), "declare it with `fields: {\"tags[]\": \"bool\"}`");
    }
}
