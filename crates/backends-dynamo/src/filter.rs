//! What the service is asked of a filter: a filter expression for what it answers exactly, something wider for a part of
//! the rest, which core looks at again.

use std::mem::discriminant;

use aws_sdk_dynamodb::types::AttributeValue;
use backends_core::{Definition, Expr, Filter, Kind, Path, Pattern, Predicate, Value, field};

use crate::codec::operand;
use crate::expression::Expression;

mod writer;

use writer::Writer;

// DynamoDB: 100 operands of an IN.
const OPERANDS: usize = 100;

/// A filter in two: what the service looks at, and what is left.
#[derive(Debug)]
pub(crate) struct Split {
    /// What the service is asked; none if that is nothing.
    pub(crate) expression: Option<Expression>,
    /// The same as a filter, for explanations.
    pub(crate) database: Filter,
    /// What core has to look at.
    pub(crate) rest: Filter,
}

/// Splits what has to hold all together. An expression may not name the attributes `barred`.
pub(crate) fn split<'f>(
    conjuncts: impl IntoIterator<Item = &'f Filter>,
    definition: &Definition,
    barred: &[&str],
) -> Split {
    let mut asking = Asking { writer: Writer::default(), definition, barred, is_exact: true };
    let (mut database, mut rest) = (Filter::all(), Filter::all());
    for conjunct in conjuncts {
        asking.is_exact = true;
        let asked = if asking.ask(conjunct) {
            Some(conjunct.clone())
        } else {
            rest = joined(rest, conjunct.clone());
            asking.is_exact = false;
            asking.wider(conjunct).filter(|wider| asking.ask(wider))
        };
        database = asked.into_iter().fold(database, joined);
    }
    Split { expression: asking.writer.finish(), database, rest }
}

/// Both.
pub(crate) fn joined(left: Filter, right: Filter) -> Filter {
    match (left.is_all(), right.is_all()) {
        (true, _) => right,
        (_, true) => left,
        _ => left & right,
    }
}

/// What stands around a part, which says whether it needs parentheses: DynamoDB refuses those that are redundant.
#[derive(Clone, Copy, PartialEq)]
enum Around {
    And,
    Or,
    Not,
}

struct Asking<'a> {
    writer: Writer,
    definition: &'a Definition,
    barred: &'a [&'a str],
    /// Whether what is asked holds where the filter does and nowhere else, or may hold elsewhere too.
    is_exact: bool,
}

