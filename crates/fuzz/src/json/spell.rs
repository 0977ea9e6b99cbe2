//! A record spelled as JSON in one of its many ways, and now and then in one that is none.

use backends_core::{Document, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use fastrand::Rng;

/// How many of a hundred inputs have a slip somewhere.
const SLIPS: u8 = 25;

/// What stands in the place of a value, and is no value.
const NO_VALUES: &[&str] = &[
    "01",
    "-01",
    "00",
    "+1",
    "1.",
    ".5",
    "1e",
    "1e+",
    "-",
    "0x1",
    "1_0",
    "NaN",
    "Infinity",
    "1e400",
    "-1e999",
    "nul",
    "True",
    "'a'",
    "\"a",
    "\"\\x\"",
    "\"\\u12\"",
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"\t\"",
    "\"\u{1}\"",
    "[1,]",
    "[,1]",
    "[1 2]",
    "{\"a\"}",
    "{\"a\" 1}",
    "{a:1}",
    "{\"a\":1,}",
    "{,}",
    "[}",
    "{]",
    "",
    "/**/1",
    "1 1",
    "{\"$binary\":\"A\"}",
    "{\"$binary\":1}",
    "{\"$binary\":\"AP8=\",\"a\":1}",
    "{\"a\":1,\"$binary\":\"AP8=\"}",
    "{\"$binary\":null}",
];

/// The record as text.
pub(super) fn document(document: &Document, rng: &mut Rng) -> String {
    let slips = rng.u8(..100) < SLIPS;
    let mut text = Text { rng, slips, out: String::new() };
    text.space();
    text.map(document);
    text.space();
    text.out
}

struct Text<'a> {
    rng: &'a mut Rng,
    slips: bool,
    out: String,
}

impl Text<'_> {
    fn space(&mut self) {
        while self.rng.u8(..6) == 0 {
            self.out.push(self.rng.choice([' ', '\n', '\r', '\t']).unwrap_or(' '));
        }
    }

    fn map(&mut self, map: &Document) {
        self.out.push('{');
        for (number, (name, value)) in map.iter().enumerate() {
            self.comma(number);
            self.string(name);
            self.space();
            self.out.push(':');
            self.value(value);
        }
        self.space();
        self.out.push('}');
    }

    fn comma(&mut self, number: usize) {
        if number > 0 {
            self.space();
            self.out.push(',');
        }
        self.space();
    }

    fn value(&mut self, value: &Value) {
        self.space();
        if self.slips && self.rng.u8(..8) == 0 {
            self.slips = false;
            return self.out.push_str(self.rng.choice(NO_VALUES).copied().unwrap_or_default());
        }
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(bool) => self.out.push_str(if *bool { "true" } else { "false" }),
            Value::Int(int) => self.int(*int),
            Value::Float(float) if float.is_finite() => self.float(*float),
            Value::Float(_) => self.out.push_str("-0"),
            Value::String(text) => self.string(text),
            Value::Timestamp(at) => self.string(&at.to_string()),
            Value::Bytes(bytes) => {
                self.out.push('{');
                self.string("$binary");
                self.out.push(':');
                self.string(&BASE64.encode(bytes));
                self.out.push('}');
            }
            Value::Map(map) => self.map(map),
            Value::Array(items) => {
                self.out.push('[');
                for (number, item) in items.iter().enumerate() {
                    self.comma(number);
                    self.value(item);
                }
                self.space();
                self.out.push(']');
            }
        }
    }

    fn int(&mut self, int: i64) {
        let text = match self.rng.u8(..6) {
            0 => format!("{int}.0"),
            1 => format!("{int}e0"),
            2 => format!("{int}0E-1"),
            3 => format!("{int}.000000000000000000000000000"),
            _ => int.to_string(),
        };
        self.out.push_str(&text);
    }

    fn float(&mut self, float: f64) {
        let text = match self.rng.u8(..5) {
            0 => format!("{float:E}"),
            1 => format!("{float:.30}"),
            2 => format!("{float:.25e}"),
            // Digits alone are an integer.
            3 if float.fract() == 0.0 => format!("{float}.0"),
            3 => format!("{float}"),
            _ => format!("{float:?}"),
        };
        self.out.push_str(&text);
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for char in text.chars() {
            if matches!(char, '"' | '\\') || char < ' ' || self.rng.u8(..16) == 0 {
                self.escape(char);
            } else {
                self.out.push(char);
            }
        }
        self.out.push('"');
    }

    fn escape(&mut self, char: char) {
        let short = match char {
            '"' | '\\' | '/' => Some(char),
            '\n' => Some('n'),
            '\r' => Some('r'),
            '\t' => Some('t'),
            '\u{8}' => Some('b'),
            '\u{c}' => Some('f'),
            _ => None,
        };
        self.out.push('\\');
        match short.filter(|_| self.rng.bool()) {
            Some(short) => self.out.push(short),
            None => {
                let upper = self.rng.bool();
                let spell = |unit: &u16| if upper { format!("u{unit:04X}") } else { format!("u{unit:04x}") };
                let units: Vec<_> = char.encode_utf16(&mut [0; 2]).iter().map(spell).collect();
                self.out.push_str(&units.join("\\"));
            }
        }
    }
}
