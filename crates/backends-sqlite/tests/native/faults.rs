//! Files that cannot be used, and what goes wrong while one is in use: each a typed error, and nothing half done.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::task::{Context as Task, Waker};
use std::time::{Duration, Instant};

use crate::support::{PATIENCE, count, define, directory, fresh, open, user, users};
use backends_core::{Backend, Error, Filter, Registry, Result};
use backends_sqlite::{Sqlite, SqliteBackend, SqliteOptions};
use rusqlite::Connection;
use tokio::time::timeout;

async fn refused(path: &Path) -> Error {
    SqliteBackend::open(SqliteOptions::new(path)).await.map(drop).unwrap_err()
}

/// The extended result code of SQLite that an error carries.
fn code(error: &Error) -> Option<&str> {
    error.context().find(|(name, _)| *name == "SQLite code").map(|(_, code)| code)
}

#[tokio::test]
async fn what_is_no_file_of_ours_is_refused() {
    let (directory, path) = directory();
    std::fs::write(&path, "This is a text, and no database, and it is long enough to tell. ".repeat(40)).unwrap();
    let error = refused(&path).await;
    assert!(error.is_invalid_config() && error.to_string().contains("no SQLite database"), "{error}");
    assert!(error.native::<rusqlite::Error>().is_some());
    assert_eq!(code(&error), Some("26"), "{error}");

    let error = refused(directory.path()).await;
    assert!(error.is_invalid_config() && error.to_string().contains("is a directory"), "{error}");
    let error = refused(&directory.path().join("missing/app.db")).await;
    assert!(error.is_invalid_config() && error.to_string().contains("missing/app.db"), "{error}");
    assert!(code(&error).is_some(), "{error}");
    #[cfg(unix)]
    for target in ["nowhere/app.db", "link.db"] {
        let link = directory.path().join("link.db");
        std::os::unix::fs::symlink(directory.path().join(target), &link).unwrap();
        let error = refused(&link).await;
        assert!(error.is_invalid_config() && error.to_string().contains("a link that leads nowhere"), "{error}");
        std::fs::remove_file(&link).unwrap();
    }
    std::fs::create_dir(directory.path().join("logged.db-wal")).unwrap();
    let error = refused(&directory.path().join("logged.db")).await;
    assert!(error.is_invalid_config() && error.to_string().contains("`-wal`"), "{error}");
    let error = Registry::new().register(Sqlite).open("sqlite::memory:").await.unwrap_err();
    assert!(error.is_invalid_config() && error.to_string().contains("`memory`"), "{error}");

    let theirs = directory.path().join("theirs.db");
    Connection::open(&theirs).unwrap().execute_batch("PRAGMA application_id = 77; CREATE TABLE a (b)").unwrap();
    let error = refused(&theirs).await;
    assert!(error.is_invalid_config() && error.to_string().contains("another program"), "{error}");

    let later = directory.path().join("later.db");
    drop(open(&later).await);
    let bump = Connection::open(&later).unwrap();
    bump.busy_timeout(Duration::from_secs(10)).unwrap();
    bump.execute_batch("PRAGMA user_version = 99").unwrap();
    let error = refused(&later).await;
    assert!(error.is_invalid_config() && error.to_string().contains("later version"), "{error}");

    let wide = directory.path().join("utf16.db");
    Connection::open(&wide).unwrap().execute_batch("PRAGMA encoding = 'UTF-16'; CREATE TABLE a (b)").unwrap();
    assert!(refused(&wide).await.is_invalid_config());
}

#[tokio::test]
async fn a_file_with_tables_of_a_program_is_shared() {
    let (_directory, path) = directory();
    let theirs = Connection::open(&path).unwrap();
    theirs.execute_batch("PRAGMA user_version = 7; CREATE TABLE a (b); INSERT INTO a VALUES (1)").unwrap();
    drop(theirs);
    let backend = open(&path).await;
    define(&backend).await.insert(&user("ada", 1)).await.unwrap();
    backend.close().await.unwrap();
    let look = Connection::open(&path).unwrap();
    let version: i32 = look.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, 7, "what is theirs is left alone");
    define(&open(&path).await).await.get("ada").await.unwrap().unwrap();
}

