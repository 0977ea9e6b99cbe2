//! From JSON to the value of a property.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Map, Value};

use super::json;
use super::property::{Property, PropertyKind};
use super::secret::Secret;

/// What a property was found to hold.
#[derive(Clone)]
pub(super) enum PropertyValue {
    Text(String),
    Secret(Secret),
    Integer(i64),
    Duration(Duration),
    Flag(bool),
    List(Vec<String>),
    Map(Map<String, Value>),
}

/// A value of another type than the property has.
pub(super) struct WrongType;

/// The value of `property` in `json`: none if it is null or empty.
pub(super) fn read(property: &Property, json: &Value) -> Result<Option<PropertyValue>, WrongType> {
    let value = match (property.kind, json) {
        (_, Value::Null) => return Ok(None),
        (PropertyKind::Text | PropertyKind::Secret | PropertyKind::List, Value::String(text)) if text.is_empty() => {
            return Ok(None);
        }
        (PropertyKind::List, Value::Array(list)) if list.is_empty() => return Ok(None),
        (PropertyKind::Map, Value::Object(map)) if map.is_empty() => return Ok(None),
        (PropertyKind::Text, Value::String(text)) if is_choice(property, text) => PropertyValue::Text(text.clone()),
        (PropertyKind::Secret, Value::String(text)) => PropertyValue::Secret(Secret::new(text.as_str())),
        (PropertyKind::Integer, Value::Number(_)) => PropertyValue::Integer(whole(property, json)?),
        (PropertyKind::Duration, Value::Number(_)) => {
            let milliseconds = u64::try_from(whole(property, json)?).map_err(|_| WrongType)?;
            PropertyValue::Duration(Duration::from_millis(milliseconds))
        }
        (PropertyKind::Flag, Value::Bool(flag)) => PropertyValue::Flag(*flag),
        (PropertyKind::List, Value::String(text)) => PropertyValue::List(list(text.split(',').map(Some))?),
        (PropertyKind::List, Value::Array(members)) => PropertyValue::List(list(members.iter().map(Value::as_str))?),
        (PropertyKind::Map, Value::Object(map)) => PropertyValue::Map(map.clone()),
        _ => return Err(WrongType),
    };
    Ok(Some(value))
}

/// The JSON form of a variable's text; text that is not of the property's type stays text, for [`read`] to refuse. Keys
/// that stand in it more than once are added to `repeated`.
pub(super) fn from_variable(property: &Property, text: &str, repeated: &mut BTreeSet<String>) -> Value {
    let json = match property.kind {
        PropertyKind::Integer | PropertyKind::Duration => text.parse::<i64>().ok().map(Value::from),
        PropertyKind::Flag => text.parse::<bool>().ok().map(Value::from),
        PropertyKind::Map => {
            json::parse::<crate::json::tree::Json>(text).ok().map(|json| json::value(json, "", repeated))
        }
        PropertyKind::Text | PropertyKind::Secret | PropertyKind::List => None,
    };
    json.unwrap_or_else(|| Value::from(text))
}

fn is_choice(property: &Property, text: &str) -> bool {
    property.choices.is_empty() || property.choices.contains(&text)
}

fn whole(property: &Property, json: &Value) -> Result<i64, WrongType> {
    // JSON has one kind of number: `10.0` is 10.
    let number = json.as_i64().or_else(|| json.as_f64().and_then(integral)).ok_or(WrongType)?;
    let (least, greatest) = property.range;
    if (least..=greatest).contains(&number) { Ok(number) } else { Err(WrongType) }
}

fn integral(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53: up to here every integer is exact
    #[allow(clippy::cast_possible_truncation, reason = "the guard keeps what would be cut out")]
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

fn list<'a>(members: impl Iterator<Item = Option<&'a str>>) -> Result<Vec<String>, WrongType> {
    members
        .map(|member| match member.map(str::trim) {
            Some("") | None => Err(WrongType),
            Some(text) => Ok(text.to_owned()),
        })
        .collect()
}
