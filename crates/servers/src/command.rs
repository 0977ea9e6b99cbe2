//! A command that runs beside a server, and is ended with it when the run is interrupted.

use std::io::{self, IsTerminal as _};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::process;

/// Runs a command to its end and gives its exit code; 128 and the number of the signal if one ended it.
///
/// An interrupt (Ctrl-C, `SIGTERM`, `SIGHUP`) ends the command and all that it started, a second one at once.
/// Only a command at a terminal is left to itself with Ctrl-C: the terminal sends it to every process anyway.
///
/// The end of stdin is an interrupt too if the command is `tied`: whoever holds the other end of the pipe is gone.
pub fn run(command: &mut Command, tied: bool) -> io::Result<i32> {
    if tied {
        command.stdin(Stdio::null());
    }
    // A group of its own could not read from the terminal.
    let in_own_group = tied || !io::stdin().is_terminal();
    if in_own_group {
        std::os::unix::process::CommandExt::process_group(command, 0);
    }
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let mut child = command.spawn()?;
    let target = if in_own_group { format!("-{}", child.id()) } else { child.id().to_string() };
    let interrupted = Arc::new(AtomicBool::new(false));
    let handle = signals.handle();
    if tied {
        // An interrupt like any other: the watcher below has it then.
        thread::spawn(|| {
            let _ = io::copy(&mut io::stdin(), &mut io::sink());
            let _ = signal_hook::low_level::raise(SIGTERM);
        });
    }
    let watcher = {
        let (target, interrupted) = (target.clone(), Arc::clone(&interrupted));
        thread::spawn(move || {
            for signal in signals.forever() {
                let again = interrupted.swap(true, Ordering::SeqCst);
                if in_own_group || signal != SIGINT {
                    send(if again { "KILL" } else { "TERM" }, &target);
                }
            }
        })
    };
    let heir = if in_own_group { Some(process::heir("kill -s KILL -- \"$0\"", &target)?) } else { None };
    let status = child.wait();
    handle.close();
    let _ = watcher.join();
    if let Some(mut heir) = heir {
        // What an interrupted command started and left behind is ended; a service left running on purpose is not.
        if !interrupted.load(Ordering::SeqCst) {
            heir.kill()?;
        }
        drop(heir.stdin.take());
        heir.wait()?;
    }
    Ok(code(status?))
}

/// Sends a signal to a process, or to the group of `-number`; there is no safe call for it.
fn send(signal: &str, target: &str) {
    let mut kill = Command::new("sh");
    kill.args(["-c", "kill -s \"$0\" -- \"$1\" 2>/dev/null", signal, target]).stdin(Stdio::null());
    let _ = kill.status();
}

fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(text: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", text]).stdin(Stdio::null());
        command
    }

    #[test]
    fn the_code_of_the_command_is_given_back() {
        assert_eq!(run(&mut shell("exit 0"), false).unwrap(), 0);
        assert_eq!(run(&mut shell("exit 7"), false).unwrap(), 7);
        assert_eq!(run(&mut shell("kill -s KILL $$"), false).unwrap(), 128 + 9);
        assert!(run(&mut Command::new("no-such-program-here"), false).is_err());
    }
}
