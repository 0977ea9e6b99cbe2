//! URIs that open a backend: the scheme, and the parts that any backend may ask for.

use std::fmt;
use std::net::Ipv6Addr;

use crate::error::{Error, Result};

use super::secret::Secret;

/// A URI such as `mongodb://user:pass@a:27017,b:27017/shop?tls=true` or `sqlite:app.db`.
///
/// `Debug` shows the scheme only, and no error repeats a part of the text.
///
/// ```
/// use backends_core::Uri;
///
/// let uri = Uri::parse("mongodb://ada:s%20t@a:27017,b/shop?w=majority")?;
/// assert_eq!(uri.scheme(), "mongodb");
/// assert_eq!(uri.hosts(), ["a:27017", "b"]);
/// assert_eq!(uri.user()?.as_deref(), Some("ada"));
/// assert_eq!(uri.path()?, "shop");
/// assert_eq!(Uri::parse("sqlite:///var/lib/app.db")?.local()?, "/var/lib/app.db");
/// # Ok::<(), backends_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Uri {
    text: Secret,
    scheme: usize,
}

impl Uri {
    /// Takes `text` apart at its first colon.
    ///
    /// # Errors
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig): it does not begin with a scheme, or holds control
    /// characters.
    pub fn parse(text: &str) -> Result<Self> {
        let (scheme, rest) = text.split_once(':').filter(|(scheme, _)| is_scheme(scheme)).ok_or_else(|| {
            Error::invalid_config(
                "the URI has no scheme: begin it with the name of a backend and a colon, as in `sqlite:app.db`",
            )
        })?;
        if text.chars().any(char::is_control) {
            return Err(Error::invalid_config("the URI holds control characters, such as a line break: remove them"));
        }
        let text = format!("{}:{rest}", scheme.to_ascii_lowercase());
        Ok(Self { text: Secret::new(text), scheme: scheme.len() })
    }

    /// What stands before the first colon, in lower case.
    pub fn scheme(&self) -> &str {
        &self.text.expose()[..self.scheme]
    }

    /// The whole text, with the scheme in lower case. It may hold a password.
    pub fn text(&self) -> &str {
        self.text.expose()
    }

    /// What stands after the scheme, for backends without a server: the path of a file, or a name.
    ///
    /// It is taken literally, `%` too. `name:path`, `name:/path` and `name:///path` are the forms.
    ///
    /// # Errors
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig): two slashes are followed by something other than a third, or
    /// there is a `?`, which is reserved for settings.
    pub fn local(&self) -> Result<&str> {
        let scheme = self.scheme();
        if self.rest().contains('?') {
            return Err(Error::invalid_config(format!(
                "`{scheme}:` takes no settings after a `?`: remove them, or give the path as `path`"
            )));
        }
        match self.rest().strip_prefix("//") {
            None => Ok(self.rest()),
            Some(path) if path.starts_with('/') => Ok(path),
            Some(_) => Err(Error::invalid_config(format!(
                "`{scheme}://` has no server: write `{scheme}:` before a relative path, \
                 or `{scheme}://` before a path that begins with `/`"
            ))),
        }
    }

    /// The servers, as written; empty if there is none.
    pub fn hosts(&self) -> Vec<&str> {
        let (_, hosts) = self.login();
        hosts.split(',').filter(|host| !host.is_empty()).collect()
    }

    /// Whether a server can be named so: `name`, `name:port`, `[::1]` or `[::1]:port`, without a user, a path or settings.
    ///
    /// ```
    /// use backends_core::Uri;
    ///
    /// assert!(Uri::is_host("a.example:27017") && Uri::is_host("[::1]"));
    /// assert!(!Uri::is_host("a:99999") && !Uri::is_host(":80"));
    /// ```
    pub fn is_host(text: &str) -> bool {
        if let Some((address, port)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            let has_port = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
            return address.parse::<Ipv6Addr>().is_ok() && has_port;
        }
        match text.split_once(':') {
            Some((name, port)) => is_name(name) && is_port(port),
            None => is_name(text),
        }
    }

    /// The user, decoded.
    ///
    /// # Errors
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig) if it is not encoded as a URI wants it.
    pub fn user(&self) -> Result<Option<String>> {
        let (login, _) = self.login();
        let user = login.map(|login| login.split_once(':').map_or(login, |(user, _)| user));
        user.map(|user| decode(user, "user")).transpose()
    }

    /// The password, decoded.
    ///
    /// # Errors
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig) if it is not encoded as a URI wants it.
    pub fn password(&self) -> Result<Option<Secret>> {
        let (login, _) = self.login();
        let password = login.and_then(|login| login.split_once(':')).map(|(_, password)| password);
        password.map(|password| decode(password, "password").map(Secret::new)).transpose()
    }

    /// What stands between the servers and a `?`, decoded, without the slash before it.
    ///
    /// # Errors
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig) if it is not encoded as a URI wants it.
    pub fn path(&self) -> Result<String> {
        let path = self.after_authority().split('?').next().unwrap_or_default();
        decode(path.strip_prefix('/').unwrap_or(path), "path")
    }

    /// The settings after a `?`, decoded, in their order. A name without `=` has an empty value.
    ///
    /// # Errors
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig) if one is not encoded as a URI wants it.
    pub fn query(&self) -> Result<Vec<(String, Secret)>> {
        let query = self.after_authority().split_once('?').map(|(_, query)| query).unwrap_or_default();
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        pairs
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Ok((decode(name, "settings")?, Secret::new(decode(value, "settings")?)))
            })
            .collect()
    }

    pub(super) fn names_user(&self) -> bool {
        self.login().0.is_some_and(|login| !login.is_empty())
    }

    fn rest(&self) -> &str {
        &self.text.expose()[self.scheme + 1..]
    }

    fn authority(&self) -> &str {
        let Some(rest) = self.rest().strip_prefix("//") else { return "" };
        &rest[..rest.find(['/', '?']).unwrap_or(rest.len())]
    }

    fn after_authority(&self) -> &str {
        match self.rest().strip_prefix("//") {
            Some(rest) => &rest[self.authority().len()..],
            None => self.rest(),
        }
    }

    /// User and password as written, and the servers.
    fn login(&self) -> (Option<&str>, &str) {
        match self.authority().rsplit_once('@') {
            Some((login, hosts)) => (Some(login), hosts),
            None => (None, self.authority()),
        }
    }
}

impl fmt::Debug for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Uri").field("scheme", &self.scheme()).finish_non_exhaustive()
    }
}

// RFC 3986, section 3.1: a letter, then letters, digits, `+`, `.` and `-`
fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-'))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control() || "/@?#:[]".contains(c))
}

fn is_port(port: &str) -> bool {
    port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

fn decode(text: &str, part: &str) -> Result<String> {
    let wrong = || {
        Error::invalid_config(format!(
            "the {part} of the URI is not percent-encoded: write `%` as `%25`, and other signs by their UTF-8 bytes"
        ))
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (Some(high), Some(low)) = (digit(rest.next()), digit(rest.next())) else { return Err(wrong()) };
        bytes.push(u8::try_from(high * 16 + low).map_err(|_| wrong())?);
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

#[cfg(test)]
mod tests;
