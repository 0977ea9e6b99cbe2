//! An expression as it grows: names and values stand beside it, and it keeps to the limits of the service.

use aws_sdk_dynamodb::types::AttributeValue;
use backends_core::Path;

use crate::codec::Item;
use crate::expression::Expression;

// DynamoDB: 300 operators and functions, and 4 KB an expression; 2 MB of names and values beside it, of which half is
// left alone.
const OPERATORS: usize = 300;
const BYTES: usize = 4_096;
const BESIDE: usize = 1 << 20;

/// The characters of an instant as this library writes it.
const INSTANT: usize = 24;

#[derive(Default)]
pub(super) struct Writer {
    text: String,
    names: Vec<String>,
    values: Vec<AttributeValue>,
    operators: usize,
    /// The bytes of the values.
    beside: usize,
}

/// How far a writer was.
pub(super) struct Mark {
    text: usize,
    names: usize,
    values: usize,
    operators: usize,
    beside: usize,
}

impl Writer {
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            text: self.text.len(),
            names: self.names.len(),
            values: self.values.len(),
            operators: self.operators,
            beside: self.beside,
        }
    }

    /// Takes back what came after the mark.
    pub(super) fn reset(&mut self, mark: Mark) {
        self.text.truncate(mark.text);
        self.names.truncate(mark.names);
        self.values.truncate(mark.values);
        (self.operators, self.beside) = (mark.operators, mark.beside);
    }

    /// Whether the service takes as much.
    pub(super) fn fits(&self) -> bool {
        self.text.len() <= BYTES && self.operators <= OPERATORS && self.beside <= BESIDE
    }

    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(super) fn operator(&mut self, text: &str) {
        self.operators += 1;
        self.push(text);
    }

    /// The place, each name on the way aliased: a number among them is the name of a field, and no index of a list.
    pub(super) fn path(&mut self, path: &Path) {
        for (step, segment) in path.segments().enumerate() {
            let number = self.names.iter().position(|name| name == segment).unwrap_or_else(|| {
                self.names.push(segment.to_owned());
                self.names.len() - 1
            });
            let dot = if step > 0 { "." } else { "" };
            self.push(&format!("{dot}{}", name(number)));
        }
    }

    pub(super) fn value(&mut self, operand: AttributeValue) {
        self.beside += match &operand {
            AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
            AttributeValue::B(bytes) => bytes.as_ref().len(),
            _ => 1,
        };
        self.push(&value(self.values.len()));
        self.values.push(operand);
    }

    /// `name(place, operand)`.
    pub(super) fn function(&mut self, name: &str, path: &Path, operand: AttributeValue) {
        self.operator(name);
        self.push("(");
        self.path(path);
        self.push(", ");
        self.value(operand);
        self.push(")");
    }

    /// `name(place)`.
    pub(super) fn exists(&mut self, name: &str, path: &Path) {
        self.operator(name);
        self.push("(");
        self.path(path);
        self.push(")");
    }

    pub(super) fn is_in(&mut self, path: &Path, list: &[AttributeValue]) {
        self.path(path);
        self.operator(" IN (");
        for (number, operand) in list.iter().enumerate() {
            if number > 0 {
                self.push(", ");
            }
            self.value(operand.clone());
        }
        self.push(")");
    }

    /// Whether what stands there is of this type of the service.
    pub(super) fn has_type(&mut self, path: &Path, name: &str) {
        self.function("attribute_type", path, AttributeValue::S(name.to_owned()));
    }

    pub(super) fn has_not_type(&mut self, path: &Path, name: &str) {
        self.operator("NOT ");
        self.has_type(path, name);
    }

    /// A text that is no instant as this library writes it: of another length, or without what stands between the digits.
    /// No instant is written in another way with as many characters and all of that.
    pub(super) fn is_no_own_instant(&mut self, path: &Path) {
        self.has_type(path, "S");
        self.operator(" AND ");
        self.operator("NOT ");
        self.push("(");
        self.operator("size(");
        self.path(path);
        self.operator(") = ");
        self.value(AttributeValue::N(INSTANT.to_string()));
        for part in ["T", ":", "Z"] {
            self.operator(" AND ");
            self.function("contains", path, AttributeValue::S(part.to_owned()));
        }
        self.push(")");
    }

    pub(super) fn finish(self) -> Option<Expression> {
        let names = self.names.into_iter().enumerate().map(|(number, text)| (name(number), text)).collect();
        let values = self.values.into_iter().enumerate().map(|(number, operand)| (value(number), operand));
        let values = Some(values.collect::<Item>()).filter(|values| !values.is_empty());
        (!self.text.is_empty()).then_some(Expression { text: self.text, names, values })
    }
}

fn name(number: usize) -> String {
    format!("#n{number}")
}

fn value(number: usize) -> String {
    format!(":v{number}")
}
