//! A record's text: compact, and the same for equal walks.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::nesting::Nesting;
use super::scan;
use crate::value::BINARY;
use crate::{Error, RecordBuf, Result, Token, Tokens};

/// Appends the record that `tokens` walks to `out`, as JSON without white space.
///
/// Bytes are `{"$binary":"…"}`, an instant is its 24 bytes of text, and a float is the shortest text that reads back as
/// it. After an error `out` is as it was.
///
/// # Errors
/// [`Unexpected`](crate::ErrorKind::Unexpected) if the walk breaks the rules of [`Tokens`], or holds a float that is no
/// number; and what the walk itself fails with.
pub fn write<T: Tokens + ?Sized>(tokens: &mut T, out: &mut String) -> Result<()> {
    let before = out.len();
    write_record(tokens, out).inspect_err(|_| out.truncate(before))
}

/// The record as JSON text: [`write`](write()) into a new string.
///
/// # Errors
/// As for [`write`](write()).
pub fn to_string(record: &RecordBuf) -> Result<String> {
    // Binary and text forms are about as long: names and strings are most of either.
    let mut out = String::with_capacity(record.size());
    write(&mut record.tokens(), &mut out)?;
    Ok(out)
}

fn write_record<T: Tokens + ?Sized>(tokens: &mut T, out: &mut String) -> Result<()> {
    if tokens.next()? != Token::Map {
        return Err(Error::unexpected("a walk over a record begins with a map"));
    }
    let mut nesting = Nesting::default();
    let mut in_map = true;
    // Whether a field's name was written last, and whether a comma goes before what comes next.
    let (mut named, mut comma) = (false, false);
    if !nesting.open(true) {
        return Err(misplaced());
    }
    out.push('{');
    loop {
        let token = tokens.next()?;
        if token == Token::End {
            if named {
                return Err(misplaced());
            }
            out.push(if in_map { '}' } else { ']' });
            nesting.close();
            let Some(around) = nesting.innermost() else { return Ok(()) };
            in_map = around;
            comma = true;
            continue;
        }
        if comma {
            out.push(',');
        }
        if let Token::Field(name) = token {
            if named || !in_map {
                return Err(misplaced());
            }
            string(name, out);
            out.push(':');
            named = true;
            comma = false;
            continue;
        }
        if named != in_map {
            return Err(misplaced());
        }
        named = false;
        comma = true;
        match token {
            Token::Map | Token::Array => {
                in_map = token == Token::Map;
                if !nesting.open(in_map) {
                    return Err(Error::unexpected("a record holds more than 256 arrays and maps inside one another"));
                }
                out.push(if in_map { '{' } else { '[' });
                comma = false;
            }
            Token::Null if in_map => return Err(misplaced()),
            scalar => write_scalar(scalar, out)?,
        }
    }
}

#[inline]
fn write_scalar(scalar: Token<'_>, out: &mut String) -> Result<()> {
    match scalar {
        Token::String(text) => string(text, out),
        Token::Int(int) => out.push_str(itoa::Buffer::new().format(int)),
        Token::Float(float) if float.is_finite() => out.push_str(zmij::Buffer::new().format_finite(float)),
        Token::Float(_) => return Err(Error::unexpected("a record holds a float that is infinite or no number")),
        Token::Bool(bool) => out.push_str(if bool { "true" } else { "false" }),
        Token::Null => out.push_str("null"),
        // 24 bytes without anything to escape.
        Token::Timestamp(at) => {
            out.push('"');
            at.with_text(|text| out.push_str(text));
            out.push('"');
        }
        Token::Bytes(bytes) => {
            out.push_str("{\"");
            out.push_str(BINARY);
            out.push_str("\":\"");
            BASE64.encode_string(bytes, out);
            out.push_str("\"}");
        }
        Token::Map | Token::Array | Token::Field(_) | Token::End => return Err(misplaced()),
    }
    Ok(())
}

/// Writes a string, escaping only what JSON does not take as it is.
#[inline]
fn string(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    loop {
        let at = scan::special(rest.as_bytes(), 0);
        // What is special is one byte of ASCII, so that both halves are text.
        let Some((plain, tail)) = rest.split_at_checked(at) else { break };
        out.push_str(plain);
        let Some(byte) = tail.bytes().next() else { break };
        escape(byte, out);
        rest = &tail[1..];
    }
    out.push('"');
}

#[cold]
fn escape(byte: u8, out: &mut String) {
    out.push('\\');
    match byte {
        b'"' | b'\\' => out.push(byte.into()),
        0x8 => out.push('b'),
        0xc => out.push('f'),
        b'\n' => out.push('n'),
        b'\r' => out.push('r'),
        b'\t' => out.push('t'),
        _ => {
            out.push_str("u00");
            for digit in [byte >> 4, byte & 0xf] {
                out.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
            }
        }
    }
}

#[cold]
fn misplaced() -> Error {
    Error::unexpected("a walk over a record is out of step: fields and values alternate, and null is left out of maps")
}
