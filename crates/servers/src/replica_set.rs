//! A MongoDB replica set of several members on this machine, of which each can be killed and started again.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::error::{Context as _, Error, bail};
use crate::mongo::{self, Client, Document};
use crate::process::{self, Process};
use crate::{Backend, Kind, PATIENCE, Request, ports, say, source};

/// How often a member is started when it ends at once, as it does where somebody else has its port for a moment.
const ATTEMPTS: u32 = 3;

/// How long a primary that stepped down is none again, and how long it may wait for a member that has all it has.
const STEPPED_DOWN: i32 = 3;
const CATCH_UP: i32 = 2;

/// Removes a folder that somebody may write into as long as it is there; then nobody can any more.
const REMOVE: &str = "until rm -rf -- \"$0\" 2>/dev/null; do sleep 0.05; done";

/// A replica set of programs of this machine; they and their data are gone when it is dropped, and also when the program
/// that started it is killed.
pub struct ReplicaSet {
    // Gone before their folder is.
    members: Vec<Member>,
    folder: TempDir,
    heir: Child,
    version: String,
}

/// A member, running or killed.
struct Member {
    address: String,
    command: Command,
    log: PathBuf,
    process: Option<Process>,
}

impl ReplicaSet {
    /// Starts so many members by the `mongod` of this machine, or one that is fetched, and waits until one of them is the
    /// primary and has all the others behind it. After `election_timeout` without a primary they elect one.
    ///
    /// # Errors
    /// There is no `mongod`, or the set does not come up.
    pub fn start(members: usize, election_timeout: Duration) -> crate::Result<Self> {
        let program = source::mongod().map_err(Error::new)?;
        let folder = tempfile::Builder::new().prefix("backends-").tempdir().context("no folder for data can be had")?;
        let heir = process::heir(REMOVE, &folder.path().to_string_lossy()).context("`sh` cannot be started")?;
        let started: crate::Result<Vec<Member>> =
            (0..members).map(|number| Member::start(&program.path, &folder.path().join(number.to_string()))).collect();
        let mut set = Self { members: started?, folder, heir, version: String::new() };
        let addresses: Vec<&str> = set.members.iter().map(|member| member.address.as_str()).collect();
        let milliseconds = |time: Duration| i32::try_from(time.as_millis()).unwrap_or(i32::MAX);
        let settings = Document::new()
            .with("electionTimeoutMillis", milliseconds(election_timeout))
            .with("heartbeatIntervalMillis", milliseconds(election_timeout / 5));
        mongo::initiate(addresses[0], &addresses, settings)?;
        set.version = mongo::version(addresses[0])?;
        set.whole()?;
        say(format_args!("MongoDB ({members} members) {}, {}, at {}", set.version, program.origin, set.hosts()));
        Ok(set)
    }

    /// The URL of a database on it.
    pub fn url(&self, database: &str) -> String {
        format!("mongodb://{}/{database}?replicaSet={}", self.hosts(), mongo::SET)
    }

    /// The version of its members.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Waits until a member takes writes; its number.
    ///
    /// # Errors
    /// None does within a minute.
    pub fn primary(&self) -> crate::Result<usize> {
        await_some("no member is the primary", || {
            (0..self.members.len()).find(|number| self.members[*number].says("isWritablePrimary"))
        })
    }

    /// Waits until one member is the primary, and all others are secondaries.
    ///
    /// # Errors
    /// They are not within a minute.
    pub fn whole(&self) -> crate::Result<()> {
        await_some("a member is neither primary nor secondary, or two are primary", || {
            let count = |role| self.members.iter().filter(|member| member.says(role)).count();
            (count("isWritablePrimary") == 1 && count("secondary") == self.members.len() - 1).then_some(())
        })
    }

    /// Has the primary step down, so that another one is elected; the number of who it was.
    ///
    /// # Errors
    /// The primary refuses, as it does where no other member has all that it has.
    pub fn step_down(&self) -> crate::Result<usize> {
        let primary = self.primary()?;
        let order = Document::new().with("replSetStepDown", STEPPED_DOWN).with("secondaryCatchUpPeriodSecs", CATCH_UP);
        Client::connect(&self.members[primary].address)?.run("admin", order).context("the primary stays")?;
        Ok(primary)
    }

    /// Kills the primary (`SIGKILL`); its number.
    ///
    /// # Errors
    /// There is none within a minute.
    pub fn kill(&mut self) -> crate::Result<usize> {
        let primary = self.primary()?;
        drop(self.members[primary].process.take());
        Ok(primary)
    }

    /// Starts a member that was killed, and waits until the set is [whole](Self::whole).
    ///
    /// # Errors
    /// It does not start, or does not find back.
    pub fn restart(&mut self, number: usize) -> crate::Result<()> {
        let member = &mut self.members[number];
        member.process = Some(member.run(&self.folder.path().join(number.to_string()))?);
        self.whole()
    }

    fn hosts(&self) -> String {
        let addresses: Vec<&str> = self.members.iter().map(|member| member.address.as_str()).collect();
        addresses.join(",")
    }
}

impl Member {
    fn start(program: &Path, folder: &Path) -> crate::Result<Self> {
        std::fs::create_dir_all(folder.join("data")).context("no folder for data can be had")?;
        let port = ports::free()?;
        let mut command = Command::new(program);
        command.args(mongo::arguments(Kind::ReplicaSet, port, &folder.to_string_lossy(), "127.0.0.1"));
        // In megabytes; what was written while a member was killed has to be in it.
        command.args(["--oplogSize", "200"]);
        let log = source::new_log(Request::new(Backend::MongoDb, Some(Kind::ReplicaSet.name()), None)?)?;
        let mut member = Self { address: format!("127.0.0.1:{port}"), command, log, process: None };
        member.process = Some(member.run(folder)?);
        Ok(member)
    }

    /// Runs until it answers.
    fn run(&self, folder: &Path) -> crate::Result<Process> {
        let attempt = || {
            // Its data has to be there when it is started again; the folder of the set is removed as a whole.
            let mut process = Process::start(&self.command, folder, Path::new(""), &self.log)?;
            process.wait(PATIENCE, || mongo::version(&self.address))?;
            Ok(process)
        };
        (1..ATTEMPTS).find_map(|_| attempt().ok()).map_or_else(attempt, Ok)
    }

    /// Whether it says so of itself.
    fn says(&self, role: &str) -> bool {
        self.process.is_some() && mongo::hello(&self.address).is_ok_and(|hello| hello.flag(role))
    }
}

impl std::fmt::Debug for ReplicaSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReplicaSet").field("hosts", &self.hosts()).finish_non_exhaustive()
    }
}

impl Drop for ReplicaSet {
    fn drop(&mut self) {
        for member in &mut self.members {
            drop(member.process.take());
            if !thread::panicking() {
                let _ = std::fs::remove_file(&member.log);
            }
        }
        drop(self.heir.stdin.take());
        let _ = self.heir.wait();
    }
}

fn await_some<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> crate::Result<T> {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return Ok(answer);
        }
        if start.elapsed() > PATIENCE {
            bail!("{what}, {} s long", PATIENCE.as_secs());
        }
        thread::sleep(Duration::from_millis(25));
    }
}
