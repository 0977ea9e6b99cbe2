//! Certificates for tests: an authority that is made for one run, and what it vouches for.

use crate::error::Context as _;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// The names of this machine for itself.
pub const THIS_MACHINE: &[&str] = &["localhost", "127.0.0.1", "::1"];

/// A private authority, which nobody trusts who is not told to.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

impl Authority {
    /// A new one, with a key of its own.
    ///
    /// # Errors
    /// No key or certificate can be made.
    pub fn new() -> crate::Result<Self> {
        let key = KeyPair::generate().context("no key can be made")?;
        let mut params = params("authority of a test", &[])?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).context("no certificate can be made")?.pem();
        Ok(Self { issuer: Issuer::new(params, key), certificate })
    }

    /// What to trust: its own certificate, as PEM.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// A certificate for a server or a client of these names of hosts and addresses, and its key, as PEM.
    ///
    /// # Errors
    /// A host is no name and no address, or no certificate can be made.
    pub fn identity(&self, title: &str, hosts: &[&str]) -> crate::Result<String> {
        let key = KeyPair::generate().context("no key can be made")?;
        let certificate = params(title, hosts)?.signed_by(&key, &self.issuer).context("no certificate can be made")?;
        Ok(certificate.pem() + &key.serialize_pem())
    }
}

fn params(title: &str, hosts: &[&str]) -> crate::Result<CertificateParams> {
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = CertificateParams::new(hosts).context("a name is none of a host")?;
    params.distinguished_name.push(DnType::CommonName, title);
    Ok(params)
}