impl Asking<'_> {
    /// Adds one more that has to hold, if the service can be asked it and there is room for it.
    fn ask(&mut self, filter: &Filter) -> bool {
        let mark = self.writer.mark();
        if !self.writer.is_empty() {
            self.writer.operator(" AND ");
        }
        let fits = self.write(filter, Around::And).is_some() && self.writer.fits();
        if !fits {
            self.writer.reset(mark);
        }
        fits
    }

    /// Whether the service can be asked this.
    fn can_ask(&mut self, filter: &Filter) -> bool {
        let mark = self.writer.mark();
        let can = self.ask(filter);
        self.writer.reset(mark);
        can
    }

    /// What the service can be asked and holds wherever the filter does. Under a not nothing is wider.
    fn wider(&mut self, filter: &Filter) -> Option<Filter> {
        if self.can_ask(filter) {
            return Some(filter.clone());
        }
        match filter.expr() {
            Expr::Test(path, Predicate::Like(pattern)) => literals(path, pattern),
            Expr::Test(path, Predicate::Contains(Value::Timestamp(_))) => Some(field(path).is_set()),
            Expr::And(members) => {
                let some: Vec<_> = members.iter().filter_map(|member| self.wider(member)).collect();
                (!some.is_empty()).then(|| Filter::and(some))
            }
            Expr::Or(members) => {
                let all: Option<Vec<_>> = members.iter().map(|member| self.wider(member)).collect();
                all.map(Filter::or)
            }
            Expr::All | Expr::Nothing | Expr::Test(..) | Expr::Not(_) => None,
        }
    }

    /// Appends a filter; nothing if the service cannot be asked it, and then a part may stand there.
    fn write(&mut self, filter: &Filter, around: Around) -> Option<()> {
        match filter.expr() {
            Expr::All | Expr::Nothing => None,
            Expr::And(members) => self.list(members, " AND ", Around::And, around == Around::Not),
            Expr::Or(members) => self.list(members, " OR ", Around::Or, around != Around::Or),
            Expr::Not(inner) => {
                self.writer.operator("NOT ");
                let is_exact = std::mem::replace(&mut self.is_exact, true);
                let written = self.write(inner, Around::Not);
                self.is_exact = is_exact;
                written
            }
            Expr::Test(path, predicate) => {
                self.check_place(path, predicate)?;
                if !self.may_be_odd(path, predicate) {
                    return self.test(path, predicate, around);
                }
                // Each element of an array may be such a text.
                let can_say_more = !self.is_exact && !matches!(predicate, Predicate::Contains(_));
                can_say_more.then_some(())?;
                self.apart(around != Around::Or, |this| {
                    this.test(path, predicate, Around::Or)?;
                    this.writer.operator(" OR ");
                    this.writer.is_no_own_instant(path);
                    Some(())
                })
            }
        }
    }

    fn list(&mut self, members: &[Filter], word: &str, inside: Around, is_apart: bool) -> Option<()> {
        self.apart(is_apart, |this| {
            for (number, member) in members.iter().enumerate() {
                if number > 0 {
                    this.writer.operator(word);
                }
                this.write(member, inside)?;
                // A filter that is far too long is not written to its end.
                this.writer.fits().then_some(())?;
            }
            Some(())
        })
    }

    /// What `write` writes, in parentheses or not.
    fn apart(&mut self, is_apart: bool, write: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        if is_apart {
            self.writer.push("(");
        }
        write(self)?;
        if is_apart {
            self.writer.push(")");
        }
        Some(())
    }

    /// Whether the service compares as core does what stands at this place.
    fn check_place(&self, path: &Path, predicate: &Predicate) -> Option<()> {
        let first = path.first();
        let is_barred = self.barred.contains(&first);
        // Instants of other programs have many texts, and an empty text is missing only to this library.
        let is_odd =
            |path: &str| self.definition.field(path).is_some_and(|place| place.foreign_text || place.empty_is_missing);
        let is_key = self.definition.key_fields().any(|key| key == path.as_str());
        let is_left =
            is_barred || is_odd(path.as_str()) || is_odd(&format!("{path}[]")) || is_key && has_no_key(predicate);
        (!is_left).then_some(())
    }

    /// Whether another program, or one of this library before the kind was declared, may have left a text there that
    /// core takes for another instant than the service does, or for none, and says so.
    fn may_be_odd(&self, path: &Path, predicate: &Predicate) -> bool {
        let has_instants = |path: &str| self.definition.kind_of(path) == Some(Kind::Timestamp);
        match predicate {
            Predicate::IsSet | Predicate::IsMissing => false,
            Predicate::Contains(_) => has_instants(&format!("{path}[]")),
            _ => has_instants(path.as_str()),
        }
    }

    fn test(&mut self, path: &Path, predicate: &Predicate, around: Around) -> Option<()> {
        match predicate {
            Predicate::Eq(value) => self.compare(path, " = ", value),
            // It holds where there is nothing, as that of the service does.
            Predicate::Ne(value) => self.compare(path, " <> ", value),
            Predicate::Lt(value) => self.compare(path, " < ", value),
            Predicate::Le(value) => self.compare(path, " <= ", value),
            Predicate::Gt(value) => self.compare(path, " > ", value),
            Predicate::Ge(value) => self.compare(path, " >= ", value),
            Predicate::Between(low, high) => {
                self.writer.path(path);
                self.writer.operator(" BETWEEN ");
                self.writer.value(operand(low)?);
                self.writer.push(" AND ");
                self.writer.value(operand(high)?);
                Some(())
            }
            Predicate::In(values) => self.is_in(path, values, "", " OR ", around != Around::Or),
            Predicate::NotIn(values) => self.is_in(path, values, "NOT ", " AND ", around == Around::Not),
            Predicate::StartsWith(start) => {
                match start.as_str() {
                    "" => self.writer.has_type(path, "S"),
                    start => self.writer.function("begins_with", path, AttributeValue::S(start.to_owned())),
                }
                Some(())
            }
            Predicate::Like(pattern) => match (pattern.first(), pattern.rest()) {
                ("", [part, end]) if end.is_empty() => {
                    self.contains(path, AttributeValue::S(part.clone()), around, |writer| writer.has_type(path, "S"))
                }
                _ => None,
            },
            // The service looks for bytes in bytes too, core in arrays only.
            Predicate::Contains(value @ Value::Bytes(_)) => {
                self.contains(path, operand(value)?, around, |writer| writer.has_not_type(path, "B"))
            }
            Predicate::Contains(value) => {
                self.writer.function("contains", path, operand(value)?);
                Some(())
            }
            // Null is what other programs store for nothing.
            Predicate::IsMissing => self.apart(around != Around::Or, |this| {
                this.writer.exists("attribute_not_exists", path);
                this.writer.operator(" OR ");
                this.writer.has_type(path, "NULL");
                Some(())
            }),
            Predicate::IsSet => self.apart(around == Around::Not, |this| {
                this.writer.exists("attribute_exists", path);
                this.writer.operator(" AND ");
                this.writer.has_not_type(path, "NULL");
                Some(())
            }),
            _ => None,
        }
    }

    fn compare(&mut self, path: &Path, operator: &str, value: &Value) -> Option<()> {
        self.writer.path(path);
        self.writer.operator(operator);
        self.writer.value(operand(value)?);
        Some(())
    }

    fn contains(
        &mut self,
        path: &Path,
        part: AttributeValue,
        around: Around,
        and: impl FnOnce(&mut Writer),
    ) -> Option<()> {
        self.apart(around == Around::Not, |this| {
            this.writer.function("contains", path, part);
            this.writer.operator(" AND ");
            and(&mut this.writer);
            Some(())
        })
    }

    /// One of these, or with `not` none: so many at a time as the service takes, and those of one kind together.
    fn is_in(&mut self, path: &Path, values: &[Value], not: &str, word: &str, is_apart: bool) -> Option<()> {
        let operands: Vec<_> = values.iter().map(operand).collect::<Option<_>>()?;
        let is_kin = |left: &AttributeValue, right: &AttributeValue| discriminant(left) == discriminant(right);
        let lists: Vec<_> = operands.chunk_by(is_kin).flat_map(|kin| kin.chunks(OPERANDS)).collect();
        self.apart(is_apart && lists.len() > 1, |this| {
            for (number, list) in lists.into_iter().enumerate() {
                if number > 0 {
                    this.writer.operator(word);
                }
                if !not.is_empty() {
                    this.writer.operator(not);
                }
                this.writer.is_in(path, list);
                this.writer.fits().then_some(())?;
            }
            Some(())
        })
    }
}

