//! The place in the text, and what can be told of it by its bytes alone.

use super::{malformed, unescape};
use crate::Result;

/// A text and a place in it.
pub(super) struct Scan<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

/// Where a string's content stands.
#[derive(Clone, Copy)]
pub(super) enum Content {
    /// In the text, between these bytes.
    Plain { start: usize, end: usize },
    /// In the scratch space, without its escapes.
    Unescaped,
}

impl<'a> Scan<'a> {
    /// The byte here; 0, which no JSON has here, at the end.
    #[inline]
    pub(super) fn here(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    /// The byte behind the white space that may stand here.
    #[inline]
    pub(super) fn past_space(&mut self) -> u8 {
        loop {
            let byte = self.here();
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return byte;
            }
            self.at += 1;
        }
    }

    /// Passes over a word like `true`.
    #[inline]
    pub(super) fn word<const LENGTH: usize>(&mut self, word: &[u8; LENGTH]) -> Result<()> {
        // Of a known length, so that it is one comparison and no call.
        if self.text.as_bytes().get(self.at..).and_then(<[u8]>::first_chunk) == Some(word) {
            self.at += LENGTH;
            return Ok(());
        }
        Err(malformed(self.at))
    }

    /// Passes over the string whose first quote was passed; its escapes are resolved in `scratch`.
    #[inline]
    pub(super) fn string(&mut self, scratch: &mut String) -> Result<Content> {
        let start = self.at;
        let end = special(self.text.as_bytes(), start);
        if self.text.as_bytes().get(end) == Some(&b'"') {
            self.at = end + 1;
            return Ok(Content::Plain { start, end });
        }
        self.at = unescape::string(self.text, start, end, scratch)?;
        Ok(Content::Unescaped)
    }

    /// The content that [`string`](Self::string) found.
    #[inline]
    pub(super) fn content<'s>(&self, content: Content, scratch: &'s str) -> Result<&'s str>
    where
        'a: 's,
    {
        match content {
            Content::Plain { start, end } => self.text.get(start..end).ok_or_else(|| malformed(start)),
            Content::Unescaped => Ok(scratch),
        }
    }

    /// Passes over the string whose first quote was passed, looking only for its end.
    #[inline]
    pub(super) fn skip_string(&mut self) -> Result<()> {
        let bytes = self.text.as_bytes();
        loop {
            self.at = special(bytes, self.at);
            match bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.at += 2,
                _ => return Err(malformed(self.at)),
            }
        }
    }

    /// Passes over a number or a word, looking only for its end.
    #[inline]
    pub(super) fn skip_plain(&mut self) -> Result<()> {
        let start = self.at;
        while matches!(self.here(), b'0'..=b'9' | b'a'..=b'z' | b'.' | b'-' | b'+' | b'E') {
            self.at += 1;
        }
        if self.at == start { Err(malformed(start)) } else { Ok(()) }
    }
}

/// Where the next quote, backslash or control character stands, or where the text ends.
#[inline]
pub(super) fn special(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    let mut rest = bytes.get(from..).unwrap_or_default();
    while let Some((eight, after)) = rest.split_first_chunk() {
        let found = special_in(u64::from_le_bytes(*eight));
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
        rest = after;
    }
    at + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)).unwrap_or(rest.len())
}

/// The lowest bit that is set marks the first special byte of the eight; those above it may mark others falsely,
/// because a subtraction borrows from them.
#[inline]
fn special_in(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    let below = |limit: u8, word: u64| word.wrapping_sub(ONES * u64::from(limit)) & !word;
    let quote = below(1, word ^ (ONES * u64::from(b'"')));
    let backslash = below(1, word ^ (ONES * u64::from(b'\\')));
    (quote | backslash | below(0x20, word)) & (ONES << 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_special_byte_is_found_at_every_place_and_nothing_else_is() {
        for byte in 0..=u8::MAX {
            for length in 0..20 {
                for at in 0..length {
                    for around in [b'a', 0x7f, 0x80, 0xff, b'!', b'#', b'[', b']', b' '] {
                        let mut bytes = vec![around; length];
                        bytes[at] = byte;
                        let expected = if matches!(byte, b'"' | b'\\' | 0..0x20) { at } else { length };
                        assert_eq!(special(&bytes, 0), expected, "{byte} at {at} of {length}, among {around}");
                    }
                }
            }
        }
        assert_eq!((special(b"\"a\"", 1), special(b"\"", 1), special(b"", 7)), (2, 1, 7));
    }
}
