//! Every code of the server has its kind, and no text of the server is shown.

use backends_core::ErrorKind::{
    AlreadyExists, DefinitionConflict, InvalidInput, PermissionDenied, Throttled, Timeout, Unavailable, Unexpected,
    Unsupported,
};
use mongodb::bson::{deserialize_from_document, doc};
use mongodb::error::{CommandError, WriteConcernError, WriteError};

use super::*;

fn command(code: i32) -> NativeError {
    let command: CommandError =
        deserialize_from_document(doc! { "code": code, "codeName": "Name", "errmsg": "secret 4711" }).unwrap();
    NativeError::from(NativeKind::Command(command))
}

fn write(code: i32, message: &str) -> NativeError {
    let write: WriteError = deserialize_from_document(doc! { "code": code, "errmsg": message }).unwrap();
    NativeError::from(NativeKind::Write(WriteFailure::WriteError(write)))
}

#[test]
fn c40_every_code_has_a_kind() {
    for (code, kind, may) in [
        (11000, AlreadyExists, false),
        (13, PermissionDenied, false),
        (18, PermissionDenied, false),
        (50, Timeout, false),
        (262, Timeout, true),
        (89, Timeout, true),
        (10107, Unavailable, false),
        (189, Unavailable, true),
        (91, Unavailable, true),
        (11602, Unavailable, true),
        (11601, Unavailable, true),
        (112, Unavailable, false),
        (43, Unavailable, false),
        (462, Throttled, false),
        (10334, InvalidInput, false),
        (17280, InvalidInput, false),
        (121, InvalidInput, false),
        (166, DefinitionConflict, false),
        (85, DefinitionConflict, false),
        (86, DefinitionConflict, false),
        (59, Unsupported, false),
        (4711, Unexpected, false),
    ] {
        let read = translate(command(code), Effect::Reads, 1, Fault::Silent);
        assert_eq!((read.kind(), read.may_have_happened()), (kind, false), "{code}");
        let wrote = translate(command(code), Effect::Writes, 1, Fault::Silent);
        assert_eq!((wrote.kind(), wrote.may_have_happened()), (kind, may), "{code}");
        // The server looks whether it has done a write before it refuses it for what it holds.
        let is_certain = matches!(kind, AlreadyExists | InvalidInput | DefinitionConflict | Unsupported);
        let twice = translate(command(code), Effect::Writes, 2, Fault::Silent);
        assert_eq!((twice.kind(), twice.may_have_happened()), (kind, !is_certain), "{code}");
        let unsent = translate(command(code), Effect::Writes, 0, Fault::Silent);
        assert!(!unsent.may_have_happened(), "{code}");
        for error in [&read, &wrote, &repeat(&wrote)] {
            assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
            assert!(error.to_string().contains(&format!("MongoDB code: {code}")), "{error}");
            assert!(error.native::<NativeError>().is_some());
        }
    }
}

#[test]
fn c42_a_broken_connection_leaves_a_write_in_doubt() {
    let broken = || NativeError::from(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
    let wrote = translate(broken(), Effect::Writes, 1, Fault::Silent);
    assert!(wrote.is_unavailable() && wrote.may_have_happened() && !wrote.is_retryable());
    let unsent = translate(broken(), Effect::Writes, 0, Fault::Silent);
    assert!(unsent.is_unavailable() && !unsent.may_have_happened());
    let read = translate(broken(), Effect::Reads, 1, Fault::Silent);
    assert!(read.is_unavailable() && read.is_retryable());
    for (code, kind, word) in
        [(64, Timeout, "replica set"), (50, Timeout, "`.timeout(…)`"), (91, Unavailable, "majority")]
    {
        let concern: WriteConcernError =
            deserialize_from_document(doc! { "code": code, "codeName": "Name", "errmsg": "secret" }).unwrap();
        let unconfirmed = NativeError::from(NativeKind::Write(WriteFailure::WriteConcernError(concern)));
        let unconfirmed = translate(unconfirmed, Effect::Writes, 1, Fault::Silent);
        assert!(unconfirmed.kind() == kind && unconfirmed.may_have_happened(), "{unconfirmed}");
        assert!(unconfirmed.message().contains(word), "{unconfirmed}");
    }
}

#[test]
fn d10_what_cannot_be_reached_says_why() {
    for (fault, word) in [
        (Fault::Refused, "refuses"),
        (Fault::UnknownHost, "no address"),
        (Fault::HangsUp, "ends them"),
        (Fault::Stranger, "`replicaSet`"),
        (Fault::Silent, "primary"),
    ] {
        let error = unreachable(fault);
        assert!(error.is_unavailable() && error.to_string().contains(word), "{error}");
    }
    assert!(unreachable(Fault::Tls).is_invalid_config());
}

#[test]
fn c40_the_index_is_read_from_the_text_and_the_value_is_not() {
    for (message, index) in [
        ("E11000 duplicate key error collection: db.users index: _id_ dup key: { _id: \"secret index: x\" }", "_id_"),
        (
            "E11000 duplicate key error collection: db.a.b index: primary dup key: { a: 1, b: \" dup key: \" }",
            "primary",
        ),
        (
            "E11000 duplicate key error collection: db.u index: by_mail collation: { locale: \"de\" } dup key: {}",
            "by_mail",
        ),
        ("E11000", ""),
    ] {
        assert_eq!(taken_index(&write(11000, message)), Some(index), "{message}");
        assert_eq!(taken_index(&write(13, message)), None);
    }
}