/// What a text that the pattern describes has: its beginning, and its literal parts.
fn literals(path: &Path, pattern: &Pattern) -> Option<Filter> {
    let place = field(path);
    let start = (!pattern.first().is_empty()).then(|| place.starts_with(pattern.first()));
    let parts = pattern.rest().iter().filter(|part| !part.is_empty()).map(|part| place.contains(part));
    let all: Vec<_> = start.into_iter().chain(parts).collect();
    (!all.is_empty()).then(|| Filter::and(all))
}

/// Whether an operand is what no key is: the service may refuse to hear of it.
fn has_no_key(predicate: &Predicate) -> bool {
    let is_odd = |value: &Value| matches!(value, Value::String(text) if !is_key_text(text));
    match predicate {
        Predicate::Eq(value)
        | Predicate::Ne(value)
        | Predicate::Lt(value)
        | Predicate::Le(value)
        | Predicate::Gt(value)
        | Predicate::Ge(value) => is_odd(value),
        Predicate::Between(low, high) => is_odd(low) || is_odd(high),
        Predicate::In(values) | Predicate::NotIn(values) => values.iter().any(is_odd),
        _ => false,
    }
}

/// Whether this text can be a key.
// DynamoDB: a sort key has 1 to 1,024 bytes, a partition key up to 2,048; core allows the smaller number.
pub(crate) fn is_key_text(text: &str) -> bool {
    (1..=1_024).contains(&text.len())
}

#[cfg(test)]
mod tests;
