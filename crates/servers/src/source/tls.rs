//! The certificates of a MongoDB that wants encryption, made anew for every server.

use std::fs;
use std::path::Path;

use crate::error::Context as _;

use super::environment;
use crate::certificates::{Authority, THIS_MACHINE};
use crate::{Variable, mongo};

/// The file for a client: its certificate and its key.
const CLIENT: &str = "client.pem";

/// What the two sides show each other, all as PEM.
pub(super) struct Certificates {
    pub(super) authority: String,
    pub(super) server: String,
    client: String,
}

impl Certificates {
    /// For a server that clients reach at an address.
    pub(super) fn new(address: &str) -> crate::Result<Self> {
        let authority = Authority::new()?;
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        let hosts: Vec<&str> = THIS_MACHINE.iter().copied().chain([host]).collect();
        let (server, client) = (authority.identity("server", &hosts)?, authority.identity("client", &[])?);
        Ok(Self { authority: authority.certificate().to_owned(), server, client })
    }

    /// Writes them into a folder, and says of those for a client where they are.
    pub(super) fn write(&self, folder: &Path) -> crate::Result<impl Iterator<Item = Variable> + use<>> {
        let write = |name: &str, text: &str| -> crate::Result<String> {
            let path = folder.join(name);
            fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))?;
            Ok(path.to_string_lossy().into_owned())
        };
        write(mongo::SERVER, &self.server)?;
        let files = [write(mongo::AUTHORITY, &self.authority)?, write(CLIENT, &self.client)?];
        Ok(environment::TLS_FILES.into_iter().zip(files))
    }
}
