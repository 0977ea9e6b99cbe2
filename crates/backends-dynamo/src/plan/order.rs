//! Orders that a key serves, and the places of keys in them.

use backends_core::{Key, Order, Position, Sort, Value};

/// The direction of each field of the key in which records are in the order that is asked for; none if no directions do
/// it. `is_fixed` says of a field that all records have the same value there, so that it orders nothing.
pub(super) fn directions(sort: &Sort, keys: &[&str], is_fixed: impl Fn(&str) -> bool) -> Option<Vec<Order>> {
    let mut directions = vec![Order::Asc; keys.len()];
    let Sort::By(fields) = sort else { return Some(directions) };
    let mut due = (0..keys.len()).filter(|number| !is_fixed(keys[*number]));
    for field in fields.iter().filter(|field| !is_fixed(field.path.as_str())) {
        match due.next() {
            Some(number) if keys[number] == field.path.as_str() => directions[number] = field.order,
            Some(_) => return None,
            // With the key the order is complete.
            None => break,
        }
    }
    Some(directions)
}

/// What is known of the place of a key in an order.
#[derive(Debug, PartialEq)]
pub(crate) struct Marks(Vec<Mark>);

#[derive(Debug, PartialEq)]
enum Mark {
    Partition,
    Sort,
    /// All records have this value.
    Fixed(Value),
    Unknown,
}

impl Marks {
    /// Those of an order; `fixed` is the value of a field that all records have.
    pub(super) fn of(sort: &Sort, keys: &[&str], fixed: impl Fn(&str) -> Option<Value>) -> Self {
        let mark = |field: &str| match keys.iter().position(|key| *key == field) {
            Some(0) => Mark::Partition,
            Some(_) => Mark::Sort,
            None => fixed(field).map_or(Mark::Unknown, Mark::Fixed),
        };
        Self(match sort {
            Sort::Any => Vec::new(),
            Sort::Stable => keys.iter().copied().map(mark).collect(),
            Sort::By(fields) => fields.iter().map(|field| mark(field.path.as_str())).collect(),
        })
    }

    /// The place of a key, if nothing but the key says it.
    pub(crate) fn position(&self, key: &Key) -> Option<Position> {
        let value = |mark: &Mark| match mark {
            Mark::Partition => Some(key.partition().clone()),
            Mark::Sort => key.sort().cloned(),
            Mark::Fixed(value) => Some(value.clone()),
            Mark::Unknown => None,
        };
        let values: Vec<_> = self.0.iter().map(value).collect::<Option<_>>()?;
        (!values.is_empty()).then(|| Position::new(values))
    }

    /// The key at a place.
    pub(super) fn key(&self, position: &Position) -> Option<Key> {
        let at = |mark: Mark| {
            let number = self.0.iter().position(|known| *known == mark)?;
            position.values().get(number).cloned()
        };
        Some(Key::new(at(Mark::Partition)?, at(Mark::Sort)))
    }
}
