//! Numbers, by the grammar of JSON.

use super::scan::Scan;
use super::{malformed, unreadable};
use crate::{Error, Result, Token};

/// The powers of ten by which a mantissa of so many digits can be divided.
const POWERS: [f64; 20] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19];

/// Every number of so many digits is inside u64, and none of more is inside i64.
const DIGITS: usize = 19;

/// The name under which `serde_json` hands out the text of a number, where its feature `arbitrary_precision` is on
/// somewhere in the program.
pub(crate) const HANDED_OUT: &str = "$serde_json::private::Number";

/// The number in such a text, if it is one that a record can hold.
pub(crate) fn handed_out(text: &str) -> Option<Token<'static>> {
    let mut scan = Scan { text, at: 0 };
    scan.number().ok().filter(|_| scan.at == text.len())
}

/// Whether every number in a text of well-formed JSON is one that a record can hold. `serde_json` takes an integer that
/// is outside of all of its types for the double that is next to it.
pub(crate) fn are_storable(text: &str) -> bool {
    let mut scan = Scan { text, at: 0 };
    while scan.at < text.len() {
        match scan.here() {
            b'-' | b'0'..=b'9' => {
                if scan.number().is_err() {
                    return false;
                }
                continue;
            }
            b'"' => scan.at = end_of_string(text.as_bytes(), scan.at),
            _ => {}
        }
        scan.at += 1;
    }
    true
}

/// Where the string ends whose first quote stands at `start`.
fn end_of_string(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => break,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at
}

impl Scan<'_> {
    /// Passes over the number that begins here: an integer inside i64, or with a fraction or an exponent the double that
    /// it is. This library writes an exponent to every float outside i64.
    #[inline]
    pub(super) fn number(&mut self) -> Result<Token<'static>> {
        let start = self.at;
        let negative = self.here() == b'-';
        if negative {
            self.at += 1;
        }
        let leading = self.here();
        let mut mantissa = 0;
        let digits = self.digits(&mut mantissa)?;
        if leading == b'0' && digits > 1 {
            return Err(malformed(start));
        }
        match self.here() {
            b'.' => return self.fraction(start, mantissa, digits),
            b'e' | b'E' => {}
            _ => {
                let int = if negative { 0_i64.checked_sub_unsigned(mantissa) } else { i64::try_from(mantissa).ok() };
                return match int.filter(|_| digits <= DIGITS) {
                    Some(int) => Ok(Token::Int(int)),
                    None => Err(outside(start)),
                };
            }
        }
        self.double(start)
    }

    /// Passes over at least one digit and appends them to `number`, which wraps; how many they are.
    #[inline]
    fn digits(&mut self, number: &mut u64) -> Result<usize> {
        let start = self.at;
        while let digit @ b'0'..=b'9' = self.here() {
            *number = number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            self.at += 1;
        }
        if self.at == start { Err(malformed(start)) } else { Ok(self.at - start) }
    }

    /// The double whose fraction begins here.
    fn fraction(&mut self, start: usize, mut mantissa: u64, digits: usize) -> Result<Token<'static>> {
        self.at += 1;
        let places = self.digits(&mut mantissa)?;
        // A quotient of two doubles is rounded once, and these two are exact.
        if digits + places <= DIGITS
            && mantissa <= 1 << f64::MANTISSA_DIGITS
            && !matches!(self.here(), b'e' | b'E')
            && let Some(power) = POWERS.get(places)
        {
            #[allow(clippy::cast_precision_loss, reason = "guarded by the test above")]
            let double = mantissa as f64 / power;
            return Ok(Token::number(if self.text.as_bytes()[start] == b'-' { -double } else { double }));
        }
        self.double(start)
    }

    /// The double whose exponent may begin here.
    #[inline(never)]
    fn double(&mut self, start: usize) -> Result<Token<'static>> {
        let mantissa = self.at;
        if matches!(self.here(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.here(), b'+' | b'-') {
                self.at += 1;
            }
            self.digits(&mut 0)?;
        }
        let text = self.text.get(start..self.at).ok_or_else(|| malformed(start))?;
        let double: f64 = text.parse().map_err(|_| malformed(start))?;
        let vanished = || self.text.as_bytes()[start..mantissa].iter().any(|digit| matches!(digit, b'1'..=b'9'));
        if double.is_infinite() || (double == 0.0 && vanished()) {
            return Err(unreadable("a number is stored that is outside the range of an f64: store it as text", start));
        }
        Ok(Token::number(double))
    }
}

/// Not rounded: another program meant each of its digits.
#[cold]
fn outside(start: usize) -> Error {
    unreadable("an integer is stored that is outside the range of an i64: store it as text", start)
}
