//! Random records, random damage and random floats; a failure prints its seed.

use fastrand::Rng;
use serde_json::{Map, Value as Tree, json};

use super::*;

/// A random record, and what it has to be for any other reader of JSON.
struct Generator {
    rng: Rng,
    record: RecordBuf,
}

impl Generator {
    fn generate(seed: u64) -> (RecordBuf, Tree) {
        let mut generator = Self { rng: Rng::with_seed(seed), record: RecordBuf::new() };
        let tree = generator.fields(0);
        (generator.record, tree)
    }

    fn fields(&mut self, depth: usize) -> Tree {
        let mut fields = Map::new();
        for number in 0..self.rng.usize(0..8) {
            let name = format!("{number}{}", self.text(12));
            self.record.push(Token::Field(&name));
            fields.insert(name, self.value(depth));
        }
        Tree::Object(fields)
    }

    fn value(&mut self, depth: usize) -> Tree {
        match self.rng.u8(0..if depth < 5 { 9 } else { 7 }) {
            0 => {
                let bool = self.rng.bool();
                self.record.push(Token::Bool(bool));
                json!(bool)
            }
            1 | 2 => {
                let int = self.rng.i64(..) >> self.rng.u32(0..64);
                self.record.push(Token::Int(int));
                json!(int)
            }
            3 => {
                let float = float(&mut self.rng);
                self.record.push(Token::number(float));
                match Token::number(float) {
                    Token::Int(int) => json!(int),
                    _ => json!(float),
                }
            }
            4 => {
                let length = self.rng.usize(0..40);
                let bytes: Vec<u8> = std::iter::repeat_with(|| self.rng.u8(..)).take(length).collect();
                self.record.push(Token::Bytes(&bytes));
                json!(Value::Bytes(bytes))
            }
            7 => {
                self.record.push(Token::Map);
                let fields = self.fields(depth + 1);
                self.record.push(Token::End);
                fields
            }
            8 => {
                self.record.push(Token::Array);
                let mut elements = Vec::new();
                for _ in 0..self.rng.usize(0..6) {
                    elements.push(if self.rng.u8(0..5) == 0 {
                        self.record.push(Token::Null);
                        Tree::Null
                    } else {
                        self.value(depth + 1)
                    });
                }
                self.record.push(Token::End);
                Tree::Array(elements)
            }
            _ => {
                let text = self.text(60);
                self.record.push(Token::String(&text));
                json!(text)
            }
        }
    }

    fn text(&mut self, longest: usize) -> String {
        let plain = self.rng.bool();
        let length = self.rng.usize(0..longest);
        let rng = &mut self.rng;
        let char = || match rng.u8(0..if plain { 5 } else { 9 }) {
            0..5 => rng.alphanumeric(),
            5 => rng.choice(['"', '\\', '/', '{', '}', '[', ']', ',', ':']).unwrap_or('"'),
            6 => char::from(rng.u8(0..0x20)),
            _ => rng.char(..),
        };
        std::iter::repeat_with(char).take(length).collect()
    }
}

/// A float of the domain: any bits whose magnitude is one that every backend stores.
fn float(rng: &mut Rng) -> f64 {
    loop {
        let float = f64::from_bits(rng.u64(..));
        if (1e-130..1e126).contains(&float.abs()) {
            return float;
        }
    }
}

/// Whether this is that tree; floats to within four steps, since the other reader rounds some of them
/// several times where its feature `float_roundtrip` is off.
fn same(value: &Value, tree: &Tree) -> bool {
    match (value, tree) {
        (Value::Map(fields), Tree::Object(theirs)) => {
            let mut present = theirs.iter().filter(|(_, tree)| !tree.is_null());
            fields.iter().count() == present.clone().count()
                && present.all(|(name, tree)| fields.get(name).is_some_and(|value| same(value, tree)))
        }
        (Value::Array(elements), Tree::Array(theirs)) => {
            elements.len() == theirs.len() && elements.iter().zip(theirs).all(|(value, tree)| same(value, tree))
        }
        (Value::Int(int), Tree::Number(number)) if number.is_i64() => Some(*int) == number.as_i64(),
        (Value::Int(_) | Value::Float(_), Tree::Number(number)) => {
            let ours = if let Value::Float(float) = value { *float } else { json!(value).as_f64().unwrap() };
            let theirs = number.as_f64().unwrap();
            ours == theirs || ours.to_bits().abs_diff(theirs.to_bits()) <= 4
        }
        _ => json!(value) == *tree,
    }
}

/// Reads the text in every way; nothing may panic.
fn walk(text: &str) {
    let parsed = parse(text);
    if let Err(error) = &parsed {
        assert!(error.is_unreadable(), "{error}");
        assert!(byte(error) <= text.len() + 2, "{error}");
    } else {
        JsonTokens::new(text).skip().unwrap();
    }
    let mut tokens = JsonTokens::new(text);
    for step in 0..text.len() + 2 {
        // Go on behind errors too: a caller might.
        let is_field = tokens.next().is_ok_and(|token| matches!(token, Token::Field(_) | Token::Array));
        if is_field && step % 3 == 0 {
            let _ = tokens.skip();
        }
    }
}

