//! The URI of a backend: `dynamodb://KEY:SECRET@HOST:PORT?awsRegion=…`.

use backends_core::{ErrorKind, Mistakes, Result, Uri};

/// What a URI says.
#[derive(Default)]
pub(super) struct Url {
    /// With its scheme; that of the region if there is none.
    pub(super) endpoint: Option<String>,
    pub(super) region: Option<String>,
    pub(super) table_prefix: Option<String>,
    /// The id of a key, the key itself, and the token of a session.
    pub(super) key: Option<(String, String, Option<String>)>,
}

/// The settings that may stand behind the `?`.
const SETTINGS: &str = "awsRegion, awsSessionToken, tablePrefix, tls";

impl Url {
    /// # Errors
    /// `InvalidConfig` with everything that is wrong.
    pub(super) fn parse(uri: &Uri) -> Result<Self> {
        let mut mistakes = Mistakes::new(ErrorKind::InvalidConfig);
        let mut url = Self::default();
        let (mut token, mut tls) = (None, false);
        for (name, value) in mistakes.check(uri.query()).unwrap_or_default() {
            let value = value.expose();
            match (name.as_str(), value) {
                (_, "") => mistakes.add("a setting in `url` has no value: give it one, or leave it out"),
                ("awsRegion", value) => url.region = Some(value.to_owned()),
                ("awsSessionToken", value) => token = Some(value.to_owned()),
                ("tablePrefix", value) => url.table_prefix = Some(value.to_owned()),
                ("tls", "true") => tls = true,
                ("tls", "false") => tls = false,
                ("tls", _) => mistakes.add("`tls` in `url` must be true or false"),
                _ => mistakes.add(format!("a setting in `url` is not known: known are {SETTINGS}")),
            }
        }
        match uri.hosts().as_slice() {
            [] if tls => mistakes.add(
                "`tls` in `url` is given without a host, and the service of a region is always encrypted: leave it out",
            ),
            [] => {}
            [host] if !Uri::is_host(host) => {
                mistakes.add("the host of `url` must be `name` or `name:port`: write it as `localhost:8000`");
            }
            [host] => url.endpoint = Some(format!("{}://{host}", if tls { "https" } else { "http" })),
            _ => mistakes.add("`url` names several hosts: name one, or none for the service of the region"),
        }
        if mistakes.check(uri.path()).is_some_and(|path| !path.is_empty()) {
            mistakes.add("`url` has a path, and DynamoDB has no databases: leave it out, and use `tablePrefix`; a `/` that belongs to the key is written `%2F`");
        }
        let user = mistakes.check(uri.user()).flatten();
        let password = mistakes.check(uri.password()).flatten();
        match (user, password) {
            (Some(id), Some(key)) => url.key = Some((id, key.expose().to_owned(), token)),
            (None, None) if token.is_none() => {}
            (None, None) => {
                mistakes.add("`awsSessionToken` in `url` is given without a key: put `KEY:SECRET@` before the host");
            }
            _ => mistakes.add("`url` holds half a key: put `KEY:SECRET@` before the host"),
        }
        mistakes.into_result().map(|()| url)
    }
}
