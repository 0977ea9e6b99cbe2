//! The quickstart gives the same answers on every backend that needs no server; those that do are in `servers.rs`.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use serde_json::json;

#[path = "common/answers.rs"]
mod answers;

#[tokio::test]
async fn l49_the_program_of_the_front_page_runs_to_its_end_with_the_same_answers_on_every_backend() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("quickstart.sqlite");
    answers::assert_answers_as_memory_does(&json!({ "dbName": "sqlite", "dbInfo": { "path": path } })).await;
    // What concerns no single record ends the import, and says what to do.
    let read_only = json!({ "dbName": "sqlite", "dbInfo": { "path": path, "readOnly": true } });
    let error = answers::run(&read_only).await.unwrap_err().to_string();
    assert!(error.contains("after 0 users: permission denied") && error.contains("`readOnly`"), "{error}");
}

/// The program itself, as the command of the front page calls it, with its own configuration file.
#[test]
fn l49_the_command_of_the_front_page_reads_its_file_and_the_environment() {
    // Built beside the tests; it keeps its database where it stands itself.
    let tests = std::env::current_exe().unwrap();
    let built = tests.ancestors().nth(2).unwrap().join("examples/quickstart");
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("quickstart");
    let copied = std::fs::copy(&built, &program);
    copied.unwrap_or_else(|error| {
        panic!("{}: {error}; `cargo test` makes it, with `--test` it does not", built.display())
    });
    let answers = |database: Option<&str>| {
        let mut command = std::process::Command::new(&program);
        command.env_remove("BACKENDS_PATH").env_remove("BACKENDS_DB_NAME");
        command.envs(database.map(|name| ("BACKENDS_DB_NAME", name)));
        let output = command.output().unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
        let (first, rest) = told.split_once('\n').unwrap();
        assert_eq!(first, format!("records are kept by {}", database.unwrap_or("sqlite")));
        rest.to_owned()
    };
    assert_eq!(answers(None), answers(Some("memory")));
    assert!(folder.path().join("quickstart.sqlite").is_file(), "the file that its configuration names");
}
