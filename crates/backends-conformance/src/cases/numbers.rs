//! C2: numbers are one kind, exact, and what no backend holds is refused.

use backends_core::{Document, ErrorKind, Value};
use serde::{Deserialize, Serialize};

use crate::Context;
use crate::expect::refused;
use crate::records::{Holds, Keyed, id, stored};

const INTEGERS: [i64; 19] = [
    0,
    1,
    -1,
    127,
    -128,
    255,
    256,
    32_767,
    65_536,
    i32::MAX as i64,
    i32::MIN as i64,
    u32::MAX as i64,
    9_007_199_254_740_991,
    9_007_199_254_740_992,
    9_007_199_254_740_993,
    -9_007_199_254_740_993,
    999_999_999_999_999_999,
    i64::MAX,
    i64::MIN,
];

pub async fn c02_l30_d09_integers_are_exact_at_every_edge(context: &Context) {
    let records = context.repository::<Holds<i64>>("integers").await;
    for int in INTEGERS {
        let inserted = records.insert(&Holds::new(int)).await.unwrap();
        assert_eq!(records.get(&inserted.id).await.unwrap().unwrap().value, int);
        let read = stored(&records, &inserted.id).await;
        assert!(matches!(read.get("value"), Some(Value::Int(read)) if *read == int), "{int} is {read:?}");
    }
}

pub async fn c02_l30_integers_are_exact_in_arrays_and_maps(context: &Context) {
    let records = context.repository::<Document>("integers").await;
    let all: Vec<Value> = INTEGERS.into_iter().map(Value::Int).collect();
    let inner = Document::from([("list", Value::Array(all.clone()))]);
    let inserted = records.insert(&Document::from([("inner", Value::Map(inner))])).await.unwrap();
    let read = records.get(crate::records::text(inserted.get("id"))).await.unwrap().unwrap();
    let Some(Value::Map(inner)) = read.get("inner") else { panic!("no map") };
    assert_eq!(inner.get("list"), Some(&Value::Array(all)));
}

pub async fn c02_floats_keep_every_digit(context: &Context) {
    let records = context.repository::<Holds<f64>>("floats").await;
    for float in [
        0.1,
        0.1 + 0.2,
        1.0 / 3.0,
        -2.5,
        123_456_789.123_456_79,
        1.797_693_134_862_315_7,
        f64::EPSILON,
        1e-130,
        1e-130_f64.next_up(),
        -1e-130,
        1e126_f64.next_down(),
        -1e126_f64.next_down(),
        1e22,
        1e23,
        9_223_372_036_854_775_808.0,
        -9_223_372_036_854_777_856.0,
        f64::from(0.1_f32),
    ] {
        let inserted = records.insert(&Holds::new(float)).await.unwrap();
        let read = records.get(&inserted.id).await.unwrap().unwrap().value;
        assert_eq!(read.to_bits(), float.to_bits(), "{float:e} came back as {read:e}");
    }
}

pub async fn c02_a_float_with_an_integral_value_is_that_integer(context: &Context) {
    let records = context.repository::<Holds<f64>>("floats").await;
    for (float, int) in [
        (1.0, 1),
        (-3.0, -3),
        (1e15, 1_000_000_000_000_000),
        (9_007_199_254_740_992.0, 9_007_199_254_740_992),
        (9_223_372_036_854_774_784.0, 9_223_372_036_854_774_784),
        (-9_223_372_036_854_775_808.0, i64::MIN),
    ] {
        let inserted = records.insert(&Holds::new(float)).await.unwrap();
        assert_eq!(records.get(&inserted.id).await.unwrap().unwrap().value, float);
        let read = stored(&records, &inserted.id).await;
        assert!(matches!(read.get("value"), Some(Value::Int(read)) if *read == int), "{float} is {read:?}");
        assert_eq!(records.typed::<Holds<i64>>().get(&inserted.id).await.unwrap().unwrap().value, int);
    }
}

pub async fn c02_minus_zero_is_zero(context: &Context) {
    let records = context.repository::<Holds<f64>>("floats").await;
    let inserted = records.insert(&Holds::new(-0.0)).await.unwrap();
    assert_eq!(inserted.value.to_bits(), 0);
    assert_eq!(records.get(&inserted.id).await.unwrap().unwrap().value.to_bits(), 0);
    assert!(matches!(stored(&records, &inserted.id).await.get("value"), Some(Value::Int(0))));
}

pub async fn c02_f32_is_widened_exactly(context: &Context) {
    let records = context.repository::<Holds<f32>>("floats").await;
    for float in [0.1, -0.1, 16_777_216.0, 1.0 / 3.0, f32::MAX, f32::MIN_POSITIVE, 1e-45] {
        let inserted = records.insert(&Holds::new(float)).await.unwrap();
        assert_eq!(records.get(&inserted.id).await.unwrap().unwrap().value.to_bits(), float.to_bits());
        let wide = records.typed::<Holds<f64>>().get(&inserted.id).await.unwrap().unwrap().value;
        assert_eq!(wide.to_bits(), f64::from(float).to_bits());
    }
}

