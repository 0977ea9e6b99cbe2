//! MongoDB's messages (`OP_MSG`, and `OP_QUERY` of old handshakes), and its errors in its own words.

use std::io;

use tokio::io::AsyncRead;

use crate::fault::Answer;
use crate::wire::{Message, Reader, malformed};

const HEAD: usize = 16;
const OP_REPLY: i32 = 1;
const OP_QUERY: i32 = 2004;
const OP_COMPRESSED: i32 = 2012;
const OP_MSG: i32 = 2013;

/// `OP_MSG`: four bytes of checksum follow.
const CHECKSUM: u32 = 1;
/// `OP_MSG`: another message follows without a request for it; in a request: no answer is wanted.
const MORE_TO_COME: u32 = 2;

/// MongoDB: 48,000,000 bytes a message.
const MAX: usize = 48_000_000;

/// An error as MongoDB answers it, such as `(11600, "InterruptedAtShutdown", "…")`.
///
/// `labels` are those that the server attaches, such as `RetryableWriteError`.
pub fn error(code: i32, name: &str, message: &str, labels: &[&str]) -> Answer {
    let mut fields = double("ok", 0.0);
    fields.extend(text("errmsg", message));
    fields.extend(field(0x10, "code", &code.to_le_bytes()));
    fields.extend(text("codeName", name));
    if !labels.is_empty() {
        let items: Vec<u8> = labels.iter().enumerate().flat_map(|(at, label)| text(&at.to_string(), label)).collect();
        fields.extend(field(0x04, "errorLabels", &document(items)));
    }
    Answer::document(document(fields))
}

/// The server steps down: the driver looks for another primary and tries again.
pub fn not_writable_primary() -> Answer {
    error(10107, "NotWritablePrimary", "not primary", &["RetryableWriteError"])
}

/// The user may not do this.
pub fn unauthorized() -> Answer {
    error(13, "Unauthorized", "not authorized on test to execute command", &[])
}

/// Another transaction has written the record.
pub fn write_conflict() -> Answer {
    let message = "Caused by :: Write conflict during plan execution and yielding is disabled. :: Please retry your \
                   operation or multi-document transaction.";
    error(112, "WriteConflict", message, &["TransientTransactionError"])
}

/// The operation took longer than it may.
pub fn max_time_expired() -> Answer {
    error(50, "MaxTimeMSExpired", "operation exceeded time limit", &[])
}

pub(crate) async fn read<R: AsyncRead + Unpin>(reader: &mut Reader<R>) -> io::Result<Message> {
    let mut bytes = reader.take(HEAD).await?;
    let length = usize::try_from(number(&bytes, 0)?).ok().filter(|length| (HEAD..=MAX).contains(length));
    let length = length.ok_or_else(|| malformed("the length of a message is wrong"))?;
    bytes.extend(reader.take(length - HEAD).await?);
    understood(bytes)
}

fn understood(bytes: Vec<u8>) -> io::Result<Message> {
    let message = |operation: &str, body: usize, more_to_come: bool, bytes: Vec<u8>| Message {
        operation: operation.to_owned(),
        target: None,
        status: 0,
        last: false,
        body,
        more_to_come,
        bytes,
    };
    let (body, flags) = match number(&bytes, 12)? {
        OP_MSG => (document_of_message(&bytes)?, number(&bytes, HEAD)?.cast_unsigned()),
        OP_QUERY => (document_of_query(&bytes)?, 0),
        OP_COMPRESSED => return Ok(message("compressed", HEAD, false, bytes)),
        _ => return Ok(message("unknown", HEAD, false, bytes)),
    };
    let (operation, target) = command(&bytes[body..])?;
    Ok(Message { target, ..message(&operation, body, flags & MORE_TO_COME != 0, bytes) })
}

/// Where the document of the command begins: the section of the kind 0, which may stand behind sequences.
fn document_of_message(bytes: &[u8]) -> io::Result<usize> {
    let mut at = HEAD + 4;
    loop {
        match bytes.get(at) {
            Some(0) => return Ok(at + 1),
            Some(1) => {
                at += 1 + usize::try_from(number(bytes, at + 1)?).map_err(|_| malformed("a section is wrong"))?;
            }
            _ => return Err(malformed("a message has no document")),
        }
    }
}

