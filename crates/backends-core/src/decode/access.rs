//! The inside of arrays, maps and variants.

use serde::de::{self, DeserializeSeed, Deserializer};

use super::key::KeyName;
use super::lazy::Lazy;
use super::scalar::{Held, Rest, misplaced};
use crate::encode::Fault;
use crate::schema::Place;
use crate::{Error, Token};

/// The elements of an array.
pub(super) struct Elements<'w, 't> {
    rest: Rest<'w, 't>,
    place: Option<&'w Place>,
    ended: bool,
    index: usize,
}

impl<'w, 't> Elements<'w, 't> {
    pub(super) fn new(rest: Rest<'w, 't>) -> Self {
        let place = rest.place.and_then(Place::elements);
        Self { rest, place, ended: false, index: 0 }
    }

    /// A type that took fewer elements than there are cannot hold the array.
    pub(super) fn finish(self) -> Result<(), Fault> {
        if !self.ended && self.rest.walk.tokens.next()? != Token::End {
            return Err(Error::unreadable("stored more elements than the type has").into());
        }
        Ok(())
    }
}

impl<'de> de::SeqAccess<'de> for &mut Elements<'_, '_> {
    type Error = Fault;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Fault> {
        if self.ended {
            return Ok(None);
        }
        if let Some(trail) = self.rest.walk.trail {
            trail.borrow_mut().push(format!("[{}]", self.index));
            self.index += 1;
        }
        let (place, trail) = (self.place, self.rest.walk.trail);
        let is_map = match self.rest.walk.tokens.next() {
            Ok(Token::Map) => true,
            Ok(Token::Array) => false,
            Ok(Token::End) => {
                self.ended = true;
                leave(trail);
                return Ok(None);
            }
            Ok(Token::Field(_)) => return Err(misplaced()),
            Ok(ref scalar) => {
                let value = seed.deserialize(Held::Scalar(scalar, place))?;
                leave(trail);
                return Ok(Some(value));
            }
            Err(error) => return Err(error.into()),
        };
        let rest = Rest { walk: &mut *self.rest.walk, place };
        let value = seed.deserialize(if is_map { Held::Map(rest) } else { Held::Array(rest) })?;
        leave(trail);
        Ok(Some(value))
    }
}

#[inline]
fn leave(trail: super::Trail<'_>) {
    if let Some(trail) = trail {
        trail.borrow_mut().pop();
    }
}

/// The name of a field, if the type takes it. An error that names the field stands outside of it.
#[inline]
fn accepted<K>(name: Result<K, Fault>, trail: super::Trail<'_>) -> Result<Option<K>, Fault> {
    match name {
        Ok(name) => Ok(Some(name)),
        Err(fault) => {
            if fault.names_field() {
                leave(trail);
            }
            Err(fault)
        }
    }
}

/// The fields of a map inside a record.
pub(super) struct Fields<'w, 't> {
    rest: Rest<'w, 't>,
    inner: Option<&'w Place>,
    ended: bool,
}

impl<'w, 't> Fields<'w, 't> {
    pub(super) fn new(rest: Rest<'w, 't>) -> Self {
        Self { rest, inner: None, ended: false }
    }

    pub(super) fn finish(self) -> Result<(), Fault> {
        if !self.ended && self.rest.walk.tokens.next()? != Token::End {
            return Err(Error::unreadable("stored more fields than the type has").into());
        }
        Ok(())
    }

    /// The value behind the name that was read last.
    #[inline]
    fn value<'de, S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        let trail = self.rest.walk.trail;
        let value = seed.deserialize(Lazy::field(self.rest.walk, self.inner))?;
        leave(trail);
        Ok(value)
    }
}

/// Notes the field whose value comes next: what is declared there, and its name in the trail.
macro_rules! enter {
    ($rest:expr, $inner:expr, $name:expr) => {
        if let Some(place) = $rest.place {
            $inner = place.field($name);
        }
        if let Some(trail) = $rest.walk.trail {
            trail.borrow_mut().push($name.to_owned());
        }
    };
}

impl<'de> de::MapAccess<'de> for &mut Fields<'_, '_> {
    type Error = Fault;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        if self.ended {
            return Ok(None);
        }
        match self.rest.walk.tokens.next()? {
            Token::Field(name) => {
                enter!(self.rest, self.inner, name);
                accepted(seed.deserialize(KeyName(name)), self.rest.walk.trail)
            }
            Token::End => {
                self.ended = true;
                Ok(None)
            }
            _ => Err(misplaced()),
        }
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        self.value(seed)
    }
}

