//! The JSON form of filters, for requests from outside.

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, SerializeMap, Serializer};

use super::field::{operand, starts_with};
use super::{Expr, Filter, Path, Pattern, Predicate};
use crate::definition::shown;
use crate::json::tree::Json;
use crate::json::{are_storable, handed_out};
use crate::names::unknown;
use crate::value::BINARY;
use crate::{Error, Result, Token, Value};

/// How many filters stand inside one another.
const DEPTH: usize = 16;
/// How many tests and combinations there are.
const PARTS: usize = 256;

/// The double that is the least integer.
const LEAST: f64 = -9_223_372_036_854_775_808.0;

const FIELD: &str = "field";
const COMBINATIONS: [&str; 4] = ["and", "or", "not", "all"];
const OPERATORS: [&str; 14] = [
    "eq",
    "ne",
    "le",
    "lt",
    "ge",
    "gt",
    "between",
    "in",
    "notIn",
    "like",
    "startsWith",
    "contains",
    "isMissing",
    "isSet",
];

impl Filter {
    /// Reads a filter from JSON, as it comes from outside.
    ///
    /// A test has the key `field` and exactly one operator: `eq`, `ne`, `lt`, `le`, `gt`, `ge`, `like`, `startsWith`,
    /// `contains` with a value, `between` with two, `in` and `notIn` with a list, `isMissing` and `isSet` with `true`.
    /// A combination has exactly one of `and`, `or` (lists), `not` (a filter), `all` (`true`). Bytes are
    /// `{"$binary": base64}`; text at the place of a timestamp is RFC 3339. At most 16 filters inside one another and
    /// 256 in all. An integer outside i64 is refused; read by serde, where the text is not at hand, one outside u64 is
    /// the float next to it.
    ///
    /// ```
    /// use backends_core::{Filter, field};
    ///
    /// let filter = Filter::from_json(r#"{"field": "age", "between": [18, 65]}"#)?;
    /// assert_eq!(filter, field("age").between(18, 65));
    /// let error = Filter::from_json(r#"{"field": "age", "gte": 18}"#).unwrap_err();
    /// assert_eq!(error.message(), "unknown operator `gte`: did you mean `ge`?");
    /// # Ok::<(), backends_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` for another key, more than one operator, an operand that no operator takes, or too many parts.
    pub fn from_json(text: &str) -> Result<Self> {
        let json = Json::parse(text, "the filter")?;
        if !are_storable(text) {
            return Err(out_of_range());
        }
        read(&json)
    }
}

fn read(json: &Json) -> Result<Filter> {
    let filter = Reader { parts: 0 }.filter(json, 1)?;
    filter.check()?;
    Ok(filter)
}

struct Reader {
    parts: usize,
}

impl Reader {
    fn filter(&mut self, json: &Json, depth: usize) -> Result<Filter> {
        self.parts += 1;
        if depth > DEPTH || self.parts > PARTS {
            return Err(Error::invalid_input(
                "a filter in JSON has at most 16 filters inside one another and 256 in all: ask for less",
            ));
        }
        let Json::Object(entries) = json else {
            return Err(Error::invalid_input("a filter has to be an object, such as {\"field\": …, \"eq\": …}"));
        };
        match entries.as_slice() {
            [(key, value)] if key != FIELD => self.combination(key, value, depth),
            [(first, path), (second, value)] if first == FIELD && second != FIELD => test(path, second, value),
            [(second, value), (first, path)] if first == FIELD && second != FIELD => test(path, second, value),
            _ => Err(wrong_keys(entries)),
        }
    }

    fn combination(&mut self, key: &str, value: &Json, depth: usize) -> Result<Filter> {
        match key {
            "and" => Ok(Filter::and(self.members(key, value, depth)?)),
            "or" => Ok(Filter::or(self.members(key, value, depth)?)),
            "not" => Ok(!self.filter(value, depth + 1)?),
            "all" if *value == Json::Bool(true) => Ok(Filter::all()),
            "all" => Err(only_true(key)),
            _ if OPERATORS.contains(&key) => Err(Error::invalid_input(format!("`{key}` without the key `field`"))),
            _ => Err(Error::invalid_input(unknown(
                "key of a filter",
                &shown(key),
                [FIELD].into_iter().chain(COMBINATIONS),
            ))),
        }
    }

    fn members(&mut self, key: &str, value: &Json, depth: usize) -> Result<Vec<Filter>> {
        let Json::Array(members) = value else {
            return Err(Error::invalid_input(format!("`{key}` takes a list of filters")));
        };
        members.iter().map(|member| self.filter(member, depth + 1)).collect()
    }
}

#[cold]
fn wrong_keys(entries: &[(String, Json)]) -> Error {
    let known = [FIELD].into_iter().chain(COMBINATIONS).chain(OPERATORS);
    let stranger = entries.iter().find(|(key, _)| !known.clone().any(|known| known == key));
    Error::invalid_input(match stranger {
        Some((key, _)) => unknown("key of a filter", &shown(key), known),
        None => "a filter has the key `field` and exactly one operator, or exactly one of `and`, `or`, `not`, `all`"
            .to_owned(),
    })
}

