//! What can be done with a request.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

/// A change of the bytes of a message.
pub(crate) type Change = Arc<dyn Fn(Vec<u8>) -> Vec<u8> + Send + Sync>;

/// What is done with one request.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Fault {
    /// The server gets it, the client gets the answer.
    #[default]
    Pass,
    /// The same, but the server gets it later.
    Delay(Duration),
    /// The same, but the client gets the answer later.
    DelayAnswer(Duration),
    /// The same, but the server gets it once the gate is open.
    Wait(Gate),
    /// Nobody gets anything, and the connection stays open.
    Hang,
    /// The connection is closed; the server has not seen the request.
    Cut,
    /// The server does what it says, its answer is dropped, and the connection is closed.
    LoseAnswer,
    /// The server does what it says, its answer is dropped, and the connection stays open.
    HoldAnswer,
    /// The client gets half of the answer, and the connection is closed.
    CutAnswer,
    /// The client gets this answer; the server has not seen the request.
    Answer(Answer),
    /// The server does what it says, and the client gets this answer in place of the server's.
    Replace(Answer),
    /// The body of the answer is changed on its way to the client.
    Change(BodyChange),
    /// DynamoDB: of the items of a batch only this many, in each table, are sent to the server; the answer names
    /// the others as unprocessed.
    Unprocessed(usize),
}

/// What requests wait at until a test opens it. Every clone is the same.
#[derive(Clone)]
pub struct Gate(Arc<Sides>);

struct Sides {
    /// A permit for each request that came.
    before: Semaphore,
    /// Closed when the gate is opened.
    bar: Semaphore,
}

impl Gate {
    /// One that is shut.
    pub fn new() -> Self {
        Self(Arc::new(Sides { before: Semaphore::new(0), bar: Semaphore::new(0) }))
    }

    /// Waits until a request stands before it; the next time until another does.
    pub async fn reached(&self) {
        if let Ok(one) = self.0.before.acquire().await {
            one.forget();
        }
    }

    /// Lets pass what stands before it, and all that comes.
    pub fn open(&self) {
        self.0.bar.close();
    }

    /// Stands before it until it is open.
    pub(crate) async fn pass(&self) {
        self.0.before.add_permits(1);
        // It has no permits, so that it ends when it is closed.
        let _ = self.0.bar.acquire().await;
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

/// A function from the body of an answer to another one; made by [`Fault::change`].
#[derive(Clone)]
pub struct BodyChange(pub(crate) Change);

/// An answer that no server gave.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Fault {
    /// The body of the answer is what the function makes of it: JSON, or the BSON document.
    pub fn change(change: impl Fn(Vec<u8>) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::Change(BodyChange(Arc::new(change)))
    }
}

impl Answer {
    /// An HTTP answer, as DynamoDB gives it.
    pub fn http(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, body: body.into() }
    }

    /// A BSON document, as MongoDB gives it.
    pub fn document(bytes: impl Into<Vec<u8>>) -> Self {
        Self { status: 0, body: bytes.into() }
    }
}

impl From<Answer> for Fault {
    fn from(answer: Answer) -> Self {
        Self::Answer(answer)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass => f.write_str("Pass"),
            Self::Delay(time) => f.debug_tuple("Delay").field(time).finish(),
            Self::DelayAnswer(time) => f.debug_tuple("DelayAnswer").field(time).finish(),
            Self::Wait(_) => f.write_str("Wait"),
            Self::Hang => f.write_str("Hang"),
            Self::Cut => f.write_str("Cut"),
            Self::LoseAnswer => f.write_str("LoseAnswer"),
            Self::HoldAnswer => f.write_str("HoldAnswer"),
            Self::CutAnswer => f.write_str("CutAnswer"),
            Self::Answer(answer) => f.debug_tuple("Answer").field(answer).finish(),
            Self::Replace(answer) => f.debug_tuple("Replace").field(answer).finish(),
            Self::Change(_) => f.write_str("Change"),
            Self::Unprocessed(kept) => f.debug_tuple("Unprocessed").field(kept).finish(),
        }
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("is_open", &self.0.bar.is_closed()).finish()
    }
}

/// The body may hold what a test wrote.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).field("bytes", &self.body.len()).finish()
    }
}
