//! HTTP/1.1 as clients of DynamoDB speak it: a head, and a body of a known length or in chunks.

use std::io;
use std::ops::Range;

use serde_json::Value;
use tokio::io::AsyncRead;

use crate::wire::{Message, Reader, malformed};

/// The longest head that is read.
const MAX_HEAD: usize = 64 * 1024;

/// Where the parts of a message stand that frame it.
struct Head<'a> {
    first: &'a str,
    lines: Vec<&'a str>,
}

impl<'a> Head<'a> {
    fn parse(bytes: &'a [u8]) -> io::Result<Self> {
        let text = std::str::from_utf8(bytes).map_err(|_| malformed("a head is not UTF-8"))?;
        let mut lines = text.trim_end().split("\r\n");
        Ok(Self { first: lines.next().unwrap_or_default(), lines: lines.collect() })
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        let value = |line: &&'a str| {
            let (own, value) = line.split_once(':')?;
            own.eq_ignore_ascii_case(name).then(|| value.trim())
        };
        self.lines.iter().find_map(value)
    }

    /// The status of an answer; 0 in a request.
    fn status(&self) -> u16 {
        let status = self.first.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1));
        status.and_then(|status| status.parse().ok()).unwrap_or(0)
    }
}

pub(crate) async fn read<R: AsyncRead + Unpin>(reader: &mut Reader<R>) -> io::Result<Message> {
    let length = loop {
        if let Some(at) = find(&reader.buffer, b"\r\n\r\n") {
            break at + 4;
        }
        if reader.buffer.len() > MAX_HEAD {
            return Err(malformed("a head is too long"));
        }
        if !reader.more().await? {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    };
    let mut bytes = reader.take(length).await?;
    let head = Head::parse(&bytes)?;
    let status = head.status();
    let chunked = head.get("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
    let known = head.get("content-length").map(str::parse::<usize>);
    let known = known.transpose().map_err(|_| malformed("a length is no number"))?;
    let last = head.get("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    // `DynamoDB_20120810.GetItem`; without one, the first line.
    let operation = head.get("x-amz-target").and_then(|target| target.rsplit('.').next()).unwrap_or(head.first);
    let operation = operation.to_owned();
    // HTTP: these answers have no body, and a request without a length has none.
    let bodiless = matches!(status, 100..=199 | 204 | 304);
    let body = if chunked && !bodiless {
        let body = read_chunks(reader).await?;
        bytes = dechunked(&bytes, body.len())?;
        body
    } else if let Some(length) = known.filter(|_| !bodiless) {
        reader.take(length).await?
    } else if status == 0 || bodiless {
        Vec::new()
    } else {
        while reader.more().await? {}
        std::mem::take(&mut reader.buffer)
    };
    let start = bytes.len();
    bytes.extend(&body);
    let target = table(&body);
    Ok(Message { bytes, body: start, status, operation, target, more_to_come: false, last })
}

/// The table that a request names; the only one, if it is a batch.
fn table(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    if let Some(name) = body["TableName"].as_str() {
        return Some(name.to_owned());
    }
    let tables = body["RequestItems"].as_object()?;
    tables.keys().next().filter(|_| tables.len() == 1).cloned()
}

async fn read_chunks<R: AsyncRead + Unpin>(reader: &mut Reader<R>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(reader).await?;
        let size = std::str::from_utf8(&line).ok().and_then(|line| line.split(';').next());
        let size = size.and_then(|size| usize::from_str_radix(size.trim(), 16).ok());
        let size = size.ok_or_else(|| malformed("the size of a chunk is no number"))?;
        if size == 0 {
            // Trailers, up to an empty line.
            while !read_line(reader).await?.is_empty() {}
            return Ok(body);
        }
        body.extend(reader.take(size).await?);
        reader.take(2).await?;
    }
}

/// A line without its end.
async fn read_line<R: AsyncRead + Unpin>(reader: &mut Reader<R>) -> io::Result<Vec<u8>> {
    loop {
        if let Some(at) = find(&reader.buffer, b"\r\n") {
            let mut line = reader.take(at + 2).await?;
            line.truncate(at);
            return Ok(line);
        }
        if reader.buffer.len() > MAX_HEAD || !reader.more().await? {
            return Err(malformed("a chunk has no end"));
        }
    }
}

/// The head of a message whose body is not in chunks any more.
fn dechunked(head: &[u8], length: usize) -> io::Result<Vec<u8>> {
    let head = Head::parse(head)?;
    Ok(rewritten(&head, length, &["transfer-encoding", "trailer"]))
}

fn rewritten(head: &Head<'_>, length: usize, without: &[&str]) -> Vec<u8> {
    let mut text = format!("{}\r\ncontent-length: {length}\r\n", head.first);
    let dropped = |line: &&&str| {
        let name = line.split(':').next().unwrap_or_default();
        !name.eq_ignore_ascii_case("content-length") && !without.iter().any(|other| name.eq_ignore_ascii_case(other))
    };
    for line in head.lines.iter().filter(dropped) {
        text.extend([line, "\r\n"]);
    }
    text.push_str("\r\n");
    text.into_bytes()
}

/// The message with another body. The checksum of the old one goes.
pub(crate) fn with_body(message: &Message, body: &[u8]) -> Vec<u8> {
    let range: Range<usize> = 0..message.body;
    // The head was read as text before.
    let head = Head::parse(&message.bytes[range]).unwrap_or(Head { first: "", lines: Vec::new() });
    let mut bytes = rewritten(&head, body.len(), &["x-amz-crc32"]);
    bytes.extend(body);
    bytes
}

/// An answer of its own.
pub(crate) fn answer(status: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "HTTP/1.1 {status} {}\r\nserver: proxy\r\ncontent-type: application/x-amz-json-1.0\r\nx-amzn-requestid: \
         PROXY\r\ncontent-length: {}\r\n\r\n",
        reason(status),
        body.len()
    )
    .into_bytes();
    bytes.extend(body);
    bytes
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Other",
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read_all(mut bytes: &[u8]) -> io::Result<Message> {
        read(&mut Reader::new(&mut bytes)).await
    }

    #[tokio::test]
    async fn a_request_names_its_operation_and_table() {
        let text = b"POST / HTTP/1.1\r\nX-AMZ-Target: DynamoDB_20120810.GetItem\r\nContent-Length: 17\r\n\r\n{\"TableName\":\"t\"}rest";
        let message = read_all(text).await.unwrap();
        assert_eq!((message.operation.as_str(), message.target.as_deref()), ("GetItem", Some("t")));
        assert_eq!((message.body(), message.status, message.last), (&b"{\"TableName\":\"t\"}"[..], 0, false));
        assert_eq!(message.bytes, text[..text.len() - 4]);
        let message = read_all(b"GET /x HTTP/1.1\r\nConnection: close\r\n\r\n").await.unwrap();
        assert_eq!((message.operation.as_str(), message.last), ("GET /x HTTP/1.1", true));
    }

    #[tokio::test]
    async fn chunks_become_one_body() {
        let text = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: t\r\n\r\n";
        let message = read_all(text).await.unwrap();
        assert_eq!(message.bytes, b"HTTP/1.1 200 OK\r\ncontent-length: 13\r\nA: b\r\n\r\nabc0123456789");
        assert_eq!(message.body(), b"abc0123456789");
    }

    #[tokio::test]
    async fn an_answer_without_a_length_ends_with_the_connection() {
        let message = read_all(b"HTTP/1.1 200 OK\r\n\r\nabc").await.unwrap();
        assert_eq!((message.body(), message.status), (&b"abc"[..], 200));
        assert_eq!(read_all(b"HTTP/1.1 204 No Content\r\n\r\nHTTP").await.unwrap().body(), b"");
    }

    #[tokio::test]
    async fn what_is_no_http_is_an_error() {
        for text in [
            &b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n"[..],
            b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc",
            b"POST / HTTP/1.1\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        ] {
            assert!(read_all(text).await.is_err());
        }
    }

    #[tokio::test]
    async fn another_body_has_its_own_length_and_no_checksum() {
        let text = b"HTTP/1.1 200 OK\r\nx-amz-crc32: 1\r\nContent-Length: 2\r\nA: b\r\n\r\n{}";
        let message = read_all(text).await.unwrap();
        assert_eq!(with_body(&message, b"[1]"), b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\nA: b\r\n\r\n[1]");
    }
}
