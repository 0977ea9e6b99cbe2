//! A definition and the type of its records: open kinds are filled in, contradictions are found.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::kinds::{Declared, Kinds, Leaves, key_kind_mistake, reads};
use super::report::Report;
use super::rules::{containers, first_segment, path_mistake, shown};
use super::{Definition, Parts};
use crate::names::unknown;
use crate::{ErrorKind, Kind, Result};

impl Definition {
    /// The same definition for records of a type that holds these kinds at these paths (`at`, `address.city`,
    /// `events[].at`).
    ///
    /// The kind of a key or index field that is open becomes that of the type; a timestamp of the type is declared
    /// even if the definition does not mention it. What else the type holds changes nothing.
    ///
    /// ```
    /// use backends_core::{Definition, Kind};
    ///
    /// # fn main() -> backends_core::Result<()> {
    /// let events = Definition::builder("events").partition_key("device").sort_key("number").build()?;
    /// let kinds = [("number".to_owned(), Kind::Integer), ("at".to_owned(), Kind::Timestamp)];
    /// let typed = events.with_type_kinds(&kinds)?;
    /// assert_eq!(typed.kind_of("number"), Some(Kind::Integer));
    /// assert_eq!(typed.kind_of("at"), Some(Kind::Timestamp));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) that lists every field whose kind in the type contradicts the
    /// definition.
    pub fn with_type_kinds(&self, of_type: &[(String, Kind)]) -> Result<Self> {
        let mut report = Report::new(ErrorKind::InvalidInput);
        let mut kinds = self.0.kinds.clone();
        let holders: BTreeSet<_> = self.0.kinds.keys().flat_map(|path| containers(path)).collect();
        for (path, kind) in of_type {
            if holders.contains(path.as_str()) {
                let shown = shown(path);
                report.add(|| {
                    format!(
                        "the definition declares a place inside `{shown}`, which is {} in the type: make them agree",
                        with_article(*kind)
                    )
                });
            } else {
                self.add_type_kind(path, *kind, &mut kinds, &mut report);
            }
        }
        report.into_result().map_err(|error| error.with_repository(self.name()))?;
        Self(Arc::new(Parts { kinds, ..(*self.0).clone() })).within_limits()
    }

    fn add_type_kind(&self, path: &str, kind: Kind, kinds: &mut Kinds, report: &mut Report) {
        let shown = shown(path);
        if let Some(scalar) = containers(path).into_iter().find(|container| self.0.kinds.contains_key(*container)) {
            return report.add(|| {
                format!("field `{scalar}` is declared, and the type has `{shown}` inside it: declare what the type has")
            });
        }
        match kinds.get_mut(path) {
            Some(declared) => match declared.kind {
                None => match key_kind_mistake(kind) {
                    Some(mistake) => report.add(|| format!("field `{shown}`: {mistake}")),
                    None => declared.kind = Some(kind),
                },
                Some(own) if reads(own, kind) => {}
                Some(own) => report.add(|| {
                    format!(
                        "field `{shown}` is declared `{own}` and is {} in the type: make them agree",
                        with_article(kind)
                    )
                }),
            },
            None if kind == Kind::Timestamp => match path_mistake(path, self.custom_id()) {
                Some(mistake) => report.add(|| format!("the timestamp field `{shown}` of the type {mistake}")),
                None => {
                    kinds.insert(path.to_owned(), Declared::from(kind));
                }
            },
            None => {}
        }
    }

    /// Checks that the type of the records can hold what is stored and `wanted` does not mention or leaves, which stays
    /// and is enforced.
    ///
    /// # Errors
    /// `DefinitionConflict` with every field whose kind in the type contradicts the stored one.
    pub(crate) fn check_kept_kinds(&self, wanted: &Self, of_type: &[(String, Kind)]) -> Result<()> {
        let is_left = |path: &str| wanted.0.kinds.get(path).is_none_or(|declared| declared.leaves == Leaves::Numbers);
        let kept: Vec<_> = of_type.iter().filter(|(path, _)| is_left(path)).cloned().collect();
        let Err(error) = self.with_type_kinds(&kept) else { return Ok(()) };
        let mut report = Report::new(ErrorKind::DefinitionConflict);
        report.absorb("in what is stored", &error);
        report.into_result()
    }

    /// Checks each declared place by what `mistake` says of its path.
    ///
    /// # Errors
    /// `InvalidInput` that lists what it says.
    pub(crate) fn check_places(&self, mistake: impl Fn(&str) -> Option<String>) -> Result<()> {
        let mut report = Report::new(ErrorKind::InvalidInput);
        for mistake in self.0.kinds.keys().filter_map(|path| mistake(path)) {
            report.add(|| mistake);
        }
        report.into_result().map_err(|error| error.with_repository(self.name()))
    }

    /// Checks that the type of the records has every field that the definition names.
    ///
    /// The library's id and the version field may be missing: the library keeps them itself.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) that lists every unknown field with the nearest one of the type.
    pub fn check_type_fields(&self, of_type: &[&str]) -> Result<()> {
        let mut report = Report::new(ErrorKind::InvalidInput);
        for field in self.0.kinds.keys().map(|path| first_segment(path)) {
            let is_own = field == self.0.id_field || self.version() == Some(field);
            if !is_own && !of_type.contains(&field) {
                report.add(|| {
                    let mistake = unknown("field", field, of_type.iter().copied());
                    format!("the definition names what the type of the records does not have: {mistake}")
                });
            }
        }
        report.into_result().map_err(|error| error.with_repository(self.name()))
    }
}

/// The kind in a sentence.
fn with_article(kind: Kind) -> String {
    let article = if kind.name().starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} `{kind}`")
}
