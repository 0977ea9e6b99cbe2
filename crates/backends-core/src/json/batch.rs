//! Many records' texts in one piece of memory.

use std::fmt;

use super::JsonTokens;
use crate::{Batch, Error, Result, Tokens};

/// Records as JSON text, one behind another in one buffer. `Debug` shows how many, never what they hold.
///
/// ```
/// use backends_core::{Batch, json::JsonBatch};
///
/// let mut batch = JsonBatch::new();
/// batch.push(r#"{"name":"Ada"}"#);
/// assert_eq!(batch.len(), 1);
/// ```
#[derive(Clone, Default)]
pub struct JsonBatch {
    text: String,
    ends: Vec<usize>,
}

impl JsonBatch {
    /// A batch without records.
    pub fn new() -> Self {
        Self::default()
    }

    /// A batch with room for so many records of so many bytes together.
    pub fn with_capacity(records: usize, bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), ends: Vec::with_capacity(records) }
    }

    /// Appends a record, which is read when it is asked for, and not before.
    pub fn push(&mut self, json: &str) {
        self.text.push_str(json);
        self.ends.push(self.text.len());
    }

    /// Appends the record that `tokens` walks; after an error the batch is as it was.
    ///
    /// # Errors
    /// Those of [`write`](super::write()).
    pub fn write<T: Tokens + ?Sized>(&mut self, tokens: &mut T) -> Result<()> {
        super::write(tokens, &mut self.text)?;
        self.ends.push(self.text.len());
        Ok(())
    }

    /// How many bytes the texts of all records have together.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// The text of the record at `index`.
    pub fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.text.get(start..end)
    }
}

impl Batch for JsonBatch {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn read(&self, index: usize, reader: &mut dyn FnMut(&mut dyn Tokens) -> Result<()>) -> Result<()> {
        let json = self.get(index).ok_or_else(|| Error::unexpected("a batch was read outside its length"))?;
        reader(&mut JsonTokens::new(json))
    }
}

impl<T: AsRef<str>> Extend<T> for JsonBatch {
    fn extend<I: IntoIterator<Item = T>>(&mut self, texts: I) {
        texts.into_iter().for_each(|json| self.push(json.as_ref()));
    }
}

impl fmt::Debug for JsonBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonBatch").field("records", &self.ends.len()).finish_non_exhaustive()
    }
}
