//! Tests with children that are no servers.

use super::*;

fn script(text: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", text]);
    command
}

struct Place {
    folder: tempfile::TempDir,
    data: PathBuf,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    Place { folder, data }
}

fn start(place: &Place, text: &str) -> Process {
    Process::start(&script(text), place.folder.path(), &place.data, &place.folder.path().join("log")).unwrap()
}

fn is_alive(pid: &str) -> bool {
    Command::new("sh").args(["-c", "kill -s 0 \"$0\" 2>/dev/null", pid]).status().unwrap().success()
}

/// What the child wrote into its folder, once it is there.
fn written(place: &Place, process: &mut Process) -> String {
    process
        .wait(Duration::from_secs(10), || {
            let text = fs::read_to_string(place.data.join("pid"))?;
            text.strip_suffix('\n').map(str::to_owned).context("not yet")
        })
        .unwrap()
}

#[test]
fn an_heir_knows_whether_it_was_written_to() {
    let place = place();
    for word in ["", "alive"] {
        let mut heir = heir("echo \"$word\" > \"$0\"", &place.data.join("word").to_string_lossy()).unwrap();
        std::io::Write::write_all(&mut heir.stdin.take().unwrap(), word.as_bytes()).unwrap();
        heir.wait().unwrap();
        assert_eq!(fs::read_to_string(place.data.join("word")).unwrap(), format!("{word}\n"));
    }
}

#[test]
fn a_dropped_server_is_gone_and_so_is_its_folder() {
    let place = place();
    let mut process = start(&place, "echo $$ > data/pid; exec sleep 60");
    let pid = written(&place, &mut process);
    assert!(is_alive(&pid));
    drop(process);
    assert!(!is_alive(&pid));
    assert!(!place.data.exists());
}

#[test]
fn a_server_that_ends_is_reported_with_the_end_of_its_log() {
    let place = place();
    let mut process = start(&place, "seq 100; echo Address already in use >&2; exit 7");
    let error = process.wait(Duration::from_secs(10), || -> crate::Result<()> { bail!("no") }).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("exit status: 7") && text.contains("\n100\nAddress") && !text.contains("\n70\n"), "{text}");
    assert!(process.lost_its_port());
    assert!(!place.data.exists());
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let place = place();
    let mut process = start(&place, "exec sleep 60");
    let error = process.wait(Duration::ZERO, || -> crate::Result<()> { bail!("refused") }).unwrap_err();
    assert!(error.to_string().starts_with("no answer after 0 s: refused; the end of its log"), "{error}");
}

#[test]
fn the_death_of_whoever_started_it_ends_a_server() {
    let place = place();
    // A shell in the part of this program: it holds the pipe, and it is killed.
    let parent = r#"mkfifo pipe; sh -c "$0" servers data sh -c 'echo $$ > data/pid; exec sleep 60' < pipe & exec 3> pipe
        wait"#;
    let mut parent = Command::new("sh").args(["-c", parent, KEEPER]).current_dir(place.folder.path()).spawn().unwrap();
    let file = place.data.join("pid");
    let start = Instant::now();
    let pid = loop {
        match fs::read_to_string(&file) {
            Ok(text) if text.ends_with('\n') => break text.trim().to_owned(),
            _ => assert!(start.elapsed() < Duration::from_secs(10), "the server does not start"),
        }
    };
    parent.kill().unwrap();
    parent.wait().unwrap();
    while is_alive(&pid) || place.data.exists() {
        assert!(start.elapsed() < Duration::from_secs(10), "the server lives on");
        thread::sleep(Duration::from_millis(10));
    }
}
