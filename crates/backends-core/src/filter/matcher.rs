//! The one meaning of filters, on the tokens of any backend; and the values that a record is sorted by.

use std::fmt;

use super::{Expr, Filter, Path, Predicate};
use crate::schema::Place;
use crate::{Error, Kind, Result, Timestamp, Token, Tokens, Value};

/// Looks at records: whether a filter holds, and what stands at some paths. One walk does both.
///
/// A driver gets one from [`FindRequest::matcher`](crate::driver::FindRequest::matcher), so that nobody else has to know
/// what a filter means.
pub struct Matcher {
    root: Node,
    tests: Vec<Predicate>,
    rule: Rule,
    captures: usize,
}

/// What a [`Matcher`] saw of a record.
pub struct Sighting {
    holds: Vec<bool>,
    pub(crate) values: Vec<Value>,
}

impl Sighting {
    /// What stands at the paths that were asked for, in their order: null where nothing does, empty bytes for arrays,
    /// maps and bytes, which are equals in every order.
    pub fn values(&self) -> &[Value] {
        &self.values
    }
}

/// A name on the way to what is asked for.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools, reason = "what is declared of a place, each by itself")]
struct Node {
    name: Box<str>,
    tests: Vec<usize>,
    captures: Vec<usize>,
    /// Whether the caller asks for what is here, and not only the library whether it has expired.
    is_asked: bool,
    /// Whether text here, or in the array here, is an instant.
    is_instant: bool,
    has_instants: bool,
    /// Whether `""` here counts as missing.
    drops_empty: bool,
    children: Vec<Node>,
}

/// A filter over the numbers of its tests.
enum Rule {
    Always(bool),
    Test(usize),
    And(Vec<Rule>),
    Or(Vec<Rule>),
    Not(Box<Rule>),
}

impl Matcher {
    /// A matcher of a bound filter, which also sees what stands at these paths.
    pub(crate) fn new<'p>(schema: &Place, filter: &Filter, captures: impl IntoIterator<Item = &'p Path>) -> Self {
        let mut matcher = Self { root: Node::default(), tests: Vec::new(), rule: Rule::Always(true), captures: 0 };
        matcher.rule = matcher.rule(schema, filter, true);
        for path in captures {
            let capture = matcher.captures;
            matcher.captures += 1;
            let node = matcher.root.at(schema, path);
            node.captures.push(capture);
            node.is_asked = true;
        }
        matcher
    }

    fn rule(&mut self, schema: &Place, filter: &Filter, is_asked: bool) -> Rule {
        let is_asked = is_asked && !filter.is_of_expiry();
        let mut all = |members: &[Filter]| members.iter().map(|member| self.rule(schema, member, is_asked)).collect();
        match filter.expr() {
            Expr::All => Rule::Always(true),
            Expr::Nothing => Rule::Always(false),
            Expr::And(members) => Rule::And(all(members)),
            Expr::Or(members) => Rule::Or(all(members)),
            Expr::Not(inner) => Rule::Not(Box::new(self.rule(schema, inner, is_asked))),
            Expr::Test(path, predicate) => {
                let test = self.tests.len();
                self.tests.push(predicate.clone());
                let node = self.root.at(schema, path);
                node.tests.push(test);
                node.is_asked |= is_asked;
                Rule::Test(test)
            }
        }
    }

    /// What has not seen a record yet.
    pub fn sighting(&self) -> Sighting {
        Sighting { holds: Vec::with_capacity(self.tests.len()), values: Vec::with_capacity(self.captures) }
    }

    /// Whether the record that `tokens` walks is one that the filter means; what else was seen is in `seen`.
    ///
    /// # Errors
    /// `Unreadable` with the path, for text at the place of a timestamp that is none.
    pub fn look(&self, tokens: &mut dyn Tokens, seen: &mut Sighting) -> Result<bool> {
        seen.holds.clear();
        seen.holds.extend(self.tests.iter().map(Predicate::holds_for_missing));
        seen.values.clear();
        seen.values.resize(self.captures, Value::Null);
        if !self.root.children.is_empty() {
            if tokens.next()? != Token::Map {
                return Err(broken());
            }
            self.map(&self.root, tokens, seen)?;
        }
        Ok(self.rule.holds(&seen.holds))
    }

    /// The fields of a map that has been begun. The rest of the record's is left when everything was seen.
    fn map(&self, node: &Node, tokens: &mut dyn Tokens, seen: &mut Sighting) -> Result<()> {
        let mut left = node.children.len();
        let is_record = std::ptr::eq(node, &raw const self.root);
        loop {
            let child = match tokens.next()? {
                Token::Field(name) => node.children.iter().find(|child| *child.name == *name),
                Token::End => return Ok(()),
                _ => return Err(broken()),
            };
            let Some(child) = child else {
                tokens.skip()?;
                continue;
            };
            self.value(child, tokens, seen).map_err(|error| error.below(&child.name))?;
            left -= usize::from(left > 0);
            if is_record && left == 0 {
                return Ok(());
            }
        }
    }

    fn value(&self, node: &Node, tokens: &mut dyn Tokens, seen: &mut Sighting) -> Result<()> {
        let token = match tokens.next() {
            Err(error) if error.is_unreadable() && !node.is_asked_about() => return Ok(()),
            token => token?,
        };
        let (is_array, is_map) = (token == Token::Array, token == Token::Map);
        let is_missing = token == Token::Null || node.drops_empty && token == Token::String("");
        if !is_missing {
            let token = match instant(token, node.is_instant) {
                Err(_) if !node.is_asked => token,
                instant => instant?,
            };
            for test in &node.tests {
                seen.holds[*test] = self.tests[*test].holds(token);
            }
            for capture in &node.captures {
                seen.values[*capture] = sort_value(token);
            }
        }
        if is_array {
            self.members(node, tokens, seen)
        } else if is_map {
            self.map(node, tokens, seen)
        } else {
            Ok(())
        }
    }

    /// The members of an array that has been begun.
    fn members(&self, node: &Node, tokens: &mut dyn Tokens, seen: &mut Sighting) -> Result<()> {
        let mut open = 1_usize;
        while open > 0 {
            match tokens.next() {
                Err(error) if error.is_unreadable() && !node.is_asked => {}
                Err(error) => return Err(error),
                Ok(Token::Array | Token::Map) => open += 1,
                Ok(Token::End) => open -= 1,
                Ok(Token::Field(_) | Token::Null) => {}
                Ok(member) if open == 1 => {
                    let member = instant(member, node.has_instants)?;
                    for test in &node.tests {
                        seen.holds[*test] |= self.tests[*test].holds_for_member(member);
                    }
                }
                Ok(_) => {}
            }
        }
        Ok(())
    }
}

