//! What a filter says of the values that a field may have.

use backends_core::{Expr, Filter, Key, Predicate, Value};

use super::Planner;

impl Planner<'_> {
    /// The only values that a field may have, if they are known, each once.
    pub(super) fn values_of(&self, field: &str) -> Option<Vec<Value>> {
        // What the other lists do not have is found out where the values are held against all tests.
        self.conjuncts.iter().filter_map(|conjunct| values(conjunct, field)).min_by_key(Vec::len)
    }

    /// The value of a field that all records have that are meant.
    pub(super) fn fixed(&self, field: &str) -> Option<Value> {
        self.tests(field).find_map(|predicate| match predicate {
            Predicate::Eq(value) => Some(value.clone()),
            _ => None,
        })
    }

    /// The same, where null stands for a field that none of them has.
    pub(super) fn constant(&self, field: &str) -> Option<Value> {
        let is_missing = || self.tests(field).any(|test| *test == Predicate::IsMissing).then_some(Value::Null);
        self.fixed(field).or_else(is_missing)
    }

    /// Whether all records have the field that are meant.
    pub(super) fn is_present(&self, field: &str) -> bool {
        self.keys.contains(&field) || self.conjuncts.iter().any(|conjunct| is_present(conjunct, field))
    }

    /// The keys of a conjunct that is nothing but alternatives, each of which says the whole key.
    pub(super) fn alternatives(&self) -> Option<Vec<Key>> {
        let key_of = |member: &Filter| {
            let value = |field: &&str| {
                let mut values = member.conjuncts().iter().filter_map(|conjunct| values(conjunct, field));
                values.find(|values| values.len() == 1)?.pop()
            };
            let mut values = self.keys.iter().map(value);
            let partition = values.next()??;
            Some(Key::new(partition, values.next().map_or(Some(None), |value| value.map(Some))?))
        };
        self.conjuncts.iter().find_map(|conjunct| match conjunct.expr() {
            Expr::Or(members) => {
                let mut keys: Vec<Key> = members.iter().map(key_of).collect::<Option<_>>()?;
                keys.sort_unstable();
                keys.dedup();
                Some(keys)
            }
            _ => None,
        })
    }
}

fn values(filter: &Filter, field: &str) -> Option<Vec<Value>> {
    match filter.expr() {
        Expr::Test(path, Predicate::Eq(value)) if path.as_str() == field => Some(vec![value.clone()]),
        Expr::Test(path, Predicate::In(values)) if path.as_str() == field => Some(values.clone()),
        Expr::Or(members) => {
            let lists: Vec<_> = members.iter().map(|member| values(member, field)).collect::<Option<_>>()?;
            let mut keys: Vec<_> = lists.into_iter().flatten().map(|value| Key::new(value, None)).collect();
            keys.sort_unstable();
            keys.dedup();
            Some(keys.iter().map(|key| key.partition().clone()).collect())
        }
        _ => None,
    }
}

/// Whether a filter holds of nothing that lacks the field.
fn is_present(filter: &Filter, field: &str) -> bool {
    match filter.expr() {
        Expr::Test(path, test) => path.as_str() == field && needs_a_value(test),
        Expr::And(members) => members.iter().any(|member| is_present(member, field)),
        Expr::Or(members) => members.iter().all(|member| is_present(member, field)),
        Expr::Nothing => true,
        Expr::All | Expr::Not(_) => false,
    }
}

/// Whether a test holds of no field that is missing.
fn needs_a_value(test: &Predicate) -> bool {
    matches!(
        test,
        Predicate::Eq(_)
            | Predicate::In(_)
            | Predicate::Lt(_)
            | Predicate::Le(_)
            | Predicate::Gt(_)
            | Predicate::Ge(_)
            | Predicate::Between(..)
            | Predicate::Like(_)
            | Predicate::StartsWith(_)
            | Predicate::Contains(_)
            | Predicate::IsSet
    )
}
