//! Processes that are killed (`SIGKILL`) between any two of their requests, on the server that the environment names:
//! `cargo xtask integration`. `TEST_ROUNDS` kills so many of each in place of one.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "the figures of a test, for who asks for them with `--nocapture`")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use backends::Backend;
use model::{Backfill, Operation, define_killed};
use proxy::{Fault, Protocol, Proxy};
use servers::mongo::{Client, Document, Value};
use tokio::sync::Notify;

#[path = "common/child.rs"]
mod child;

use child::Victim;

/// A server, and a store of its own on it.
struct Stage {
    server: servers::Backend,
    proxy: Proxy,
    store: String,
}

impl Stage {
    /// On the server that is named and compiled in.
    async fn new() -> Self {
        let registry = backends::registry();
        let is_there = |name: &str| registry.supported().iter().any(|info| info.name == name);
        let named = servers::Backend::ALL.iter().find_map(|server| {
            let uri = servers::uri(*server, "any").unwrap().filter(|_| is_there(server.name()))?;
            Some((*server, uri))
        });
        let (server, uri) = named.expect("no variable names a server that is compiled in: `cargo xtask integration`");
        let protocol = match server {
            servers::Backend::MongoDb => Protocol::MongoDb,
            servers::Backend::DynamoDb => Protocol::DynamoDb,
        };
        let proxy = Proxy::start(&uri, protocol).await.unwrap();
        Self { server, proxy, store: format!("killed_{:x}", fastrand::u64(..1 << 40)) }
    }

    /// A process without the proxy.
    async fn open(&self) -> Backend {
        backends::open(&servers::uri(self.server, &self.store).unwrap().unwrap()).await.unwrap()
    }

    /// The store behind the proxy.
    fn uri(&self) -> String {
        let address = self.proxy.address();
        match self.server {
            servers::Backend::MongoDb => format!("mongodb://{address}/{}?directConnection=true", self.store),
            servers::Backend::DynamoDb => {
                format!("dynamodb://test:test@{address}?awsRegion=us-east-1&tablePrefix={}.", self.store)
            }
        }
    }

    /// Starts a process, and kills it when so many of its requests are answered and it sends the next one, or its call is
    /// done; whether it is.
    async fn kill_after(&self, requests: usize, words: &[String]) -> bool {
        let mut victim = Victim::start(words).await;
        let (seen, next) = (AtomicUsize::new(0), Arc::new(Notify::new()));
        let is_next = Arc::clone(&next);
        self.proxy.clear();
        self.proxy.on(move |request, _| {
            if request.is_drivers_own() || seen.fetch_add(1, Ordering::SeqCst) < requests {
                return Fault::Pass;
            }
            is_next.notify_one();
            Fault::Hang
        });
        victim.go();
        let said = tokio::select! {
            () = next.notified() => None,
            said = victim.line() => Some(said.expect("the call fails; see above")),
        };
        // Those that were sent at once with the next one.
        let answered = async {
            while self.sent().iter().take(requests).any(|request| request.answered().is_none()) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), answered).await.expect("the server does not answer");
        victim.kill().await;
        self.proxy.pass();
        if self.server == servers::Backend::MongoDb {
            self.end_transactions();
        }
        said.is_some()
    }

    fn sent(&self) -> Vec<proxy::Request> {
        self.proxy.log().into_iter().filter(|request| !request.is_drivers_own()).collect()
    }

    /// Ends at once the transaction that the process has left, as the server does after a minute.
    fn end_transactions(&self) {
        let in_transaction = |command: &Document| command.get("autocommit") == Some(&Value::Bool(false));
        let Some(body) = self.sent().iter().map(command).rfind(in_transaction) else { return };
        let session = body.get("lsid").unwrap().clone();
        let order = Document::new().with("killSessions", Value::Array(vec![session]));
        Client::connect(&self.proxy.address().to_string()).unwrap().run("admin", order).unwrap();
    }
}

/// The document of a command, which other sections may follow.
fn command(request: &proxy::Request) -> Document {
    let (body, length) = (request.body(), request.body().first_chunk().unwrap());
    Document::decode(&body[..usize::try_from(u32::from_le_bytes(*length)).unwrap()]).unwrap()
}

/// How many processes are killed at each place.
fn rounds() -> usize {
    std::env::var("TEST_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1)
}

#[tokio::test(flavor = "multi_thread")]
async fn c31_c33_a_write_that_is_killed_blocks_no_value_and_lets_no_duplicate_in() {
    let stage = Stage::new().await;
    let clean = stage.open().await;
    let records = define_killed(&clean).await.unwrap();
    for (operation, round) in Operation::ALL.iter().flat_map(|operation| (0..rounds()).map(move |at| (*operation, at)))
    {
        for requests in 0.. {
            let case = format!("{operation:?}-{round}-{requests}");
            operation.prepare(&records, &case).await.unwrap();
            let is_done = stage.kill_after(requests, &model::Victim::writes(&stage.uri(), operation, &case)).await;
            let left = operation.check(&clean, &records, &case, is_done).await;
            assert_eq!(left, Ok(()), "{operation:?}, killed after {requests} requests");
            if is_done {
                println!("{operation:?}: killed after each of 0 to {requests} requests");
                assert!(requests > 0, "it sends nothing");
                break;
            }
        }
    }
    clean.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn c31_c36_a_definition_that_is_killed_is_finished_by_the_next_one() {
    let stage = Stage::new().await;
    for round in 0..rounds() {
        for requests in 0.. {
            let case = format!("filled-{round}-{requests}");
            let (backfill, older, newer) = (Backfill::new(&case), stage.open().await, stage.open().await);
            backfill.prepare(&older).await.unwrap();
            let is_done = stage.kill_after(requests, &model::Victim::defines(&stage.uri(), &case)).await;
            let left = backfill.check(&older, &newer).await;
            assert_eq!(left, Ok(()), "killed after {requests} requests");
            older.close().await.unwrap();
            newer.close().await.unwrap();
            if is_done {
                println!("define: killed after each of 0 to {requests} requests");
                assert!(requests > 0, "it sends nothing");
                break;
            }
        }
    }
}