impl Node {
    /// Whether the caller asks for what is here or below.
    #[cold]
    fn is_asked_about(&self) -> bool {
        self.is_asked || self.children.iter().any(Self::is_asked_about)
    }

    /// The node of a path below this one, which is the record's.
    fn at(&mut self, schema: &Place, path: &Path) -> &mut Self {
        let mut node = self;
        for segment in path.segments() {
            let known = node.children.iter().position(|child| *child.name == *segment);
            let known = known.unwrap_or_else(|| {
                node.children.push(Self { name: segment.into(), ..Self::default() });
                node.children.len() - 1
            });
            node = &mut node.children[known];
        }
        let place = schema.place(path);
        let holds_instant = |place: &Place| place.kind().is_some_and(|kind| kind.kind == Kind::Timestamp);
        node.is_instant = place.is_some_and(holds_instant);
        node.has_instants = place.and_then(Place::elements).is_some_and(holds_instant);
        node.drops_empty = place.is_some_and(Place::drops_empty);
        node
    }
}

impl Rule {
    fn holds(&self, tests: &[bool]) -> bool {
        match self {
            Self::Always(always) => *always,
            Self::Test(test) => tests[*test],
            Self::And(members) => members.iter().all(|member| member.holds(tests)),
            Self::Or(members) => members.iter().any(|member| member.holds(tests)),
            Self::Not(inner) => !inner.holds(tests),
        }
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Matcher").field("tests", &self.tests).finish_non_exhaustive()
    }
}

impl fmt::Debug for Sighting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sighting").field("values", &self.values).finish_non_exhaustive()
    }
}

/// The token at a place where text may be an instant.
fn instant(token: Token<'_>, is_instant: bool) -> Result<Token<'_>> {
    match token {
        Token::String(text) if is_instant => text.parse::<Timestamp>().map(Token::Timestamp).map_err(|_| {
            Error::unreadable(
                "stored text that is no instant where the definition declares a timestamp: repair the record",
            )
        }),
        token => Ok(token),
    }
}

fn sort_value(token: Token<'_>) -> Value {
    match token {
        Token::Array | Token::Map | Token::Bytes(_) => Value::Bytes(Vec::new()),
        scalar => Value::from_scalar(scalar),
    }
}

#[cold]
fn broken() -> Error {
    Error::unexpected("a walk over a record has a value where a field's name or the end is due")
}
