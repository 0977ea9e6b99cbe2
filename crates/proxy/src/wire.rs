//! What the two protocols have in common: messages that are read whole, understood, and written on.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::fault::Answer;
use crate::{http, mongodb};

/// What the client and the server speak.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protocol {
    /// MongoDB's wire protocol, without compression and encryption.
    MongoDb,
    /// DynamoDB's JSON over HTTP/1.1, without encryption.
    DynamoDb,
}

/// A message as it came.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// All of it, to be written on unchanged.
    pub(crate) bytes: Vec<u8>,
    /// Where the body begins; it goes to the end.
    pub(crate) body: usize,
    pub(crate) status: u16,
    /// What the request asks for, and of what.
    pub(crate) operation: String,
    pub(crate) target: Option<String>,
    /// MongoDB: the peer sends another one without being asked, or wants no answer.
    pub(crate) more_to_come: bool,
    /// The connection ends with it.
    pub(crate) last: bool,
}

/// One direction of a connection, and what was read from it beyond the last message.
pub(crate) struct Reader<R> {
    stream: R,
    /// What is not used up yet.
    pub(crate) buffer: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    pub(crate) fn new(stream: R) -> Self {
        Self { stream, buffer: Vec::new() }
    }

    /// Reads some more; false at the end.
    pub(crate) async fn more(&mut self) -> io::Result<bool> {
        Ok(self.stream.read_buf(&mut self.buffer).await? > 0)
    }

    /// Reads until the buffer holds as much, and takes it out.
    pub(crate) async fn take(&mut self, count: usize) -> io::Result<Vec<u8>> {
        while self.buffer.len() < count {
            if !self.more().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let rest = self.buffer.split_off(count);
        Ok(std::mem::replace(&mut self.buffer, rest))
    }

    /// The next message; none when the peer has closed the connection between two.
    pub(crate) async fn message(&mut self, protocol: Protocol) -> io::Result<Option<Message>> {
        if self.buffer.is_empty() && !self.more().await? {
            return Ok(None);
        }
        match protocol {
            Protocol::MongoDb => mongodb::read(self).await.map(Some),
            Protocol::DynamoDb => http::read(self).await.map(Some),
        }
    }

    /// Waits until the peer closes the connection, and keeps what it sends until then.
    pub(crate) async fn closed(&mut self) {
        while let Ok(true) = self.more().await {}
    }
}

impl Message {
    pub(crate) fn body(&self) -> &[u8] {
        &self.bytes[self.body..]
    }

    /// The message with another body.
    pub(crate) fn with_body(&self, protocol: Protocol, body: &[u8]) -> Vec<u8> {
        match protocol {
            Protocol::MongoDb => mongodb::with_body(self, body),
            Protocol::DynamoDb => http::with_body(self, body),
        }
    }

    /// An answer to this request.
    pub(crate) fn answer(&self, protocol: Protocol, answer: &Answer) -> Vec<u8> {
        match protocol {
            Protocol::MongoDb => mongodb::answer(self, &answer.body),
            Protocol::DynamoDb => http::answer(answer.status, &answer.body),
        }
    }
}

/// What is not a message of the protocol.
pub(crate) fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
