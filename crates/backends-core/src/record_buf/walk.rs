//! The walk over the flat bytes of a record.

use std::collections::BTreeMap;

use super::{RecordBuf, tag, timestamp};
use crate::{Error, Result, Token, Tokens};

/// A walk over a [`RecordBuf`](crate::RecordBuf).
pub struct RecordTokens<'a> {
    bytes: &'a [u8],
    at: usize,
    stage: Stage,
}

/// The map of the record itself is not in the bytes.
#[derive(PartialEq)]
enum Stage {
    Before,
    Inside { open: usize },
    After,
}

impl<'a> RecordTokens<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, stage: Stage::Before }
    }

    /// The next token, borrowed from the record.
    pub fn step(&mut self) -> Result<Token<'a>> {
        match &mut self.stage {
            Stage::Before => {
                self.stage = Stage::Inside { open: 0 };
                Ok(Token::Map)
            }
            Stage::Inside { open: 0 } if self.at == self.bytes.len() => {
                self.stage = Stage::After;
                Ok(Token::End)
            }
            Stage::Inside { open } => {
                let (token, next) = read(self.bytes, self.at)?;
                match token {
                    Token::Map | Token::Array => *open += 1,
                    Token::End => *open = open.checked_sub(1).ok_or_else(malformed)?,
                    _ => {}
                }
                self.at = next;
                Ok(token)
            }
            Stage::After => Err(Error::unexpected("a walk over a record goes on after its end")),
        }
    }
}

impl Tokens for RecordTokens<'_> {
    fn next(&mut self) -> Result<Token<'_>> {
        self.step()
    }

    fn skip(&mut self) -> Result<()> {
        if self.stage == Stage::Before {
            self.stage = Stage::After;
        } else {
            self.at = skip(self.bytes, self.at)?;
        }
        Ok(())
    }
}

/// The token at `at`, and where the next one begins.
#[inline]
pub(super) fn read(bytes: &[u8], at: usize) -> Result<(Token<'_>, usize)> {
    let tag = *bytes.get(at).ok_or_else(malformed)?;
    let token = match tag {
        tag::END => Token::End,
        tag::NULL => Token::Null,
        tag::FALSE => Token::Bool(false),
        tag::TRUE => Token::Bool(true),
        tag::ARRAY => Token::Array,
        tag::MAP => Token::Map,
        tag::INT => return Ok((Token::Int(i64::from_le_bytes(eight(bytes, at)?)), at + 9)),
        tag::FLOAT => return Ok((Token::Float(f64::from_le_bytes(eight(bytes, at)?)), at + 9)),
        tag::TIMESTAMP => {
            return Ok((Token::Timestamp(timestamp(i64::from_le_bytes(eight(bytes, at)?))?), at + 9));
        }
        tag::STRING | tag::FIELD | tag::BYTES => {
            let (run, next) = run(bytes, at)?;
            return Ok((run_token(tag, run)?, next));
        }
        _ => return Err(malformed()),
    };
    Ok((token, at + 1))
}

fn run_token(tag: u8, run: &[u8]) -> Result<Token<'_>> {
    if tag == tag::BYTES {
        return Ok(Token::Bytes(run));
    }
    let text = std::str::from_utf8(run).map_err(|_| malformed())?;
    Ok(if tag == tag::STRING { Token::String(text) } else { Token::Field(text) })
}

/// Where the value at `at` ends.
pub(super) fn skip(bytes: &[u8], mut at: usize) -> Result<usize> {
    let mut open = 0_usize;
    loop {
        at = match *bytes.get(at).ok_or_else(malformed)? {
            tag::STRING | tag::FIELD | tag::BYTES => run(bytes, at)?.1,
            tag::INT | tag::FLOAT | tag::TIMESTAMP => at + 9,
            tag::ARRAY | tag::MAP => {
                open += 1;
                at + 1
            }
            tag::END => {
                open = open.checked_sub(1).ok_or_else(malformed)?;
                at + 1
            }
            _ => at + 1,
        };
        if open == 0 {
            return Ok(at);
        }
    }
}

/// Whether two records hold equal fields, whatever their order.
pub(super) fn equal(left: &RecordBuf, right: &RecordBuf) -> bool {
    tree(&mut left.tokens()).is_ok_and(|left| tree(&mut right.tokens()).is_ok_and(|right| left == right))
}

#[derive(PartialEq)]
enum Tree<'a> {
    Scalar(Token<'a>),
    Array(Vec<Tree<'a>>),
    Map(BTreeMap<&'a str, Tree<'a>>),
    End,
}

fn tree<'a>(tokens: &mut RecordTokens<'a>) -> Result<Tree<'a>> {
    match tokens.step()? {
        Token::Array => {
            let mut elements = Vec::new();
            loop {
                match tree(tokens)? {
                    Tree::End => return Ok(Tree::Array(elements)),
                    element => elements.push(element),
                }
            }
        }
        Token::Map => {
            let mut fields = BTreeMap::new();
            while let Token::Field(name) = tokens.step()? {
                fields.insert(name, tree(tokens)?);
            }
            Ok(Tree::Map(fields))
        }
        Token::End => Ok(Tree::End),
        scalar => Ok(Tree::Scalar(scalar)),
    }
}

fn eight(bytes: &[u8], at: usize) -> Result<[u8; 8]> {
    bytes.get(at + 1..at + 9).and_then(|run| run.try_into().ok()).ok_or_else(malformed)
}

fn run(bytes: &[u8], at: usize) -> Result<(&[u8], usize)> {
    let length: [u8; 4] = bytes.get(at + 1..at + 5).and_then(|run| run.try_into().ok()).ok_or_else(malformed)?;
    let end = at + 5 + u32::from_le_bytes(length) as usize;
    bytes.get(at + 5..end).map(|run| (run, end)).ok_or_else(malformed)
}

#[cold]
fn malformed() -> Error {
    Error::unexpected("a record is not well-formed: fields and values alternate, every array and map has its end")
}