/// Flags, the name of the collection, two numbers, and then the document.
fn document_of_query(bytes: &[u8]) -> io::Result<usize> {
    let name = bytes.get(HEAD + 4..).and_then(|rest| rest.iter().position(|byte| *byte == 0));
    Ok(HEAD + 4 + name.ok_or_else(|| malformed("a query has no collection"))? + 1 + 8)
}

/// The name of the first field, which is the command, and its value if that is text: the collection.
fn command(document: &[u8]) -> io::Result<(String, Option<String>)> {
    let wrong = || malformed("a command has no name");
    let kind = *document.get(4).ok_or_else(wrong)?;
    let rest = &document[5..];
    let end = rest.iter().position(|byte| *byte == 0).ok_or_else(wrong)?;
    let name = std::str::from_utf8(&rest[..end]).map_err(|_| wrong())?;
    let value = &rest[end + 1..];
    let text = (kind == 0x02).then(|| value.get(4..).and_then(|text| text.split(|byte| *byte == 0).next())).flatten();
    // `getMore` has the number of the cursor first, and then the collection.
    let text = text.or_else(|| (name == "getMore").then(|| collection(value)).flatten());
    let target = text.and_then(|text| std::str::from_utf8(text).ok()).map(str::to_owned);
    Ok((name.to_owned(), target))
}

/// The text of a field `collection` that follows eight bytes.
fn collection(value: &[u8]) -> Option<&[u8]> {
    value.get(8..)?.strip_prefix(b"\x02collection\0")?.get(4..)?.split(|byte| *byte == 0).next()
}

/// The message with another document, and without further sections and the checksum.
pub(crate) fn with_body(message: &Message, body: &[u8]) -> Vec<u8> {
    let flags = number(&message.bytes, HEAD).unwrap_or(0).cast_unsigned() & !CHECKSUM;
    framed(&message.bytes[4..12], flags, body)
}

/// An answer to the request `message`.
pub(crate) fn answer(message: &Message, body: &[u8]) -> Vec<u8> {
    // Its own number, which nobody looks at, and the number of the request.
    let mut numbers = vec![0; 4];
    numbers.extend(message.bytes.get(4..8).unwrap_or(&[0; 4]));
    if number(&message.bytes, 12).is_ok_and(|operation| operation == OP_QUERY) {
        // Flags, a cursor, a position, and one document.
        let mut rest = vec![0; 16];
        rest.extend(1_i32.to_le_bytes());
        return headed(&numbers, OP_REPLY, &[&rest, body]);
    }
    framed(&numbers, 0, body)
}

fn framed(numbers: &[u8], flags: u32, body: &[u8]) -> Vec<u8> {
    headed(numbers, OP_MSG, &[&flags.to_le_bytes(), &[0], body])
}

fn headed(numbers: &[u8], operation: i32, parts: &[&[u8]]) -> Vec<u8> {
    let rest = parts.concat();
    let mut bytes = length(HEAD + rest.len()).to_vec();
    bytes.extend(numbers);
    bytes.extend(operation.to_le_bytes());
    bytes.extend(rest);
    bytes
}

fn document(fields: Vec<u8>) -> Vec<u8> {
    let mut bytes = length(4 + fields.len() + 1).to_vec();
    bytes.extend(fields);
    bytes.push(0);
    bytes
}

fn field(kind: u8, name: &str, value: &[u8]) -> Vec<u8> {
    [&[kind], name.as_bytes(), &[0], value].concat()
}

fn text(name: &str, value: &str) -> Vec<u8> {
    field(0x02, name, &[&length(value.len() + 1), value.as_bytes(), &[0]].concat())
}

fn double(name: &str, value: f64) -> Vec<u8> {
    field(0x01, name, &value.to_le_bytes())
}

/// A length as it stands in a message; none reaches the limit of the type.
fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes()
}

fn number(bytes: &[u8], at: usize) -> io::Result<i32> {
    let part = bytes.get(at..at + 4).and_then(|part| part.try_into().ok());
    Ok(i32::from_le_bytes(part.ok_or_else(|| malformed("a message is cut off"))?))
}

#[cfg(test)]
mod tests;
