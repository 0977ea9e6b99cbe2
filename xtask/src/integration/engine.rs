//! Whether a Docker engine answers, asked without a client of its own.

use std::env;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(2);

/// On `DOCKER_HOST` if it is set, or else on one of the usual sockets.
pub(super) fn answers() -> bool {
    match env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty()) {
        Some(host) => host_answers(&host),
        None => usual_sockets().into_iter().any(socket_answers),
    }
}

fn host_answers(host: &str) -> bool {
    match host.split_once("://") {
        Some(("unix", path)) => socket_answers(PathBuf::from(path)),
        // It may be encrypted; a listener is enough.
        Some(("tcp" | "http" | "https", address)) => TcpStream::connect(address.trim_end_matches('/')).is_ok(),
        _ => false,
    }
}

fn usual_sockets() -> Vec<PathBuf> {
    let of_user = env::var_os("XDG_RUNTIME_DIR").map(|folder| PathBuf::from(folder).join("docker.sock"));
    let of_home = env::home_dir().map(|home| home.join(".docker/run/docker.sock"));
    [Some(PathBuf::from("/var/run/docker.sock")), of_user, of_home].into_iter().flatten().collect()
}

#[cfg(unix)]
fn socket_answers(path: PathBuf) -> bool {
    let Ok(stream) = std::os::unix::net::UnixStream::connect(path) else { return false };
    let limited = stream.set_read_timeout(Some(TIMEOUT)).and_then(|()| stream.set_write_timeout(Some(TIMEOUT)));
    limited.is_ok() && pings(stream)
}

#[cfg(not(unix))]
fn socket_answers(_path: PathBuf) -> bool {
    false
}

/// Docker: `/_ping` is answered with 200 by an engine that works.
fn pings(mut stream: impl Read + Write) -> bool {
    let mut answer = [0; 64];
    let asked = stream.write_all(b"GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n");
    let read = asked.and_then(|()| stream.read(&mut answer)).unwrap_or(0);
    String::from_utf8_lossy(&answer[..read]).split(' ').nth(1) == Some("200")
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// A stream that has its answer ready and takes what is written.
    struct Ready(Cursor<&'static [u8]>);

    impl Read for Ready {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0.read(buffer)
        }
    }

    impl Write for Ready {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn only_an_engine_that_says_200_answers() {
        assert!(pings(Ready(Cursor::new(b"HTTP/1.1 200 OK\r\n\r\nOK"))));
        assert!(!pings(Ready(Cursor::new(b"HTTP/1.1 500 Server Error\r\n\r\n"))));
        assert!(!pings(Ready(Cursor::new(b""))));
        assert!(!host_answers("unix:///no/such/socket"));
        assert!(!host_answers("nonsense"));
    }
}
