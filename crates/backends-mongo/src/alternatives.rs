//! Whether the server may read the parts of an `or` by an index each, and merge them in an order.
//!
//! MongoDB: it plans the parts one by one only if an index serves each of them. Where it merges what they find, a stored
//! null and a missing field are two values. So an order in which values may be missing is computed there; or the `or` is
//! kept whole by a part that no index serves, and an index serves the order.

use backends_core::driver::FindRequest;
use backends_core::{Definition, Expr, Filter, Path, Predicate, Sort};
use mongodb::bson::{Document, doc};

/// What the server does about the `or`s of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alternatives {
    /// There are none, or it does not matter.
    Any,
    /// It may merge what their parts find.
    Merged,
    /// It looks at each of them as a whole, if it is told to.
    Whole,
}

impl Alternatives {
    /// What the server does about those of a request.
    pub(crate) fn of(definition: &Definition, request: &FindRequest) -> Self {
        let ors = || request.filter.conjuncts().iter().filter(|conjunct| matches!(conjunct.expr(), Expr::Or(_)));
        let Sort::By(fields) = &request.sort else { return Self::Any };
        if ors().next().is_none() || fields.iter().all(|field| is_key(definition, &field.path)) {
            return Self::Any;
        }
        let is_order_served = fields.first().is_some_and(|field| is_indexed(definition, &field.path));
        if is_order_served && !ors().any(|or| may_be_served(definition, or)) { Self::Whole } else { Self::Merged }
    }
}

/// Whether no record is without a value there.
pub(crate) fn is_key(definition: &Definition, path: &Path) -> bool {
    let path = path.as_str();
    path == definition.id_field() || definition.key_fields().any(|key| key == path)
}

/// The query of an `or`, with a part that finds nothing and that no index serves.
pub(crate) fn whole(or: Document) -> Document {
    // MongoDB: what it can tell to be false it would leave out.
    doc! { "$or": [or, { "$expr": { "$eq": [{ "$type": "$_id" }, "none"] } }] }
}

/// Whether an index of the definition may serve a filter, by itself or with the parts around it.
fn may_be_served(definition: &Definition, filter: &Filter) -> bool {
    match filter.expr() {
        Expr::Test(_, Predicate::Contains(_)) => false,
        Expr::Test(_, Predicate::Like(pattern)) if pattern.first().is_empty() => false,
        Expr::Test(path, _) => is_indexed(definition, path),
        Expr::And(members) => members.iter().any(|member| may_be_served(definition, member)),
        Expr::Or(members) => members.iter().all(|member| may_be_served(definition, member)),
        Expr::Not(_) | Expr::All | Expr::Nothing => true,
    }
}

fn is_indexed(definition: &Definition, path: &Path) -> bool {
    let has = |field: &str| field == path.as_str();
    is_key(definition, path) || definition.indexes().any(|index| index.fields().any(has))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use backends_core::driver::Context;
    use backends_core::{Order, SortField, Timestamp, field};

    use super::*;

    const JSON: &str = r#"{"name": "notes", "idKind": "string", "fields": {"age": "integer"},
        "indexes": [{"fields": ["name", "role"], "unique": false}]}"#;

    fn of(filter: Filter, sort: Sort) -> Alternatives {
        let mut request = FindRequest::new(Context::new(Timestamp::MIN, Duration::from_secs(1)));
        (request.filter, request.sort) = (filter, sort);
        Alternatives::of(&Definition::from_json(JSON).unwrap(), &request)
    }

    fn by(path: &str) -> Sort {
        Sort::By(vec![SortField::new(path, Order::Asc), SortField::new("id", Order::Asc)])
    }

    #[test]
    fn c19_an_or_is_merged_only_where_an_index_may_serve_each_part() {
        let [name, role, id] = ["name", "role", "id"].map(|path| move || field(path).gt("a"));
        let age = || field("age").eq(1);
        for (filter, expected) in [
            (name() | role(), Alternatives::Merged),
            (name() | id(), Alternatives::Merged),
            (name() | !role(), Alternatives::Merged),
            (name() | (age() & role()), Alternatives::Merged),
            (name() | field("role").like("a%"), Alternatives::Merged),
            (age() & (name() | role()), Alternatives::Merged),
            ((name() | age()) & (name() | role()), Alternatives::Merged),
            (name() | age(), Alternatives::Whole),
            (name() | field("role").contains("a"), Alternatives::Whole),
            (name() | field("role").like("%a"), Alternatives::Whole),
            (role() & (name() | (age() & field("x").eq(1))), Alternatives::Whole),
            (name() & role(), Alternatives::Any),
            (!(name() | role()), Alternatives::Any),
            (field("name").is_in(["a", "b"]), Alternatives::Any),
        ] {
            assert_eq!(of(filter.clone(), by("name")), expected, "{filter:?}");
        }
        let some = || name() | age();
        assert_eq!(of(some(), by("age")), Alternatives::Merged, "no index serves the order");
        let by_key = Sort::By(vec![SortField::new("id", Order::Asc)]);
        for sort in [by_key, Sort::Stable, Sort::Any] {
            assert_eq!(of(some(), sort), Alternatives::Any, "a key is never missing");
        }
    }
}
