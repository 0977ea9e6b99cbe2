//! As much of BSON as a few commands of an administrator need.

use crate::error::{Context as _, bail};

/// A value of a document. What no command here asks for is read as [`Value::Other`].
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// A floating-point number.
    Double(f64),
    /// A text.
    Text(String),
    /// A document.
    Document(Document),
    /// A list.
    Array(Vec<Value>),
    /// Bytes, and the number of their kind: 4 for a UUID.
    Binary(u8, Vec<u8>),
    /// A truth value.
    Bool(bool),
    /// An integer of 32 bits.
    Int(i32),
    /// An integer of 64 bits.
    Long(i64),
    /// Something else, by the number of its type.
    Other(u8),
}

/// Fields in their order; the first names the command.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Document(Vec<(String, Value)>);

impl Document {
    /// One without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// The document with one more field.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.push((name.to_owned(), value.into()));
        self
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// The text of a field.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether a field is `true`, or a number that stands for it.
    pub fn flag(&self, name: &str) -> bool {
        match self.get(name) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::Double(number)) => *number != 0.0,
            Some(Value::Int(number)) => *number != 0,
            _ => false,
        }
    }

    /// The bytes of the document.
    pub fn encode(&self) -> Vec<u8> {
        let fields = self.0.iter().map(|(name, value)| (name.as_str(), value));
        framed(fields)
    }

    /// Reads a document that is all of `bytes`.
    ///
    /// # Errors
    /// They are not one document of the types that are known here.
    pub fn decode(bytes: &[u8]) -> crate::Result<Self> {
        let mut rest = bytes;
        let document = read_document(&mut rest)?;
        if rest.is_empty() { Ok(document) } else { bail!("a document is followed by something else") }
    }
}

fn framed<'a>(fields: impl Iterator<Item = (&'a str, &'a Value)>) -> Vec<u8> {
    let mut bytes = vec![0; 4];
    for (name, value) in fields {
        let (kind, body) = encode(value);
        bytes.push(kind);
        bytes.extend_from_slice(name.as_bytes());
        bytes.push(0);
        bytes.extend(body);
    }
    bytes.push(0);
    let length = length(bytes.len());
    bytes[..4].copy_from_slice(&length);
    bytes
}

/// A length as it stands in a message; MongoDB: 48,000,000 bytes at most.
pub(super) fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes()
}

fn encode(value: &Value) -> (u8, Vec<u8>) {
    match value {
        Value::Double(number) => (0x01, number.to_le_bytes().to_vec()),
        Value::Text(text) => {
            let mut body = length(text.len() + 1).to_vec();
            body.extend_from_slice(text.as_bytes());
            body.push(0);
            (0x02, body)
        }
        Value::Document(document) => (0x03, document.encode()),
        Value::Array(items) => {
            let names: Vec<String> = (0..items.len()).map(|at| at.to_string()).collect();
            (0x04, framed(names.iter().map(String::as_str).zip(items)))
        }
        Value::Binary(kind, bytes) => (0x05, [&length(bytes.len())[..], &[*kind], bytes].concat()),
        Value::Bool(flag) => (0x08, vec![u8::from(*flag)]),
        Value::Int(number) => (0x10, number.to_le_bytes().to_vec()),
        Value::Long(number) => (0x12, number.to_le_bytes().to_vec()),
        // Null has no body; what was read as something else is not written back as such.
        Value::Other(_) => (0x0A, Vec::new()),
    }
}

fn read_document(rest: &mut &[u8]) -> crate::Result<Document> {
    let mut fields = read_frame(rest)?;
    let mut document = Document::new();
    while let Some(kind) = take(&mut fields, 1)?.first().copied().filter(|kind| *kind != 0) {
        let name = read_name(&mut fields)?;
        let value = read(kind, &mut fields).with_context(|| format!("field `{name}`"))?;
        document.0.push((name, value));
    }
    Ok(document)
}

/// The bytes of a document after its length, with the 0 at their end.
fn read_frame<'a>(rest: &mut &'a [u8]) -> crate::Result<&'a [u8]> {
    let length = read_length(rest)?;
    let fields = length.checked_sub(4).context("a document is too short")?;
    take(rest, fields)
}

