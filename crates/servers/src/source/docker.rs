//! A server from an image, run by a Docker engine.

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Context as _, bail};
use tempfile::TempDir;
use testcontainers::core::{ExecCommand, IntoContainerPort as _};
use testcontainers::runners::SyncRunner as _;
use testcontainers::{Container, ContainerRequest, GenericImage, ImageExt as _};

use super::tls::Certificates;
use super::{Found, environment, image_variable, local, text_variable, variable};
use crate::mongo::Users;
use crate::server::Held;
use crate::{Backend, Kind, PATIENCE, Request, Server, Variable, dynamo, mongo, ports, process, say};

/// What is shown of a log when a server does not start.
const TAIL: usize = 2000;

pub(super) fn describe(backend: Backend) -> String {
    image(backend).map_or_else(|error| error.to_string(), |(name, tag)| format!("the image {name}:{tag}"))
}

pub(super) fn server(request: Request) -> crate::Result<Found> {
    let (name, tag) = image(request.backend)?;
    let port = ports::free()?;
    let users = (request.kind == Kind::Auth).then(Users::new);
    let wanted = match request.backend {
        Backend::MongoDb => mongod(request.kind, port, &name, &tag),
        Backend::DynamoDb => dynamodb_local(port, &name, &tag),
    };
    say(format_args!("asking Docker for {name}:{tag}"));
    let own_name = format!("backends-{}-{}-{port}", request.backend.name(), std::process::id());
    let heir = Heir::of(&own_name)?;
    let files = tempfile::tempdir().context("no folder can be had")?;
    // No engine, no image and no right to pull it are all the same here.
    let contained = match on_loopback(wanted).with_container_name(own_name).start() {
        Ok(container) => Contained { container, _heir: heir, files },
        Err(error) => return no_container(request.backend, &format!("{name}:{tag}: {error}")),
    };
    let host = contained.container.get_host().context("the engine names no host")?.to_string();
    let address =
        if host == "localhost" || is_here(port) { format!("127.0.0.1:{port}") } else { format!("{host}:{port}") };
    let (version, variables) = match request.backend {
        Backend::MongoDb => mongodb(&contained, request, port, &address, users)?,
        Backend::DynamoDb => dynamodb(&contained.container, request, &address)?,
    };
    let origin = format!("Docker, {name}:{tag}");
    let held = Held::Container(Box::new(contained));
    Ok(Found::Server(Box::new(Server { request, address, version, origin, variables, held })))
}

/// Whether the port, which was free, is one of this machine now: in a container too, where the engine runs beside the
/// programs, and its host is said to be the gateway.
fn is_here(port: u16) -> bool {
    TcpStream::connect_timeout(&(Ipv4Addr::LOCALHOST, port).into(), Duration::from_millis(500)).is_ok()
}

/// The next source is asked, unless somebody chose the image: another version would be tested without a word.
fn no_container(backend: Backend, reason: &str) -> crate::Result<Found> {
    let variable = image_variable(backend);
    if self::variable(variable).is_some() {
        bail!("the image that {variable} names cannot be run; have it on the engine, or unset {variable}: {reason}");
    }
    Ok(Found::Nothing(format!("{reason}; have the image on the engine, or name another one in {variable}")))
}

/// A container, which is removed when this is dropped.
pub(crate) struct Contained {
    container: Container<GenericImage>,
    /// Dropped after the container.
    _heir: Heir,
    /// Here, for what tests need besides an address.
    files: TempDir,
}

/// Removes the container of a name when this is dropped, and when this program is killed; nothing where there is no
/// `docker` program.
struct Heir(Child);

impl Heir {
    fn of(container: &str) -> crate::Result<Self> {
        // A killed program may leave behind what the engine has not created yet.
        let remove =
            r#"docker rm --force --volumes "$0"; [ "$word" ] || { sleep 1; docker rm --force --volumes "$0"; }"#;
        process::heir(remove, container).map(Self).context("`sh` cannot be run")
    }
}

impl Drop for Heir {
    fn drop(&mut self) {
        if let Some(mut stdin) = self.0.stdin.take() {
            let _ = stdin.write_all(b"alive");
        }
        let _ = self.0.wait();
    }
}

/// Keeps the port from other machines, unless the engine is on one, or this is a container that reaches it from outside.
fn on_loopback(container: ContainerRequest<GenericImage>) -> ContainerRequest<GenericImage> {
    let engine = variable("DOCKER_HOST").map(|host| host.to_string_lossy().into_owned()).unwrap_or_default();
    let is_elsewhere = !engine.is_empty() && !engine.starts_with("unix:");
    // testcontainers: with this file the host is the gateway of the engine's network.
    let is_reached_from_outside =
        Path::new("/.dockerenv").exists() || variable("TESTCONTAINERS_HOST_OVERRIDE").is_some();
    if is_elsewhere || is_reached_from_outside {
        return container;
    }
    container.with_host_config_modifier(|config| {
        let ports = config.port_bindings.iter_mut().flat_map(|ports| ports.values_mut());
        for binding in ports.flatten().flatten() {
            binding.host_ip = Some("127.0.0.1".to_owned());
        }
    })
}

/// The name and tag of the image for a backend.
fn image(backend: Backend) -> crate::Result<(String, String)> {
    let usual = match backend {
        Backend::MongoDb => "mongo:8",
        Backend::DynamoDb => "amazon/dynamodb-local:latest",
    };
    Ok(split(&text_variable(image_variable(backend))?.unwrap_or_else(|| usual.to_owned())))
}

