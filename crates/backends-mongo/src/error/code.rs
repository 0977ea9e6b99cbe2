//! The codes of the server: what they mean, and whether a write may have been done all the same.

use backends_core::ErrorKind;
use backends_core::ErrorKind::{
    AlreadyExists, DefinitionConflict, InvalidInput, PermissionDenied, Throttled, Timeout, Unavailable, Unexpected,
    Unsupported,
};

use super::Doubt;

// MongoDB: src/mongo/base/error_codes.yml
/// The kind, the message, and whether a write may have been done.
pub(super) fn of_code(code: i32) -> (ErrorKind, &'static str, Doubt) {
    match code {
        11000 | 11001 | 12582 => (AlreadyExists, TAKEN, Doubt::None),
        // Unauthorized, and a user whose rights were taken meanwhile.
        13 => (PermissionDenied, "the user lacks a right for this: give it a role that has it", Doubt::OfTheTryBefore),
        // AuthenticationFailed, ReauthenticationRequired, AtlasError.
        18 | 391 | 8000 => (
            PermissionDenied,
            "the server refuses the login: check `user`, `pass` and `authSource`",
            Doubt::OfTheTryBefore,
        ),
        // MaxTimeMSExpired, LockTimeout: the server gave up before it changed something.
        50 | 24 => (Timeout, TOO_LATE, Doubt::OfTheTryBefore),
        // ExceededTimeLimit, NetworkTimeout, NetworkInterfaceExceededTimeLimit, WriteConcernFailed.
        262 | 89 | 202 | 64 => (Timeout, TOO_LATE, Doubt::Some),
        // NotWritablePrimary, NotPrimaryNoSecondaryOk, the same of old servers, NotPrimaryOrSecondary,
        // FailedToSatisfyReadPreference.
        10107 | 13435 | 10058 | 13436 | 133 => (Unavailable, NO_PRIMARY, Doubt::OfTheTryBefore),
        // HostUnreachable, HostNotFound, SocketException, ShutdownInProgress, PrimarySteppedDown,
        // InterruptedAtShutdown, InterruptedDueToReplStateChange.
        6 | 7 | 9001 | 91 | 189 | 11600 | 11602 => (Unavailable, NO_PRIMARY, Doubt::Some),
        // Interrupted: `killOp`, `killSessions`.
        11601 => {
            (Unavailable, "somebody who runs the server has ended the call there: ask again, or ask why", Doubt::Some)
        }
        // WriteConflict.
        112 => (Unavailable, "other writes got in the way again and again: ask again", Doubt::OfTheTryBefore),
        // CursorNotFound, CursorKilled.
        43 | 237 => (
            Unavailable,
            "the server has forgotten how far the read was: read on faster, or read anew",
            Doubt::OfTheTryBefore,
        ),
        // IngressRequestRateLimitExceeded, and what services that speak MongoDB's protocol answer.
        462 | 16500 => {
            (Throttled, "the server asks to slow down: ask again later, and less often", Doubt::OfTheTryBefore)
        }
        // BSONObjectTooLarge, the same after an update.
        10334 | 17419 | 17420 => (InvalidInput, TOO_LARGE, Doubt::None),
        // KeyTooLong, of old servers.
        17280 => (InvalidInput, "a value in a key or index field is too long for the server: shorten it", Doubt::None),
        // OutOfDiskSpace.
        14031 => (Unavailable, "the server's disk is full: make room", Doubt::OfTheTryBefore),
        // DocumentValidationFailure.
        121 => (
            InvalidInput,
            "a validator that another program put on the collection refuses the record: drop it",
            Doubt::None,
        ),
        // CommandNotSupportedOnView, and writes to a time-series collection.
        166 | 72 => (
            DefinitionConflict,
            "the collection is a view, or of a kind without such writes: use another name",
            Doubt::None,
        ),
        // IndexOptionsConflict, IndexKeySpecsConflict, CannotCreateIndex.
        85 | 86 | 67 => (
            DefinitionConflict,
            "an index of another program is in the way: drop it, or choose another name",
            Doubt::None,
        ),
        // CommandNotFound, CommandNotSupported.
        59 | 115 => (
            Unsupported,
            "the capability `commands`: the server does not know a command that is needed: use MongoDB 5.0 or newer",
            Doubt::None,
        ),
        _ => (Unexpected, "the server refused the call: see the native error", Doubt::OfTheTryBefore),
    }
}

const TAKEN: &str = "a unique index holds this value already: change the value";
pub(super) const TOO_LATE: &str = "the server did not finish in time: ask again, or give more time with `.timeout(…)`";
const NO_PRIMARY: &str = "the server takes no writes now, since another one is to be elected or it ends: ask again";
pub(crate) const TOO_LARGE: &str =
    "the record is larger than MongoDB's limit of 16777216 bytes as BSON: split it, or keep the large part elsewhere";
