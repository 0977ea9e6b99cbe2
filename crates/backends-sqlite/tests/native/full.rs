//! A disk without room: nothing half done, and whatever fits is stored.

use backends_core::ErrorKind;
use backends_sqlite::SqliteBackend;
use rusqlite::Connection;

use crate::support::{count, fresh, user};

#[tokio::test]
async fn a_full_disk_changes_nothing_and_is_said() {
    let (_directory, backend, users) = fresh().await;
    users.insert(&user("first", 1)).await.unwrap();
    let native: &SqliteBackend = backend.native().unwrap();
    let pages: i64 =
        native.with_reader(|file| file.query_row("PRAGMA page_count", [], |row| row.get(0))).await.unwrap();
    let limit = move |file: &mut Connection| {
        file.query_row(&format!("PRAGMA max_page_count = {}", pages + 20), [], |row| row.get::<_, i64>(0))
    };
    native.with_writer(limit).await.unwrap();
    let mut large = user("large", 1);
    large.email = "x".repeat(200_000);
    let error = users.insert(&large).await.unwrap_err();
    assert!(error.is_unavailable() && error.to_string().contains("disk is full"), "{error}");
    assert!(!error.may_have_happened() && error.is_retryable(), "{error}");
    assert!(users.get("large").await.unwrap().is_none());

    // In one transaction with others, which are none the worse for it.
    let tasks: Vec<_> = (0..16)
        .map(|n| {
            let (users, mut record) = (users.clone(), user(&format!("u{n}"), n));
            if n == 7 {
                record.email = "x".repeat(200_000);
            }
            tokio::spawn(async move { users.insert(&record).await })
        })
        .collect();
    for (n, task) in tasks.into_iter().enumerate() {
        assert_eq!(task.await.unwrap().is_ok(), n != 7, "{n}");
    }
    assert_eq!(count(&backend).await, 16);

    let many: Vec<_> = (0..4_000).map(|n| user(&format!("m{n}"), n)).collect();
    let error = users.insert_many(&many).await.unwrap_err();
    assert!(error.is_unavailable(), "{error}");
    let stored = error.inserted().map_or(0, backends_core::InsertedMany::stored);
    assert_eq!(count(&backend).await, 16 + i64::try_from(stored).unwrap(), "what is said to be stored is");
    assert!(stored > 100, "only {stored} were stored, and there is room for more");
    for (position, error) in error.inserted().unwrap().failures() {
        assert!(error.to_string().contains("disk is full") && !error.may_have_happened(), "{position}: {error}");
        assert!(users.get(format!("m{position}")).await.unwrap().is_none());
    }
    native.with_writer(|file| file.query_row("PRAGMA max_page_count = 1000000", [], |_| Ok(()))).await.unwrap();
    users.insert(&large).await.unwrap();
}

#[tokio::test]
async fn c26_a_record_that_the_disk_has_no_room_for_stops_none_of_the_others() {
    let (_directory, backend, users) = fresh().await;
    let native: &SqliteBackend = backend.native().unwrap();
    // 1 MiB of 4 KiB pages.
    native.with_writer(|file| file.query_row("PRAGMA max_page_count = 256", [], |_| Ok(()))).await.unwrap();
    let mut many: Vec<_> = (0..2_500).map(|n| user(&format!("m{n}"), n)).collect();
    for position in [300, 301, 2_400] {
        many[position].email = "x".repeat(2_000_000);
    }
    let error = users.insert_many(&many).await.unwrap_err();
    let failed: Vec<_> = error.inserted().unwrap().failures().map(|(position, _)| position).collect();
    assert_eq!(failed, [300, 301, 2_400], "{error}");
    assert!(error.is_unavailable() && error.position() == Some(300), "{error}");
    assert_eq!(count(&backend).await, 2_497);
}

#[tokio::test]
async fn c26_of_two_records_of_one_key_the_first_is_stored_though_its_piece_had_no_room() {
    let (_directory, backend, users) = fresh().await;
    let native: &SqliteBackend = backend.native().unwrap();
    native.with_writer(|file| file.query_row("PRAGMA max_page_count = 256", [], |_| Ok(()))).await.unwrap();
    let mut many: Vec<_> = (0..4_000).map(|n| user(&format!("m{n}"), n)).collect();
    many[10].email = "x".repeat(2_000_000);
    // The first in the piece that ends with the large record, the others behind it, all on their way at once.
    for position in [5, 1_500, 2_500, 3_500] {
        many[position].id = "twice".into();
    }
    let error = users.insert_many(&many).await.unwrap_err();
    let failed: Vec<_> =
        error.inserted().unwrap().failures().map(|(position, error)| (position, error.kind())).collect();
    let taken = [1_500, 2_500, 3_500].map(|position| (position, ErrorKind::AlreadyExists));
    assert_eq!(failed, [&[(10, ErrorKind::Unavailable)], &taken[..]].concat());
    assert_eq!(users.get("twice").await.unwrap(), Some(many[5].clone()));
}
