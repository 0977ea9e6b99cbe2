//! The codes of the service: what they mean, and whether the request may have been done all the same.

use backends_core::ErrorKind;
use backends_core::ErrorKind::{
    DefinitionConflict, InvalidConfig, InvalidInput, PermissionDenied, Throttled, Timeout, Unavailable, Unexpected,
};

use crate::retry::Again::{self, Briefly, Never, Patiently};

// DynamoDB API reference: "Common errors" and the errors of each operation.
/// The kind, the message, whether to ask again, and whether it may have been done.
pub(super) fn of_code(code: &str, message: &str, status: u16) -> (ErrorKind, &'static str, Again, bool) {
    match code {
        "ProvisionedThroughputExceededException"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestLimitExceeded"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "SlowDown" => (Throttled, SLOW_DOWN, Patiently, false),
        // Too many tables are being created or changed at once.
        "LimitExceededException" => (Throttled, TABLES, Patiently, false),
        "AccessDeniedException" | "NotAuthorized" => (PermissionDenied, NO_RIGHT, Never, false),
        "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "OptInRequired" => (PermissionDenied, NO_LOGIN, Never, false),
        "ExpiredTokenException" | "ExpiredToken" | "RequestExpired" => (PermissionDenied, EXPIRED, Never, false),
        // Core has the words for it.
        "ResourceNotFoundException" | "TableNotFoundException" => (DefinitionConflict, "", Never, false),
        // A table is being changed.
        "ResourceInUseException" => (Unavailable, IN_THE_WAY, Briefly, false),
        // A transaction has the item, or a write to it in another region: each has its turn.
        code if IN_ONE_ITEM.contains(&code) => (Unavailable, IN_THE_WAY, Patiently, false),
        code if OF_A_MOMENT.contains(&code) => (Unavailable, STUMBLED, Briefly, true),
        "RequestTimeout" | "RequestTimeoutException" => (Timeout, TOO_LATE, Briefly, true),
        // The service has one code for all that it does not like; its text is the only thing that tells this one.
        "ValidationException" if message.contains("Item size") || message.contains("item size") => {
            (InvalidInput, TOO_LARGE, Never, false)
        }
        "ValidationException" if message.contains(NO_INDEX) => (DefinitionConflict, LACKS_INDEX, Never, false),
        "ValidationException" if message.contains(UNFINISHED) => (Unavailable, BUILDS_INDEX, Briefly, false),
        "ValidationException" if message.contains(OF_KEYS[0]) || message.contains(OF_KEYS[1]) => {
            (InvalidInput, KEY_TOO_LONG, Never, false)
        }
        _ if status >= 500 => (Unavailable, STUMBLED, Briefly, true),
        // It was done, and what came of it cannot be read.
        _ if status < 400 => (Unavailable, UNREADABLE, Briefly, true),
        // What stands between says these without a code of the service.
        _ if status == 429 => (Throttled, SLOW_DOWN, Patiently, false),
        _ if status == 408 => (Timeout, TOO_LATE, Briefly, true),
        "" if status == 413 => (InvalidConfig, TOO_MUCH, Never, false),
        // Each error of the service has a code.
        "" => (InvalidConfig, NO_DYNAMODB, Never, false),
        _ => (Unexpected, "DynamoDB refused the request: see the native error", Never, false),
    }
}

// DynamoDB API reference: TransactWriteItems, "Cancellation reason codes".
/// The kind and the message of why a transaction was cancelled, and whether to ask again.
pub(super) fn of_reason(code: &str, message: &str) -> (ErrorKind, &'static str, Again) {
    match code {
        // Others write the same item, as all do that want one value: each has its turn.
        "TransactionConflict" => (Unavailable, IN_THE_WAY, Patiently),
        "ThrottlingError" | "ProvisionedThroughputExceeded" => (Throttled, SLOW_DOWN, Patiently),
        "ValidationError" if message.contains("Item size") || message.contains("item size") => {
            (InvalidInput, TOO_LARGE, Never)
        }
        "ValidationError" if message.contains(OF_KEYS[0]) || message.contains(OF_KEYS[1]) => {
            (InvalidInput, KEY_TOO_LONG, Never)
        }
        _ => (Unexpected, "DynamoDB cancelled a transaction: see the native error", Never),
    }
}

/// What the service says when other writes of the same item are going on.
pub(super) const IN_ONE_ITEM: [&str; 4] = [
    "TransactionConflict",
    "TransactionConflictException",
    "TransactionInProgressException",
    "ReplicatedWriteConflictException",
];

/// What the service says when it failed by itself, which it may do for one item alone.
pub(super) const OF_A_MOMENT: [&str; 5] = [
    "InternalServerError",
    "InternalFailure",
    "InternalServerErrorException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
];

const SLOW_DOWN: &str =
    "the table or the account lets no more requests through: ask again later, and less often, or raise its capacity";
const TABLES: &str = "too many tables are being created or changed at once: ask again later";
const NO_RIGHT: &str = "the credentials lack a right for this: give them a policy that allows it";
const NO_LOGIN: &str = "DynamoDB does not accept the credentials: check them, `awsRegion` and `endpoint`";
const EXPIRED: &str = "the credentials or the request are too old: renew the session token, and check the clock";
const NO_DYNAMODB: &str = "what answers is no DynamoDB: check `endpoint`, and what stands between";
const TOO_MUCH: &str = "what stands before DynamoDB refuses a request of this size: have it take 16 MB, as the service does, or go around it";
const IN_THE_WAY: &str = "other requests got in the way again and again: ask again";
const STUMBLED: &str = "DynamoDB failed for a moment: ask again";
pub(super) const UNREADABLE: &str = "the answer of DynamoDB broke off or cannot be understood: ask again";
const TOO_LATE: &str = "DynamoDB did not finish in time: ask again, or give more time with `.timeout(…)`";
/// What the service says of values that an index has no room for.
const OF_KEYS: [&str; 2] = ["Aggregate size for ", "Size limit exceeded"];
/// What it says where an index is missing, and where it is not ready.
const NO_INDEX: &str = "does not have the specified index";
const UNFINISHED: &str = "backfilling global secondary index";
const LACKS_INDEX: &str =
    "an index of the definition is not there: define the repository once with `SchemaMode::Ensure`";
const BUILDS_INDEX: &str = "an index is being built: ask again, or define the repository, which waits for it";
const KEY_TOO_LONG: &str =
    "the values of one index are larger together than DynamoDB takes: shorten a string in an indexed field";
pub(crate) const TOO_LARGE: &str =
    "the record is larger than DynamoDB's limit of 409600 bytes as an item: split it, or keep the large part elsewhere";
