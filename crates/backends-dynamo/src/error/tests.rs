//! What the service's words mean.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;

use backends_core::ErrorKind;

use super::*;

#[test]
fn c40_every_code_has_its_kind() {
    use ErrorKind::{
        DefinitionConflict, InvalidConfig, InvalidInput, PermissionDenied, Throttled, Timeout, Unavailable, Unexpected,
    };
    for (code, message, status, kind, again, is_unclear) in [
        ("ProvisionedThroughputExceededException", "", 400, Throttled, Again::Patiently, false),
        ("ThrottlingException", "", 400, Throttled, Again::Patiently, false),
        ("RequestLimitExceeded", "", 400, Throttled, Again::Patiently, false),
        ("AccessDeniedException", "", 400, PermissionDenied, Again::Never, false),
        ("UnrecognizedClientException", "", 400, PermissionDenied, Again::Never, false),
        ("ExpiredTokenException", "", 400, PermissionDenied, Again::Never, false),
        ("ResourceNotFoundException", "", 400, DefinitionConflict, Again::Never, false),
        ("TransactionConflictException", "", 400, Unavailable, Again::Patiently, false),
        ("ReplicatedWriteConflictException", "", 400, Unavailable, Again::Patiently, false),
        ("InternalServerError", "", 500, Unavailable, Again::Briefly, true),
        ("ServiceUnavailableException", "", 503, Unavailable, Again::Briefly, true),
        ("RequestTimeout", "", 408, Timeout, Again::Briefly, true),
        (
            "ValidationException",
            "Item size has exceeded the maximum allowed size",
            400,
            InvalidInput,
            Again::Never,
            false,
        ),
        ("ValidationException", "hunter2", 400, Unexpected, Again::Never, false),
        ("", "", 502, Unavailable, Again::Briefly, true),
        ("", "", 200, Unavailable, Again::Briefly, true),
        ("", "", 404, InvalidConfig, Again::Never, false),
        ("", "", 429, Throttled, Again::Patiently, false),
        ("", "", 408, Timeout, Again::Briefly, true),
        ("", "", 413, InvalidConfig, Again::Never, false),
        ("", "", 503, Unavailable, Again::Briefly, true),
        ("", "", 504, Unavailable, Again::Briefly, true),
        ("Unheard", "", 400, Unexpected, Again::Never, false),
    ] {
        let meaning = of_service(code, message, status);
        assert_eq!(
            (meaning.error.kind(), meaning.again, meaning.is_unclear),
            (kind, again, is_unclear),
            "{code} {status}"
        );
        assert!(!format!("{} {:?}", meaning.error, meaning.error).contains("hunter2"));
        assert!(!meaning.error.message().is_empty());
    }
}

#[test]
fn c40_a_connection_that_broke_may_have_done_what_it_was_to_do() {
    let broken = ConnectorError::io(Box::new(io::Error::from(io::ErrorKind::ConnectionReset)));
    let meaning = of_connection(Some(&broken));
    assert!(meaning.error.is_unavailable() && meaning.is_unclear && meaning.again == Again::Briefly);
}

#[test]
fn c40_the_native_error_is_reached_by_type_and_never_shown() {
    let failed = ConditionalCheckFailedException::builder().message("hunter2").build();
    let native: Native<PutItemError> =
        SdkError::construction_failure(PutItemError::ConditionalCheckFailedException(failed));
    let meaning = translate(native);
    assert!(meaning.error.is_invalid_config() && !meaning.is_unclear);
    assert!(meaning.error.native::<Native<PutItemError>>().is_some());
    assert!(!format!("{} {:?}", meaning.error, meaning.error).contains("hunter2"));
}
