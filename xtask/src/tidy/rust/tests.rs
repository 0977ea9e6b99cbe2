//! Tests of the rules for `.rs` files on sample text.

use super::super::{brief, sample};
use super::*;

fn found(name: &str, text: &str) -> Vec<String> {
    brief(&check(&sample(&[(name, text)])))
}

/// Text after a proper first line, as a library file.
fn in_library(text: &str) -> Vec<String> {
    let found = found("crates/a/src/b.rs", &format!("//! b.\n{text}"));
    found.iter().map(|line| line.trim_start_matches("crates/a/src/b.rs:").to_owned()).collect()
}

#[test]
fn files_begin_with_their_purpose() {
    assert!(found("crates/a/src/b.rs", "//! b.\n").is_empty());
    assert_eq!(found("a.rs", "use x;\n"), ["a.rs:1 header"]);
    assert_eq!(found("a.rs", ""), ["a.rs:1 header"]);
    assert_eq!(found("crates/a/src/b/mod.rs", "//! b.\n"), ["crates/a/src/b/mod.rs:1 mod-file"]);
    assert!(found("crates/a/src/my_mod.rs", "//! b.\n").is_empty());
}

#[test]
fn unfinished_work_is_found_in_code_only() {
    for call in ["todo!()", "x.map(|_| unimplemented!(\"y\"))", "dbg!(x)", "dbg! [x]"] {
        assert_eq!(in_library(call), ["2 unfinished"], "{call}");
    }
    for fine in ["// todo!()", "/// `todo!()`\nfn x() {}", "\"todo!()\"", "my_dbg!(x)", "todo = 1"] {
        assert!(in_library(fine).is_empty(), "{fine}");
    }
}

#[test]
fn tests_are_not_ignored() {
    assert_eq!(in_library("#[test]\n#[ignore]\nfn x() {}"), ["3 ignore"]);
    assert_eq!(in_library("#[ignore = \"slow\"]\nfn x() {}"), ["2 ignore"]);
    assert_eq!(in_library("#[cfg_attr(miri, ignore)]\nfn x() {}"), ["2 ignore"]);
    assert!(in_library("#[serde(rename = \"ignore\")]\n#[cfg(ignore)]\nfn x() {}").is_empty());
}

#[test]
fn exemptions_have_a_reason() {
    assert_eq!(in_library("#[allow(dead_code)]\nfn x() {}"), ["2 reason"]);
    assert_eq!(in_library("#![allow(\n    dead_code,\n)]"), ["2 reason"]);
    assert_eq!(in_library("#[cfg_attr(test, allow(dead_code))]\nfn x() {}"), ["2 reason"]);
    assert!(in_library("#[allow(\n    dead_code,\n    reason = \"x\"\n)]\nfn x() {}").is_empty());
    assert!(in_library("#[deny(dead_code)]\nfn x() {}").is_empty());
}

#[test]
fn a_library_that_could_stop_says_why_it_does_not() {
    assert_eq!(in_library("let a = b.unwrap();"), ["2 invariant"]);
    assert_eq!(in_library("// Above.\n\nlet a = b.expect(\"c\");"), ["4 invariant"]);
    assert_eq!(in_library("/// Documentation.\nlet a = b.expect(\"c\");"), ["3 invariant"]);
    assert_eq!(in_library("let c = 1; // One.\nlet a = b.unwrap();"), ["3 invariant"]);
    for fine in [
        "let a = b.unwrap(); // Just set.",
        "// Just set.\nlet a = b.expect(\"c\");",
        "// Just set.\nlet a = b\n    .c()\n    .expect(\"c\");",
        "let a = b.unwrap_or(1).expect_err;",
        "let a = \"b.unwrap()\";",
        "#[cfg(test)]\nmod tests {\n    fn a() { b.unwrap(); }\n}",
    ] {
        assert!(in_library(fine).is_empty(), "{fine}");
    }
    assert_eq!(in_library("#[cfg(test)]\nmod tests {}\nfn a() { b.unwrap(); }"), ["4 invariant"]);
}

#[test]
fn tests_and_programs_may_stop() {
    let text = "//! x.\nfn a() { b.unwrap(); }\n";
    for name in [
        "crates/a/tests/native.rs",
        "crates/a/benches/b.rs",
        "crates/a/examples/b.rs",
        "crates/a/src/b/tests.rs",
        "crates/a/src/b/tests/c.rs",
        "crates/backends-conformance/src/cases.rs",
        "crates/fuzz/src/bin/b.rs",
        "crates/a/build.rs",
        "xtask/src/main.rs",
    ] {
        assert!(found(name, text).is_empty(), "{name}");
    }
}

#[test]
fn a_module_declared_for_tests_may_stop_wherever_its_file_is() {
    let body = "//! x.\nfn a() { b.unwrap(); }\n";
    let files = sample(&[
        ("crates/a/src/lib.rs", "//! a.\n#[cfg(test)]\nmod support;\nmod supporting;\n"),
        ("crates/a/src/support.rs", body),
        ("crates/a/src/support/more.rs", body),
        ("crates/a/src/supporting.rs", body),
        ("crates/a/src/b.rs", "//! b.\n#[cfg(test)]\npub(crate) mod fake;\n"),
        ("crates/a/src/b/fake.rs", body),
    ]);
    assert_eq!(brief(&check(&files)), ["crates/a/src/supporting.rs:2 invariant"]);
}
