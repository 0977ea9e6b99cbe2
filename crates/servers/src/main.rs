//! The program `servers`: runs a command beside a real server.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line program talks to its terminal")]

use std::collections::VecDeque;
use std::process::{Command, ExitCode};
use std::{env, fs};

use servers::{Backend, Context as _, Error, Request, Server, Source, command, plan, start};

const HELP: &str = "\
servers run --backend <mongodb|dynamodb> [--kind K] [--from S] [--report FILE] -- <command…>
servers versions

run        Starts a server, runs the command, gives its exit code back, and takes the server away.
  --kind   mongodb: replica-set (if not given), standalone, auth, tls; dynamodb: plain
  --from   environment, docker or local; if not given, the first of them that has a server
  --report a file that gets `version: …` and `origin: …`
  --tied   ends the command when its own stdin ends, which the command does not get
versions   Prints what each source would give.

The command finds in its environment
  TEST_MONGODB_URL           the server, without a user
  TEST_MONGODB_ADMIN_USER, TEST_MONGODB_ADMIN_PASSWORD      for the kind auth: may do everything
  TEST_MONGODB_WRITER_USER, TEST_MONGODB_WRITER_PASSWORD    reads and writes; no indexes, no drops
  TEST_MONGODB_TLS_CA_FILE, TEST_MONGODB_TLS_CERTIFICATE_KEY_FILE    for the kind tls: whom to trust, what to show
  TEST_DYNAMODB_ENDPOINT     the server; any access key will do

Before, the same variables name a server that runs already, and
  TEST_MONGODB_IMAGE, TEST_DYNAMODB_IMAGE    the image and tag for Docker; if set, it has to be there
  TEST_MONGOD                                the path of a local `mongod`
";

fn main() -> ExitCode {
    let words: VecDeque<String> = env::args().skip(1).collect();
    match dispatch(words) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("servers: {error}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(mut words: VecDeque<String>) -> servers::Result<ExitCode> {
    match words.pop_front().as_deref() {
        None | Some("help" | "--help" | "-h") => print!("{HELP}"),
        Some("versions") => {
            for (backend, source, what) in plan() {
                println!("{:10}{:13}{what}", backend.name(), source.name());
            }
        }
        Some("run") => return run(Run::parse(words)?),
        Some(other) => return Err(Error::new(format_args!("unknown verb `{other}`; known verbs: run, versions"))),
    }
    Ok(ExitCode::SUCCESS)
}

struct Run {
    request: Request,
    report: Option<String>,
    tied: bool,
    command: Vec<String>,
}

impl Run {
    fn parse(mut words: VecDeque<String>) -> servers::Result<Self> {
        let (mut backend, mut kind, mut source, mut report) = (None, None, None, None);
        let mut tied = false;
        while let Some(word) = words.pop_front() {
            let slot = match word.as_str() {
                "--" => break,
                "--tied" => {
                    tied = true;
                    continue;
                }
                "--backend" => &mut backend,
                "--kind" => &mut kind,
                "--from" => &mut source,
                "--report" => &mut report,
                other => {
                    return Err(Error::new(format_args!(
                        "`{other}` is not known here; see --help, and write `--` before the command"
                    )));
                }
            };
            *slot = Some(words.pop_front().with_context(|| format!("`{word}` has no value"))?);
        }
        let backend: Backend = backend.context("no backend; write `--backend mongodb`")?.parse()?;
        let source = source.map(|name| name.parse::<Source>()).transpose()?;
        if words.is_empty() {
            return Err(Error::new("no command; write it after `--`"));
        }
        let request = Request::new(backend, kind.as_deref(), source)?;
        Ok(Self { request, report, tied, command: words.into() })
    }
}

fn run(run: Run) -> servers::Result<ExitCode> {
    let mut server = start(run.request)?;
    if let Some(file) = &run.report {
        fs::write(file, report(&server)).with_context(|| format!("{file} cannot be written"))?;
    }
    let mut child = Command::new(&run.command[0]);
    child.args(&run.command[1..]).envs(server.variables().iter().map(|(name, value)| (*name, value)));
    let code = command::run(&mut child, run.tied).with_context(|| format!("`{}` cannot be run", run.command[0]))?;
    if code != 0
        && let Some(log) = server.keep_log()
    {
        eprintln!("servers: the command failed ({code}); the log of the server is {}", log.display());
    }
    drop(server);
    // A code of 256 and more does not fit; it is a failure all the same.
    Ok(u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from))
}

fn report(server: &Server) -> String {
    format!("version: {}\norigin: {}\n", server.version(), server.origin())
}