fn only_true(key: &str) -> Error {
    Error::invalid_input(format!("`{key}` takes `true` only"))
}

fn test(path: &Json, operator: &str, value: &Json) -> Result<Filter> {
    let Json::String(path) = path else {
        return Err(Error::invalid_input("`field` has to be text: the path of a field"));
    };
    let path = Path::from(path);
    let predicate = predicate(operator, value).map_err(|error| error.with_path(path.as_str()))?;
    Ok(Filter::test(path, predicate))
}

fn predicate(operator: &str, value: &Json) -> Result<Predicate> {
    Ok(match operator {
        "eq" => Predicate::Eq(scalar(value)?),
        "ne" => Predicate::Ne(scalar(value)?),
        "lt" => Predicate::Lt(scalar(value)?),
        "le" => Predicate::Le(scalar(value)?),
        "gt" => Predicate::Gt(scalar(value)?),
        "ge" => Predicate::Ge(scalar(value)?),
        "contains" => Predicate::Contains(scalar(value)?),
        "between" => match list(operator, value)? {
            [low, high] => Predicate::Between(scalar(low)?, scalar(high)?),
            _ => return Err(Error::invalid_input("`between` takes a list of two values")),
        },
        "in" => Predicate::In(list(operator, value)?.iter().map(scalar).collect::<Result<_>>()?),
        "notIn" => Predicate::NotIn(list(operator, value)?.iter().map(scalar).collect::<Result<_>>()?),
        "like" => Predicate::Like(Pattern::parse(text(operator, value)?)?),
        "startsWith" => starts_with(text(operator, value)?)?,
        "isMissing" | "isSet" if *value != Json::Bool(true) => return Err(only_true(operator)),
        "isMissing" => Predicate::IsMissing,
        "isSet" => Predicate::IsSet,
        _ => return Err(Error::invalid_input(unknown("operator", &shown(operator), OPERATORS))),
    })
}

fn list<'j>(operator: &str, value: &'j Json) -> Result<&'j [Json]> {
    match value {
        Json::Array(items) => Ok(items),
        _ => Err(Error::invalid_input(format!("`{operator}` takes a list of values"))),
    }
}

fn text<'j>(operator: &str, value: &'j Json) -> Result<&'j str> {
    match value {
        Json::String(text) => Ok(text),
        _ => Err(Error::invalid_input(format!("`{operator}` takes text"))),
    }
}

#[cold]
fn out_of_range() -> Error {
    Error::invalid_input(
        "a number as an operand is an integer from -2^63 to 2^63 - 1, written as one, or a float with a magnitude from \
         1e-130 up to 1e126, written with a fraction or an exponent",
    )
}

/// The operand as a record would hold it.
fn scalar(json: &Json) -> Result<Value> {
    match json {
        Json::Null => operand(&()),
        Json::Bool(bool) => operand(bool),
        Json::Number(number) => match handed_out(&number.to_string()) {
            Some(Token::Int(int)) => operand(&int),
            Some(Token::Float(float)) => operand(&float),
            _ => Err(out_of_range()),
        },
        Json::String(text) => operand(text),
        Json::Array(_) => operand(&[0_u8; 0]),
        Json::Object(entries) => match entries.as_slice() {
            [(key, Json::String(text))] if key == BINARY => crate::value::bytes_of(text),
            _ => operand(&crate::Document::new()),
        },
    }
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.check().map_err(S::Error::custom)?;
        let (path, predicate) = match self.expr() {
            Expr::Test(path, predicate) => (path, predicate),
            Expr::All => return one(serializer, "all", &true),
            Expr::Nothing => return Err(S::Error::custom("a filter that matches nothing has no JSON form")),
            Expr::And(members) => return one(serializer, "and", members),
            Expr::Or(members) => return one(serializer, "or", members),
            Expr::Not(filter) => return one(serializer, "not", filter),
        };
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry(FIELD, path.as_str())?;
        let name = predicate.name();
        match predicate {
            Predicate::Between(low, high) => map.serialize_entry(name, &[low, high]),
            Predicate::In(values) | Predicate::NotIn(values) => map.serialize_entry(name, values),
            Predicate::Like(pattern) => map.serialize_entry(name, &pattern.to_string()),
            Predicate::StartsWith(start) => map.serialize_entry(name, start),
            Predicate::IsMissing | Predicate::IsSet => map.serialize_entry(name, &true),
            Predicate::Eq(value)
            | Predicate::Ne(value)
            | Predicate::Lt(value)
            | Predicate::Le(value)
            | Predicate::Gt(value)
            | Predicate::Ge(value)
            | Predicate::Contains(value) => map.serialize_entry(name, value),
        }?;
        map.end()
    }
}

fn one<S: Serializer, V: Serialize + ?Sized>(serializer: S, key: &str, value: &V) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(key, value)?;
    map.end()
}

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        // The text is not at hand here, and this may be the double next to an integer outside i64.
        let is_certain = json.all_numbers(&|number| !(number.is_f64() && number.as_f64() == Some(LEAST)));
        if is_certain { read(&json) } else { Err(out_of_range()) }.map_err(D::Error::custom)
    }
}
