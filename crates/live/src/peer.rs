//! Servers that are not there, or do not speak as expected, and what opening a backend on them says.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use backends_core::driver::BackendFactory;
use backends_core::{DatabaseConfig, Error, Registry};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What takes connections and is no server of a database. It ends when it is dropped.
#[derive(Debug)]
pub struct Peer {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Peer {
    /// One that takes connections and says nothing.
    pub async fn silent() -> Self {
        Self::answering(&[]).await
    }

    /// One that says this when it is spoken to, and closes the connection; or says nothing, and keeps it.
    pub async fn answering(answer: &'static [u8]) -> Self {
        let (listener, address) = listen().await;
        let task = tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                if answer.is_empty() {
                    held.push(stream);
                    continue;
                }
                let _ = stream.read(&mut [0; 4_096]).await;
                let _ = stream.write_all(answer).await;
            }
        });
        Self { address, task }
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Where nothing listens: its port was free a moment ago.
pub async fn nowhere() -> SocketAddr {
    listen().await.1
}

/// A free port of the loopback.
async fn listen() -> (TcpListener, SocketAddr) {
    let listening = async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        std::io::Result::Ok((listener, address))
    };
    listening.await.unwrap_or_else(|error| panic!("the loopback has no port: {error}"))
}

/// What opening a backend says that cannot be opened, and how long it took.
///
/// # Panics
/// When it can be opened, or the error shows `secret`.
pub async fn refusal(factory: impl BackendFactory, config: &DatabaseConfig, secret: &str) -> (Error, Duration) {
    let began = Instant::now();
    let manager = Registry::new().register(factory).manager(config);
    let manager = manager.unwrap_or_else(|error| panic!("the configuration is refused before opening: {error}"));
    let Err(error) = manager.backend(config.db_name()).await else { panic!("a backend was opened that cannot be") };
    assert!(!format!("{error} {error:?}").contains(secret), "{error:?}");
    (error, began.elapsed())
}
