//! Which records a call is about: tests of places in a record, joined by and, or, not.

use std::fmt;
use std::ops::{BitAnd, BitOr, Not};
use std::sync::Arc;

use crate::{Error, Result, Timestamp, Value};

mod bind;
mod field;
mod fold;
mod json;
mod matcher;
mod path;
mod pattern;
mod predicate;
mod size;

pub(crate) use bind::Scope;
pub use field::{Field, field};
pub use matcher::{Matcher, Sighting};
pub use path::Path;
pub use pattern::Pattern;
pub use predicate::Predicate;
use size::Size;

/// Which records a call is about. Immutable; a clone is one pointer.
///
/// Tests are made by [`field`] and joined by `&`, `|` and `!`. Filters hold at most 32 of and, or, not inside one
/// another, 1,000 tests and 10,000 values of `is_in` and `not_in`. What is wrong with a filter comes as `InvalidInput`
/// when the call that uses it is awaited. `Debug` shows no operand.
///
/// ```
/// use backends_core::{Filter, field};
///
/// let filter = field("role").eq("admin") & !field("name").like("Test%");
/// assert_eq!(filter, Filter::from_json(r#"{"and": [
///     {"field": "role", "eq": "admin"},
///     {"not": {"field": "name", "like": "Test%"}}
/// ]}"#)?);
/// # Ok::<(), backends_core::Error>(())
/// ```
#[derive(Clone)]
#[must_use = "a filter does nothing by itself"]
pub struct Filter(Arc<Built>);

struct Built {
    expr: Expr,
    size: Size,
    /// Whether the library asks it, of records that expire.
    is_of_expiry: bool,
    /// What was wrong where the filter was made.
    mistake: Option<Error>,
}

/// What a filter is made of.
///
/// A driver that cannot ask for a part hands it back with the rest that core finishes; under a
/// [`Not`](Self::Not) nothing may be widened.
#[derive(Clone, PartialEq)]
pub enum Expr {
    /// Every record.
    All,
    /// No record; core asks no driver with a filter that is only this.
    Nothing,
    /// What is asked of one place.
    Test(Path, Predicate),
    /// All of these, at least two, none of them an and.
    And(Vec<Filter>),
    /// One of these, at least two, none of them an or.
    Or(Vec<Filter>),
    /// Not this, which is no not itself.
    Not(Filter),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Joint {
    And,
    Or,
}

impl Filter {
    /// Every record. It has to be said, so that nothing is meant by accident.
    #[doc(alias = "NewFilter")]
    pub fn all() -> Self {
        Self::of(Expr::All, Size::default())
    }

    /// All of these, which are at least one.
    pub fn and(members: impl IntoIterator<Item = Self>) -> Self {
        members.into_iter().reduce(BitAnd::bitand).unwrap_or_else(|| Self::mistake(no_member("and")))
    }

    /// One of these, which are at least one.
    pub fn or(members: impl IntoIterator<Item = Self>) -> Self {
        members.into_iter().reduce(BitOr::bitor).unwrap_or_else(|| Self::mistake(no_member("or")))
    }

    /// What it is made of.
    pub fn expr(&self) -> &Expr {
        &self.0.expr
    }

