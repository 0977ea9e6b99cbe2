//! Whether two records hold the same, whatever the order of their fields.

use std::collections::BTreeMap;

use super::{RecordBuf, RecordTokens};
use crate::{Result, Token};

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

impl RecordBuf {
    /// Where `other`, which does not have `field`, holds something else than this without it, if it does. Arrays may
    /// differ in order, as sets write them in any.
    pub(crate) fn difference_without(&self, field: &str, other: &Self) -> Option<String> {
        let (start, end) = self.place(field).map_or((0, 0), |place| (place.start, place.end));
        let (bytes, others) = (self.bytes(), other.bytes());
        let same_length = bytes.len() - (end - start) == others.len();
        if same_length && bytes[..start] == others[..start] && bytes[end..] == others[start..] {
            return None;
        }
        let mut rest = self.clone();
        rest.remove(field);
        match (tree(&mut rest.tokens()), tree(&mut other.tokens())) {
            (Ok(left), Ok(right)) => left.difference(&right),
            _ => Some(String::new()),
        }
    }
}

impl Tree<'_> {
    /// The path below this to what differs; empty for this itself.
    fn difference(&self, other: &Self) -> Option<String> {
        match (self, other) {
            (Tree::Map(left), Tree::Map(right)) => {
                let inside = left.iter().find_map(|(name, value)| match right.get(name) {
                    Some(other) => value.difference(other).map(|path| below(name, &path)),
                    None => Some((*name).to_owned()),
                });
                let added = || right.keys().find(|name| !left.contains_key(**name)).map(|name| (*name).to_owned());
                inside.or_else(added)
            }
            (Tree::Array(left), Tree::Array(right)) => {
                let mut rest: Vec<_> = right.iter().collect();
                for element in left {
                    let Some(at) = rest.iter().position(|other| element.difference(other).is_none()) else {
                        let path = rest.first().and_then(|other| element.difference(other)).unwrap_or_default();
                        return Some(below("[]", &path));
                    };
                    rest.remove(at);
                }
                (!rest.is_empty()).then(|| "[]".to_owned())
            }
            _ => (self != other).then(String::new),
        }
    }
}

fn below(segment: &str, path: &str) -> String {
    if path.is_empty() || path.starts_with('[') { format!("{segment}{path}") } else { format!("{segment}.{path}") }
}
