//! Values as bytes whose order is that of values: what an index for orders is kept by.
//!
//! Each value begins with a byte for its kind, in the order of kinds, and none is the beginning of another, so that
//! several of them one after another are in order too. What is written is stored: never change it.

use aws_sdk_dynamodb::types::AttributeValue;
use backends_core::{FieldKind, Kind, Timestamp, Token, Value};

use super::number;

const MISSING: u8 = 0x10;
const NUMBER: u8 = 0x20;
const TEXT: u8 = 0x30;
const INSTANT: u8 = 0x40;
/// Maps, arrays and bytes, which are equals.
const WHOLE: u8 = 0x50;
const BOOL: u8 = 0x60;

/// Added to the byte of a kind: above every value of it, and below the next kind.
const ABOVE: u8 = 0x0f;

/// Above everything that a value begins or goes on with.
pub(crate) const LAST: u8 = 0xff;

/// Appends what an attribute holds.
pub(crate) fn push_attribute(bytes: &mut Vec<u8>, value: Option<&AttributeValue>, field: FieldKind) {
    match value {
        None | Some(AttributeValue::Null(_)) => bytes.push(MISSING),
        Some(AttributeValue::S(text)) if text.is_empty() && field.empty_is_missing => bytes.push(MISSING),
        Some(AttributeValue::S(text)) => match text.parse() {
            Ok(at) if field.kind == Kind::Timestamp => push_instant(bytes, at),
            _ => push_text(bytes, text),
        },
        Some(AttributeValue::N(text)) => push_number(bytes, text),
        Some(AttributeValue::Bool(bool)) => bytes.extend([BOOL, u8::from(*bool)]),
        Some(_) => bytes.push(WHOLE),
    }
}

/// Whether what was appended for one attribute stands for no scalar, or for nothing.
pub(crate) fn is_no_scalar(bytes: &[u8]) -> bool {
    matches!(bytes, [MISSING | WHOLE])
}

/// Appends a value; null is missing.
pub(crate) fn push(bytes: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => bytes.push(MISSING),
        Value::Int(int) => push_number(bytes, itoa::Buffer::new().format(*int)),
        Value::Float(float) => push_number(bytes, &number::write(*float)),
        Value::String(text) => push_text(bytes, text),
        Value::Timestamp(at) => push_instant(bytes, *at),
        Value::Bool(bool) => bytes.extend([BOOL, u8::from(*bool)]),
        Value::Bytes(_) | Value::Array(_) | Value::Map(_) => bytes.push(WHOLE),
    }
}

/// The values that were appended, null for what is missing and empty bytes for maps, arrays and bytes; none if these are
/// no such bytes, or are cut, or hold a number that this library cannot read.
pub(crate) fn read(mut bytes: &[u8]) -> Option<Vec<Value>> {
    let mut values = Vec::new();
    while let Some((kind, rest)) = bytes.split_first() {
        let (value, rest) = match *kind {
            MISSING => (Value::Null, rest),
            WHOLE => (Value::Bytes(Vec::new()), rest),
            BOOL => (Value::Bool(*rest.first()? > 0), rest.get(1..)?),
            INSTANT => {
                let (millis, rest) = rest.split_first_chunk::<8>()?;
                let at = Timestamp::from_millis((u64::from_be_bytes(*millis) ^ (1 << 63)).cast_signed()).ok()?;
                (Value::Timestamp(at), rest)
            }
            TEXT => {
                let (text, rest) = until(rest, 0)?;
                (Value::String(unescaped(text)?), rest)
            }
            NUMBER => read_number(rest)?,
            _ => return None,
        };
        values.push(value);
        bytes = rest;
    }
    Some(values)
}

/// What is before this byte, and behind it.
fn until(bytes: &[u8], end: u8) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|byte| *byte == end)?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

fn unescaped(text: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(if *byte == 1 { rest.next()?.checked_sub(1)? } else { *byte });
    }
    String::from_utf8(bytes).ok()
}

fn read_number(bytes: &[u8]) -> Option<(Value, &[u8])> {
    let (sign, rest) = bytes.split_first()?;
    let (is_negative, end) = match sign {
        1 => (true, LAST),
        2 => return Some((Value::Int(0), rest)),
        3 => (false, 0),
        _ => return None,
    };
    let (exponent, rest) = rest.split_first()?;
    let (pairs, rest) = until(rest, end)?;
    let turned = |byte: &u8| if is_negative { !*byte } else { *byte };
    let digits = pairs.iter().map(|pair| Some(format!("{:02}", turned(pair).checked_sub(1)?)));
    let digits: String = digits.collect::<Option<_>>()?;
    let (digits, whole) = (digits.trim_end_matches('0'), i32::from(turned(exponent)) - 129);
    let sign = if is_negative { "-" } else { "" };
    let text = match usize::try_from(whole) {
        // An integer is written as one: read as a float it would lose digits.
        Ok(places) if (digits.len()..=19).contains(&places) => format!("{sign}{digits:0<places$}"),
        _ => format!("{sign}.{digits}e{whole}"),
    };
    let value = match number::read(&text).ok()? {
        Token::Int(int) => Value::Int(int),
        Token::Float(float) => Value::Float(float),
        _ => return None,
    };
    Some((value, rest))
}