    /// Its parts that have all to hold: those of an and, or itself.
    pub fn conjuncts(&self) -> &[Self] {
        match self.expr() {
            Expr::And(members) => members,
            Expr::All => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// Whether it is every record.
    pub fn is_all(&self) -> bool {
        matches!(self.expr(), Expr::All)
    }

    /// Whether it is what the library itself asks of records that expire, beside the filter of the caller: where no
    /// instant is, text neither, nothing has expired, and nothing is [`Unreadable`](crate::ErrorKind::Unreadable).
    pub fn is_of_expiry(&self) -> bool {
        self.0.is_of_expiry
    }

    /// The records whose field holds no instant up to this one.
    pub(crate) fn not_over(field: Path, until: Timestamp) -> Self {
        let is_over = Self::test(field, Predicate::Le(Value::Timestamp(until)));
        let size = is_over.0.size.deeper();
        Self(Arc::new(Built { expr: Expr::Not(is_over), size, is_of_expiry: true, mistake: None }))
    }

    pub(crate) fn nothing() -> Self {
        Self::of(Expr::Nothing, Size::default())
    }

    pub(crate) fn test(path: Path, predicate: Predicate) -> Self {
        let size = Size::of_test(&predicate);
        Self::checked(Expr::Test(path, predicate), size)
    }

    fn mistake(error: Error) -> Self {
        let (expr, size) = (Expr::Nothing, Size::default());
        Self(Arc::new(Built { expr, size, is_of_expiry: false, mistake: Some(error) }))
    }

    fn of(expr: Expr, size: Size) -> Self {
        Self(Arc::new(Built { expr, size, is_of_expiry: false, mistake: None }))
    }

    /// A filter that is too large is a mistake, and lets go of its parts: no stack is deep enough for those that a
    /// loop can build.
    fn checked(expr: Expr, size: Size) -> Self {
        match size.check_built() {
            Ok(()) => Self::of(expr, size),
            Err(error) => Self::mistake(error),
        }
    }

    /// The first mistake that was made where the filter was built.
    fn check(&self) -> Result<()> {
        self.0.mistake.as_ref().map_or_else(|| self.0.size.check(), |error| Err(error.repeat()))
    }

    fn is_mistake(&self) -> bool {
        self.0.mistake.is_some()
    }

    fn join(self, other: Self, joint: Joint) -> Self {
        if self.is_mistake() || other.is_mistake() {
            return if self.is_mistake() { self } else { other };
        }
        let (mut members, mut size) = self.into_members(joint);
        let (others, size_of_others) = other.into_members(joint);
        members.extend(others);
        size.add(size_of_others);
        let expr = match joint {
            Joint::And => Expr::And(members),
            Joint::Or => Expr::Or(members),
        };
        Self::checked(expr, size.deeper())
    }

    /// What stands side by side in a join of this kind, and their size. What nobody else holds is moved, so that a
    /// loop that joins one after another is linear.
    fn into_members(self, joint: Joint) -> (Vec<Self>, Size) {
        let flattens = matches!((joint, self.expr()), (Joint::And, Expr::And(_)) | (Joint::Or, Expr::Or(_)));
        if !flattens {
            let size = self.0.size;
            return (vec![self], size);
        }
        let size = self.0.size.shallower();
        let expr = match Arc::try_unwrap(self.0) {
            Ok(built) => built.expr,
            Err(shared) => shared.expr.clone(),
        };
        match expr {
            Expr::And(members) | Expr::Or(members) => (members, size),
            other => (vec![Self::of(other, size)], size),
        }
    }
}

fn no_member(joint: &str) -> Error {
    Error::invalid_input(format!("an `{joint}` of no filters: give it one, or say `Filter::all()`"))
}

impl BitAnd for Filter {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        self.join(other, Joint::And)
    }
}

impl BitOr for Filter {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.join(other, Joint::Or)
    }
}

impl Not for Filter {
    type Output = Self;

    fn not(self) -> Self {
        if self.is_mistake() {
            return self;
        }
        if let Expr::Not(inner) = self.expr() {
            return inner.clone();
        }
        let size = self.0.size.deeper();
        Self::checked(Expr::Not(self), size)
    }
}

impl From<&Filter> for Filter {
    fn from(filter: &Filter) -> Self {
        filter.clone()
    }
}

/// Made of the same parts in the same order.
impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        !self.is_mistake() && !other.is_mistake() && self.expr() == other.expr()
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.mistake {
            Some(error) => write!(f, "invalid: {error}"),
            None => self.expr().fmt(f),
        }
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, name: &str, members: &[Filter]| {
            write!(f, "{name}")?;
            f.debug_list().entries(members).finish()
        };
        match self {
            Self::All => f.write_str("all"),
            Self::Nothing => f.write_str("nothing"),
            Self::Test(path, predicate) => write!(f, "{path} {predicate:?}"),
            Self::And(members) => list(f, "and", members),
            Self::Or(members) => list(f, "or", members),
            Self::Not(filter) => write!(f, "not({filter:?})"),
        }
    }
}

#[cfg(test)]
mod tests;
