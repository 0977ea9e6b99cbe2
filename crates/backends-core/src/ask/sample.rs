//! Samples: plausible values for a type that has to accept something before it says more.

use std::iter;

use serde::de::Visitor;
use serde::de::value::{MapDeserializer, SeqDeserializer};

use super::probe::{Form, Probe, Sampled, Shape, Variant, Way};
use super::refusal::Refusal;

/// Texts that some type of text accepts.
const TEXTS: &[&str] = &[
    "",
    "a",
    "2000-01-01T00:00:00.000Z",
    "00000000-0000-0000-0000-000000000000",
    "0",
    "2000-01-01",
    "00:00:00",
    "2000-01-01T00:00:00",
    "127.0.0.1",
    "::1",
    "127.0.0.1:80",
    "[::1]:80",
    "http://example.org/",
    "a@example.org",
    "000000000000000000000000",
    "1.0.0",
    "PT1S",
    "UTC",
    "EUR",
    "en",
    "true",
    "1",
    "00000000000000000000000000",
    "text/plain",
    "10.0.0.0/8",
    "aaaaaaaa",
    "+12025550123",
    "#000000",
];
const INTEGERS: &[i64] = &[0, 1, 2, -1, 16, 1_000, 2_000];
const FLOATS: &[f64] = &[0.0, 1.0, 0.5, -1.0];
/// How many zero bytes are offered: none, and the sizes of keys and hashes.
const SIZES: &[usize] = &[0, 1, 4, 8, 12, 16, 20, 24, 32, 48, 64];

/// A value of this form, as small as it may be.
pub(super) fn form<'de, V: Visitor<'de>>(form: Form, visitor: V) -> Result<V::Value, Refusal> {
    match form {
        Form::Bool => visitor.visit_bool(false),
        Form::Integer => visitor.visit_i64(0),
        Form::Float => visitor.visit_f64(0.5),
        Form::Array => visitor.visit_seq(SeqDeserializer::<_, Refusal>::new(iter::empty::<()>())),
        Form::Map => visitor.visit_map(MapDeserializer::<_, Refusal>::new(iter::empty::<((), ())>())),
    }
}

/// A sample of what is no option, array, struct or enum.
pub(super) fn scalar<'de, V: Visitor<'de>>(probe: Probe<'_>, shape: Shape, visitor: V) -> Result<V::Value, Refusal> {
    match shape {
        Shape::Bool => visitor.visit_bool(choose(probe, 2)?.1 == 1),
        Shape::Integer => visitor.visit_i64(pick(probe, INTEGERS)?),
        Shape::Float => visitor.visit_f64(pick(probe, FLOATS)?),
        Shape::Text => text(probe, visitor),
        Shape::Bytes => visitor.visit_bytes(&vec![0; pick(probe, SIZES)?]),
        Shape::Unit => visitor.visit_unit(),
        Shape::Map => fields(probe, visitor),
        _ => any(probe, visitor),
    }
}

/// A sample for a type that takes what there is.
fn any<'de, V: Visitor<'de>>(probe: Probe<'_>, visitor: V) -> Result<V::Value, Refusal> {
    match choose(probe, 6)?.1 {
        0 => text(probe, visitor),
        1 => visitor.visit_i64(pick(probe, INTEGERS)?),
        2 => fields(probe, visitor),
        3 => visitor.visit_bool(false),
        4 => visitor.visit_unit(),
        _ => elements(probe, Shape::Seq, visitor),
    }
}

fn text<'de, V: Visitor<'de>>(probe: Probe<'_>, visitor: V) -> Result<V::Value, Refusal> {
    let (choice, taken) = choose(probe, TEXTS.len())?;
    let word = probe.run.draft.borrow().word(choice);
    let result = visitor.visit_str(word.or_else(|| TEXTS.get(taken).copied()).unwrap_or_default());
    if let Err(Refusal::Words(words)) = result {
        probe.run.draft.borrow_mut().limit(choice, words);
        return Err(Refusal::Plain);
    }
    result
}

/// None, or else some.
pub(super) fn option<'de, V: Visitor<'de>>(probe: Probe<'_>, visitor: V) -> Result<V::Value, Refusal> {
    if choose(probe, 2)?.1 == 0 { visitor.visit_none() } else { visitor.visit_some(probe) }
}

/// A struct or map of the fields that it cannot do without.
pub(super) fn fields<'de, V: Visitor<'de>>(probe: Probe<'_>, visitor: V) -> Result<V::Value, Refusal> {
    let (choice, _) = choose(probe, 1)?;
    let result = visitor.visit_map(Sampled { choice, shown: 0, length: 0, value: probe.inside(Way::Sample) });
    if let Err(Refusal::Missing(field)) = result {
        probe.run.draft.borrow_mut().require(choice, field);
        return Err(Refusal::Plain);
    }
    result
}

/// An array, as short as it may be.
pub(super) fn elements<'de, V: Visitor<'de>>(probe: Probe<'_>, shape: Shape, visitor: V) -> Result<V::Value, Refusal> {
    let (choice, taken) = choose(probe, if shape == Shape::Seq { 3 } else { 1 })?;
    let length = if let Shape::Tuple(length) = shape { length } else { taken };
    visitor.visit_seq(Sampled { choice, shown: 0, length, value: probe.inside(Way::Sample) })
}

/// The first variant that can be made; inside an enum, the next one, so that a recursive enum ends.
pub(super) fn variant<'de, V: Visitor<'de>>(
    probe: Probe<'_>,
    variants: &'static [&'static str],
    visitor: V,
) -> Result<V::Value, Refusal> {
    let (_, taken) = choose(probe, variants.len())?;
    let name = variants.get((taken + probe.enums) % variants.len()).ok_or(Refusal::Plain)?;
    visitor.visit_enum(Variant::new(name, probe.inside_variant()))
}

/// The number of the next choice, and which to take.
fn choose(probe: Probe<'_>, of: usize) -> Result<(usize, usize), Refusal> {
    if probe.is_too_deep() {
        return Err(Refusal::Plain);
    }
    probe.run.draft.borrow_mut().choose(of).ok_or(Refusal::Plain)
}

fn pick<T: Copy>(probe: Probe<'_>, candidates: &[T]) -> Result<T, Refusal> {
    let (_, taken) = choose(probe, candidates.len())?;
    candidates.get(taken).copied().ok_or(Refusal::Plain)
}
