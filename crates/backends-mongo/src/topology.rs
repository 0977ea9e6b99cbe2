//! What the driver knows of the servers: whether one takes writes, and why not.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mongodb::error::{Error as NativeError, ErrorKind as NativeKind};
use mongodb::event::EventHandler;
use mongodb::event::sdam::SdamEvent;
use mongodb::options::ServerAddress;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Why a server cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing listens there.
    Refused,
    /// The name has no address.
    UnknownHost,
    /// The two do not agree about encryption.
    Tls,
    /// It takes the connection, and ends it before it answers.
    HangsUp,
    /// Each server that answered is none of the replica set that was asked for.
    Stranger,
    /// Anything else, or not known.
    Silent,
}

/// What the driver reports of the servers as it watches them.
#[derive(Clone, Default)]
pub(crate) struct Topology(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Rung when no server agrees about encryption, which waiting does not cure.
    broken: Notify,
}

#[derive(Default)]
struct State {
    /// Since when no server takes writes. Until the driver tells, one may.
    lost: Option<Instant>,
    /// Every server that the driver watches, and why it could not be reached; the last that failed is the last.
    servers: Vec<(ServerAddress, Option<Fault>)>,
    /// Whether there has been one: the driver drops a server that answers and is not what was asked for.
    had_servers: bool,
}

impl State {
    fn set(&mut self, address: ServerAddress, fault: Option<Fault>) {
        self.remove(&address);
        self.servers.push((address, fault));
        self.had_servers = true;
    }

    fn remove(&mut self, address: &ServerAddress) {
        self.servers.retain(|(other, _)| other != address);
    }

    /// Whether not one of the servers agrees about encryption; one that does not may be a bad member of a good set.
    fn is_broken(&self) -> bool {
        !self.servers.is_empty() && self.servers.iter().all(|(_, fault)| *fault == Some(Fault::Tls))
    }

    fn fault(&self) -> Fault {
        if self.is_broken() {
            return Fault::Tls;
        }
        if self.servers.is_empty() && self.had_servers {
            return Fault::Stranger;
        }
        let faults = self.servers.iter().rev().filter_map(|(_, fault)| *fault);
        faults.into_iter().find(|fault| *fault != Fault::Tls).unwrap_or(Fault::Silent)
    }
}

impl Topology {
    /// What the driver is to call.
    pub(crate) fn handler(&self) -> EventHandler<SdamEvent> {
        let topology = self.clone();
        EventHandler::callback(move |event| match event {
            SdamEvent::TopologyDescriptionChanged(change) => {
                topology.change(change.new_description.has_writable_server());
            }
            SdamEvent::ServerOpening(opening) => topology.lock().set(opening.address, None),
            SdamEvent::ServerClosed(closed) => topology.lock().remove(&closed.address),
            SdamEvent::ServerHeartbeatSucceeded(answered) => topology.lock().set(answered.server_address, None),
            SdamEvent::ServerHeartbeatFailed(failed) => topology.fail(failed.server_address, fault_of(&failed.failure)),
            _ => {}
        })
    }

    fn change(&self, has_primary: bool) {
        let mut state = self.lock();
        if has_primary {
            state.lost = None;
        } else {
            state.lost.get_or_insert_with(Instant::now);
        }
    }

    fn fail(&self, address: ServerAddress, fault: Fault) {
        let mut state = self.lock();
        state.set(address, Some(fault));
        if state.is_broken() {
            self.0.broken.notify_waiters();
        }
    }

    /// Why no server could be reached, if none could since `began`.
    pub(crate) fn unreachable_since(&self, began: Instant) -> Option<Fault> {
        let state = self.lock();
        state.lost.filter(|lost| *lost <= began).map(|_| state.fault())
    }

    /// Why the last server that could not be reached could not.
    pub(crate) fn fault(&self) -> Fault {
        self.lock().fault()
    }

    /// Comes back once no server speaks the same encryption.
    pub(crate) async fn broken(&self) {
        loop {
            let rung = self.0.broken.notified();
            if self.lock().is_broken() {
                return;
            }
            rung.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Topology").field("writable", &self.lock().lost.is_none()).finish_non_exhaustive()
    }
}

fn fault_of(failure: &NativeError) -> Fault {
    match &*failure.kind {
        NativeKind::DnsResolve { .. } => Fault::UnknownHost,
        NativeKind::InvalidTlsConfig { .. } => Fault::Tls,
        NativeKind::Io(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused => Fault::Refused,
            // rustls: what the peer sends is no TLS, or its certificate is not to be trusted.
            io::ErrorKind::InvalidData => Fault::Tls,
            // MongoDB: so it does to who does not encrypt, or shows no certificate that it asks for; and when it ends.
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => Fault::HangsUp,
            _ if is_lookup(error) => Fault::UnknownHost,
            _ => Fault::Silent,
        },
        _ => Fault::Silent,
    }
}

// The standard library has no kind for a name that has no address; its text for it is the same on every platform.
fn is_lookup(error: &io::Error) -> bool {
    error.raw_os_error().is_none() && error.to_string().starts_with("failed to lookup address")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c42_only_a_topology_without_a_primary_since_the_call_is_unreachable() {
        let topology = Topology::default();
        let before = Instant::now();
        assert_eq!(topology.unreachable_since(before), None);
        topology.change(false);
        topology.fail(server(1), Fault::Refused);
        topology.change(false);
        assert_eq!(topology.unreachable_since(before), None, "it was lost after the call began");
        assert_eq!(topology.unreachable_since(Instant::now()), Some(Fault::Refused));
        topology.change(true);
        topology.lock().set(server(1), None);
        assert_eq!(topology.unreachable_since(Instant::now()), None);
        assert_eq!(topology.fault(), Fault::Silent);
    }

    fn server(port: u16) -> ServerAddress {
        ServerAddress::Tcp { host: "server".to_owned(), port: Some(port) }
    }

    #[test]
    fn d10_one_bad_member_does_not_speak_for_the_others() {
        let topology = Topology::default();
        for port in [1, 2] {
            topology.lock().set(server(port), None);
        }
        let told = || {
            let is_broken = topology.lock().is_broken();
            (is_broken, topology.fault())
        };
        topology.fail(server(1), Fault::Tls);
        assert_eq!(told(), (false, Fault::Silent), "the other may answer yet");
        topology.fail(server(2), Fault::Refused);
        topology.fail(server(1), Fault::Tls);
        assert_eq!(told(), (false, Fault::Refused));
        topology.fail(server(2), Fault::Tls);
        assert_eq!(told(), (true, Fault::Tls));
        topology.lock().set(server(2), None);
        assert_eq!(told(), (false, Fault::Silent));
        topology.lock().remove(&server(2));
        assert_eq!(told(), (true, Fault::Tls), "none is left that may answer");
    }

    #[test]
    fn faults_are_told_apart() {
        for (error, fault) in [
            (io::Error::from(io::ErrorKind::ConnectionRefused), Fault::Refused),
            (io::Error::new(io::ErrorKind::InvalidData, "invalid peer certificate"), Fault::Tls),
            (io::Error::other("failed to lookup address information: Name or service not known"), Fault::UnknownHost),
            (io::Error::from(io::ErrorKind::UnexpectedEof), Fault::HangsUp),
            (io::Error::from(io::ErrorKind::ConnectionReset), Fault::HangsUp),
            (io::Error::from(io::ErrorKind::TimedOut), Fault::Silent),
        ] {
            assert_eq!(fault_of(&NativeError::from(error)), fault);
        }
    }
}
