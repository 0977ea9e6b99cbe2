//! The program `killed` as a child that is killed with its parent's handle.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// A running program; it is killed (`SIGKILL`) when this is dropped. Without its parent its input ends, and so does it.
pub(crate) struct Victim {
    child: Child,
    input: ChildStdin,
    said: UnboundedReceiver<String>,
}

impl Victim {
    /// Starts it, and waits until it is ready.
    pub(crate) async fn start(words: &[String]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_killed"));
        command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, said) = unbounded_channel();
        std::thread::spawn(move || {
            let lines = BufReader::new(output).lines().map_while(Result::ok);
            for line in lines {
                let _ = sender.send(line);
            }
        });
        let mut victim = Self { child, input, said };
        assert_eq!(victim.line().await.as_deref(), Some("ready"), "{words:?}");
        victim
    }

    /// Has it make its call.
    pub(crate) fn go(&mut self) {
        self.input.write_all(b"go\n").unwrap();
    }

    /// The next line that it says; none when it has ended.
    pub(crate) async fn line(&mut self) -> Option<String> {
        self.said.recv().await
    }

    /// Kills it; whether it had said before that its call was done.
    pub(crate) async fn kill(mut self) -> bool {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.line().await.is_some()
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