/// Appends what every text that begins with this begins with.
pub(crate) fn push_start(bytes: &mut Vec<u8>, start: &str) {
    push_text(bytes, start);
    bytes.pop();
}

/// Appends what is below every value of the kind of this one.
pub(crate) fn push_lowest(bytes: &mut Vec<u8>, like: &Value) {
    bytes.push(kind_of(like));
}

/// Appends what is above every value of the kind of this one.
pub(crate) fn push_highest(bytes: &mut Vec<u8>, like: &Value) {
    bytes.push(kind_of(like) + ABOVE);
}

fn kind_of(value: &Value) -> u8 {
    match value {
        Value::Null => MISSING,
        Value::Int(_) | Value::Float(_) => NUMBER,
        Value::String(_) => TEXT,
        Value::Timestamp(_) => INSTANT,
        Value::Bytes(_) | Value::Array(_) | Value::Map(_) => WHOLE,
        Value::Bool(_) => BOOL,
    }
}

/// Text has no U+0000, which so is its end; another program's is told apart by the byte before.
fn push_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.push(TEXT);
    for byte in text.bytes() {
        match byte {
            0 | 1 => bytes.extend([1, byte + 1]),
            _ => bytes.push(byte),
        }
    }
    bytes.push(0);
}

fn push_instant(bytes: &mut Vec<u8>, at: Timestamp) {
    bytes.push(INSTANT);
    bytes.extend((at.millis().cast_unsigned() ^ (1 << 63)).to_be_bytes());
}