/// The fields of a record, of which only those that the type lists are offered to it.
pub(super) struct Root<'w, 't> {
    fields: Fields<'w, 't>,
    listed: &'static [&'static str],
    /// Where in the list the next field is likely to be: records are mostly written by the type that reads them.
    likely: usize,
}

impl<'w, 't> Root<'w, 't> {
    pub(super) fn new(rest: Rest<'w, 't>, listed: &'static [&'static str]) -> Self {
        Self { fields: Fields::new(rest), listed, likely: 0 }
    }

    pub(super) fn finish(self) -> Result<(), Fault> {
        self.fields.finish()
    }
}

impl<'de> de::MapAccess<'de> for &mut Root<'_, '_> {
    type Error = Fault;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        loop {
            match self.fields.rest.walk.tokens.next()? {
                Token::Field(name) => {
                    let listed = if self.listed.get(self.likely).is_some_and(|listed| is_same(listed, name)) {
                        Some(self.likely)
                    } else {
                        self.listed.iter().position(|field| *field == name)
                    };
                    if let Some(at) = listed {
                        self.likely = at + 1;
                        enter!(self.fields.rest, self.fields.inner, name);
                        return accepted(seed.deserialize(KeyName(name)), self.fields.rest.walk.trail);
                    }
                }
                Token::End => {
                    self.fields.ended = true;
                    return Ok(None);
                }
                _ => return Err(misplaced()),
            }
            self.fields.rest.walk.tokens.skip()?;
        }
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        self.fields.value(seed)
    }
}

/// Whether two short names are the same, without the call that `==` makes to compare bytes: it is asked for each field of
/// each record.
#[inline]
fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    match one.len() {
        length if length != other.len() => false,
        4..=7 => one.first_chunk::<4>() == other.first_chunk() && one.last_chunk::<4>() == other.last_chunk(),
        8..=16 => one.first_chunk::<8>() == other.first_chunk() && one.last_chunk::<8>() == other.last_chunk(),
        _ => one == other,
    }
}

/// The map of an enum's variant: its name, its content, its end.
pub(super) struct Variant<'w, 't>(pub(super) Rest<'w, 't>);

impl<'de, 'w, 't> de::EnumAccess<'de> for Variant<'w, 't> {
    type Error = Fault;
    type Variant = Content<'w, 't>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Content<'w, 't>), Fault> {
        let mut inner = None;
        let variant = match self.0.walk.tokens.next()? {
            Token::Field(name) => {
                enter!(self.0, inner, name);
                seed.deserialize(KeyName(name))?
            }
            _ => return Err(Error::unreadable("stored an empty map, expected a variant").into()),
        };
        Ok((variant, Content { rest: self.0, inner }))
    }
}

/// What an enum's variant holds.
pub(super) struct Content<'w, 't> {
    rest: Rest<'w, 't>,
    inner: Option<&'w Place>,
}

impl<'t> Content<'_, 't> {
    fn end(self) -> Result<(), Fault> {
        leave(self.rest.walk.trail);
        if self.rest.walk.tokens.next()? == Token::End {
            Ok(())
        } else {
            Err(Error::unreadable("stored a map of several fields, expected one variant").into())
        }
    }

    fn lazy(&mut self) -> Lazy<'_, 't, false> {
        Lazy::field(self.rest.walk, self.inner)
    }
}

impl<'de> de::VariantAccess<'de> for Content<'_, '_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        Err(Error::unreadable("stored a variant with content, expected one without").into())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(mut self, seed: S) -> Result<S::Value, Fault> {
        let value = seed.deserialize(self.lazy())?;
        self.end()?;
        Ok(value)
    }

    fn tuple_variant<V: de::Visitor<'de>>(mut self, _length: usize, visitor: V) -> Result<V::Value, Fault> {
        let value = self.lazy().deserialize_seq(visitor)?;
        self.end()?;
        Ok(value)
    }

    fn struct_variant<V: de::Visitor<'de>>(
        mut self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let value = self.lazy().deserialize_map(visitor)?;
        self.end()?;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn names_are_the_same_as_text_is() {
        let text = "abcdefghijklmnopqrstuvwxyz";
        let names: Vec<_> = (0..20).map(|length| &text[..length]).collect();
        for name in &names {
            for other in &names {
                assert_eq!(is_same(name, other), name == other, "{name} {other}");
            }
            for at in 0..name.len() {
                let mut other = (*name).to_owned();
                other.replace_range(at..=at, "Z");
                assert!(!is_same(name, &other) && !is_same(&other, name), "{name} {other}");
            }
        }
    }
}
