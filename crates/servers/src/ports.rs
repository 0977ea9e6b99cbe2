//! Free ports on this machine, and whether somebody listens on one.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use crate::error::Context as _;

/// A port that nobody listens on now.
pub(crate) fn free() -> crate::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port can be had on 127.0.0.1")?;
    Ok(listener.local_addr().context("a listener has no address")?.port())
}

/// A connection to the first address that `host:port` stands for and that answers.
pub(crate) fn connect(address: &str, timeout: Duration) -> std::io::Result<TcpStream> {
    use std::net::ToSocketAddrs as _;
    let mut last = None;
    for address in address.to_socket_addrs()? {
        match open(&address, timeout) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| std::io::Error::other("the name of the host stands for no address")))
}

fn open(address: &SocketAddr, timeout: Duration) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(address, timeout)?;
    stream.set_read_timeout(Some(timeout))?;
    stream.set_write_timeout(Some(timeout))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_port_can_be_listened_on() {
        let port = free().unwrap();
        let address = format!("127.0.0.1:{port}");
        assert!(connect(&address, Duration::from_secs(1)).is_err());
        let _listener = TcpListener::bind(&address).unwrap();
        assert!(connect(&address, Duration::from_secs(1)).is_ok());
    }
}
