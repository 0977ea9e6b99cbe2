//! Numbers, by the grammar of JSON.

use super::scan::Scan;
use super::{malformed, unreadable};
use crate::{Result, Token};

impl Scan<'_> {
    /// Passes over the number that begins here: an integer inside i64, else the double that it is.
    #[inline]
    pub(super) fn number(&mut self) -> Result<Token<'static>> {
        let start = self.at;
        let negative = self.here() == b'-';
        if negative {
            self.at += 1;
        }
        let (first, leading) = (self.at, self.here());
        let mut magnitude = 0_u64;
        while let digit @ b'0'..=b'9' = self.here() {
            magnitude = magnitude.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            self.at += 1;
        }
        let digits = self.at - first;
        if digits == 0 || (leading == b'0' && digits > 1) {
            return Err(malformed(first));
        }
        // Every number of 19 digits is inside u64, and none of more is inside i64.
        if digits <= 19 && !matches!(self.here(), b'.' | b'e' | b'E') {
            let int = if negative { 0_i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() };
            if let Some(int) = int {
                return Ok(Token::Int(int));
            }
        }
        self.double(start)
    }

    /// The double whose integral part was passed.
    #[inline(never)]
    fn double(&mut self, start: usize) -> Result<Token<'static>> {
        if self.here() == b'.' {
            self.at += 1;
            self.digits()?;
        }
        let mantissa = self.at;
        if matches!(self.here(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.here(), b'+' | b'-') {
                self.at += 1;
            }
            self.digits()?;
        }
        let text = self.text.get(start..self.at).ok_or_else(|| malformed(start))?;
        let double: f64 = text.parse().map_err(|_| malformed(start))?;
        let vanished = || self.text.as_bytes()[start..mantissa].iter().any(|digit| matches!(digit, b'1'..=b'9'));
        if double.is_infinite() || (double == 0.0 && vanished()) {
            return Err(unreadable("a number is stored that is outside the range of an f64: store it as text", start));
        }
        Ok(Token::number(double))
    }

    fn digits(&mut self) -> Result<()> {
        let start = self.at;
        while self.here().is_ascii_digit() {
            self.at += 1;
        }
        if self.at == start { Err(malformed(start)) } else { Ok(()) }
    }
}
