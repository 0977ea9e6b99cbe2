//! The versions of records: what a write expects, and what it leaves.

use serde::Serialize;

use super::{Checked, State};
use crate::driver::ExpectedVersion;
use crate::encode::encode_value;
use crate::{Error, Path, Result, Token, Value};

impl State {
    /// The change that counts a version on, if records have one.
    pub(crate) fn next_version(&self) -> Option<crate::Change> {
        self.definition.version().map(|field| crate::Change::Inc(Path::from(field), 1))
    }

    /// What `.expect_version(…)` means.
    ///
    /// # Errors
    /// `InvalidInput` if records have no version, and for what is no integer.
    pub(crate) fn expecting(&self, version: &impl Serialize) -> Result<ExpectedVersion> {
        let Some(field) = self.definition.version() else {
            return Err(Error::invalid_input(
                "a version is expected, and the records have none: name its field in the definition with `version`",
            ));
        };
        match encode_value(version) {
            Ok(Value::Int(version)) => Ok(self.expected(field, version)),
            // As in a record, what is not there is 0.
            Ok(Value::Null) => Ok(self.expected(field, 0)),
            Ok(_) => Err(Error::invalid_input("a version is an integer: pass that of the record").with_path(field)),
            Err(error) => Err(error.with_path(field)),
        }
    }

    fn expected(&self, field: &str, version: i64) -> ExpectedVersion {
        ExpectedVersion::new(field, version).compared_by_core(!self.compares_versions)
    }
}

/// The version that a record brings; one that has none brings 0.
fn brought(field: &str, checked: &Checked) -> i64 {
    match checked.record.get(field) {
        Some(Token::Int(version)) => version,
        _ => 0,
    }
}

/// Gives a new record its first version.
///
/// # Errors
/// `InvalidInput` if it brings one.
pub(crate) fn begin_version(state: &State, checked: &mut Checked) -> Result<()> {
    let Some(field) = state.definition.version() else { return Ok(()) };
    if brought(field, checked) != 0 {
        return Err(Error::invalid_input(
            "a new record brings a version, which the library counts: leave it out or 0, or use `replace`",
        )
        .with_path(field));
    }
    checked.record.set(field, Token::Int(1));
    Ok(())
}

/// Gives a record that takes the place of another the next version, and notes which one is expected of the other.
///
/// # Errors
/// `InvalidInput` where there is no next one.
pub(crate) fn count_version(state: &State, checked: &mut Checked) -> Result<()> {
    let Some(field) = state.definition.version() else { return Ok(()) };
    let version = brought(field, checked);
    let next = version.checked_add(1).ok_or_else(|| {
        Error::invalid_input("the version is the last integer of 64 bits: delete the record, and insert it anew")
            .with_path(field)
    })?;
    checked.record.set(field, Token::Int(next));
    checked.expected = Some(state.expected(field, version));
    Ok(())
}