pub async fn c02_a_float_field_reads_integers(context: &Context) {
    let records = context.repository::<Holds<i64>>("integers").await;
    for int in [0, -5, 9_007_199_254_740_992, i64::MIN] {
        let inserted = records.insert(&Holds::new(int)).await.unwrap();
        let read = records.typed::<Holds<f64>>().get(&inserted.id).await.unwrap().unwrap().value;
        assert_eq!(Value::Float(read), Value::Int(int));
    }
}

pub async fn c02_an_integer_that_a_float_cannot_hold_is_unreadable(context: &Context) {
    let records = context.repository::<Holds<i64>>("integers").await;
    for int in [9_007_199_254_740_993, i64::MAX] {
        let inserted = records.insert(&Holds::new(int)).await.unwrap();
        let error = refused(records.typed::<Holds<f64>>().get(&inserted.id).await, ErrorKind::Unreadable, "get");
        assert_eq!(error.path(), Some("value"), "{error}");
    }
}

pub async fn c02_an_integer_field_does_not_read_a_fraction(context: &Context) {
    let records = context.repository::<Holds<f64>>("floats").await;
    let inserted = records.insert(&Holds::new(1.5)).await.unwrap();
    refused(records.typed::<Holds<i64>>().get(&inserted.id).await, ErrorKind::Unreadable, "get");
    let narrow = records.insert(&Holds::new(300.0)).await.unwrap();
    refused(records.typed::<Holds<u8>>().get(&narrow.id).await, ErrorKind::Unreadable, "get");
}

async fn is_refused<V: Serialize + for<'de> Deserialize<'de> + Send + 'static>(
    context: &Context,
    base: &str,
    value: V,
) {
    let records = context.repository::<Holds<V>>(base).await;
    let record = Holds { id: id(7), value };
    let error = refused(records.insert(&record).await, ErrorKind::InvalidInput, "insert");
    assert_eq!(error.path(), Some("value"), "{error}");
    refused(records.upsert(&record).await, ErrorKind::InvalidInput, "upsert");
    refused(records.insert_many([&record]).await, ErrorKind::InvalidInput, "insert_many");
    assert!(records.untyped().get(id(7)).await.unwrap().is_none());
}

pub async fn c02_floats_that_no_backend_holds_are_refused_and_not_stored(context: &Context) {
    for float in [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        1e126,
        -1e126,
        f64::MAX,
        1e-130_f64.next_down(),
        -1e-131,
        f64::MIN_POSITIVE,
        5e-324,
    ] {
        is_refused(context, "floats", float).await;
    }
    is_refused(context, "narrow", f32::NAN).await;
    is_refused(context, "narrow", f32::INFINITY).await;
}

pub async fn c02_integers_outside_i64_are_refused_and_not_stored(context: &Context) {
    is_refused(context, "unsigned", u64::MAX).await;
    is_refused(context, "unsigned", 9_223_372_036_854_775_808_u64).await;
    is_refused(context, "wide", i128::from(i64::MAX) + 1).await;
    is_refused(context, "wide", i128::from(i64::MIN) - 1).await;
    is_refused(context, "wider", u128::MAX).await;
    let lists = context.repository::<Holds<Vec<u64>>>("lists").await;
    let error = refused(lists.insert(&Holds::new(vec![1, u64::MAX])).await, ErrorKind::InvalidInput, "insert");
    assert!(error.path().is_some_and(|path| path.starts_with("value")), "{error}");
}

pub async fn c02_numbers_in_keys_are_one_kind(context: &Context) {
    let definition = context.definition("numbers").partition_key_of("key", backends_core::Kind::Number);
    let records = context.define::<Keyed<f64>>(definition).await;
    records.insert(&Keyed::new(1.0, "one")).await.unwrap();
    records.insert(&Keyed::new(-0.0, "zero")).await.unwrap();
    records.insert(&Keyed::new(0.5, "half")).await.unwrap();
    assert!(records.get(1).await.unwrap().is_some() && records.get(1.0_f32).await.unwrap().is_some());
    assert!(records.get(0).await.unwrap().is_some() && records.get(0.0).await.unwrap().is_some());
    assert!(records.get(0.5).await.unwrap().is_some() && records.get(0.25).await.unwrap().is_none());
    let integers = records.typed::<Keyed<i64>>();
    refused(integers.insert(&Keyed::new(1, "again")).await, ErrorKind::AlreadyExists, "insert");
    integers.insert(&Keyed::new(9_007_199_254_740_993, "odd")).await.unwrap();
    records.insert(&Keyed::new(9_007_199_254_740_992.0, "even")).await.unwrap();
    assert!(integers.get(9_007_199_254_740_993_i64).await.unwrap().unwrap().text.ends_with("odd"));
    assert!(integers.get(9_007_199_254_740_992_i64).await.unwrap().unwrap().text.ends_with("even"));
}
