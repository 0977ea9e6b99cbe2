//! MongoDB: its options, and what is asked of a server before tests get it.

mod bson;
mod client;

use std::hash::{BuildHasher as _, RandomState};

use crate::error::{Context as _, bail};

pub use bson::{Document, Value};
pub use client::{Client, Refusal};

use crate::{Kind, hex};

/// The name of the replica set.
pub(crate) const SET: &str = "rs0";

/// MongoDB: `Unauthorized`.
const UNAUTHORIZED: i32 = 13;

/// The two users of the kind `auth`, with passwords made for this run.
pub(crate) struct Users {
    pub(crate) admin: User,
    /// Reads and writes records everywhere, and may not touch indexes or change and drop collections.
    pub(crate) writer: User,
}

pub(crate) struct User {
    pub(crate) name: &'static str,
    pub(crate) password: String,
}

impl Users {
    pub(crate) fn new() -> Self {
        let user = |name| User { name, password: password() };
        Self { admin: user("admin"), writer: user("writer") }
    }
}

/// A password that has to be escaped in a URL, as the passwords of users do.
fn password() -> String {
    format!("p@:/{:016x}", random(0))
}

/// Not for more than a server that lives for a test: the state is seeded by the system once a thread.
fn random(part: u32) -> u64 {
    RandomState::new().hash_one(part)
}

/// A key that the members of a replica set know each other by; MongoDB: 6 to 1,024 characters of base64.
pub(crate) fn key() -> String {
    let parts: Vec<u8> = (0..4).flat_map(|part| random(part).to_le_bytes()).collect();
    hex(&parts)
}

/// The files of the kind `tls` in the folder of the server: the authority, and the server's certificate with its key.
pub(crate) const AUTHORITY: &str = "authority.pem";
pub(crate) const SERVER: &str = "server.pem";

/// The arguments of `mongod`. `folder` is one of the machine or container it runs in, with a folder `data` in it.
///
/// The kind `tls` begins with plain connections too, until [`require_tls`]: the client here has no encryption.
pub(crate) fn arguments(kind: Kind, port: u16, folder: &str, bind: &str) -> Vec<String> {
    let inside = |name: &str| format!("{folder}/{name}");
    let mut words: Vec<String> =
        ["--dbpath", &inside("data"), "--port", &port.to_string(), "--bind_ip", bind, "--nounixsocket"]
            .map(str::to_owned)
            .into();
    // Tests hold little; the default is half of the memory.
    words.extend(["--wiredTigerCacheSizeGB", "0.25"].map(str::to_owned));
    words.extend(["--setParameter", "diagnosticDataCollectionEnabled=false"].map(str::to_owned));
    if kind != Kind::Standalone {
        words.extend(["--replSet", SET].map(str::to_owned));
    }
    if kind == Kind::Tls {
        words.extend(["--tlsMode", "preferTLS", "--tlsCAFile", &inside(AUTHORITY)].map(str::to_owned));
        words.extend(["--tlsCertificateKeyFile".to_owned(), inside(SERVER)]);
    }
    words
}

/// The version of a server that answers.
pub(crate) fn version(address: &str) -> crate::Result<String> {
    let answer = Client::connect(address)?.run("admin", Document::new().with("buildInfo", 1))?;
    answer.text("version").map(str::to_owned).context("the answer to `buildInfo` has no version")
}

/// Makes the server a member of a new replica set, unless it is one of another.
///
/// `members` are the addresses of all as they and their clients see them; `settings` are those of the set.
pub(crate) fn initiate(address: &str, members: &[&str], settings: Document) -> crate::Result<()> {
    let member = |(id, host): (i32, &&str)| Value::from(Document::new().with("_id", id).with("host", *host));
    let members = Value::Array((0..).zip(members).map(member).collect());
    let set = Document::new().with("_id", SET).with("members", members).with("settings", settings);
    let initiated = Client::connect(address)?.run("admin", Document::new().with("replSetInitiate", set));
    match initiated {
        // MongoDB: `AlreadyInitialized`.
        Err(error) if Refusal::code_of(&error) != Some(23) => Err(error),
        _ => Ok(()),
    }
}

/// What a server says of itself.
pub(crate) fn hello(address: &str) -> crate::Result<Document> {
    Client::connect(address)?.run("admin", Document::new().with("hello", 1))
}

