//! What a probe shows of a struct, an array or an enum: one step of its path, or a sample.

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, IntoDeserializer, Visitor};

use super::{Found, Probe, Refusal, Shape, Way};

fn key<'de, K: DeserializeSeed<'de>>(name: &'static str, seed: K) -> Result<K::Value, Refusal> {
    let name: StrDeserializer<'_, Refusal> = name.into_deserializer();
    seed.deserialize(name)
}

/// A struct of which one field is shown; it is never finished.
pub(super) struct OneField<'r> {
    name: Option<&'static str>,
    value: Probe<'r>,
}

impl<'r> OneField<'r> {
    pub(super) fn new(name: &'static str, value: Probe<'r>) -> Self {
        Self { name: Some(name), value }
    }
}

impl<'de> de::MapAccess<'de> for OneField<'_> {
    type Error = Refusal;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refusal> {
        key(self.name.take().ok_or(Refusal::Plain)?, seed).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Refusal> {
        self.value.follow(seed)
    }
}

/// A struct that shows one field twice, so that it says under which name it knows it.
pub(super) struct Twice<'r> {
    name: &'static str,
    shown: usize,
    value: Probe<'r>,
}

impl<'r> Twice<'r> {
    pub(super) fn offer<'de, V: Visitor<'de>>(
        name: &'static str,
        value: Probe<'r>,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        let mut twice = Self { name, shown: 0, value };
        let result = visitor.visit_map(&mut twice);
        if twice.shown == 2 {
            let known = if let Err(Refusal::Duplicate(known)) = &result { Some(*known) } else { None };
            value.run.found.set(Some(Found::Known(known)));
        }
        result
    }
}

impl<'de> de::MapAccess<'de> for &mut Twice<'_> {
    type Error = Refusal;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refusal> {
        if self.shown == 2 {
            return Err(Refusal::Plain);
        }
        self.shown += 1;
        key(self.name, seed).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Refusal> {
        if self.shown == 2 { Err(Refusal::Plain) } else { seed.deserialize(self.value) }
    }
}

/// An array of which one element is shown; those before it are samples, and it is never finished.
pub(super) struct OneElement<'r> {
    before: usize,
    element: Option<Probe<'r>>,
}

impl<'r> OneElement<'r> {
    pub(super) fn new(index: usize, element: Probe<'r>) -> Self {
        Self { before: index, element: Some(element) }
    }
}

impl<'de> de::SeqAccess<'de> for OneElement<'_> {
    type Error = Refusal;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Refusal> {
        // A type that goes on after a refusal is refused once more: it would never come to an end.
        let element = self.element.ok_or(Refusal::Plain)?;
        if self.before > 0 {
            self.before -= 1;
            return seed.deserialize(element.inside(Way::Sample)).map(Some);
        }
        self.element = None;
        element.follow(seed).map(Some)
    }
}

/// A variant of an enum, on the path or as a sample.
pub(in crate::ask) struct Variant<'r> {
    name: &'static str,
    content: Probe<'r>,
}

impl<'r> Variant<'r> {
    pub(in crate::ask) fn new(name: &'static str, content: Probe<'r>) -> Self {
        Self { name, content }
    }
}

impl<'de, 'r> de::EnumAccess<'de> for Variant<'r> {
    type Error = Refusal;
    type Variant = Content<'r>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Content<'r>), Refusal> {
        Ok((key(self.name, seed)?, Content(self.content)))
    }
}

/// What a variant holds.
pub(in crate::ask) struct Content<'r>(Probe<'r>);

impl<'de> de::VariantAccess<'de> for Content<'_> {
    type Error = Refusal;

    fn unit_variant(self) -> Result<(), Refusal> {
        match self.0.way {
            Way::Sample => Ok(()),
            Way::Along(_) => Err(self.0.note::<()>(Shape::UnitVariant)),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Refusal> {
        self.0.follow(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Refusal> {
        self.0.elements(Shape::Tuple(length), visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Refusal> {
        self.0.fields(fields, visitor)
    }
}

/// A sample of a struct, with the fields that it has asked for, or of an array.
pub(in crate::ask) struct Sampled<'r> {
    /// The choice that knows the fields.
    pub(in crate::ask) choice: usize,
    pub(in crate::ask) shown: usize,
    /// How many elements the array has.
    pub(in crate::ask) length: usize,
    pub(in crate::ask) value: Probe<'r>,
}

impl<'de> de::MapAccess<'de> for Sampled<'_> {
    type Error = Refusal;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refusal> {
        let name = self.value.run.draft.borrow().field(self.choice, self.shown);
        self.shown += 1;
        name.map(|name| key(name, seed)).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Refusal> {
        seed.deserialize(self.value)
    }
}

impl<'de> de::SeqAccess<'de> for Sampled<'_> {
    type Error = Refusal;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Refusal> {
        if self.shown == self.length {
            return Ok(None);
        }
        self.shown += 1;
        seed.deserialize(self.value).map(Some)
    }
}
