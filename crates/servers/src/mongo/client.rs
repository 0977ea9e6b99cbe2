//! A connection that sends one command and waits for its answer (`OP_MSG`), without users and encryption.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::error::Context as _;

use super::bson::{self, Document, Value};
use crate::ports;

/// MongoDB: the operation `OP_MSG`.
const OP_MSG: i32 = 2013;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A connection to a server.
pub struct Client {
    stream: TcpStream,
}

/// A command that the server refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The server's number for it.
    pub code: i32,
    /// The server's words for it.
    pub message: String,
}

impl Client {
    /// Connects to `host:port`.
    ///
    /// # Errors
    /// Nobody takes the connection.
    pub fn connect(address: &str) -> crate::Result<Self> {
        let stream = ports::connect(address, TIMEOUT).with_context(|| format!("{address} cannot be reached"))?;
        Ok(Self { stream })
    }

    /// Sends a command to a database; what the server refuses is an error that holds a [`Refusal`].
    ///
    /// # Errors
    /// The command is refused, or the connection breaks.
    pub fn run(&mut self, database: &str, command: Document) -> crate::Result<Document> {
        let request = message(&command.with("$db", database));
        self.stream.write_all(&request).context("the command cannot be sent")?;
        let mut head = [0; 16];
        self.stream.read_exact(&mut head).context("no answer")?;
        let [length, _, _, operation] = std::array::from_fn(|at| number(&head, at * 4));
        let length = usize::try_from(length).ok().and_then(|length| length.checked_sub(head.len()));
        let mut body = vec![0; length.context("an answer is too short")?];
        self.stream.read_exact(&mut body).context("an answer is cut off")?;
        // The flags, then the kind of the section, which is 0 for a document.
        let document = body.get(5..).filter(|_| operation == OP_MSG && body[4] == 0);
        let answer = Document::decode(document.context("an answer is no document")?)?;
        if answer.flag("ok") { Ok(answer) } else { Err(Refusal::of(&answer).into()) }
    }
}

fn message(document: &Document) -> Vec<u8> {
    let body = document.encode();
    let mut bytes = bson::length(16 + 4 + 1 + body.len()).to_vec();
    // The number of the request, what it answers, the operation, no flags.
    for part in [1, 0, OP_MSG, 0] {
        bytes.extend(i32::to_le_bytes(part));
    }
    bytes.push(0);
    bytes.extend(body);
    bytes
}

fn number(bytes: &[u8; 16], at: usize) -> i32 {
    i32::from_le_bytes(std::array::from_fn(|offset| bytes[at + offset]))
}

impl Refusal {
    /// The code of the refusal that an error holds.
    pub fn code_of(error: &crate::Error) -> Option<i32> {
        error.cause::<Self>().map(|refusal| refusal.code)
    }

    fn of(answer: &Document) -> Self {
        let code = match answer.get("code") {
            Some(Value::Int(code)) => *code,
            _ => 0,
        };
        Self { code, message: answer.text("errmsg").unwrap_or("no message").to_owned() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server refused the command ({}): {}", self.code, self.message)
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// Answers one command with `answer`.
    fn server(answer: Document) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = [0; 16];
            stream.read_exact(&mut head).unwrap();
            let mut body = vec![0; usize::try_from(number(&head, 0)).unwrap() - 16];
            stream.read_exact(&mut body).unwrap();
            stream.write_all(&message(&answer.with("sent", Document::decode(&body[5..]).unwrap()))).unwrap();
        });
        address
    }

    #[test]
    fn a_command_gets_its_answer() {
        let address = server(Document::new().with("ok", 1.0));
        let answer = Client::connect(&address).unwrap().run("x", Document::new().with("ping", 1)).unwrap();
        assert_eq!(answer.get("sent"), Some(&Document::new().with("ping", 1).with("$db", "x").into()));
    }

    #[test]
    fn a_refusal_is_an_error_with_its_code() {
        let address = server(Document::new().with("ok", 0.0).with("code", 13).with("errmsg", "no"));
        let error = Client::connect(&address).unwrap().run("x", Document::new().with("ping", 1)).unwrap_err();
        assert_eq!(Refusal::code_of(&error), Some(13));
        assert_eq!(error.to_string(), "the server refused the command (13): no");
    }
}
