//! The engine finds, shrinks and reports what fails.

use super::*;

/// Fails for what holds an `x` behind a `q`, and panics at a `z`.
fn check(input: &[u8]) -> Result<Verdict, String> {
    assert!(!input.contains(&b'z'), "a z of {} bytes", input.len());
    match input.iter().position(|byte| *byte == b'q') {
        Some(at) if input[at..].contains(&b'x') => Err("an x behind a q".to_owned()),
        Some(_) => Ok(Verdict::Accepted),
        None => Ok(Verdict::Refused),
    }
}

fn target() -> Target {
    Target {
        name: "test",
        generate: |rng| (0..rng.usize(..30)).map(|_| rng.u8(b'a'..=b'z')).collect(),
        words: &["qq", "xx"],
        check,
        show: |input| String::from_utf8_lossy(input).into_owned(),
    }
}

#[test]
fn failures_and_panics_are_found_once_each_and_shrunk() {
    let report = run(&target(), &Options::new(1, 7));
    assert!(report.inputs > 1_000 && report.accepted > 0);
    let mut found: Vec<_> = report.failures.iter().map(|failure| (target().show)(&failure.input)).collect();
    found.sort();
    assert_eq!(found, ["qx", "z"]);
    assert!(report.failures.iter().any(|failure| failure.message.contains("a z of 1 bytes")));
}

#[test]
fn one_seed_makes_the_same_inputs() {
    let inputs = |seed| {
        let target = target();
        let mut run = Run { target: &target, pool: Vec::new(), report: Report::default(), rng: Rng::with_seed(seed) };
        (0..200)
            .map(|_| {
                let input = run.next();
                run.input(input.clone());
                input
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(inputs(1), inputs(1));
    assert_ne!(inputs(1), inputs(2));
}

#[test]
fn options_are_read_from_words() {
    let read = |line: &str| Options::from_arguments(line.split_whitespace().map(str::to_owned));
    let options = read("--seconds 5 --seed 9 --corpus somewhere").unwrap();
    assert_eq!((options.time, options.seed), (Duration::from_secs(5), 9));
    assert!(options.folder.is_some_and(|folder| folder.ends_with("somewhere")));
    for wrong in ["--seconds", "--seconds x", "--other 1", "5"] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}
