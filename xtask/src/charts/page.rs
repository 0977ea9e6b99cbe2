//! A document with parts that are written by a command, and text between them that is not.

use crate::Result;

pub(super) struct Page(String);

impl Page {
    pub(super) fn new(text: String) -> Self {
        Self(text)
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// The text between `<!-- name -->` and `<!-- /name -->`.
    pub(super) fn part(&self, name: &str) -> Result<&str> {
        let (start, end) = self.place(name)?;
        Ok(&self.0[start..end])
    }

    /// Puts other text in its place.
    pub(super) fn put(&mut self, name: &str, text: &str) -> Result {
        let (start, end) = self.place(name)?;
        self.0.replace_range(start..end, text);
        Ok(())
    }

    /// What follows the part, up to the next one.
    pub(super) fn below(&self, name: &str) -> Result<&str> {
        let (_, end) = self.place(name)?;
        let rest = &self.0[end + close(name).len()..];
        Ok(rest.split("<!-- ").next().unwrap_or_default())
    }

    fn place(&self, name: &str) -> Result<(usize, usize)> {
        let (open, close) = (format!("<!-- {name} -->\n"), close(name));
        let missing = || format!("the page has no part between `{}` and `{close}`; add both lines", open.trim_end());
        let start = self.0.find(&open).ok_or_else(missing)? + open.len();
        let end = self.0[start..].find(&close).ok_or_else(missing)? + start;
        Ok((start, end))
    }
}

fn close(name: &str) -> String {
    format!("<!-- /{name} -->")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_replaced_and_the_rest_stays() {
        let mut page = Page::new("a\n<!-- x -->\nold\n<!-- /x -->\nb\n<!-- y -->\n<!-- /y -->\nc\n".into());
        assert_eq!(page.part("x"), Ok("old\n"));
        assert_eq!(page.part("y"), Ok(""));
        page.put("x", "new\n").unwrap();
        assert_eq!(page.text(), "a\n<!-- x -->\nnew\n<!-- /x -->\nb\n<!-- y -->\n<!-- /y -->\nc\n");
        assert_eq!((page.below("x"), page.below("y")), (Ok("\nb\n"), Ok("\nc\n")));
        assert!(page.put("z", "").unwrap_err().contains("`<!-- z -->`"));
    }
}
