//! Tests of the list, the scan and the report.

use super::*;

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

#[test]
fn tests_are_found_and_neither_comments_nor_other_functions() {
    let text = "//! fn c01_no() {}\n#[tokio::test(flavor = \"x\")]\nasync fn c02_yes(a: u8) {}\n  pub fn c03_helper<T>() {}\n\
                #[test]\n#[ignore]\n    fn c04_yes() {} // fn c05_no()\nlet defn = 1;\n#[cfg(test)]\nfn c06_no() {}\n";
    assert_eq!(functions(text, false).collect::<Vec<_>>(), [(3, "c02_yes"), (7, "c04_yes")]);
    let all: Vec<_> = functions(text, true).map(|(_, name)| name).collect();
    assert_eq!(all, ["c02_yes", "c03_helper", "c04_yes", "c06_no"]);
}

fn case(name: &str, needs_server: bool) -> Case {
    Case { name: name.to_owned(), needs_server }
}

fn line(number: &str, mark: Option<Mark>, title: &'static str) -> Line<'static> {
    Line { id: id(number), mark, title }
}

#[test]
fn a_test_on_a_server_shows_only_what_is_marked_so() {
    let (alone, server) = ([case("core::c01_a", false)], [case("backends-mongo::c01_a", true)]);
    let both = [case("core::c01_a", false), case("backends-mongo::c01_a", true)];
    for (mark, none, by_itself, on_a_server, by_both) in [
        (None, false, true, false, true),
        (Some(Mark::Server), false, false, true, false),
        (Some(Mark::Untested), true, false, false, false),
    ] {
        let line = line("C1", mark, "values");
        let fits = [&[], &alone[..], &server, &both].map(|cases| gap(&line, cases).is_none());
        assert_eq!(fits, [none, by_itself, on_a_server, by_both], "{mark:?}");
    }
}

#[test]
fn what_needs_a_server_is_told_by_its_place() {
    let metadata = Metadata::parse(&serde_json::json!({
        "workspace_root": "/w",
        "workspace_members": ["model"],
        "packages": [{
            "id": "model", "name": "model", "manifest_path": "/w/crates/model/Cargo.toml",
            "targets": [{"name": "killed", "kind": ["test"], "test": false},
                {"name": "live", "kind": ["test"], "test": false}, {"name": "embedded", "kind": ["test"]}],
        }],
    }));
    let live = live_targets(&metadata);
    assert_eq!(live, ["crates/model/tests/killed", "crates/model/tests/live"]);
    for (file, expected) in [
        ("crates/model/tests/killed.rs", true),
        ("crates/model/tests/live/main.rs", true),
        ("crates/model/tests/killed_embedded.rs", false),
        ("crates/model/tests/embedded.rs", false),
        ("crates/model/src/run.rs", false),
        ("crates/backends-mongo/src/filter.rs", true),
        ("crates/live/src/lost.rs", true),
        ("crates/backends-conformance/src/cases/get.rs", false),
    ] {
        assert_eq!(needs_server(file, &live), expected, "{file}");
    }
}

#[test]
fn the_report_names_tests_gaps_and_what_is_not_listed() {
    let wanted = [
        line("C1", None, "values"),
        line("C2", None, "numbers"),
        line("C3", None, "null"),
        line("L56", Some(Mark::Untested), "why"),
    ];
    let mut cases = Cases::new();
    cases.insert(id("C1"), vec![case("core::c01_a", false), case("core::c01_b", true)]);
    cases.insert(id("C3"), vec![case("core::c03_a", true)]);
    cases.insert(id("C13"), vec![case("core::c13_a", false)]);
    let all = report(&wanted, &cases, false);
    let cells: Vec<String> = all.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        cells[2..],
        [
            "| C1 | values | core::c01_a |",
            "| | | core::c01_b (server) |",
            "| C2 | numbers | MISSING |",
            "| C3 | null | MISSING without a server |",
            "| | | core::c03_a (server) |",
            "| L56 | why | none |",
            "| C13 | (not listed yet) | core::c13_a |"
        ]
    );
    let gaps = report(&wanted, &cases, true);
    assert_eq!(gaps.matches("MISSING").count(), 2, "{gaps}");
    assert!(["c01_a", "c03_a", "L56", "C13"].iter().all(|other| !gaps.contains(other)), "{gaps}");
    assert_eq!(distinct(&cases), 4);
}
