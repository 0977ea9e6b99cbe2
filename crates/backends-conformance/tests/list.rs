//! The list of the cases names every case, and each once, and the table of shapes is as long as it should be.

use std::collections::BTreeSet;
use std::path::Path;

macro_rules! names {
    ($($topic:ident { $($case:ident)* })*) => {
        [$($((stringify!($topic), stringify!($case))),*),*]
    };
}

#[test]
fn every_case_is_listed() {
    let listed = backends_conformance::each_case!(names);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cases");
    let mut written = BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let topic = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let cases = text.lines().filter_map(|line| line.strip_prefix("pub async fn ")?.split('(').next());
        written.extend(cases.map(|case| (topic.clone(), case.to_owned())));
    }
    let known: BTreeSet<_> = listed.iter().map(|(topic, case)| ((*topic).to_owned(), (*case).to_owned())).collect();
    assert_eq!(known.len(), listed.len(), "a case is listed twice");
    assert_eq!(known.symmetric_difference(&written).collect::<Vec<_>>(), Vec::<&(String, String)>::new());
}

#[test]
#[allow(clippy::print_stdout, reason = "how many rows there are is worth a line of a test's output")]
fn c01_the_table_of_shapes_has_its_rows() {
    let count = backends_conformance::cases::serde_table::count();
    println!("{count} shapes");
    assert!(count >= 150, "{count} rows");
}
