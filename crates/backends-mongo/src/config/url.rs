//! A full connection string: what of it this backend takes, and the driver's reading of it.

use backends_core::{Error, ErrorKind, Mistakes, Result, Uri};
use mongodb::options::ClientOptions;

/// The scheme by which the hosts are asked of the name service.
pub(crate) const SRV: &str = "mongodb+srv";

/// Refuses what would break a promise, and what this build cannot do.
///
/// # Errors
/// `InvalidConfig` with everything that is wrong.
pub(super) fn check(uri: &Uri) -> Result<()> {
    let mut mistakes = Mistakes::new(ErrorKind::InvalidConfig);
    if uri.scheme() == SRV && !cfg!(feature = "srv") {
        mistakes.add(
            "`mongodb+srv` needs the name service: enable the feature \"srv\" of `backends-mongo`, or list the hosts after `mongodb://`",
        );
    }
    let settings = mistakes.check(uri.query()).unwrap_or_default();
    for (name, value) in &settings {
        let value = value.expose();
        if name.eq_ignore_ascii_case("readPreference") && !value.eq_ignore_ascii_case("primary") {
            mistakes.add("`readPreference` in `url` must be primary, since reads see every write: leave it out");
        }
        if name.eq_ignore_ascii_case("w") && value != "majority" {
            mistakes.add("`w` in `url` must be majority, since a write that counts as done is kept: leave it out");
        }
    }
    mistakes.into_result()
}

/// The driver's reading of a connection string.
///
/// # Errors
/// `InvalidConfig` that names the setting which the driver refuses; the driver's own text may hold parts of the string.
pub(super) async fn parse(uri: &Uri) -> Result<ClientOptions> {
    let native = match ClientOptions::parse(uri.text()).await {
        Ok(options) => return Ok(options),
        Err(native) => native,
    };
    if matches!(*native.kind, mongodb::error::ErrorKind::DnsResolve { .. }) {
        return Err(
            Error::unavailable("the name service does not know the host of `url`: check it").with_native(native)
        );
    }
    let error = match refused_setting(uri).await {
        Some(name) => Error::invalid_config(format!(
            "MongoDB's client refuses the setting `{name}` in `url`, or its value: correct it, or leave it out"
        )),
        None => Error::invalid_config(
            "MongoDB's client refuses the connection string in `url`: check its hosts, the encoding of user and password (`@` is `%40`), and which settings go together",
        ),
    };
    Err(error.with_native(native))
}

/// The first setting that is refused by itself.
async fn refused_setting(uri: &Uri) -> Option<String> {
    let settings = uri.text().split_once('?').map(|(_, settings)| settings).unwrap_or_default();
    // What stands before an `@` may be a password that was not encoded.
    let settings = if settings.contains('@') { "" } else { settings };
    for setting in settings.split('&').filter(|setting| !setting.is_empty()) {
        if ClientOptions::parse(format!("mongodb://u:p@localhost/?{setting}")).await.is_err() {
            let name = setting.split('=').next().unwrap_or_default();
            return is_name(name).then(|| name.to_owned());
        }
    }
    None
}

/// Whether it looks like the name of a setting.
fn is_name(name: &str) -> bool {
    (1..=40).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
