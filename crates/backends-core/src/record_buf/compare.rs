//! Whether two records hold the same, whatever the order of their fields.

use std::collections::BTreeMap;

use super::{RecordBuf, RecordTokens};
use crate::{Result, Timestamp, Token};

/// Whether two records hold equal fields, whatever their order.
pub(super) fn equal(left: &RecordBuf, right: &RecordBuf) -> bool {
    tree(&mut left.tokens()).is_ok_and(|left| tree(&mut right.tokens()).is_ok_and(|right| left == right))
}

/// A value with an order, any one, by which equal ones can be found among many.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Tree<'a> {
    Null,
    Bool(bool),
    Int(i64),
    /// The bits of a float.
    Float(u64),
    String(&'a str),
    Bytes(&'a [u8]),
    Timestamp(Timestamp),
    Array(Vec<Tree<'a>>),
    Map(BTreeMap<&'a str, Tree<'a>>),
    /// What could not be read, whatever it is.
    Unreadable,
    End,
}

fn tree<'a>(tokens: &mut RecordTokens<'a>) -> Result<Tree<'a>> {
    let token = match tokens.step() {
        Err(error) if error.is_unreadable() => return Ok(Tree::Unreadable),
        token => token?,
    };
    Ok(match token {
        Token::Null => Tree::Null,
        Token::Bool(bool) => Tree::Bool(bool),
        Token::Int(int) => Tree::Int(int),
        Token::Float(float) => Tree::Float(float.to_bits()),
        Token::String(text) => Tree::String(text),
        Token::Bytes(bytes) => Tree::Bytes(bytes),
        Token::Timestamp(at) => Tree::Timestamp(at),
        Token::Array => {
            let mut elements = Vec::new();
            loop {
                match tree(tokens)? {
                    Tree::End => break Tree::Array(elements),
                    element => elements.push(element),
                }
            }
        }
        Token::Map => {
            let mut fields = BTreeMap::new();
            while let Token::Field(name) = tokens.step()? {
                fields.insert(name, tree(tokens)?);
            }
            Tree::Map(fields)
        }
        Token::Field(_) | Token::End => Tree::End,
    })
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
            (Ok(left), Ok(right)) => left.difference(right),
            _ => Some(String::new()),
        }
    }
}

impl Tree<'_> {
    /// The path below this to what differs; empty for this itself.
    fn difference(self, other: Self) -> Option<String> {
        match (self, other) {
            (Tree::Map(left), Tree::Map(mut right)) => {
                for (name, value) in left {
                    let Some(other) = right.remove(name) else { return Some(name.to_owned()) };
                    if let Some(path) = value.difference(other) {
                        return Some(below(name, &path));
                    }
                }
                right.into_keys().next().map(str::to_owned)
            }
            (Tree::Array(mut left), Tree::Array(mut right)) => {
                // Most arrays come back in their order, and need not be sorted.
                let same = left.iter().zip(&right).take_while(|(left, right)| left == right).count();
                match unmatched(sorted(left.split_off(same)), sorted(right.split_off(same))) {
                    (None, None) => None,
                    (Some(left), Some(right)) => Some(below("[]", &left.difference(right).unwrap_or_default())),
                    _ => Some("[]".to_owned()),
                }
            }
            (left, right) => (left != right).then(String::new),
        }
    }

    /// Brings the arrays inside into one order.
    fn sort(&mut self) {
        match self {
            Tree::Array(elements) => {
                elements.iter_mut().for_each(Self::sort);
                elements.sort_unstable();
            }
            Tree::Map(fields) => fields.values_mut().for_each(Self::sort),
            _ => {}
        }
    }
}

fn sorted(mut elements: Vec<Tree<'_>>) -> Vec<Tree<'_>> {
    elements.iter_mut().for_each(Tree::sort);
    elements.sort_unstable();
    elements
}

/// The first element of each of two sorted lists that has no equal in the other.
fn unmatched<'a>(left: Vec<Tree<'a>>, right: Vec<Tree<'a>>) -> (Option<Tree<'a>>, Option<Tree<'a>>) {
    let (mut only_left, mut only_right) = (None, None);
    let mut right = right.into_iter().peekable();
    for element in left {
        while let Some(other) = right.next_if(|other| *other < element) {
            only_right.get_or_insert(other);
        }
        if right.next_if_eq(&element).is_none() {
            only_left.get_or_insert(element);
        }
    }
    (only_left, only_right.or_else(|| right.next()))
}

fn below(segment: &str, path: &str) -> String {
    if path.is_empty() || path.starts_with('[') { format!("{segment}{path}") } else { format!("{segment}.{path}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record whose map has its fields in either order, and one array.
    fn record(map_first: [&str; 2], array: &[i64]) -> RecordBuf {
        let mut record = RecordBuf::new();
        record.push(Token::Field("map"));
        record.push(Token::Map);
        for name in map_first {
            record.push(Token::Field(name));
            record.push(Token::Int(1));
        }
        record.push(Token::End);
        record.push(Token::Field("array"));
        record.push(Token::Array);
        for int in array {
            record.push(Token::Int(*int));
        }
        record.push(Token::End);
        record
    }

    #[test]
    fn long_arrays_beside_a_map_in_another_order_are_the_same() {
        let array: Vec<_> = (0..200_000).collect();
        let (one, other) = (record(["a", "b"], &array), record(["b", "a"], &array));
        assert!(one.bytes() != other.bytes());
        assert_eq!(one.difference_without("id", &other), None);
    }

    #[test]
    fn sets_in_another_order_are_the_same() {
        let mut array: Vec<_> = (0..20_000).collect();
        let one = record(["a", "b"], &array);
        array.reverse();
        assert_eq!(one.difference_without("id", &record(["a", "b"], &array)), None);
        array[7] = -1;
        assert_eq!(one.difference_without("id", &record(["a", "b"], &array)).as_deref(), Some("array[]"));
    }

    fn difference(left: &str, right: &str) -> Option<String> {
        let parse = |text| crate::json::parse(text).unwrap();
        parse(left).difference_without("id", &parse(right))
    }

    #[test]
    fn what_differs_is_found_among_what_only_moved() {
        assert_eq!(difference(r#"{"a": [1, [2, 3], {"b": [4, 5]}]}"#, r#"{"a": [{"b": [5, 4]}, 1, [3, 2]]}"#), None);
        assert_eq!(difference(r#"{"a": [1, 1, 2]}"#, r#"{"a": [1, 2, 2]}"#).as_deref(), Some("a[]"));
        assert_eq!(difference(r#"{"a": [1, 1]}"#, r#"{"a": [1]}"#).as_deref(), Some("a[]"));
        assert_eq!(difference(r#"{"a": [1]}"#, r#"{"a": [1, 1]}"#).as_deref(), Some("a[]"));
        let (left, right) = (r#"{"a": [{"b": 1}, {"b": 2, "c": 3}]}"#, r#"{"a": [{"b": 2}, {"b": 1}]}"#);
        assert_eq!(difference(left, right).as_deref(), Some("a[].c"));
        assert_eq!(difference(r#"{"id": 1, "a": 2}"#, r#"{"b": 2}"#).as_deref(), Some("a"));
        assert_eq!(difference(r#"{"a": {"b": 1}}"#, r#"{"a": {"b": 1, "c": 2}}"#).as_deref(), Some("a.c"));
        // Once a level, not twice.
        let deep = |inner| format!(r#"{{"a": {}{inner}{}}}"#, "[".repeat(30), "]".repeat(30));
        assert_eq!(difference(&deep(1), &deep(2)), Some(format!("a{}", "[]".repeat(30))));
    }
}
