//! A full connection string: what of it this backend takes, and the driver's reading of it.

use backends_core::{Error, ErrorKind, Mistakes, Result, Uri};
use mongodb::options::ClientOptions;

/// The scheme by which the hosts are asked of the name service.
pub(crate) const SRV: &str = "mongodb+srv";

/// Stands in for a login, where the driver wants one to read the rest.
const SOME_USER: &str = "u:p@";

// MongoDB's specification of the options of connection strings.
const SETTINGS: [&str; 46] = [
    "appName",
    "authMechanism",
    "authMechanismProperties",
    "authSource",
    "compressors",
    "connectTimeoutMS",
    "directConnection",
    "heartbeatFrequencyMS",
    "j",
    "journal",
    "loadBalanced",
    "localThresholdMS",
    "maxConnecting",
    "maxIdleTimeMS",
    "maxPoolSize",
    "maxStalenessSeconds",
    "minPoolSize",
    "proxyHost",
    "proxyPassword",
    "proxyPort",
    "proxyUsername",
    "readConcernLevel",
    "readPreference",
    "readPreferenceTags",
    "replicaSet",
    "retryReads",
    "retryWrites",
    "serverMonitoringMode",
    "serverSelectionTimeoutMS",
    "serverSelectionTryOnce",
    "socketTimeoutMS",
    "srvMaxHosts",
    "srvServiceName",
    "ssl",
    "tls",
    "tlsAllowInvalidCertificates",
    "tlsAllowInvalidHostnames",
    "tlsCAFile",
    "tlsCertificateKeyFile",
    "tlsCertificateKeyFilePassword",
    "tlsInsecure",
    "uuidRepresentation",
    "w",
    "waitQueueTimeoutMS",
    "wTimeoutMS",
    "zlibCompressionLevel",
];

/// Refuses what would break a promise, what would have no effect, and what this build cannot do.
///
/// `user_beside`: whether the user stands beside the string, and not in it.
///
/// # Errors
/// `InvalidConfig` with everything that is wrong.
pub(super) fn check(uri: &Uri, user_beside: bool) -> Result<()> {
    let mut mistakes = Mistakes::new(ErrorKind::InvalidConfig);
    if uri.scheme() == SRV && !cfg!(feature = "srv") {
        mistakes.add(
            "`mongodb+srv` needs the name service: enable the feature \"mongodb-srv\" of `backends` (\"srv\" of `backends-mongo`), or list the hosts after `mongodb://`",
        );
    }
    let settings = mistakes.check(uri.query()).unwrap_or_default();
    for (name, value) in &settings {
        if let Some(mistake) = mistake(&name.to_ascii_lowercase(), value.expose()) {
            mistakes.add(mistake);
        }
    }
    let has = |wanted: &str| settings.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
    let has_user = user_beside || uri.user().is_ok_and(|user| user.is_some());
    if has("authSource") && !has_user && !has("authMechanism") {
        mistakes.add("`authSource` in `url` is given without a user: give `user` and `pass`, or leave it out");
    }
    if has("authMechanismProperties") && !has("authMechanism") {
        mistakes.add("`authMechanismProperties` in `url` is given without `authMechanism`: give both, or leave it out");
    }
    mistakes.into_result()
}

/// What is wrong with a setting that the driver takes. Its name is in lower case.
fn mistake(name: &str, value: &str) -> Option<&'static str> {
    match name {
        "readpreference" if !value.eq_ignore_ascii_case("primary") => {
            Some("`readPreference` in `url` must be primary, since reads see every write: leave it out")
        }
        "readconcernlevel" if !["local", "majority", "linearizable"].contains(&value) => Some(
            "`readConcernLevel` in `url` must be local, majority or linearizable, since reads see every write: leave it out",
        ),
        "w" if value != "majority" => {
            Some("`w` in `url` must be majority, since a write that counts as done is kept: leave it out")
        }
        "journal" if value == "false" => Some(
            "`journal` in `url` must be true, since a write that counts as done outlives a server that is killed: leave it out",
        ),
        "retrywrites" if value == "false" => Some(
            "`retryWrites` in `url` must be true, since each lost connection would leave a write of which nobody knows whether it was done: leave it out",
        ),
        "retryreads" if value == "false" => Some(
            "`retryReads` in `url` must be true, since each change of the primary would fail reads that can be repeated: leave it out",
        ),
        "waitqueuetimeoutms" => {
            Some("`waitQueueTimeoutMS` in `url` has no effect in MongoDB's client: leave it out, and set `timeoutMs`")
        }
        "uuidrepresentation" => {
            Some("`uuidRepresentation` in `url` has no effect, since records have no UUIDs: leave it out")
        }
        _ => None,
    }
}

