//! Rows of single values: numbers at their edges, text, and the standard library's own types.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::marker::PhantomData;
use std::num::{NonZeroI64, NonZeroU8, Saturating, Wrapping};
use std::ops::Bound;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::json;

use super::{Row, becomes, refused, same};

pub(super) fn rows() -> Vec<Row> {
    [integers(), floats(), texts(), others()].into_iter().flatten().collect()
}

fn integers() -> Vec<Row> {
    vec![
        same("true", true, json!(true)),
        same("false", false, json!(false)),
        same("the least i8", i8::MIN, json!(-128)),
        same("the largest i8", i8::MAX, json!(127)),
        same("the least i16", i16::MIN, json!(-32_768)),
        same("the largest i32", i32::MAX, json!(2_147_483_647)),
        same("the least i64", i64::MIN, json!(i64::MIN)),
        same("the largest i64", i64::MAX, json!(i64::MAX)),
        same("an integer above 2^53", 9_007_199_254_740_993_i64, json!(9_007_199_254_740_993_i64)),
        same("an integer below -2^53", -9_007_199_254_740_993_i64, json!(-9_007_199_254_740_993_i64)),
        same("an i128 inside i64", i128::from(i64::MIN), json!(i64::MIN)),
        refused("an i128 above i64", i128::from(i64::MAX) + 1),
        refused("the least i128", i128::MIN),
        same("the largest u8", u8::MAX, json!(255)),
        same("the largest u16", u16::MAX, json!(65_535)),
        same("the largest u32", u32::MAX, json!(4_294_967_295_u32)),
        same("a u64 inside i64", 9_223_372_036_854_775_807_u64, json!(i64::MAX)),
        refused("a u64 above i64", 9_223_372_036_854_775_808_u64),
        refused("the largest u64", u64::MAX),
        same("a u128 inside i64", 7_u128, json!(7)),
        refused("the largest u128", u128::MAX),
        same("a usize", 7_usize, json!(7)),
        same("an isize", -7_isize, json!(-7)),
        same("a non-zero integer", NonZeroU8::MAX, json!(255)),
        same("a negative non-zero integer", NonZeroI64::MIN, json!(i64::MIN)),
        same("a wrapping integer", Wrapping(7), json!(7)),
        same("a saturating integer", Saturating(7), json!(7)),
        same("an integer in reverse", Reverse(7), json!(7)),
    ]
}

fn floats() -> Vec<Row> {
    vec![
        same("a float", 0.5, json!(0.5)),
        same("a float of 17 digits", 0.1 + 0.2, json!(0.300_000_000_000_000_04)),
        same("an f32", 0.1_f32, json!(0.100_000_001_490_116_12)),
        same("the largest f32", f32::MAX, json!(f64::from(f32::MAX))),
        same("the smallest f32", 1e-45_f32, json!(f64::from(1e-45_f32))),
        same("an integral float", 3.0, json!(3)),
        same("an integral f32", 16_777_216.0_f32, json!(16_777_216)),
        same("2^53 as a float", 9_007_199_254_740_992.0, json!(9_007_199_254_740_992_i64)),
        same("2^63 as a float", 9_223_372_036_854_775_808.0, json!(9_223_372_036_854_775_808.0)),
        becomes("minus zero", -0.0, 0.0, json!(0)),
        same("the smallest magnitude", 1e-130, json!(1e-130)),
        same("the largest magnitude", 1e126_f64.next_down(), json!(1e126_f64.next_down())),
        refused("a smaller magnitude", 1e-130_f64.next_down()),
        refused("a larger magnitude", 1e126),
        refused("a subnormal", 5e-324),
        refused("no number", f64::NAN),
        refused("no number of 32 bits", f32::NAN),
        refused("infinity", f64::INFINITY),
        refused("minus infinity", f32::NEG_INFINITY),
    ]
}

fn texts() -> Vec<Row> {
    let long = "ä".repeat(20_000);
    vec![
        same("text", "text".to_owned(), json!("text")),
        same("empty text", String::new(), json!("")),
        same("text beyond ASCII", "größe 日本 👍".to_owned(), json!("größe 日本 👍")),
        same("text with control characters", "\u{1}\n\u{7f}".to_owned(), json!("\u{1}\n\u{7f}")),
        same("text that looks like null", "null".to_owned(), json!("null")),
        same("text that looks like an instant", "2024-01-01T00:00:00Z".to_owned(), json!("2024-01-01T00:00:00Z")),
        same("long text", long.clone(), json!(long)),
        refused("text with U+0000", "a\0b".to_owned()),
        same("a char", 'x', json!("x")),
        same("a char beyond ASCII", '👍', json!("👍")),
        refused("U+0000 as a char", '\0'),
        same("boxed text", Box::<str>::from("text"), json!("text")),
        same("shared text", Arc::<str>::from("text"), json!("text")),
        same("text that may be borrowed", Cow::Borrowed("text"), json!("text")),
        same("text that is owned", Cow::<'static, str>::Owned("text".to_owned()), json!("text")),
        same("a path", PathBuf::from("a/b.txt"), json!("a/b.txt")),
    ]
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
struct Unit;

fn others() -> Vec<Row> {
    let v6 = "2001:db8::1".parse::<std::net::IpAddr>().unwrap();
    let v4 = "192.0.2.1".parse::<std::net::Ipv4Addr>().unwrap();
    let socket = "192.0.2.1:80".parse::<std::net::SocketAddr>().unwrap();
    let uuid = uuid::Uuid::from_u128(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10);
    let after = SystemTime::UNIX_EPOCH + Duration::new(5, 6);
    vec![
        same("an address", v6, json!("2001:db8::1")),
        same("an address of version 4", v4, json!("192.0.2.1")),
        same("an address with a port", socket, json!("192.0.2.1:80")),
        same("a UUID", uuid, json!("01020304-0506-0708-090a-0b0c0d0e0f10")),
        same("a duration", Duration::new(5, 6), json!({"secs": 5, "nanos": 6})),
        refused("an endless duration", Duration::MAX),
        same("a system time", after, json!({"secs_since_epoch": 5, "nanos_since_epoch": 6})),
        same("a range", 1..5, json!({"start": 1, "end": 5})),
        same("a range with its end", 1..=5, json!({"start": 1, "end": 5})),
        same("a range from", 1.., json!({"start": 1})),
        same("a bound", Bound::Included(1), json!({"Included": 1})),
        same("no bound", Bound::<i64>::Unbounded, json!("Unbounded")),
        same("a result that is ok", Ok::<i64, String>(1), json!({"Ok": 1})),
        same("a result that is not", Err::<i64, String>("no".to_owned()), json!({"Err": "no"})),
        same("a box", Box::new(1), json!(1)),
        same("a box in a box", Box::new(Box::new(1)), json!(1)),
        same("shared", Arc::new(1), json!(1)),
        refused("a unit", ()),
        refused("a unit struct", Unit),
        refused("a phantom", PhantomData::<i64>),
        same("no text of another program", serde_json::Value::String("x".to_owned()), json!("x")),
    ]
}
