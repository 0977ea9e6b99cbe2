//! Encryption before a server that has none: a listener that hands on what it decrypts.

use std::fmt;
use std::io::{Error, Result};
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

pub use servers::certificates::{Authority, THIS_MACHINE};

/// The encrypted end of connections to a server; it ends when this is dropped.
pub struct Terminator {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Terminator {
    /// Listens on this machine, with a certificate and its key as PEM, before the server at `host:port`.
    pub async fn start(identity: &str, server: &str) -> Result<Self> {
        let acceptor = TlsAcceptor::from(Arc::new(config(identity)?));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let server = server.to_owned();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Who does not trust the certificate, or does not encrypt, hangs up or is hung up on.
                tokio::spawn(serve(acceptor.clone(), stream, server.clone()));
            }
        });
        Ok(Self { address, task })
    }

    /// Its port on this machine.
    pub fn port(&self) -> u16 {
        self.address.port()
    }
}

async fn serve(acceptor: TlsAcceptor, stream: TcpStream, server: String) -> Result<()> {
    let mut client = acceptor.accept(stream).await?;
    let mut server = TcpStream::connect(server).await?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

fn config(identity: &str) -> Result<ServerConfig> {
    let chain = CertificateDer::pem_slice_iter(identity.as_bytes()).collect::<std::result::Result<_, _>>();
    let key = PrivateKeyDer::from_pem_slice(identity.as_bytes()).map_err(Error::other)?;
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(Error::other)?.with_no_client_auth();
    builder.with_single_cert(chain.map_err(Error::other)?, key).map_err(Error::other)
}

impl Drop for Terminator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for Terminator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terminator").field("address", &self.address).finish_non_exhaustive()
    }
}
