//! What a program writes of one place: `field("age").ge(18)`.

use serde::Serialize;

use super::{Filter, Path, Pattern, Predicate};
use crate::encode::{check_text, encode_value};
use crate::{Error, Result, Value};

/// A place in a record, to be compared. See [`field`].
#[derive(Debug, Clone)]
#[must_use = "a field is compared with something: `field(\"age\").ge(18)`"]
pub struct Field(Path);

/// The place in a record at a path: a field, or `address.city` in a map.
///
/// Operands are anything that serde writes as a scalar, in the form in which records hold it: an enum, a newtype, a
/// `Uuid`. What is wrong with one comes when the call that uses the filter is awaited, as `InvalidInput`.
///
/// ```
/// use backends_core::field;
///
/// let adults = field("age").ge(18) & !field("name").like("Test%");
/// # let _ = adults;
/// ```
pub fn field(path: impl Into<Path>) -> Field {
    Field(path.into())
}

macro_rules! compare {
    ($($(#[$doc:meta])+ $name:ident => $predicate:ident;)+) => {
        $($(#[$doc])+
        pub fn $name(&self, value: impl Serialize) -> Filter {
            self.test(operand(&value).map(Predicate::$predicate))
        })+
    };
}

impl Field {
    compare! {
        /// Equal. Numbers are compared by value; a missing field, another kind, an array or a map is never equal.
        #[doc(alias = "Match")]
        #[doc(alias = "Set")]
        #[allow(clippy::should_implement_trait, reason = "it answers with a filter, and takes any scalar")]
        eq => Eq;
        /// Not equal: everything that [`eq`](Self::eq) does not match, records without the field among it.
        #[allow(clippy::should_implement_trait, reason = "it answers with a filter, and takes any scalar")]
        ne => Ne;
        /// Less than a number, a string (by bytes) or a timestamp.
        #[allow(clippy::should_implement_trait, reason = "it answers with a filter, and takes any scalar")]
        lt => Lt;
        /// Less than or equal to a number, a string or a timestamp.
        #[allow(clippy::should_implement_trait, reason = "it answers with a filter, and takes any scalar")]
        le => Le;
        /// Greater than a number, a string or a timestamp.
        #[allow(clippy::should_implement_trait, reason = "it answers with a filter, and takes any scalar")]
        gt => Gt;
        /// Greater than or equal to a number, a string or a timestamp.
        #[allow(clippy::should_implement_trait, reason = "it answers with a filter, and takes any scalar")]
        ge => Ge;
        /// Text that holds this text, or an array that has this member.
        contains => Contains;
    }

    /// From `low` to `high`, both included: numbers, strings or timestamps. Nothing if they are the other way round.
    pub fn between(&self, low: impl Serialize, high: impl Serialize) -> Filter {
        self.test(operand(&low).and_then(|low| Ok(Predicate::Between(low, operand(&high)?))))
    }

    /// Equal to one of these; nothing if there is none.
    pub fn is_in<V: Serialize>(&self, values: impl IntoIterator<Item = V>) -> Filter {
        self.test(operands(values).map(Predicate::In))
    }

    /// Equal to none of these, records without the field among it.
    pub fn not_in<V: Serialize>(&self, values: impl IntoIterator<Item = V>) -> Filter {
        self.test(operands(values).map(Predicate::NotIn))
    }

    /// Text that a pattern describes: `%` is any run of characters, also none, `%%` a literal percent, everything else
    /// literal. Case matters, and the pattern covers the whole text.
    #[doc(alias = "MatchPattern")]
    pub fn like(&self, pattern: impl AsRef<str>) -> Filter {
        self.test(Pattern::parse(pattern.as_ref()).map(Predicate::Like))
    }

    /// Text that begins with this.
    pub fn starts_with(&self, start: impl AsRef<str>) -> Filter {
        self.test(starts_with(start.as_ref()))
    }

    /// There is no value, or null, which is the same.
    pub fn is_missing(&self) -> Filter {
        self.test(Ok(Predicate::IsMissing))
    }

    /// There is a value, of any kind.
    pub fn is_set(&self) -> Filter {
        self.test(Ok(Predicate::IsSet))
    }

    fn test(&self, predicate: Result<Predicate>) -> Filter {
        match predicate {
            Ok(predicate) => Filter::test(self.0.clone(), predicate),
            Err(error) => Filter::mistake(error.with_path(self.0.as_str())),
        }
    }
}

/// The operand in the form in which records hold it.
///
/// # Errors
/// `InvalidInput` for what is no scalar.
pub(super) fn operand(value: &(impl Serialize + ?Sized)) -> Result<Value> {
    match encode_value(value)? {
        Value::Null => Err(Error::invalid_input("null as an operand: ask with `is_missing()` or `is_set()`")),
        Value::Array(_) => Err(Error::invalid_input(
            "an array as an operand: ask for one of several values with `is_in`, for a member with `contains`",
        )),
        Value::Map(_) => Err(Error::invalid_input(
            "a map as an operand: compare its fields one by one, by their paths (`address.city`)",
        )),
        scalar => Ok(scalar),
    }
}

/// The test of a beginning.
///
/// # Errors
/// `InvalidInput` for what begins no string.
pub(super) fn starts_with(start: &str) -> Result<Predicate> {
    check_text(start)?;
    Ok(Predicate::StartsWith(start.to_owned()))
}

fn operands<V: Serialize>(values: impl IntoIterator<Item = V>) -> Result<Vec<Value>> {
    values.into_iter().map(|value| operand(&value)).collect()
}
