//! Records as items, and how large the service finds them.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use backends_core::{Error, RecordBuf, RecordTokens, Result, Token};

use super::{Item, number};
use crate::stamp::Stamp;

/// The record as an item that carries the stamp of its write, and how large the service finds it.
pub(super) fn item(record: &RecordBuf, stamp: &Stamp) -> Result<(Item, u64)> {
    let mut writer = Writer { tokens: record.tokens(), size: stamp.size() };
    let mut item = Item::new();
    stamp.put_into(&mut item);
    writer.tokens.step()?;
    writer.fields(&mut item)?;
    Ok((item, writer.size))
}

struct Writer<'r> {
    tokens: RecordTokens<'r>,
    // DynamoDB developer guide, "Item sizes and formats": names and text in UTF-8, a byte for two significant digits and
    // one more, three for a map or list and one for each of its elements. Numbers are said to be about so large: what
    // is counted is the least that they can be, so that nothing is refused here which the service would take.
    size: u64,
}

impl Writer<'_> {
    /// The fields of a map whose begin was read, to its end.
    fn fields(&mut self, map: &mut Item) -> Result<()> {
        loop {
            let name = match self.tokens.step()? {
                Token::Field(name) => name,
                Token::End => return Ok(()),
                _ => return Err(malformed()),
            };
            self.size += name.len() as u64;
            let value = self.tokens.step()?;
            map.insert(name.to_owned(), self.value(value)?);
        }
    }

    fn value(&mut self, value: Token<'_>) -> Result<AttributeValue> {
        let (value, size) = match value {
            Token::Null => (AttributeValue::Null(true), 1),
            Token::Bool(bool) => (AttributeValue::Bool(bool), 1),
            Token::Int(int) => sized(itoa::Buffer::new().format(int).to_owned()),
            Token::Float(float) => sized(number::write(float)),
            Token::String(text) => (AttributeValue::S(text.to_owned()), text.len()),
            Token::Timestamp(at) => {
                let text = at.to_string();
                let size = text.len();
                (AttributeValue::S(text), size)
            }
            Token::Bytes(bytes) => (AttributeValue::B(Blob::new(bytes)), bytes.len()),
            Token::Map => {
                let mut map = Item::new();
                self.fields(&mut map)?;
                let size = 3 + map.len();
                (AttributeValue::M(map), size)
            }
            Token::Array => {
                let list = self.elements()?;
                let size = 3 + list.len();
                (AttributeValue::L(list), size)
            }
            Token::Field(_) | Token::End => return Err(malformed()),
        };
        self.size += size as u64;
        Ok(value)
    }

    /// The elements of an array whose begin was read, to its end.
    fn elements(&mut self) -> Result<Vec<AttributeValue>> {
        let mut list = Vec::new();
        loop {
            match self.tokens.step()? {
                Token::End => return Ok(list),
                value => list.push(self.value(value)?),
            }
        }
    }
}

fn sized(number: String) -> (AttributeValue, usize) {
    let size = number::significant(&number).div_ceil(2) + 1;
    (AttributeValue::N(number), size)
}

#[cold]
fn malformed() -> Error {
    Error::unexpected("a record is not well-formed: fields and values alternate, every array and map has its end")
}
