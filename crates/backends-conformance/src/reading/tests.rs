//! Every test of a filter, asked of a place and compared with what it means.

use backends_core::{Filter, Value, field};

use super::Table;
use super::table::{scalars, texts};

/// Every test that takes one operand.
fn tests_of(place: &str, operand: &Value) -> Vec<Filter> {
    let place = field(place);
    let mut tests = vec![place.eq(operand), place.ne(operand), !place.eq(operand)];
    if !matches!(operand, Value::Bool(_) | Value::Bytes(_)) {
        tests.extend([place.lt(operand), place.le(operand), place.gt(operand), place.ge(operand), !place.lt(operand)]);
    }
    tests
}

pub(crate) fn operands() -> Vec<Value> {
    scalars().into_iter().chain(texts()).collect()
}

pub(crate) async fn check(table: &Table, place: &str, operands: &[Value]) {
    for operand in operands {
        for test in tests_of(place, operand) {
            table.check(&test, &format!("{test:?} {}", shown(operand))).await;
        }
    }
    for several in operands.windows(3) {
        let (first, last) = (&several[0], &several[2]);
        let mut tests = vec![field(place).is_in(several), field(place).not_in(several)];
        if !several.iter().any(|value| matches!(value, Value::Bool(_) | Value::Bytes(_))) {
            tests.push(field(place).between(first, last));
        }
        for test in tests {
            table.check(&test, &format!("{test:?} {} {}", shown(first), shown(last))).await;
        }
    }
    table.check(&field(place).is_set(), place).await;
    table.check(&field(place).is_missing(), place).await;
}

pub(crate) fn shown(value: &Value) -> String {
    serde_json::to_string(value).unwrap()
}