fn read(kind: u8, rest: &mut &[u8]) -> crate::Result<Value> {
    let skipped = match kind {
        0x01 => return Ok(Value::Double(f64::from_le_bytes(array(rest)?))),
        0x02 => {
            let length = read_length(rest)?;
            let text = take(rest, length)?.strip_suffix(&[0]).context("a text has no end")?;
            return Ok(Value::Text(String::from_utf8(text.to_vec()).context("a text is not UTF-8")?));
        }
        0x03 => return Ok(Value::Document(read_document(rest)?)),
        0x04 => {
            let items = read_document(rest)?;
            return Ok(Value::Array(items.0.into_iter().map(|(_, item)| item).collect()));
        }
        0x05 => {
            let length = read_length(rest)?;
            let [kind] = array(rest)?;
            return Ok(Value::Binary(kind, take(rest, length)?.to_vec()));
        }
        0x08 => return Ok(Value::Bool(array::<1>(rest)? != [0])),
        0x10 => return Ok(Value::Int(i32::from_le_bytes(array(rest)?))),
        0x12 => return Ok(Value::Long(i64::from_le_bytes(array(rest)?))),
        0x06 | 0x0A | 0x7F | 0xFF => 0,
        0x07 => 12,
        0x09 | 0x11 => 8,
        0x13 => 16,
        other => bail!("a value of the unknown type {other}"),
    };
    take(rest, skipped)?;
    Ok(Value::Other(kind))
}

fn read_name(rest: &mut &[u8]) -> crate::Result<String> {
    let end = rest.iter().position(|byte| *byte == 0).context("the name of a field has no end")?;
    let name = take(rest, end)?.to_vec();
    take(rest, 1)?;
    String::from_utf8(name).context("the name of a field is not UTF-8")
}

fn read_length(rest: &mut &[u8]) -> crate::Result<usize> {
    usize::try_from(i32::from_le_bytes(array(rest)?)).context("a length is negative")
}

fn array<const N: usize>(rest: &mut &[u8]) -> crate::Result<[u8; N]> {
    take(rest, N)?.try_into().context("a value is cut off")
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> crate::Result<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(count).context("a document is cut off")?;
    *rest = left;
    Ok(taken)
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Double(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Document> for Value {
    fn from(document: Document) -> Self {
        Self::Document(document)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Int(number)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Long(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Document {
        let list = Value::Array(vec![Value::Int(-1), "ü".into(), true.into()]);
        Document::new()
            .with("a", 1.5)
            .with("b", list)
            .with("c", Document::new().with("d", 7_i64))
            .with("e", Value::Binary(4, vec![1; 16]))
            .with("", "")
    }

    #[test]
    fn what_is_written_is_read_back() {
        assert_eq!(Document::decode(&sample().encode()).unwrap(), sample());
        assert_eq!(Document::new().encode(), [5, 0, 0, 0, 0]);
        assert_eq!(Document::new().with("a", 1).encode(), *b"\x0c\0\0\0\x10a\0\x01\0\0\0\0");
    }

    #[test]
    fn other_types_are_passed_over() {
        let bytes = b"\x20\0\0\0\x07i\0abcdefghijkl\x0an\0\x05b\0\x01\0\0\0\0x\0";
        let document = Document::decode(bytes).unwrap();
        assert_eq!(document.get("i"), Some(&Value::Other(7)));
        assert_eq!(document.get("b"), Some(&Value::Binary(0, b"x".to_vec())));
    }

    #[test]
    fn what_is_cut_off_is_an_error() {
        let bytes = sample().encode();
        for end in 0..bytes.len() {
            assert!(Document::decode(&bytes[..end]).is_err(), "{end}");
        }
        assert!(Document::decode(b"\x06\0\0\0\0\0\0").is_err());
    }

    #[test]
    fn fields_are_read_by_type() {
        let document = Document::new().with("t", "x").with("f", true).with("n", 1.0).with("z", 0);
        assert_eq!((document.text("t"), document.text("f")), (Some("x"), None));
        assert!(document.flag("f") && document.flag("n") && !document.flag("z") && !document.flag("no"));
    }
}
