//! The contract of `backends`: what a record, a definition and a backend are.

mod ask;
mod decode;
mod document;
mod encode;
mod error;
mod kind;
mod names;
mod record_buf;
mod schema;
mod timestamp;
mod token;
mod value;

pub use document::Document;
pub use error::{Counts, Error, ErrorKind, Mistakes, Result};
pub use kind::{FieldKind, Kind};
pub use record_buf::{RecordBuf, RecordTokens};
pub use timestamp::Timestamp;
pub use token::{Batch, Cursor, Token, Tokens};
pub use value::Value;