/// A colon before a slash belongs to the port of a registry.
fn split(image: &str) -> (String, String) {
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name.to_owned(), tag.to_owned()),
        _ => (image.to_owned(), "latest".to_owned()),
    }
}

/// The port is the same inside and outside: the members of a replica set are found by what they call themselves.
fn mongod(kind: Kind, port: u16, name: &str, tag: &str) -> ContainerRequest<GenericImage> {
    let arguments = mongo::arguments(kind, port, "/tmp", "0.0.0.0").join(" ");
    let start = match kind {
        // Users are created while the server wants none; then it is started anew.
        Kind::Auth => format!(
            "echo {} > /tmp/key && chmod 600 /tmp/key && mongod {arguments} --pidfilepath /tmp/pid; \
             exec mongod {arguments} --keyFile /tmp/key",
            mongo::key()
        ),
        // Its certificate names the address, which is known when the container is there.
        Kind::Tls => format!("until [ -s /tmp/{} ]; do sleep 0.1; done; exec mongod {arguments}", mongo::SERVER),
        _ => format!("exec mongod {arguments}"),
    };
    let image = GenericImage::new(name, tag).with_entrypoint("sh");
    let script = format!("mkdir -p /tmp/data && {start}");
    image.with_mapped_port(port, port.tcp()).with_cmd(["-c".to_owned(), script])
}

fn dynamodb_local(port: u16, name: &str, tag: &str) -> ContainerRequest<GenericImage> {
    let (variable, value) = dynamo::NO_TELEMETRY;
    let image = GenericImage::new(name, tag).with_entrypoint("java");
    image.with_mapped_port(port, port.tcp()).with_cmd(dynamo::arguments(port)).with_env_var(variable, value)
}

type Ready = (String, Vec<Variable>);

fn mongodb(
    owned: &Contained,
    request: Request,
    port: u16,
    address: &str,
    users: Option<Users>,
) -> crate::Result<Ready> {
    let container = &owned.container;
    let mut variables = Vec::new();
    if request.kind == Kind::Tls {
        let certificates = Certificates::new(address)?;
        variables.extend(certificates.write(owned.files.path())?);
        put(container, certificates)?;
    }
    let version = wait(container, || mongo::version(address))?;
    // The member reaches itself under this address; clients do so only where the engine is on this machine.
    let member = format!("127.0.0.1:{port}");
    if request.kind != Kind::Standalone {
        mongo::initiate(address, &[&member], mongo::Document::new())?;
        wait(container, || mongo::writable(address))?;
    }
    let mut url = local::url(address, request.kind);
    if address != member {
        url = url.replace(&format!("replicaSet={}", mongo::SET), "directConnection=true");
    }
    variables.push((environment::address_variable(request.backend), url));
    if let Some(users) = users {
        mongo::create_users(address, &users)?;
        // MongoDB: only who comes from the machine itself may shut down a server without users.
        let kill = ExecCommand::new(["sh", "-c", "kill -s TERM \"$(cat /tmp/pid)\""]);
        container.exec(kill).context("the server cannot be started anew")?;
        wait(container, || if mongo::wants_users(address)? { Ok(()) } else { bail!("it does not want users yet") })?;
        wait(container, || mongo::writable(address))?;
        variables.extend(local::user_variables(users));
    }
    if request.kind == Kind::Tls {
        mongo::require_tls(address)?;
    }
    Ok((version, variables))
}

/// Writes what the server shows and trusts into the container; the file that it waits for last, and at once.
fn put(container: &Container<GenericImage>, certificates: Certificates) -> crate::Result<()> {
    let (authority, server) = (mongo::AUTHORITY, mongo::SERVER);
    let script =
        format!("printf %s \"$0\" > /tmp/{authority} && printf %s \"$1\" > /tmp/part && mv /tmp/part /tmp/{server}");
    let write = ["sh".to_owned(), "-c".to_owned(), script, certificates.authority, certificates.server];
    container.exec(ExecCommand::new(write)).context("the certificates cannot be written")?;
    Ok(())
}

fn dynamodb(container: &Container<GenericImage>, request: Request, address: &str) -> crate::Result<Ready> {
    wait(container, || dynamo::ready(address))?;
    let log = container.stdout_to_vec().unwrap_or_default();
    let version = dynamo::version(&String::from_utf8_lossy(&log)).unwrap_or_else(|| "unknown".to_owned());
    Ok((version, vec![(environment::address_variable(request.backend), format!("http://{address}"))]))
}

fn wait<T>(container: &Container<GenericImage>, mut ask: impl FnMut() -> crate::Result<T>) -> crate::Result<T> {
    let start = Instant::now();
    loop {
        let error = match ask() {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let running = container.is_running().context("the container cannot be watched")?;
        if !running || start.elapsed() > PATIENCE {
            let state = if running { "does not answer" } else { "ended" };
            bail!("the server in the container {state}: {error}; the end of its log:\n{}", tail(container));
        }
        thread::sleep(Duration::from_millis(50));
    }
}

fn tail(container: &Container<GenericImage>) -> String {
    let mut log = container.stdout_to_vec().unwrap_or_default();
    log.extend(container.stderr_to_vec().unwrap_or_default());
    String::from_utf8_lossy(&log[log.len().saturating_sub(TAIL)..]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_a_name_and_a_tag() {
        for (image, name, tag) in [
            ("mongo:8", "mongo", "8"),
            ("mongo", "mongo", "latest"),
            ("host:5000/mongo", "host:5000/mongo", "latest"),
            ("host:5000/a/mongo:7.0", "host:5000/a/mongo", "7.0"),
        ] {
            assert_eq!(split(image), (name.to_owned(), tag.to_owned()));
        }
    }
}