/// Fails until the server takes writes.
pub(crate) fn writable(address: &str) -> crate::Result<()> {
    if hello(address)?.flag("isWritablePrimary") { Ok(()) } else { bail!("the replica set has no primary yet") }
}

/// The name of the replica set that the server is a member of.
pub(crate) fn set_name(address: &str) -> crate::Result<Option<String>> {
    Ok(hello(address)?.text("setName").map(str::to_owned))
}

/// Whether the server refuses who does not say who they are.
pub(crate) fn wants_users(address: &str) -> crate::Result<bool> {
    match Client::connect(address)?.run("admin", Document::new().with("listDatabases", 1)) {
        Ok(_) => Ok(false),
        Err(error) if Refusal::code_of(&error) == Some(UNAUTHORIZED) => Ok(true),
        Err(error) => Err(error),
    }
}

/// Creates the users on a server that does not want any yet.
pub(crate) fn create_users(address: &str, users: &Users) -> crate::Result<()> {
    let mut client = Client::connect(address)?;
    let list = |words: &[&str]| Value::Array(words.iter().map(|word| Value::from(*word)).collect());
    // Every collection of every database, without those of the system.
    let everywhere = Document::new().with("db", "").with("collection", "");
    let actions = list(&["find", "insert", "update", "remove", "listCollections", "listIndexes", "collStats"]);
    let privilege = Document::new().with("resource", everywhere).with("actions", actions);
    let role = Document::new()
        .with("createRole", "writer")
        .with("privileges", Value::Array(vec![privilege.into()]))
        .with("roles", list(&[]));
    client.run("admin", role)?;
    for (user, role) in [(&users.admin, "root"), (&users.writer, "writer")] {
        let create = Document::new().with("createUser", user.name).with("pwd", user.password.as_str());
        client.run("admin", create.with("roles", list(&[role])))?;
    }
    Ok(())
}

/// Ends plain connections, for good.
pub(crate) fn require_tls(address: &str) -> crate::Result<()> {
    let mode = Document::new().with("setParameter", 1).with("tlsMode", "requireTLS");
    Client::connect(address)?.run("admin", mode)?;
    match version(address) {
        Ok(_) => bail!("the server takes connections that are not encrypted"),
        Err(_) => Ok(()),
    }
}

/// Asks the server to end; it does so without an answer.
pub(crate) fn shut_down(address: &str) -> crate::Result<()> {
    let order = Document::new().with("shutdown", 1).with("force", true).with("timeoutSecs", 0);
    match Client::connect(address)?.run("admin", order) {
        Err(error) if Refusal::code_of(&error).is_some() => Err(error),
        _ => Ok(()),
    }
}

/// The host and port that a URL names first; none where only a driver can find or speak to the server.
pub(crate) fn address_of(url: &str) -> Option<String> {
    let rest = url.strip_prefix("mongodb://")?;
    let (hosts, options) = rest.split_once(['/', '?']).unwrap_or((rest, ""));
    let encrypted = ["tls=true", "ssl=true"].iter().any(|option| options.to_ascii_lowercase().contains(option));
    let first = hosts.rsplit('@').next()?.split(',').next().filter(|host| !host.is_empty())?;
    let has_port = first.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    (!encrypted).then(|| if has_port { first.to_owned() } else { format!("{first}:27017") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_host_of_a_url_is_asked_if_it_can_be() {
        for (url, address) in [
            ("mongodb://a:1/?replicaSet=x", Some("a:1")),
            ("mongodb://u:p%40@a,b:2/db", Some("a:27017")),
            ("mongodb://[::1]:5", Some("[::1]:5")),
            ("mongodb://a/?tls=true", None),
            ("mongodb+srv://a", None),
            ("mongodb://", None),
        ] {
            assert_eq!(address_of(url).as_deref(), address, "{url}");
        }
    }

    #[test]
    fn only_a_standalone_server_has_no_set() {
        let words = |kind| arguments(kind, 1, "d", "127.0.0.1").join(" ");
        assert!(words(Kind::ReplicaSet).contains("--replSet rs0") && words(Kind::Auth).contains("--replSet rs0"));
        assert!(!words(Kind::Standalone).contains("--replSet"));
        assert!(words(Kind::Tls).contains("--replSet rs0") && words(Kind::Tls).contains("--tlsCAFile d/authority.pem"));
    }

    #[test]
    fn two_runs_have_two_passwords() {
        assert_ne!(password(), password());
    }
}
