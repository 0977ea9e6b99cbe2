//! Strings with escapes.

use super::{malformed, scan, unreadable};
use crate::Result;

/// Puts the string that begins at `start`, and is plain up to `end`, into `out`; where it ends, its quote included.
#[cold]
#[inline(never)]
pub(super) fn string(text: &str, start: usize, end: usize, out: &mut String) -> Result<usize> {
    let bytes = text.as_bytes();
    let (mut plain, mut at) = (start, end);
    out.clear();
    loop {
        out.push_str(text.get(plain..at).ok_or_else(|| malformed(plain))?);
        match bytes.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => {
                let (char, after) = escape(bytes, at)?;
                out.push(char);
                plain = after;
                at = scan::special(bytes, after);
            }
            _ => return Err(malformed(at)),
        }
    }
}

/// The character that the escape at `at` stands for, and where the escape ends.
fn escape(bytes: &[u8], at: usize) -> Result<(char, usize)> {
    let char = match bytes.get(at + 1) {
        Some(b'u') => return by_number(bytes, at),
        Some(quoted @ (b'"' | b'\\' | b'/')) => char::from(*quoted),
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        _ => return Err(malformed(at)),
    };
    Ok((char, at + 2))
}

fn by_number(bytes: &[u8], at: usize) -> Result<(char, usize)> {
    let high = unit(bytes, at).ok_or_else(|| malformed(at))?;
    if let Some(char) = char::from_u32(high) {
        return Ok((char, at + 6));
    }
    // A high surrogate counts for nothing without the low one, and a low one for nothing without the high one.
    unit(bytes, at + 6)
        .filter(|low| (0xd800..0xdc00).contains(&high) && (0xdc00..0xe000).contains(low))
        .and_then(|low| char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)))
        .map(|char| (char, at + 12))
        .ok_or_else(|| unreadable("half a character is stored, a surrogate without its other half: repair it", at))
}

/// The number in the escape `\uXXXX` at `at`.
fn unit(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
}
