//! Numbers as DynamoDB's text, and that text as numbers.

use backends_core::{Error, Result, Token};

/// The shortest text that reads back as this float, bit for bit. DynamoDB keeps 38 digits, and it has at most 17.
pub(crate) fn write(float: f64) -> String {
    zmij::Buffer::new().format_finite(float).to_owned()
}

/// How many digits of a text that this library wrote say something: no zeros at either end, and no exponent.
pub(crate) fn significant(text: &str) -> usize {
    let mantissa = text.split('e').next().unwrap_or_default();
    let digits = mantissa.trim_start_matches(['-', '0', '.']).trim_end_matches(['0', '.']);
    // Of a number below one the trim has passed its point too.
    digits.len() - digits.matches('.').count()
}

/// The number that a text is.
///
/// # Errors
/// `Unreadable` for a number that no float is: another program stored it, with more digits.
pub(crate) fn read(text: &str) -> Result<Token<'static>> {
    // `parse` takes a plus sign too, which DynamoDB does not write.
    if let Ok(int) = text.parse::<i64>() {
        return Ok(Token::Int(int));
    }
    let float: f64 = text.parse().map_err(|_| malformed())?;
    if !float.is_finite() {
        return Err(malformed());
    }
    let mut buffer = zmij::Buffer::new();
    let shortest = buffer.format_finite(float);
    // Most come back as this library writes them, and need not be taken apart.
    if text != shortest && decimal(text) != decimal(shortest) {
        return Err(too_precise());
    }
    Ok(Token::number(float))
}

/// A number as whether it is negative, its digits without zeros at either end, which are none for zero, and the power of
/// ten of the first of them.
pub(crate) fn scientific(text: &str) -> Option<(bool, Vec<u8>, i64)> {
    let Decimal { is_negative, digits, exponent } = decimal(text)?;
    let first = exponent.checked_add(i64::try_from(digits.len()).ok()? - 1)?;
    digits.iter().all(u8::is_ascii_digit).then_some((is_negative, digits, first))
}

/// A decimal number without what may be written in several ways: its sign, its digits without zeros at either end, and
/// the power of ten of the last digit.
#[derive(PartialEq, Debug)]
struct Decimal {
    is_negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

fn decimal(text: &str) -> Option<Decimal> {
    let (is_negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let mut exponent: i64 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    exponent -= i64::try_from(fraction.len()).ok()?;
    let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).skip_while(|digit| *digit == b'0').collect();
    while digits.last() == Some(&b'0') {
        digits.pop();
        exponent += 1;
    }
    let is_zero = digits.is_empty();
    Some(Decimal { is_negative: is_negative && !is_zero, digits, exponent: if is_zero { 0 } else { exponent } })
}

#[cold]
fn malformed() -> Error {
    Error::unreadable("a stored number is no number: store the record anew")
}

#[cold]
fn too_precise() -> Error {
    Error::unreadable(
        "another program stored a number with more digits than a float has: store it as text, or leave the field out of the type",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c02_a_number_is_the_one_that_its_text_says_or_none() {
        for (text, token) in [
            ("0", Some(Token::Int(0))),
            ("-0", Some(Token::Int(0))),
            ("7", Some(Token::Int(7))),
            ("9223372036854775807", Some(Token::Int(i64::MAX))),
            ("-9223372036854775808", Some(Token::Int(i64::MIN))),
            ("1.0", Some(Token::Int(1))),
            ("1E3", Some(Token::Int(1000))),
            ("1e+3", Some(Token::Int(1000))),
            ("0.5", Some(Token::Float(0.5))),
            (".50", Some(Token::Float(0.5))),
            ("5E-1", Some(Token::Float(0.5))),
            ("0.1", Some(Token::Float(0.1))),
            ("100000000000000000000", Some(Token::Float(1e20))),
            ("1E+125", Some(Token::Float(1e125))),
            ("-1e-130", Some(Token::Float(-1e-130))),
            ("9223372036854775808", None),
            ("123456789012345678901", None),
            ("0.1000000000000000055511151231257827", None),
            ("1e999", None),
            ("NaN", None),
            ("inf", None),
            ("", None),
            ("abc", None),
        ] {
            match (read(text), token) {
                (Ok(read), Some(token)) => assert!(read == token, "{text}: {read:?}"),
                (Err(error), None) => assert!(error.is_unreadable(), "{text}: {error}"),
                (read, _) => panic!("{text}: {read:?}"),
            }
        }
    }

    #[test]
    fn digits_count_that_say_something() {
        for (text, digits) in [
            ("0", 0),
            ("7", 1),
            ("-120", 2),
            ("1000000000000", 1),
            ("1001", 4),
            ("0.0012345", 5),
            ("10.50", 3),
            ("-1.5e-100", 2),
            ("1e125", 1),
        ] {
            assert_eq!(significant(text), digits, "{text}");
        }
    }

    #[test]
    fn c02_every_float_comes_back_bit_for_bit() {
        let mut bits = 0x1234_5678_9abc_def1_u64;
        let mut tried = 0;
        while tried < 20_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let float = f64::from_bits(bits);
            if !(1e-130..1e126).contains(&float.abs()) {
                continue;
            }
            tried += 1;
            assert!(read(&write(float)).unwrap() == Token::number(float), "{float:e}");
        }
    }
}
