//! Tests of the list, the scan and the report.

use super::*;

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

#[test]
fn the_list_has_a_number_and_a_title_a_line() {
    let list = parse_list("# sentences\nC1 a document is a map\n\nL07 one read, one request\n").unwrap();
    assert_eq!(list, [(id("C1"), "a document is a map"), (id("L07"), "one read, one request")]);
    assert!(parse_list("C99 x").unwrap_err().starts_with("xtask/contract.txt:1: `C99` is no number"));
    assert!(parse_list("C1 x\nC01 y").unwrap_err().contains(":2: `C01` is listed twice"));
    assert!(parse_list("C1").unwrap_err().contains("has no title"));
}

#[test]
fn the_list_of_this_repository_can_be_read() {
    let root = workspace::root().unwrap();
    assert!(parse_list(&workspace::required_text(&root, LIST).unwrap()).unwrap().len() > 50);
}

#[test]
fn tests_are_found_and_neither_comments_nor_other_functions() {
    let text = "//! fn c01_no() {}\n#[tokio::test(flavor = \"x\")]\nasync fn c02_yes(a: u8) {}\n  pub fn c03_helper<T>() {}\n\
                #[test]\n#[ignore]\n    fn c04_yes() {} // fn c05_no()\nlet defn = 1;\n#[cfg(test)]\nfn c06_no() {}\n";
    assert_eq!(functions(text, false).collect::<Vec<_>>(), [(3, "c02_yes"), (7, "c04_yes")]);
    let all: Vec<_> = functions(text, true).map(|(_, name)| name).collect();
    assert_eq!(all, ["c02_yes", "c03_helper", "c04_yes", "c06_no"]);
}

#[test]
fn the_report_names_tests_gaps_and_what_is_not_listed() {
    let wanted = [(id("C1"), "values"), (id("C2"), "numbers")];
    let mut cases = Cases::new();
    cases.insert(id("C1"), vec!["core::c01_a".to_owned(), "core::c01_b".to_owned()]);
    cases.insert(id("C13"), vec!["core::c13_a".to_owned()]);
    let all = report(&wanted, &cases, false);
    let cells: Vec<String> = all.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        cells[2..],
        [
            "| C1 | values | core::c01_a |",
            "| | | core::c01_b |",
            "| C2 | numbers | MISSING |",
            "| C13 | (not listed yet) | core::c13_a |"
        ]
    );
    let gaps = report(&wanted, &cases, true);
    assert!(gaps.contains("MISSING") && !gaps.contains("c01_a") && !gaps.contains("C13"), "{gaps}");
    assert_eq!(distinct(&cases), 3);
}
