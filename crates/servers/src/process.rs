//! A server as a child process: with a log, and with no longer life than the program that started it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Context as _, bail};

/// Runs the server until it ends, or until stdin does, and removes the folder of its data.
///
/// Stdin is a pipe that only the program that started the server holds open. However that program ends, the
/// system closes the pipe; nobody has to be alive to clean up.
const KEEPER: &str = r#"
folder=$1
shift
exec 3<&0
"$@" 3<&- </dev/null &
server=$!
{ cat <&3 >/dev/null; kill -s KILL "$server" 2>/dev/null; } &
keeper=$!
exec 3<&- </dev/null
wait "$server"
status=$?
kill -s KILL "$keeper" 2>/dev/null
rm -rf -- "$folder"
exit "$status"
"#;

/// The lines of a log that are shown when a server does not start.
const TAIL: usize = 25;

/// A running server; it is killed when this is dropped.
pub(crate) struct Process {
    keeper: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `program` in `current`; `folder` is removed when it ends.
    pub(crate) fn start(program: &Command, current: &Path, folder: &Path, log: &Path) -> crate::Result<Self> {
        let name = program.get_program().to_string_lossy().into_owned();
        let output = File::options().create(true).append(true).open(log).context("the log cannot be written")?;
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER, "servers"]).arg(folder).arg(program.get_program()).args(program.get_args());
        command.envs(program.get_envs().filter_map(|(key, value)| Some((key, value?)))).current_dir(current);
        command.stdin(Stdio::piped()).stderr(output.try_clone().context("the log cannot be written")?).stdout(output);
        // Ctrl-C is for the program that started the server; it ends the server when it has done with it.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let keeper = command.spawn().with_context(|| format!("`{name}` cannot be started with `sh`"))?;
        Ok(Self { keeper, log: log.to_owned() })
    }

    /// Asks until the server answers; fails when it ends or when the time is over, with the end of its log.
    pub(crate) fn wait<T>(&mut self, timeout: Duration, mut ask: impl FnMut() -> crate::Result<T>) -> crate::Result<T> {
        let start = Instant::now();
        loop {
            let answer = ask();
            // Looked at after the answer: another server may have taken the port in between.
            if let Some(status) = self.keeper.try_wait().context("the server cannot be watched")? {
                bail!("the server ended ({status}); {}", self.tail());
            }
            match answer {
                Ok(answer) => return Ok(answer),
                Err(error) if start.elapsed() > timeout => {
                    bail!("no answer after {} s: {error}; {}", timeout.as_secs(), self.tail());
                }
                Err(_) => thread::sleep(Duration::from_millis(25)),
            }
        }
    }

    /// Waits until the server has ended by itself.
    pub(crate) fn wait_for_end(&mut self, timeout: Duration) -> crate::Result<()> {
        let start = Instant::now();
        while self.keeper.try_wait().context("the server cannot be watched")?.is_none() {
            if start.elapsed() > timeout {
                bail!("the server does not end; {}", self.tail());
            }
            thread::sleep(Duration::from_millis(25));
        }
        Ok(())
    }

    /// Whether another server had the port.
    pub(crate) fn lost_its_port(&self) -> bool {
        self.text().is_ok_and(|text| text.to_ascii_lowercase().contains("address already in use"))
    }

    fn text(&self) -> io::Result<String> {
        fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    fn tail(&self) -> String {
        let text = self.text().unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let last = lines[lines.len().saturating_sub(TAIL)..].join("\n");
        format!("the end of its log, {}:\n{last}", self.log.display())
    }
}

/// A process that runs a script, with `argument` as its `$0`, when its stdin ends: when that is dropped, and also when
/// this program is killed. What was written there is `$word`.
pub(crate) fn heir(script: &str, argument: &str) -> io::Result<Child> {
    let mut heir = Command::new("sh");
    heir.args(["-c", &format!("word=$(cat); {script}"), argument]);
    std::os::unix::process::CommandExt::process_group(&mut heir, 0);
    heir.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}

impl Drop for Process {
    fn drop(&mut self) {
        // The keeper takes the end of its stdin as the order to kill.
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

#[cfg(test)]
mod tests;
