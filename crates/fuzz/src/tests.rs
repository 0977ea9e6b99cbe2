//! Every target, for two seconds: what a plain `cargo test` runs of it.

use super::*;

#[track_caller]
fn runs_clean(target: &Target) {
    let report = run(target, &Options::new(2, 1));
    let failures: Vec<_> = report
        .failures
        .iter()
        .map(|failure| format!("{} (input {}): {}", failure.message, failure.number, (target.show)(&failure.input)))
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(report.accepted > 0 && report.accepted < report.inputs, "{report:?}");
}

#[test]
fn configurations() {
    runs_clean(&CONFIG);
}

#[test]
fn definitions() {
    runs_clean(&DEFINITION);
}

#[test]
fn records() {
    runs_clean(&CODEC);
}

#[test]
fn c16_filters_in_json() {
    runs_clean(&FILTER);
}

#[test]
fn c17_patterns() {
    runs_clean(&PATTERN);
}

#[test]
fn c21_p02_page_tokens() {
    runs_clean(&PAGE_TOKEN);
}

#[test]
fn json() {
    runs_clean(&JSON);
}
