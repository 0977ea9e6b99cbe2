//! One connection: a request is read, recorded, and met as the rule says, then the next one.

use std::io;
use std::sync::Arc;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::sleep;

use crate::dynamodb::{self, Halves};
use crate::fault::Answer;
use crate::proxy::Shared;
use crate::wire::{Message, Reader};
use crate::{Answered, Fault};

/// Whether the connection goes on.
#[derive(PartialEq, Eq)]
enum Then {
    GoOn,
    Close,
}

/// What the client gets of an answer of the server.
enum Delivery {
    Whole,
    Nothing,
    Half,
    Instead(Answer),
    Changed(Box<dyn Fn(Vec<u8>) -> Vec<u8> + Send + Sync>),
}

/// Serves a client until it, the server, or the proxy closes the connection.
pub(crate) async fn serve(client: TcpStream, number: u64, shared: Arc<Shared>) {
    let result = tokio::select! {
        result = talk(client, number, &shared) => result,
        () = shared.cut.notified() => Ok(()),
    };
    match result {
        Ok(()) => {}
        // How a peer goes away is its own affair.
        Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => {}
        Err(error) => shared.error(format!("connection {number}: {error}")),
    }
}

async fn talk(client: TcpStream, number: u64, shared: &Shared) -> io::Result<()> {
    let server = TcpStream::connect(&shared.upstream).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (client_read, client_write) = client.into_split();
    let (server_read, server_write) = server.into_split();
    let mut client = Reader::new(client_read);
    let mut line = Line { server: Reader::new(server_read), server_write, client_write, shared };
    loop {
        let request = tokio::select! {
            request = client.message(shared.protocol) => request?,
            () = line.server.closed() => return Ok(()),
        };
        let Some(request) = request else { return Ok(()) };
        let (id, fault) = shared.record(number, &request);
        let then = tokio::select! {
            then = line.meet(&request, id, fault) => then?,
            () = client.closed() => return Ok(()),
        };
        if then == Then::Close || request.last {
            return Ok(());
        }
    }
}

/// The ways to the server, back from it, and back to the client.
struct Line<'a> {
    server: Reader<OwnedReadHalf>,
    server_write: OwnedWriteHalf,
    client_write: OwnedWriteHalf,
    shared: &'a Shared,
}

impl Line<'_> {
    async fn meet(&mut self, request: &Message, id: u64, fault: Fault) -> io::Result<Then> {
        match fault {
            Fault::Pass => self.forward(request, id, &request.bytes, Delivery::Whole).await,
            Fault::Delay(time) => {
                sleep(time).await;
                self.forward(request, id, &request.bytes, Delivery::Whole).await
            }
            Fault::DelayAnswer(time) => {
                self.server_write.write_all(&request.bytes).await?;
                sleep(time).await;
                self.forward(request, id, &[], Delivery::Whole).await
            }
            Fault::Wait(gate) => {
                gate.pass().await;
                self.forward(request, id, &request.bytes, Delivery::Whole).await
            }
            Fault::Hang => std::future::pending().await,
            Fault::Cut => Ok(Then::Close),
            Fault::LoseAnswer => {
                self.forward(request, id, &request.bytes, Delivery::Nothing).await?;
                Ok(Then::Close)
            }
            Fault::HoldAnswer => {
                self.forward(request, id, &request.bytes, Delivery::Nothing).await?;
                std::future::pending().await
            }
            Fault::CutAnswer => {
                self.forward(request, id, &request.bytes, Delivery::Half).await?;
                Ok(Then::Close)
            }
            Fault::Answer(answer) => self.answer(request, id, &answer).await,
            Fault::Replace(answer) => self.forward(request, id, &request.bytes, Delivery::Instead(answer)).await,
            Fault::Change(change) => {
                let change = Delivery::Changed(Box::new(move |body| (change.0)(body)));
                self.forward(request, id, &request.bytes, change).await
            }
            Fault::Unprocessed(kept) => match dynamodb::cut(&request.operation, request.body(), kept) {
                Some(halves) => self.part(request, id, halves).await,
                None => {
                    let operation = &request.operation;
                    self.shared.error(format!("`{operation}` is no batch; `Unprocessed` is for batches of DynamoDB"));
                    Ok(Then::Close)
                }
            },
        }
    }

    /// Has a part of a batch done.
    async fn part(&mut self, request: &Message, id: u64, halves: Halves) -> io::Result<Then> {
        let Some(body) = &halves.request else {
            return self.answer(request, id, &halves.all_unprocessed()).await;
        };
        let part = request.with_body(self.shared.protocol, body);
        let delivery = Delivery::Changed(Box::new(move |body| halves.answered(&body)));
        self.forward(request, id, &part, delivery).await
    }

    /// Answers in place of the server.
    async fn answer(&mut self, request: &Message, id: u64, answer: &Answer) -> io::Result<Then> {
        let bytes = request.answer(self.shared.protocol, answer);
        self.deliver(id, &bytes, answer.status).await?;
        Ok(Then::GoOn)
    }

    /// Sends `bytes` to the server, and of its answers to the client what `delivery` says.
    async fn forward(&mut self, request: &Message, id: u64, bytes: &[u8], delivery: Delivery) -> io::Result<Then> {
        self.server_write.write_all(bytes).await?;
        if request.more_to_come {
            return Ok(Then::GoOn);
        }
        loop {
            let Some(answer) = self.server.message(self.shared.protocol).await? else { return Ok(Then::Close) };
            match &delivery {
                Delivery::Whole => self.deliver(id, &answer.bytes, answer.status).await?,
                Delivery::Nothing => {}
                Delivery::Half => self.client_write.write_all(&answer.bytes[..answer.bytes.len() / 2]).await?,
                Delivery::Instead(other) => {
                    self.answer(request, id, other).await?;
                }
                Delivery::Changed(change) => {
                    let body = change(answer.body().to_vec());
                    let bytes = answer.with_body(self.shared.protocol, &body);
                    self.deliver(id, &bytes, answer.status).await?;
                }
            }
            if answer.last {
                return Ok(Then::Close);
            }
            if !answer.more_to_come {
                return Ok(Then::GoOn);
            }
        }
    }

    /// Writes an answer down, and then to the client: who has the answer finds it in the log.
    async fn deliver(&mut self, id: u64, bytes: &[u8], status: u16) -> io::Result<()> {
        self.shared.answered(id, Answered { bytes: bytes.len(), status });
        self.client_write.write_all(bytes).await
    }
}
