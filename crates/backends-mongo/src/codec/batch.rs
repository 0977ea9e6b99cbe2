//! Records in the bytes of a reply.

use std::fmt;
use std::sync::Arc;

use backends_core::{Batch, Error, Result, Tokens};
use mongodb::bson::RawDocumentBuf;
use mongodb::raw_batch_cursor::RawBatch;

use super::element::{Elements, length, malformed, tag};
use super::walk::BsonTokens;

/// Records as the server sent them: nothing is copied out of its reply.
pub(crate) struct BsonBatch {
    source: Source,
    /// Where each document begins.
    starts: Vec<usize>,
    id_field: Arc<str>,
}

enum Source {
    Reply(RawBatch),
    Document(RawDocumentBuf),
}

impl BsonBatch {
    /// The documents in the reply to a `find` or a `getMore`.
    pub(crate) fn of_reply(reply: RawBatch, id_field: Arc<str>) -> Result<Self> {
        let starts = starts(reply.as_raw_document().as_bytes())?;
        Ok(Self { source: Source::Reply(reply), starts, id_field })
    }

    /// One document.
    pub(crate) fn of_document(document: RawDocumentBuf, id_field: Arc<str>) -> Self {
        Self { source: Source::Document(document), starts: vec![0], id_field }
    }

    /// The bytes of the document at `index`.
    pub(crate) fn document(&self, index: usize) -> Result<&[u8]> {
        let start = *self.starts.get(index).ok_or_else(|| Error::unexpected("a batch was read outside its length"))?;
        let bytes = match &self.source {
            Source::Reply(reply) => reply.as_raw_document().as_bytes(),
            Source::Document(document) => document.as_bytes(),
        };
        bytes.get(start..start + length(bytes, start)?).ok_or_else(malformed)
    }
}

fn starts(reply: &[u8]) -> Result<Vec<usize>> {
    let documents = match Elements::new(reply, 0).find("cursor")? {
        Some(cursor) => match Elements::new(reply, cursor.start).find("firstBatch")? {
            Some(first) => Some(first),
            None => Elements::new(reply, cursor.start).find("nextBatch")?,
        },
        None => None,
    };
    let documents = documents.filter(|documents| documents.tag == tag::ARRAY);
    let mut documents = Elements::new(
        reply,
        documents.ok_or_else(|| Error::unexpected("the server's reply to a read holds no records"))?.start,
    );
    let mut starts = Vec::new();
    while let Some(document) = documents.next()? {
        starts.push(document.start);
    }
    Ok(starts)
}

impl Batch for BsonBatch {
    fn len(&self) -> usize {
        self.starts.len()
    }

    fn read(&self, index: usize, reader: &mut dyn FnMut(&mut dyn Tokens) -> Result<()>) -> Result<()> {
        reader(&mut BsonTokens::new(self.document(index)?, &self.id_field))
    }
}

impl fmt::Debug for BsonBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BsonBatch").field("records", &self.starts.len()).finish_non_exhaustive()
    }
}
