//! What an error prints is pinned here.

use super::*;

#[test]
fn c40_display_is_one_line_with_place_and_context() {
    let error = Error::already_exists("a record with this value exists: choose another")
        .with_index("email")
        .with_context("limit", 3)
        .with_operation("insert")
        .with_repository("users\nx")
        .with_backend("sqlite");
    assert_eq!(
        error.to_string(),
        "already exists: a record with this value exists: choose another (index: email, limit: 3, operation: insert, repository: users\\nx, backend: sqlite)"
    );
    assert_eq!(format!("{error:?}"), format!("Error {{ kind: AlreadyExists, text: {:?}, .. }}", error.to_string()));
}

#[test]
fn c40_a_native_error_is_reached_by_type_and_never_printed() {
    let native = std::io::Error::other("secret@example.org");
    let error = Error::unavailable("the server is gone").with_native(native);
    assert!(error.native::<std::io::Error>().is_some());
    assert!(error.native::<std::fmt::Error>().is_none());
    assert!(error.source().is_none());
    assert!(!format!("{error:?} {error}").contains("secret"));
}

#[test]
fn c40_every_kind_has_its_predicate_and_only_waiting_helps_some() {
    let retryable: Vec<_> = ErrorKind::ALL.iter().filter(|kind| Error::new(**kind, "x").is_retryable()).collect();
    assert_eq!(retryable, [&ErrorKind::Throttled, &ErrorKind::Unavailable, &ErrorKind::Timeout]);
    assert!(!Error::timeout("x").with_may_have_happened(true).is_retryable());
    assert!(Error::conflict("x").is_conflict() && !Error::conflict("x").is_not_found());
}

#[test]
fn c40_an_error_is_one_pointer_and_crosses_threads() {
    fn crosses<T: Send + Sync + 'static>() {}
    crosses::<Error>();
    assert_eq!(size_of::<Error>(), size_of::<usize>());
    assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
}

#[test]
fn paths_grow_from_the_inside() {
    let error = Error::invalid_input("x").below("city").below("address");
    assert_eq!(error.path(), Some("address.city"));
    assert_eq!(Error::invalid_input("x").below("[]").below("tags").path(), Some("tags[]"));
}