#[test]
fn l30_random_records_come_back_and_read_the_same_elsewhere() {
    for seed in 0..3_000 {
        let (record, tree) = Generator::generate(seed);
        let text = to_string(&record).unwrap();
        assert!(parse(&text).unwrap() == record, "seed {seed}");
        let document = Value::Map(read(&text).unwrap());
        assert!(same(&document, &tree), "seed {seed}");
        assert!(same(&document, &serde_json::from_str(&text).unwrap()), "seed {seed}");
        // What others write of it: other escapes, and white space.
        for foreign in [serde_json::to_string(&tree).unwrap(), serde_json::to_string_pretty(&tree).unwrap()] {
            assert!(parse(&foreign).unwrap() == record, "seed {seed}");
        }
    }
}

#[test]
fn l30_timestamps_are_the_text_of_the_instant() {
    let mut rng = Rng::with_seed(7);
    for _ in 0..1_000 {
        let millis = rng.i64(Timestamp::MIN.millis()..=Timestamp::MAX.millis());
        let at = Timestamp::from_millis(millis).unwrap();
        let read = parse(&to_string(&holding(Token::Timestamp(at))).unwrap()).unwrap();
        let Some(Token::String(text)) = read.get("a") else { panic!("{millis}") };
        assert!(text.len() == 24 && text.parse::<Timestamp>().unwrap() == at, "{millis}");
    }
}

#[test]
fn l30_floats_come_back_bit_equal() {
    let mut rng = Rng::with_seed(1);
    let mut out = String::new();
    for _ in 0..100_000 {
        let float = float(&mut rng);
        out.clear();
        write(&mut holding(Token::Float(float)).tokens(), &mut out).unwrap();
        let read = parse(&out).unwrap();
        match read.get("a") {
            Some(Token::Float(read)) => assert_eq!(read.to_bits(), float.to_bits(), "{out}"),
            Some(Token::Int(int)) => assert!(Token::number(float) == Token::Int(int), "{out}"),
            _ => panic!("{out}"),
        }
        assert!(out.bytes().any(|byte| matches!(byte, b'.' | b'e')), "{out} looks like an integer");
    }
}

#[test]
fn c02_decimals_of_every_length_are_read_as_the_nearest_float() {
    for seed in 0..100_000 {
        let mut rng = Rng::with_seed(seed);
        let (digits, places) = (rng.u64(..) >> rng.u32(0..64), rng.usize(1..24));
        let sign = if rng.bool() { "-" } else { "" };
        let padded = format!("{digits:0width$}", width = places + 1);
        let (integral, fraction) = padded.split_at(padded.len() - places);
        let text = format!("{sign}{integral}.{fraction}");
        let read = parse(&format!("{{\"a\":{text}}}")).unwrap();
        assert!(read.get("a") == Some(Token::number(text.parse().unwrap())), "seed {seed}: {text}");
    }
}

#[test]
fn l40_text_that_was_cut_off_or_damaged_is_an_error_and_never_a_panic() {
    for seed in 0..40 {
        let (record, tree) = Generator::generate(seed);
        for text in [to_string(&record).unwrap(), serde_json::to_string_pretty(&tree).unwrap()] {
            for (at, _) in text.char_indices() {
                assert!(parse(&text[..at]).is_err(), "seed {seed}, {at}");
                walk(&text[..at]);
            }
        }
    }
    for seed in 0..20_000_u64 {
        let mut rng = Rng::with_seed(seed);
        let mut bytes = to_string(&Generator::generate(seed % 400).0).unwrap().into_bytes();
        for _ in 0..rng.usize(1..4) {
            let at = rng.usize(0..bytes.len());
            match rng.u8(0..4) {
                0 => bytes[at] = rng.u8(..),
                1 => bytes[at] = rng.choice(*b"{}[]\",:\\0-.eutfn$ ").unwrap_or(0),
                2 => drop(bytes.drain(at..(at + rng.usize(1..9)).min(bytes.len()))),
                _ => bytes.insert(at, rng.u8(..)),
            }
            if bytes.is_empty() {
                break;
            }
        }
        walk(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn what_is_read_is_what_another_reader_reads() {
    for seed in 0..20_000_u64 {
        let mut rng = Rng::with_seed(seed);
        let mut bytes = to_string(&Generator::generate(seed % 400).0).unwrap().into_bytes();
        let at = rng.usize(0..bytes.len());
        bytes[at] = rng.choice(*b"{}[]\",:\\0-.eutfn$ 9").unwrap_or(0);
        let Ok(text) = String::from_utf8(bytes) else { continue };
        let ours = parse(&text);
        let theirs = serde_json::from_str::<Tree>(&text);
        match (&ours, &theirs) {
            // What no record holds, though it is JSON.
            (Err(error), Ok(_)) => assert!(!error.message().contains("well-formed"), "seed {seed}: {error}"),
            (Ok(_), Err(error)) => panic!("seed {seed}: {error}"),
            (Err(_), Err(_)) => {}
            (Ok(_), Ok(tree)) => assert!(same(&Value::Map(read(&text).unwrap()), tree), "seed {seed}"),
        }
    }
}
