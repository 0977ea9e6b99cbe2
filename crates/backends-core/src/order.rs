//! The total order of scalars: numbers exactly, strings by bytes, instants in time.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use crate::Token;

/// The order of two scalars. Kinds follow one another: missing and null, numbers, strings, timestamps, then maps,
/// arrays and bytes as equals, then bools.
pub(crate) fn compare(left: Token<'_>, right: Token<'_>) -> Ordering {
    match (left, right) {
        (Token::Int(left), Token::Int(right)) => left.cmp(&right),
        (Token::Float(left), Token::Float(right)) => left.total_cmp(&right),
        (Token::Int(left), Token::Float(right)) => int_to_float(left, right),
        (Token::Float(left), Token::Int(right)) => int_to_float(right, left).reverse(),
        (Token::String(left), Token::String(right)) => left.as_bytes().cmp(right.as_bytes()),
        (Token::Timestamp(left), Token::Timestamp(right)) => left.cmp(&right),
        (Token::Bool(left), Token::Bool(right)) => left.cmp(&right),
        _ => class(left).cmp(&class(right)),
    }
}

/// The same for scalars that are equal in this order. A float that is an integer comes as one.
pub(crate) fn hash<H: Hasher>(token: Token<'_>, state: &mut H) {
    match token {
        Token::Int(int) => int.hash(state),
        Token::Float(float) => float.to_bits().hash(state),
        Token::String(text) => text.hash(state),
        Token::Timestamp(at) => at.millis().hash(state),
        Token::Bool(bool) => bool.hash(state),
        other => class(other).hash(state),
    }
}

fn class(token: Token<'_>) -> u8 {
    match token {
        Token::Null | Token::Field(_) | Token::End => 0,
        Token::Int(_) | Token::Float(_) => 1,
        Token::String(_) => 2,
        Token::Timestamp(_) => 3,
        Token::Map | Token::Array | Token::Bytes(_) => 4,
        Token::Bool(_) => 5,
    }
}

/// Exactly, also beyond 2^53. The float is no integer inside i64.
#[allow(clippy::cast_possible_truncation, reason = "its range was tested")]
fn int_to_float(int: i64, float: f64) -> Ordering {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if float >= LIMIT {
        Ordering::Less
    } else if float < -LIMIT {
        Ordering::Greater
    } else {
        int.cmp(&(float.floor() as i64)).then(Ordering::Less)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c02_what_is_equal_has_one_hash() {
        use std::hash::{BuildHasher, RandomState};

        struct Hashed<'a>(Token<'a>);
        impl Hash for Hashed<'_> {
            fn hash<H: Hasher>(&self, state: &mut H) {
                hash(self.0, state);
            }
        }
        let hasher = RandomState::new();
        let of = |token| hasher.hash_one(Hashed(token));
        assert_eq!(of(Token::number(7.0)), of(Token::Int(7)));
        assert_eq!(of(Token::number(-0.0)), of(Token::Int(0)));
        assert_eq!(of(Token::Map), of(Token::Array));
        assert_ne!(of(Token::Float(0.5)), of(Token::Float(1.5)));
        assert_ne!(of(Token::String("a")), of(Token::String("b")));
    }

    #[test]
    fn c02_numbers_are_ordered_exactly() {
        let ascending = [
            Token::Float(-1e100),
            Token::Int(i64::MIN),
            Token::Int(-2),
            Token::Float(-1.5),
            Token::Int(-1),
            Token::Float(-1e-130),
            Token::Int(0),
            Token::Float(1e-130),
            Token::Float(0.5),
            Token::Int(1),
            Token::Int(9_007_199_254_740_992),
            Token::Int(9_007_199_254_740_993),
            Token::Int(i64::MAX),
            Token::Float(1e19),
            Token::String(""),
            Token::String("Z"),
            Token::String("a"),
            Token::String("ä"),
            Token::Timestamp(crate::Timestamp::MIN),
            Token::Map,
            Token::Bool(false),
            Token::Bool(true),
        ];
        for (i, left) in ascending.iter().enumerate() {
            for (j, right) in ascending.iter().enumerate() {
                assert_eq!(compare(*left, *right), i.cmp(&j), "{i} {j}");
            }
        }
        assert_eq!(compare(Token::Map, Token::Array), Ordering::Equal);
    }
}
