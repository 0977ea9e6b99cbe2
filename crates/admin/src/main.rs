//! The example service as a program: `cargo run -p admin --features sqlite [CONFIG]`.
//!
//! The configuration is JSON with the blocks `service` (`listen`: an address) and `database`; a variable `BACKENDS_…` goes
//! before the latter. It serves until it is interrupted, and then finishes the requests that are on their way.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use admin::{Metrics, Service};
use anyhow::Context as _;
use axum::Router;
use backends::ServiceConfig;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How long clients may take to finish their requests once the service is told to end.
const GRACE: Duration = Duration::from_secs(5);

/// What the service itself reads of its configuration.
#[derive(Deserialize)]
struct Config {
    service: Listen,
}

#[derive(Deserialize)]
struct Listen {
    listen: SocketAddr,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let path = std::env::args_os().nth(1).map_or_else(usual_path, PathBuf::from);

    // The block `database` says which backend keeps the users; the rest of the program does not know.
    let database = ServiceConfig::from_file(&path)?.database;
    let listen = listen(&path)?;
    let metrics = Metrics::install()?;
    let manager = backends::manager(&database)?;
    let backend = manager.backend(&database.db_name).await?.with_layer(metrics.layer());
    let service = Service::define(&backend).await?;
    if !backend.capabilities().batches {
        tracing::warn!("{} has no batches here: nobody can register or confirm an address", backend.name());
    }

    let interrupted = interrupted()?;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("nothing can listen on {listen}"))?;
    let (name, address) = (backend.name(), listener.local_addr()?);
    writeln!(std::io::stdout(), "{name} holds the users; the list is at http://{address}/users")?;
    let upkeep = tokio::spawn(metrics.clone().keep_up());
    serve(listener, admin::router(service, metrics), interrupted).await?;

    upkeep.abort();
    manager.close().await?;
    Ok(())
}

/// Answers requests until `interrupted`, and then those that are on their way.
async fn serve(listener: TcpListener, router: Router, interrupted: impl Future<Output = ()>) -> anyhow::Result<()> {
    let (stop, stopped) = oneshot::channel::<()>();
    let service = axum::serve(listener, router).with_graceful_shutdown(async { drop(stopped.await) });
    let task = tokio::spawn(service.into_future());
    interrupted.await;
    drop(stop);
    match timeout(GRACE, task).await {
        Ok(ended) => ended??,
        Err(_) => tracing::warn!("a request was not finished in {GRACE:?}, and is given up"),
    }
    Ok(())
}

fn usual_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config.json")
}

fn listen(path: &Path) -> anyhow::Result<SocketAddr> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let remedy = || format!("{}: the block `service` needs `listen`, such as \"127.0.0.1:8080\"", path.display());
    let config: Config = serde_json::from_str(&text).with_context(remedy)?;
    Ok(config.service.listen)
}

/// Waits until the program is told to end: by ctrl-c, and on Unix also by what stops a service. It is heard from this call
/// on, not only from where it is awaited.
#[cfg(unix)]
fn interrupted() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! { _ = interrupt.recv() => (), _ = terminate.recv() => () }
    })
}

#[cfg(windows)]
fn interrupted() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move { drop(interrupt.recv().await) })
}
