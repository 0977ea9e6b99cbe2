//! What the server and its driver answer, as errors of this library: one table.

use backends_core::Error;
use mongodb::error::{
    Error as NativeError, ErrorKind as NativeKind, IndexedWriteError, WriteConcernError, WriteFailure,
};

use crate::topology::Fault;

mod code;

pub(crate) use code::TOO_LARGE;
use code::{TOO_LATE, of_code};

/// Whether a call that failed may have changed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Reads,
    Writes,
}

/// What is known of a write that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    /// It was not done, at no try: the server knows a write again that it has done, and says so.
    None,
    /// It was not done at this try. The driver does not tell what became of the one before.
    OfTheTryBefore,
    /// It may have been done.
    Some,
}

impl Doubt {
    /// Whether a write may have been done that was sent so often.
    fn remains(self, sent: u32) -> bool {
        match self {
            Self::None => false,
            Self::OfTheTryBefore => sent > 1,
            Self::Some => sent > 0,
        }
    }
}

/// Labels of the server: it did nothing, and it is overloaded.
const NO_WRITES: &str = "NoWritesPerformed";
const OVERLOADED: &str = "SystemOverloadedError";

/// MongoDB: the codes of a taken unique value.
const DUPLICATE: [i32; 3] = [11000, 11001, 12582];

/// The error of this library for one of the driver, which is reached by `native::<mongodb::error::Error>()`.
///
/// `sent` is how often the driver has sent it, and `fault` why the last server that could not be reached could not.
pub(crate) fn translate(native: NativeError, effect: Effect, sent: u32, fault: Fault) -> Error {
    let (error, doubt) = meaning(&native, fault);
    // The driver gives an error with the label only if all tries have it.
    let may = effect == Effect::Writes && doubt.remains(sent) && !native.contains_label(NO_WRITES);
    error.with_may_have_happened(may).with_native(native)
}

/// The error, and whether the server may have done what it was asked to.
fn meaning(native: &NativeError, fault: Fault) -> (Error, Doubt) {
    if native.contains_label(OVERLOADED) {
        return (Error::throttled("the server is overloaded: ask again later, and less often"), Doubt::Some);
    }
    match &*native.kind {
        NativeKind::Command(command) => of_server(command.code, &command.code_name),
        NativeKind::Write(WriteFailure::WriteError(write)) => of_server(write.code, ""),
        NativeKind::Write(WriteFailure::WriteConcernError(concern)) => (unconfirmed(concern), Doubt::Some),
        NativeKind::InsertMany(many) => match (first_refused(native), &many.write_concern_error) {
            (Some(write), _) => of_server(write.code, write.code_name.as_deref().unwrap_or_default()),
            (None, Some(concern)) => (unconfirmed(concern), Doubt::Some),
            (None, None) => (failed(), Doubt::Some),
        },
        NativeKind::Authentication { .. } => {
            let error = Error::permission_denied("the server refuses the login: check `user`, `pass` and `authSource`");
            (error, Doubt::OfTheTryBefore)
        }
        NativeKind::ServerSelection { .. } => (unreachable(fault), Doubt::OfTheTryBefore),
        NativeKind::InvalidTlsConfig { .. } => (Error::invalid_config(NO_TLS), Doubt::OfTheTryBefore),
        NativeKind::DnsResolve { .. } => (unreachable(Fault::UnknownHost), Doubt::OfTheTryBefore),
        _ if is_of_the_connection(native) => (
            Error::unavailable("the connection to the server broke: ask again, and look at the server and the network"),
            Doubt::Some,
        ),
        NativeKind::Shutdown => {
            (Error::unavailable("the client was shut down: open the backend anew"), Doubt::OfTheTryBefore)
        }
        NativeKind::IncompatibleServer { .. } => (
            Error::unsupported(
                "the capability `server_version`: the server is too old or too new for this driver: use another version of either",
            ),
            Doubt::OfTheTryBefore,
        ),
        NativeKind::InvalidResponse { .. } => {
            (Error::unexpected("the server's answer cannot be understood: see the native error"), Doubt::Some)
        }
        // The driver looked at it before it was sent.
        NativeKind::InvalidArgument { .. } | NativeKind::SessionsNotSupported => (failed(), Doubt::OfTheTryBefore),
        _ => (failed(), Doubt::Some),
    }
}

/// Whether the way to the server broke.
pub(crate) fn is_of_the_connection(native: &NativeError) -> bool {
    matches!(&*native.kind, NativeKind::Io(_) | NativeKind::ConnectionPoolCleared { .. })
}

/// A call whose time is over.
#[cold]
pub(crate) fn too_late() -> Error {
    Error::timeout(TOO_LATE)
}

fn failed() -> Error {
    Error::unexpected("MongoDB's client failed: see the native error")
}

/// The error of a server's code, and whether it may have done what it was asked to.
fn of_server(code: i32, name: &str) -> (Error, Doubt) {
    let (kind, message, doubt) = of_code(code);
    (with_code(Error::new(kind, message), code, name), doubt)
}

