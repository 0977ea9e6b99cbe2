//! Tables for the terminal and for documents, as markdown with aligned columns.

/// A markdown table; every row has as many cells as the head.
pub(crate) fn markdown<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = head.map(|cell| cell.chars().count().max(3));
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: [&str; N]| {
        let cells: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule = widths.map(|width| "-".repeat(width));
    let mut text = line(head);
    text.push_str(&line(rule.each_ref().map(String::as_str)));
    for row in rows {
        text.push_str(&line(row.each_ref().map(String::as_str)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let table = markdown(["a", "long head"], &[["1234".into(), "x".into()]]);
        assert_eq!(table, "| a    | long head |\n| ---- | --------- |\n| 1234 | x         |\n");
    }
}
