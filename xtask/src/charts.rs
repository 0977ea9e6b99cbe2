//! `cargo xtask charts`: what the benches printed, as tables and drawings of docs/performance.md.

mod drawing;
mod page;
mod rows;

use std::fs;
use std::path::Path;

use crate::args::Args;
use crate::bench::{SUITES, kept};
use crate::{Result, Verb, workspace};
use page::Page;
use rows::Row;

/// The page; its drawings are in the folder beside it.
const PAGE: &str = "docs/performance.md";
const FOLDER: &str = "docs/performance";

/// The part of the page that sums up the others.
const SUMMARY: &str = "summary";

pub(crate) const VERB: Verb = Verb {
    name: "charts",
    usage: "",
    about: "Put what `bench` measured into docs/performance.md, and draw it",
    help: "\
The page has a part for each suite, between `<!-- sqlite -->` and `<!-- /sqlite -->`. What the last whole run
of `cargo xtask bench` kept of a suite takes the place of its part; a suite that was not run keeps the one that
is there. Then docs/performance/<suite>.svg is drawn from each part, and the part `summary` is written.

What stands outside of these parts is left alone. There every target that was missed has to be explained,
below the part of its suite and by the name of the row: `insert` or `insert, 1 in flight`, as code. When one is
not, the exit code is 1; the page is written all the same.",
    run,
};

fn run(args: Args) -> Result {
    args.finish()?;
    let root = workspace::root()?;
    let mut page = Page::new(workspace::required_text(&root, PAGE)?);
    for suite in SUITES {
        match kept::last(suite.name)? {
            Some(printed) => page.put(suite.name, &printed)?,
            None => println!("{} was not measured here; its part of the page stays", suite.name),
        }
    }
    page.put(SUMMARY, &summary(&page)?)?;
    for suite in SUITES {
        write(&root, &drawing_of(suite.name), &drawing::draw(suite.name, &rows::read(page.part(suite.name)?)?))?;
    }
    write(&root, PAGE, page.text())?;
    let unexplained = unexplained(&page)?;
    if unexplained.is_empty() {
        return Ok(());
    }
    Err(format!("missed and not explained in {PAGE}, which is written:\n  {}", unexplained.join("\n  ")))
}

fn drawing_of(suite: &str) -> String {
    format!("{FOLDER}/{suite}.svg")
}

fn write(root: &Path, name: &str, text: &str) -> Result {
    let file = root.join(name);
    let folder = file.parent().unwrap_or(root);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(&file, text));
    written.map_err(|e| format!("{name} cannot be written: {e}"))
}

/// How many targets hold, suite by suite, and which do not.
fn summary(page: &Page) -> Result<String> {
    let mut lines = vec!["| suite | targets | hold | missed |".to_owned(), "|---|--:|--:|---|".to_owned()];
    for suite in SUITES {
        let rows = rows::read(page.part(suite.name)?)?;
        let ratios = || rows.iter().flat_map(Row::ratios).filter(|ratio| ratio.target.is_some());
        let missed: Vec<String> = rows.iter().filter(|row| row.is_missed()).map(Row::brief).collect();
        let (all, hold) = (ratios().count(), ratios().filter(|ratio| !ratio.is_missed).count());
        lines.push(format!("| {} | {all} | {hold} | {} |", suite.name, missed.join("; ")));
    }
    Ok(lines.join("\n") + "\n")
}

/// The rows that missed a target and that no text of the page names.
fn unexplained(page: &Page) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for suite in SUITES {
        let explained = page.below(suite.name)?;
        let is_named = |name: &str| explained.contains(&format!("`{name}`"));
        for row in rows::read(page.part(suite.name)?)?.iter().filter(|row| row.is_missed()) {
            if !is_named(&row.what) && !is_named(row.call()) {
                found.push(format!("{}: {}", suite.name, row.brief()));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drawings_are_those_of_the_tables() {
        let root = workspace::root().unwrap();
        let page = Page::new(workspace::required_text(&root, PAGE).unwrap());
        for suite in SUITES {
            let rows = rows::read(page.part(suite.name).unwrap()).unwrap();
            assert!(!rows.is_empty(), "{}", suite.name);
            let drawn = workspace::required_text(&root, &drawing_of(suite.name)).unwrap();
            assert!(drawn == drawing::draw(suite.name, &rows), "{} is stale; call `cargo xtask charts`", suite.name);
        }
        assert_eq!(page.part(SUMMARY).unwrap(), summary(&page).unwrap());
    }

    #[test]
    fn every_missed_target_is_explained() {
        let page = Page::new(workspace::required_text(&workspace::root().unwrap(), PAGE).unwrap());
        assert_eq!(unexplained(&page), Ok(Vec::new()));
    }
}