/// A write that the primary has, and of which it does not know whether the others have it.
pub(crate) fn unconfirmed(concern: &WriteConcernError) -> Error {
    let error = match concern.code {
        // MongoDB: WriteConcernFailed, the wait for the majority took too long.
        64 => Error::timeout("the majority of the servers did not confirm the write in time: look at the replica set"),
        // MongoDB: MaxTimeMSExpired, ExceededTimeLimit: what took too long was the call.
        50 | 262 => Error::timeout(
            "the time of the call was over before the majority of the servers confirmed the write: see what is stored, or give more time with `.timeout(…)`",
        ),
        _ => Error::unavailable("the majority of the servers did not confirm the write: look at the replica set"),
    };
    with_code(error, concern.code, &concern.code_name).with_may_have_happened(true)
}

fn with_code(error: Error, code: i32, name: &str) -> Error {
    let error = error.with_context("MongoDB code", code);
    if name.is_empty() { error } else { error.with_context("name", name) }
}

/// The time was over before the driver had a connection to send the request on.
#[cold]
pub(crate) fn not_sent() -> Error {
    Error::timeout(
        "no connection to the server was free in time: ask again, give more time with `.timeout(…)`, or raise `maxPoolSize`",
    )
}

/// No server takes the call, and none was asked.
#[cold]
pub(crate) fn unreachable(fault: Fault) -> Error {
    match fault {
        Fault::Refused => {
            Error::unavailable("the server refuses connections: check `host` and its port, and whether the server runs")
        }
        Fault::UnknownHost => {
            Error::unavailable("the name of a server has no address: check `host`, and the name service")
        }
        Fault::Tls => Error::invalid_config(NO_TLS),
        Fault::HangsUp => Error::unavailable(
            "the server takes connections and ends them without an answer: check `tls`, and `tlsCertificateKeyFile`, since the server may ask for a certificate that it trusts; its log says why",
        ),
        Fault::Stranger => Error::unavailable(
            "no server that answers belongs to the replica set that is asked for: check `replicaSet` in `url`, and that several hosts are those of one replica set",
        ),
        Fault::Silent => Error::unavailable(
            "no server answers that takes writes: check `host`, `tls`, the network, and whether the replica set has a primary",
        ),
    }
}

const NO_TLS: &str = "no encrypted connection can be made: check `tls`, `tlsCaFile` and `tlsCertificateKeyFile`, and that the server's certificate names the host";

/// The name of the unique index that refused a write, if that is what happened.
pub(crate) fn taken_index(native: &NativeError) -> Option<&str> {
    let (code, message) = match &*native.kind {
        NativeKind::Command(command) => (command.code, &command.message),
        NativeKind::Write(WriteFailure::WriteError(write)) => (write.code, &write.message),
        _ => first_refused(native).map(|write| (write.code, &write.message))?,
    };
    index_in(code, message)
}

/// The first of several inserts of one request that the server refused.
pub(crate) fn first_refused(native: &NativeError) -> Option<&IndexedWriteError> {
    match &*native.kind {
        NativeKind::InsertMany(many) => many.write_errors.iter().flatten().next(),
        _ => None,
    }
}

/// The name of the index in the server's text about a taken value. Nothing else of that text is used: it goes on with
/// the value.
pub(crate) fn index_in(code: i32, message: &str) -> Option<&str> {
    if !DUPLICATE.contains(&code) {
        return None;
    }
    let before_value = message.split(" dup key:").next().unwrap_or_default();
    let name = before_value.rsplit_once(" index: ").map_or("", |(_, name)| name);
    // A sharded cluster or a collation adds more behind the name.
    Some(name.split(' ').next().unwrap_or_default())
}

/// The error of one write among many.
pub(crate) fn of_write(code: i32, name: Option<&str>, sent: u32) -> Error {
    let (error, doubt) = of_server(code, name.unwrap_or_default());
    error.with_may_have_happened(doubt.remains(sent))
}

/// The same error once more with its cause, for every record that it concerns.
pub(crate) fn repeat(error: &Error) -> Error {
    let again = error.repeat();
    match error.native::<NativeError>() {
        Some(native) => again.with_native(native.clone()),
        None => again,
    }
}

/// Whether the error is that of a server with this code.
pub(crate) fn has_code(native: &NativeError, codes: &[i32]) -> bool {
    match &*native.kind {
        NativeKind::Command(command) => codes.contains(&command.code),
        NativeKind::Write(WriteFailure::WriteError(write)) => codes.contains(&write.code),
        _ => false,
    }
}

/// Whether the error of this library comes from a code of the server.
pub(crate) fn came_of(error: &Error, codes: &[i32]) -> bool {
    error.native::<NativeError>().is_some_and(|native| has_code(native, codes))
}

#[cfg(test)]
mod tests;
