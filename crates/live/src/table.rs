//! A table of a document, to be held against what is so.

/// A markdown table: its headings, and rows that the first cell names.
#[derive(Debug, Clone)]
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// The first table under the heading `heading`, which is given without its `#`.
    ///
    /// # Panics
    /// When there is none, two rows have one name, or a row has more or fewer cells than the head.
    pub fn under(document: &str, heading: &str) -> Self {
        let is_heading = |line: &str| line.starts_with('#') && line.trim_start_matches('#').trim() == heading;
        let section = document.lines().skip_while(|line| !is_heading(line)).skip(1);
        let section = section.take_while(|line| !line.starts_with('#'));
        let lines = section.skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
        let mut lines = lines.map(cells);
        let head = lines.next().unwrap_or_else(|| panic!("there is no table under `{heading}`"));
        let rows: Vec<Vec<String>> = lines.skip(1).collect();
        for (at, row) in rows.iter().enumerate() {
            assert_eq!(row.len(), head.len(), "a row under `{heading}` has another width than the head: {row:?}");
            assert!(rows[..at].iter().all(|other| other[0] != row[0]), "two rows under `{heading}` are {}", row[0]);
        }
        Self { head, rows }
    }

    /// The names of the rows.
    pub fn rows(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|row| row[0].as_str())
    }

    /// The cell in the row `row` and the column with the heading `column`.
    pub fn cell(&self, row: &str, column: &str) -> Option<&str> {
        let column = self.head.iter().position(|head| head == column)?;
        let row = self.rows.iter().find(|cells| cells[0] == row)?;
        Some(row[column].as_str())
    }

    /// The number in a cell that begins with one, such as capacity units; digits may be grouped by commas.
    pub fn number(&self, row: &str, column: &str) -> Option<f64> {
        let cell = self.cell(row, column)?.split_whitespace().next()?;
        cell.replace(',', "").parse().ok()
    }
}

fn cells(line: &str) -> Vec<String> {
    line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "\
# Page
| a | b |
|---|---|
| not | this |

## Costs

Some words.

| Call | Sends | Units |
|---|---|--:|
| `get` | 1 `find` | 0.5 a KB |
| `put` | 1 `insert` | 1,000 |

| c | d |
|---|---|
| nor | this |
";

    #[test]
    fn the_first_table_under_a_heading_is_read() {
        let table = Table::under(DOCUMENT, "Costs");
        assert_eq!(table.rows().collect::<Vec<_>>(), ["`get`", "`put`"]);
        assert_eq!(table.cell("`put`", "Sends"), Some("1 `insert`"));
        assert_eq!((table.cell("`put`", "Other"), table.cell("other", "Sends")), (None, None));
        assert_eq!((table.number("`get`", "Units"), table.number("`put`", "Units")), (Some(0.5), Some(1_000.0)));
        assert_eq!(table.number("`put`", "Sends"), Some(1.0));
        assert_eq!(table.number("`put`", "Call"), None);
    }

    #[test]
    #[should_panic(expected = "no table under `Nothing`")]
    fn a_heading_without_a_table_is_told() {
        Table::under(DOCUMENT, "Nothing");
    }
}
