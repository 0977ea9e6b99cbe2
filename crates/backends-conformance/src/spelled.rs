//! The tokens of a walk as text, for the tests of a driver's codec.

use backends_core::{Result, Token, Tokens};

/// The record that `tokens` walks, as text: `{` and `[` begin a map and an array, `.` ends either, `name:` is a field,
/// and every other value ends with a comma, an integer with `i,` and a float with `f,`.
///
/// ```
/// use backends_core::{RecordBuf, Token};
///
/// let mut record = RecordBuf::new();
/// record.set("n", Token::Int(7));
/// assert_eq!(backends_conformance::spelled(&mut record.tokens())?, "{n:7i,.");
/// # Ok::<(), backends_core::Error>(())
/// ```
///
/// # Errors
/// Those of the walk.
///
/// # Panics
/// If the walk goes on after the end of the record.
pub fn spelled(tokens: &mut dyn Tokens) -> Result<String> {
    let mut text = String::new();
    let mut open = 0;
    loop {
        let token = tokens.next()?;
        match token {
            Token::Map | Token::Array => open += 1,
            Token::End => open -= 1,
            _ => {}
        }
        let word = match token {
            Token::Map => "{".to_owned(),
            Token::Array => "[".to_owned(),
            Token::End => ".".to_owned(),
            Token::Field(name) => format!("{name}:"),
            Token::Null => "null,".to_owned(),
            Token::Bool(bool) => format!("{bool},"),
            Token::Int(int) => format!("{int}i,"),
            Token::Float(float) => format!("{float}f,"),
            Token::String(string) => format!("{string:?},"),
            Token::Bytes(bytes) => format!("{bytes:?},"),
            Token::Timestamp(at) => format!("{at},"),
        };
        text.push_str(&word);
        if open == 0 {
            assert!(tokens.next().is_err(), "the walk goes on after the end of the record: {text}");
            return Ok(text);
        }
    }
}
