//! A server that tests can use, and where the next one is looked for when a source has none.

use std::fs;
use std::path::PathBuf;
use std::thread;

use crate::error::bail;

use crate::process::Process;
use crate::source::Found;
use crate::{Request, Source, say};

/// A variable of the environment that tells a test about the server: its name and value.
pub type Variable = (&'static str, String);

/// A server that is ready; what was started for it goes away when this is dropped.
pub struct Server {
    pub(crate) request: Request,
    pub(crate) address: String,
    pub(crate) version: String,
    pub(crate) origin: String,
    pub(crate) variables: Vec<Variable>,
    pub(crate) held: Held,
}

/// What runs the server, and so ends it.
pub(crate) enum Held {
    /// Somebody else.
    Nothing,
    /// A container, which goes when this does.
    #[cfg(feature = "docker")]
    Container(#[expect(dead_code, reason = "it is held for its end")] Box<crate::source::Contained>),
    /// The process goes before its folder does.
    Process { process: Option<(Process, tempfile::TempDir)>, log: PathBuf },
}

/// A server from the first source that has one.
///
/// # Errors
/// No source has one, or one that is there does not work.
pub fn start(request: Request) -> crate::Result<Server> {
    let mut reasons = Vec::new();
    for source in Source::ALL.iter().filter(|source| request.source.is_none_or(|only| only == **source)) {
        match source.server(request)? {
            Found::Server(server) => {
                say(format_args!("{} {}, {}, at {}", request, server.version, server.origin, server.address));
                return Ok(*server);
            }
            Found::Nothing(reason) => {
                say(format_args!("{request} not from {source}: {reason}"));
                reasons.push(format!("{source}: {reason}"));
            }
            Found::Unset(reason) => reasons.push(format!("{source}: {reason}")),
        }
    }
    bail!("no {request} can be had\n  {}", reasons.join("\n  "))
}

impl Server {
    /// What was asked for.
    pub fn request(&self) -> Request {
        self.request
    }

    /// Its host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its own version, or `unknown`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// How it was had, for people.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What a test finds in its environment.
    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// Leaves the log of a started server behind, and says where.
    pub fn keep_log(&mut self) -> Option<PathBuf> {
        let Held::Process { log, .. } = &mut self.held else { return None };
        Some(std::mem::take(log)).filter(|log| !log.as_os_str().is_empty())
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.variables.iter().map(|(name, _)| *name).collect();
        f.debug_struct("Server").field("request", &self.request).field("variables", &names).finish_non_exhaustive()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Held::Process { process, log } = &mut self.held {
            drop(process.take());
            if !thread::panicking() {
                let _ = fs::remove_file(log);
            }
        }
    }
}