#[tokio::test]
async fn a_damaged_file_is_unreadable() {
    let (_directory, path) = directory();
    let backend = open(&path).await;
    let users = define(&backend).await;
    users.insert_many(&(0..2_000).map(|n| user(&format!("u{n}"), n)).collect::<Vec<_>>()).await.unwrap();
    backend.close().await.unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let half = bytes.len() / 8;
    bytes[half..].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    let backend = open(&path).await;
    let users = define(&backend).await;
    let keys: Vec<String> = (0..2_000).map(|n| format!("u{n}")).collect();
    let error = users.get_many(&keys).await.unwrap_err();
    assert!(error.is_unreadable() && error.to_string().contains("damaged"), "{error}");
    let mut stream = users.find(Filter::all()).stream();
    let ended = timeout(PATIENCE, async {
        let mut failed = 0;
        while let Some(record) = stream.next().await {
            failed += usize::from(record.is_err_and(|error| error.is_unreadable()));
        }
        failed
    });
    assert_eq!(ended.await, Ok(1), "a stream ends where the file is damaged");
    let error = users.insert_many(&(2_000..4_000).map(|n| user(&format!("u{n}"), n)).collect::<Vec<_>>()).await;
    assert!(error.unwrap_err().is_unreadable());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_file_is_an_error_within_the_deadline() {
    let (directory, backend, users) = fresh().await;
    let path = directory.path().join("app.db");
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let start = Instant::now();
    let waiting = tokio::spawn({
        let users = users.clone();
        async move { users.insert(&user("queued", 1)).timeout(Duration::from_millis(900)).await }
    });
    let error = users.insert(&user("late", 1)).timeout(Duration::from_millis(300)).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_millis(400), "{:?}", start.elapsed());
    assert!(error.is_timeout() && error.to_string().contains("lock"), "{error}");
    assert!(!error.may_have_happened(), "{error}");
    assert!(users.get("late").await.unwrap().is_none(), "readers do not wait for it");
    assert!(waiting.await.unwrap().unwrap_err().is_timeout());

    let options = SqliteOptions::new(&path).busy_timeout(Duration::from_millis(50));
    let hasty = define(&Backend::new(Arc::new(SqliteBackend::open(options).await.unwrap()))).await;
    let error = hasty.insert(&user("hasty", 1)).await.unwrap_err();
    assert!(error.is_unavailable() && error.is_retryable(), "{error}");
    assert!(!error.may_have_happened() && error.native::<rusqlite::Error>().is_some(), "{error}");
    assert_eq!(code(&error), Some("5"), "{error}");

    let mut patient = users.insert(&user("patient", 1)).into_future();
    assert!(patient.as_mut().poll(&mut Task::from_waker(Waker::noop())).is_pending());
    // Who stands behind it in the queue sees that it waits.
    let error = users.insert(&user("behind", 1)).timeout(Duration::from_millis(50)).await.unwrap_err();
    assert!(error.is_timeout() && !error.may_have_happened(), "{error}");
    other.execute_batch("COMMIT").unwrap();
    patient.await.unwrap();
    assert_eq!(count(&backend).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_another_keeps_to_itself_is_not_waited_for_without_end() {
    let (_directory, path) = directory();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE a (b); COMMIT").unwrap();
    let config = serde_json::json!({"dbName": "sqlite", "dbInfo": {"path": path, "timeoutMs": 300}});
    let manager = Registry::new().register(Sqlite).manager(&serde_json::from_value(config).unwrap()).unwrap();
    let start = Instant::now();
    let error = manager.backend("sqlite").await.unwrap_err();
    assert!(error.is_timeout() && error.to_string().contains("lock"), "{error}");
    assert!(start.elapsed() < Duration::from_millis(450), "{:?}", start.elapsed());
    drop(other);
    manager.backend("sqlite").await.unwrap().ping().await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_was_deleted_takes_no_writes() {
    let (directory, backend, users) = fresh().await;
    users.insert(&user("ada", 1)).await.unwrap();
    let path = directory.path().join("app.db");
    std::fs::rename(&path, directory.path().join("moved.db")).unwrap();
    let moved = Instant::now();
    let error = loop {
        let begun = moved.elapsed();
        match users.upsert(&user("bob", 1)).await {
            Err(error) => break error,
            // A write looks for the file where nobody has for 10 ms.
            Ok(_) => assert!(begun < Duration::from_millis(20), "a write went on that began {begun:?} later"),
        }
    };
    assert!(error.is_unavailable() && error.to_string().contains("replaced"), "{error}");
    assert!(backend.ping().await.unwrap_err().is_unavailable());
    std::fs::rename(directory.path().join("moved.db"), &path).unwrap();
    backend.ping().await.unwrap();
    users.upsert(&user("bob", 2)).await.unwrap();
}

#[tokio::test]
async fn read_only_reads_and_refuses_to_write() {
    let (directory, path) = directory();
    let missing = SqliteBackend::open(SqliteOptions::new(&path).read_only(true)).await.map(drop).unwrap_err();
    assert!(missing.is_invalid_config() && !path.exists(), "{missing}");
    let writing = define(&open(&path).await).await;
    writing.insert(&user("ada", 1)).await.unwrap();
    let uri = serde_json::json!({"dbName": "sqlite", "dbInfo": {"path": path, "readOnly": true}});
    let config = serde_json::from_value(uri).unwrap();
    let manager = Registry::new().register(Sqlite).manager(&config).unwrap();
    writing.backend().close().await.unwrap();
    let parts = || ["db-wal", "db-shm"].map(|part| path.with_extension(part).exists());
    let before = std::fs::read(&path).unwrap();
    assert_eq!(parts(), [false, false]);
    only_reads(&manager.backend("sqlite").await.unwrap(), "`readOnly`").await.unwrap();
    manager.close().await.unwrap();
    assert_eq!((parts(), std::fs::read(&path).unwrap()), ([true, true], before), "what reading needs is left");
    open(&path).await.close().await.unwrap();
    assert_eq!(parts(), [false, false], "who writes takes it away");
    drop(directory);
}

/// Looks whether the backend reads what is there, defined without a write, and refuses every write.
async fn only_reads(backend: &Backend, reason: &str) -> Result<()> {
    let users = backend.define::<crate::support::User>(users()).await?;
    assert!(users.get("ada").await?.is_some());
    for error in [
        users.insert(&user("bob", 1)).await.unwrap_err(),
        users.insert_many(&[user("bob", 1)]).await.unwrap_err(),
        users.upsert(&user("ada", 2)).await.unwrap_err(),
        users.delete("ada").await.map(drop).unwrap_err(),
    ] {
        assert!(error.is_permission_denied() && error.to_string().contains(reason), "{error}");
        assert!(!error.may_have_happened());
    }
    assert_eq!(users.get("ada").await?.unwrap().logins, 1);
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_no_regular_file_is_refused_at_once() {
    let (directory, pipe) = directory();
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let socket = directory.path().join("socket");
    let _listening = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for path in [Path::new("/dev/null"), &pipe, &socket] {
        let error = timeout(PATIENCE, refused(path)).await.unwrap();
        assert!(error.is_invalid_config() && error.to_string().contains("no regular file"), "{error}");
    }
}

#[tokio::test]
async fn a_name_that_is_too_long_is_a_mistake_of_the_configuration() {
    let (directory, _) = directory();
    let error = refused(&directory.path().join("n".repeat(300))).await;
    assert!(error.is_invalid_config() && error.to_string().contains("longer"), "{error}");
    let deep = (0..6).fold(directory.path().to_owned(), |path, _| path.join("d".repeat(100)));
    std::fs::create_dir_all(&deep).unwrap();
    let error = refused(&deep.join("app.db")).await;
    assert!(error.is_invalid_config() && error.to_string().contains("longer"), "{error}");
}

/// In a process of its own, which may have few files open.
#[cfg(unix)]
#[tokio::test]
async fn a_process_without_files_left_may_try_again() {
    const PATH: &str = "BACKENDS_SQLITE_TEST_FILES";
    if let Some(path) = std::env::var_os(PATH) {
        return without_files(Path::new(&path)).await;
    }
    let (_directory, path) = directory();
    drop(open(&path).await);
    let output = Command::new("sh")
        .args(["-c", "ulimit -n 64 && exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["faults::a_process_without_files_left_may_try_again", "--exact", "--nocapture"])
        .env(PATH, &path)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text} {}", String::from_utf8_lossy(&output.stderr));
}

#[cfg(unix)]
async fn without_files(path: &Path) {
    let mut others: Vec<_> = std::iter::from_fn(|| std::fs::File::open("/dev/null").ok()).collect();
    assert!(others.len() < 64);
    let options = || SqliteOptions::new(path).readers(2);
    let mut refusals = 0;
    loop {
        match SqliteBackend::open(options()).await {
            Ok(_) => break,
            Err(error) => {
                assert!(error.is_unavailable() && error.is_retryable(), "{refusals} files are left: {error}");
                assert!(error.to_string().contains("files open"), "{error}");
            }
        }
        refusals += 1;
        others.pop().unwrap();
    }
    assert!(refusals > 3, "{refusals}");
}

/// Rights do not bind root, so that root lets another user look.
#[cfg(unix)]
#[tokio::test]
async fn a_file_without_the_right_to_write_is_only_read() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;

    const NOBODY: u32 = 65_534;
    const PLACE: &str = "BACKENDS_SQLITE_TEST_PLACE";
    if let Some(place) = std::env::var_os(PLACE) {
        return without_rights(Path::new(&place)).await;
    }
    let directory = tempfile::tempdir().unwrap();
    let rights = |path: &Path, mode: u32| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    let (closed, shared) = (directory.path().join("closed"), directory.path().join("shared"));
    for place in [&closed, &shared] {
        std::fs::create_dir(place).unwrap();
        let backend = open(&place.join("app.db")).await;
        define(&backend).await.insert(&user("ada", 1)).await.unwrap();
        backend.close().await.unwrap();
        rights(&place.join("app.db"), 0o444);
    }
    rights(directory.path(), 0o755);
    rights(&closed, 0o555);
    rights(&shared, 0o777);
    if std::fs::metadata("/proc/self").map_or(1, |process| process.uid()) != 0 {
        without_rights(directory.path()).await;
    } else {
        let program = directory.path().join("test");
        std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        let name = "faults::a_file_without_the_right_to_write_is_only_read";
        let output = Command::new(&program)
            .args([name, "--exact", "--nocapture"])
            .env(PLACE, directory.path())
            .current_dir("/")
            .uid(NOBODY)
            .gid(NOBODY)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && text.contains("1 passed"),
            "{text} {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    rights(&closed, 0o755);
}

/// `closed` is a directory in which nothing can be created, `shared` one in which everybody may.
async fn without_rights(directory: &Path) {
    let backend = SqliteBackend::open(SqliteOptions::new(directory.join("shared/app.db"))).await.unwrap();
    only_reads(&Backend::new(Arc::new(backend)), "right to write").await.unwrap();
    for path in ["closed/app.db", "closed/new.db"] {
        let error = refused(&directory.join(path)).await;
        assert!(error.is_permission_denied() && error.to_string().contains("directory"), "{error}");
    }
    let reading = SqliteOptions::new(directory.join("closed/app.db")).read_only(true);
    let error = SqliteBackend::open(reading).await.map(drop).unwrap_err();
    assert!(error.is_permission_denied() && error.to_string().contains("directory"), "{error}");
}

/// Another process writes at the same time; both see everything.
#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_a_file() {
    const PATH: &str = "BACKENDS_SQLITE_TEST_PATH";
    if let Some(path) = std::env::var_os(PATH) {
        let users = define(&open(Path::new(&path)).await).await;
        for n in 0..100 {
            users.insert(&user(&format!("theirs{n}"), n)).await.unwrap();
        }
        return;
    }
    let (_directory, path) = directory();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["faults::two_processes_share_a_file", "--exact"])
        .stdout(std::process::Stdio::null())
        .env(PATH, &path)
        .spawn()
        .unwrap();
    // Both open a file that is not there, and define at once.
    let backend = open(&path).await;
    let users = define(&backend).await;
    for n in 0..100 {
        users.insert(&user(&format!("ours{n}"), n)).await.unwrap();
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(count(&backend).await, 200);
    assert!(users.get("theirs99").await.unwrap().is_some());
}