/// The driver's reading of a connection string.
///
/// With `user_beside` its credential is that of some user, for the caller to put the right one in: the driver takes
/// `authSource` and `authMechanism` only together with a user.
///
/// # Errors
/// `InvalidConfig` that names the setting which the driver refuses; the driver's own text may hold parts of the string.
pub(super) async fn parse(uri: &Uri, user_beside: bool) -> Result<ClientOptions> {
    let read = if user_beside {
        ClientOptions::parse(with_some_user(uri.text())).await
    } else {
        ClientOptions::parse(uri.text()).await
    };
    let native = match read {
        Ok(mut options) => {
            if user_beside {
                options.default_database = Some(uri.path()?).filter(|database| !database.is_empty());
            }
            return Ok(options);
        }
        Err(native) => native,
    };
    if matches!(*native.kind, mongodb::error::ErrorKind::DnsResolve { .. }) {
        return Err(
            Error::unavailable("the name service does not know the host of `url`: check it").with_native(native)
        );
    }
    let error = match refused_setting(uri, user_beside).await {
        Some((_, Name::Known(name))) => Error::invalid_config(format!(
            "MongoDB's client refuses the setting `{name}` in `url`, or its value: correct it, or leave it out"
        )),
        Some((place, Name::Like(known))) => Error::invalid_config(format!(
            "MongoDB's client does not know setting {place} in `url`: did you mean `{known}`?"
        )),
        Some((place, Name::Unknown)) => Error::invalid_config(format!(
            "MongoDB's client does not know setting {place} in `url`: correct its name, or leave it out"
        )),
        None => Error::invalid_config(
            "MongoDB's client refuses the connection string in `url`: check its hosts, the encoding of user and password (`@` is `%40`), and which settings go together",
        ),
    };
    Err(error.with_native(native))
}

/// The string with a user and without the database, which is not where a user beside the string is looked for.
fn with_some_user(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let (hosts, after) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let settings = after.split_once('?').map(|(_, settings)| settings).unwrap_or_default();
    format!("{scheme}://{SOME_USER}{hosts}/?{settings}")
}

/// What can be said of the name of a setting. One that is not known may be a part of a password, and is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Known(&'static str),
    /// It begins as this one does.
    Like(&'static str),
    Unknown,
}

impl Name {
    pub(super) fn of(name: &str) -> Self {
        const ALIKE: usize = 4;
        if let Some(known) = SETTINGS.iter().find(|known| known.eq_ignore_ascii_case(name)) {
            return Self::Known(known);
        }
        let alike = |known: &str| {
            let pairs = known.bytes().zip(name.bytes());
            pairs.take_while(|(known, given)| known.eq_ignore_ascii_case(given)).count()
        };
        let nearest = SETTINGS.iter().rev().max_by_key(|known| alike(known)).filter(|known| alike(known) >= ALIKE);
        nearest.map_or(Self::Unknown, |known| Self::Like(known))
    }
}

/// The first setting that is refused by itself: its place, from 1 on, and its name.
async fn refused_setting(uri: &Uri, user_beside: bool) -> Option<(usize, Name)> {
    let has_user = user_beside || uri.user().is_ok_and(|user| user.is_some());
    let user = if has_user { SOME_USER } else { "" };
    let settings = uri.text().split_once('?').map(|(_, settings)| settings).unwrap_or_default();
    // What stands before an `@` may be a password that was not encoded.
    let settings = if settings.contains('@') { "" } else { settings };
    for (at, setting) in settings.split('&').filter(|setting| !setting.is_empty()).enumerate() {
        if ClientOptions::parse(format!("mongodb://{user}localhost/?{setting}")).await.is_err() {
            return Some((at + 1, Name::of(setting.split('=').next().unwrap_or_default())));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c41_only_a_setting_that_is_known_is_shown() {
        assert_eq!(Name::of("RETRYWRITES"), Name::Known("retryWrites"));
        assert_eq!(Name::of("retryWritess"), Name::Like("retryWrites"));
        assert_eq!(Name::of("readPrefhunter2"), Name::Like("readPreference"));
        for unknown in ["hunter2", "rep", "", "wx"] {
            assert_eq!(Name::of(unknown), Name::Unknown);
        }
    }
}