/// A byte for the sign, one for the power of ten, and one for two digits each; of a negative number all but the first
/// turned round.
fn push_number(bytes: &mut Vec<u8>, text: &str) {
    bytes.push(NUMBER);
    let Some((is_negative, digits, exponent)) = number::scientific(text) else { return bytes.push(WHOLE) };
    if digits.is_empty() {
        return bytes.push(2);
    }
    bytes.push(if is_negative { 1 } else { 3 });
    let begin = bytes.len();
    // DynamoDB: 1e-130 to below 1e126.
    bytes.push(u8::try_from(exponent.saturating_add(130).clamp(0, 255)).unwrap_or_default());
    for pair in digits.chunks(2) {
        let [tens, ones] = [pair[0], pair.get(1).copied().unwrap_or(b'0')].map(|digit| digit - b'0');
        bytes.push(tens * 10 + ones + 1);
    }
    bytes.push(0);
    if is_negative {
        bytes[begin..].iter_mut().for_each(|byte| *byte = !*byte);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use backends_core::Key;

    fn bytes(value: &Value) -> Vec<u8> {
        let mut bytes = Vec::new();
        push(&mut bytes, value);
        bytes
    }

    /// Values in ascending order.
    fn ascending() -> Vec<Value> {
        let numbers = [
            Value::Float(-9.9e125),
            Value::Float(-1e19),
            i64::MIN.into(),
            (i64::MIN + 1).into(),
            (-9_007_199_254_740_993_i64).into(),
            (-9_007_199_254_740_992_i64).into(),
            (-100).into(),
            (-11).into(),
            (-10).into(),
            (-1.5).into(),
            (-1).into(),
            (-0.5).into(),
            Value::Float(-1e-130),
            0.into(),
            Value::Float(1e-130),
            0.1.into(),
            0.11.into(),
            0.5.into(),
            1.into(),
            1.5.into(),
            2.into(),
            9.into(),
            10.into(),
            11.into(),
            100.into(),
            101.into(),
            4_503_599_627_370_497.5.into(),
            9_007_199_254_740_992_i64.into(),
            9_007_199_254_740_993_i64.into(),
            (i64::MAX - 1).into(),
            i64::MAX.into(),
            Value::Float(9_223_372_036_854_775_808.0),
            Value::Float(1e19),
            Value::Float(9.9e125),
        ];
        let texts = [
            "",
            "\u{1}",
            "\u{1}\u{1}",
            "\u{2}",
            " ",
            "1",
            "A",
            "a",
            "a\u{1}",
            "a\n",
            "ab",
            "b",
            "é",
            "\u{ffff}",
            "\u{1f600}",
        ];
        let instants = [Timestamp::MIN.millis(), -1, 0, 1, Timestamp::MAX.millis()];
        let instants = instants.map(|millis| Value::Timestamp(Timestamp::from_millis(millis).unwrap()));
        let texts = texts.map(Value::from);
        let rest = [Value::Bytes(vec![7]), false.into(), true.into()];
        [Value::Null].into_iter().chain(numbers).chain(texts).chain(instants).chain(rest).collect()
    }

    #[test]
    fn c19_c02_bytes_stand_as_their_values() {
        let all = ascending();
        for (at, left) in all.iter().enumerate() {
            for (beside, right) in all.iter().enumerate() {
                let [left_bytes, right_bytes] = [left, right].map(bytes);
                assert_eq!(left_bytes.cmp(&right_bytes), at.cmp(&beside), "{left:?} {right:?}");
                assert!(at == beside || !left_bytes.starts_with(&right_bytes), "{left:?} {right:?}");
            }
            let [mut low, mut high] = [Vec::new(), Vec::new()];
            push_lowest(&mut low, left);
            push_highest(&mut high, left);
            assert!(low <= bytes(left) && bytes(left) < high && high < vec![LAST], "{left:?}");
        }
        assert_eq!(bytes(&Value::Map(backends_core::Document::new())), bytes(&Value::Array(Vec::new())));
    }

    #[test]
    fn c21_bytes_read_as_the_values_that_they_stand_for() {
        let all = ascending();
        for value in &all {
            assert!(
                read(&bytes(value))
                    == Some(vec![if bytes(value) == [WHOLE] { Value::Bytes(vec![]) } else { value.clone() }]),
                "{value:?}"
            );
        }
        let together: Vec<u8> = all.iter().flat_map(bytes).collect();
        assert_eq!(read(&together).map(|values| values.len()), Some(all.len()));
        for cut in [&[NUMBER][..], &[NUMBER, 3, 1], &[TEXT, b'a'], &[INSTANT, 1, 2], &[BOOL], &[0], &[TEXT, 1, 0, 0]] {
            assert_eq!(read(cut), None, "{cut:?}");
        }
    }

    #[test]
    fn c19_random_numbers_stand_as_core_has_them() {
        let mut rng = fastrand::Rng::with_seed(7);
        let number = |rng: &mut fastrand::Rng| match rng.u8(..4) {
            0 => Value::Int(rng.i64(..)),
            1 => Value::Int(rng.i64(-1_000..1_000)),
            2 => Value::Float(rng.f64() * 1e-3 + f64::EPSILON),
            _ => loop {
                let float = f64::from_bits(rng.u64(..));
                if (1e-130..1e126).contains(&float.abs())
                    && backends_core::Token::number(float) == backends_core::Token::Float(float)
                {
                    break Value::Float(float);
                }
            },
        };
        for _ in 0..20_000 {
            let (left, right) = (number(&mut rng), number(&mut rng));
            let order = Key::new(left.clone(), None).cmp(&Key::new(right.clone(), None));
            assert_eq!(bytes(&left).cmp(&bytes(&right)), order, "{left:?} {right:?}");
        }
    }

    #[test]
    fn c43_attributes_of_other_programs_have_their_place() {
        let of = |value: AttributeValue, kind: FieldKind| {
            let mut bytes = Vec::new();
            push_attribute(&mut bytes, Some(&value), kind);
            bytes
        };
        let s = |text: &str| AttributeValue::S(text.to_owned());
        let n = |text: &str| AttributeValue::N(text.to_owned());
        let text = FieldKind::from(Kind::String);
        let instant = FieldKind::from(Kind::Timestamp);
        assert_eq!(of(n("1.50E+3"), Kind::Number.into()), bytes(&1_500.into()));
        assert!(
            of(n("12345678901234567890123456789012345678"), text)
                > of(n("12345678901234567890123456789012345677"), text)
        );
        assert_eq!(
            of(s("1970-01-01T01:00:00+01:00"), instant),
            bytes(&Value::Timestamp(Timestamp::from_millis(0).unwrap()))
        );
        assert_eq!(of(s("no instant"), instant), bytes(&"no instant".into()));
        assert_eq!(of(s("1970-01-01T01:00:00+01:00"), text), bytes(&"1970-01-01T01:00:00+01:00".into()));
        assert_eq!(of(AttributeValue::Null(true), text), bytes(&Value::Null));
        assert_eq!(of(s(""), text.empty_is_missing()), bytes(&Value::Null));
        assert_eq!(of(s(""), text), bytes(&"".into()));
        assert!(of(s("a\0b"), text) > of(s("a"), text) && of(s("a\0b"), text) < of(s("a\u{1}"), text));
    }
}
