//! A JSON-lines file of users, as another system might have exported it.

use std::io::{BufWriter, Result, Write as _};

/// Writes `count` users, the same in every run, into a file that goes away when it is dropped.
pub(super) fn write(count: usize) -> Result<tempfile::NamedTempFile> {
    let file = tempfile::NamedTempFile::new()?;
    let mut out = BufWriter::new(&file);
    for number in 0..count {
        let role = if number % 100 == 0 { "admin" } else { "member" };
        let (month, day) = (1 + number / 28 % 12, 1 + number % 28);
        writeln!(
            out,
            r#"{{"email":"user{number:05}@example.org","name":"User {number}","role":"{role}","createdAt":"2025-{month:02}-{day:02}T08:00:00Z"}}"#
        )?;
    }
    out.flush()?;
    drop(out);
    Ok(file)
}
