//! Importing a JSON-lines file, with a progress bar.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::Context as _;
use backends::{Error, Repository};
use indicatif::{ProgressBar, ProgressStyle};

use super::User;

/// How many records go into one call.
const BATCH: usize = 1_000;

/// What became of the lines.
#[derive(Default)]
pub(super) struct Report {
    pub(super) stored: usize,
    pub(super) known: usize,
    pub(super) refused: usize,
}

/// Stores a user for every line of the file.
pub(super) async fn import(users: &Repository<User>, path: &Path) -> anyhow::Result<Report> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let bar = ProgressBar::new(file.metadata()?.len());
    bar.set_style(ProgressStyle::with_template("   [{bar:40}] {percent:>3}% {msg}")?);
    let mut report = Report::default();
    let mut batch = Vec::with_capacity(BATCH);
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let line = line?;
        bar.inc(line.len() as u64 + 1);
        batch.push(user(&line, number + 1)?);
        if batch.len() == BATCH {
            store(users, &batch, &mut report).await?;
            bar.set_message(format!("{} users", report.stored + report.known));
            batch.clear();
        }
    }
    store(users, &batch, &mut report).await?;
    bar.finish_and_clear();
    Ok(report)
}

/// The user of a line.
fn user(line: &str, number: usize) -> anyhow::Result<User> {
    // What serde says of a mistake has the value in it, which is nobody's business.
    let no_user = |error: serde_json::Error| anyhow::anyhow!("line {number}, column {}: no user", error.column());
    serde_json::from_str(line).map_err(no_user)
}

async fn store(users: &Repository<User>, batch: &[User], report: &mut Report) -> anyhow::Result<()> {
    match users.insert_many(batch).await {
        Ok(inserted) => report.stored += inserted.stored(),
        // What could be stored is; the error has what became of each record.
        Err(error) => {
            let Some(inserted) = error.inserted() else { return Err(error.into()) };
            // Whatever is not about one record will not be better with the next.
            let about_one = |error: &Error| error.is_already_exists() || error.is_invalid_input();
            if let Some((_, failure)) = inserted.failures().find(|(_, failure)| !about_one(failure)) {
                anyhow::bail!("the import ends after {} users: {failure}", report.stored + inserted.stored());
            }
            let known = inserted.failures().filter(|(_, error)| error.is_already_exists()).count();
            report.stored += inserted.stored();
            report.known += known;
            report.refused += inserted.failures().count() - known;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_no_user_is_named_without_what_stands_there() {
        let line = r#"{"email": "ada@example.org", "name": "Ada", "role": "s3cret"}"#;
        let error = user(line, 7).unwrap_err();
        assert!(error.to_string().starts_with("line 7, column "), "{error}");
        assert!(!format!("{error:#} {error:?}").contains("s3cret"), "{error:?}");
    }
}
