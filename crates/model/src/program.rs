//! A program, and what is smaller than it.

use std::fmt;

use crate::operation::Operation;
use crate::schema::Schema;

/// A definition, and what is done with it.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    /// What the generator made it of.
    pub(crate) seed: u64,
    pub(crate) schema: Schema,
    /// Of a second repository, for batches.
    pub(crate) second: Option<Schema>,
    pub(crate) operations: Vec<Operation>,
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  define {}", self.schema.json(false))?;
        if self.schema.indexes.iter().any(|index| index.is_late) {
            writeln!(f, "  all indexes: {}", self.schema.json(true)["indexes"])?;
        }
        if let Some(second) = &self.second {
            writeln!(f, "  define the second {}", second.json(false))?;
        }
        self.operations.iter().enumerate().try_for_each(|(at, operation)| writeln!(f, "  {at}: {operation}"))
    }
}
