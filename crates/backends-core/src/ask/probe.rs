//! The deserializer that holds no data: it goes down one path of a type and notes what the type asks for there.

use std::any::type_name;
use std::cell::{Cell, RefCell};

use serde::de::{DeserializeSeed, Deserializer, Visitor};

use super::draft::Draft;
use super::refusal::Refusal;
use super::sample;

mod access;

use access::{OneElement, OneField, Twice};
pub(super) use access::{Sampled, Variant};

/// How many options and newtypes may stand around one value, and how deep a sample may be.
const DEEPEST: usize = 64;

/// A step from a value into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Field(&'static str),
    Element(usize),
    Variant(&'static str),
}

/// What a type asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Bool,
    Integer,
    Float,
    Text,
    Bytes,
    Timestamp,
    Unit,
    /// A variant that holds nothing.
    UnitVariant,
    Struct(&'static [&'static str]),
    Seq,
    Tuple(usize),
    Enum(&'static [&'static str]),
    Map,
    Any,
}

/// What was asked for at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Noted {
    pub(super) shape: Shape,
    pub(super) optional: bool,
    /// The visitor that asked: the same at two places means the same below them.
    pub(super) visitor: &'static str,
    /// The type of what is asked for, with all that stands around it; empty for the outermost.
    pub(super) type_name: &'static str,
}

/// What a run is to find out at the end of its path.
#[derive(Debug, Clone, Copy)]
pub(super) enum Goal {
    /// What is asked for.
    Shape,
    /// Whether this text is accepted.
    Text(&'static str),
    /// Whether the visitor of a type that takes what there is takes this form.
    Form(Form),
    /// Under which name this field is known when it stands there twice.
    Twice(&'static str),
}

/// A form of values beside text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    Bool,
    Integer,
    Float,
    Array,
    Map,
}

impl Form {
    pub(super) const ALL: [Self; 5] = [Self::Bool, Self::Integer, Self::Float, Self::Array, Self::Map];
}

/// What a run has found out.
#[derive(Debug, Clone, Copy)]
pub(super) enum Found {
    Asked(Noted),
    Accepted(bool),
    Known(Option<&'static str>),
}

/// One goal, pursued in one or several attempts.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) goal: Goal,
    pub(super) found: Cell<Option<Found>>,
    pub(super) draft: RefCell<Draft>,
}

impl Run {
    pub(super) fn new(goal: Goal) -> Self {
        Self { goal, found: Cell::new(None), draft: RefCell::default() }
    }
}

/// Where a probe stands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way<'r> {
    /// On the path, with these steps ahead.
    Along(&'r [Step]),
    /// Beside it, where a value is needed to get any further.
    Sample,
}

/// The deserializer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Probe<'r> {
    pub(super) run: &'r Run,
    pub(super) way: Way<'r>,
    optional: bool,
    depth: usize,
    /// Enums around this value, in a sample.
    pub(super) enums: usize,
}

impl<'r> Probe<'r> {
    pub(super) fn new(run: &'r Run, path: &'r [Step]) -> Self {
        Self { run, way: Way::Along(path), optional: false, depth: 0, enums: 0 }
    }

    /// The probe for what stands inside.
    pub(super) fn inside(self, way: Way<'r>) -> Self {
        let depth = if let Way::Sample = way { self.depth + 1 } else { 0 };
        Self { way, optional: false, depth, ..self }
    }

    /// The sample for what stands inside a variant.
    pub(super) fn inside_variant(self) -> Self {
        Self { enums: self.enums + 1, ..self.inside(Way::Sample) }
    }

    /// Whether a sample is as deep as it may be.
    pub(super) fn is_too_deep(self) -> bool {
        self.depth >= DEEPEST
    }

    /// Goes into a field, an element or the content of a variant.
    fn follow<'de, S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Refusal> {
        let result = seed.deserialize(self);
        match (self.way, self.run.goal, self.run.found.get()) {
            (Way::Along([]), Goal::Text(_), _) => {
                // Only here is it known what the type says after its visitor: `try_from`, `deserialize_with`.
                self.run.found.set(Some(Found::Accepted(result.is_ok())));
                return Err(Refusal::Plain);
            }
            (Way::Along([]), Goal::Shape, Some(Found::Asked(noted))) => {
                self.run.found.set(Some(Found::Asked(Noted { type_name: type_name::<S::Value>(), ..noted })));
            }
            _ => {}
        }
        result
    }

    /// Notes what is asked for, which ends the attempt.
    fn note<V>(self, shape: Shape) -> Refusal {
        if let (Way::Along([]), Goal::Shape) = (self.way, self.run.goal) {
            let noted = Noted { shape, optional: self.optional, visitor: type_name::<V>(), type_name: "" };
            self.run.found.set(Some(Found::Asked(noted)));
        }
        Refusal::Plain
    }

    fn scalar<'de, V: Visitor<'de>>(self, shape: Shape, visitor: V) -> Result<V::Value, Refusal> {
        match (self.way, self.run.goal) {
            (Way::Sample, _) => sample::scalar(self, shape, visitor),
            (Way::Along([]), Goal::Text(text)) if matches!(shape, Shape::Text | Shape::Any) => visitor.visit_str(text),
            (Way::Along([]), Goal::Form(form)) => {
                let result = sample::form(form, visitor);
                self.run.found.set(Some(Found::Accepted(!matches!(result, Err(Refusal::Form)))));
                result
            }
            _ => Err(self.note::<V>(shape)),
        }
    }

    fn fields<'de, V: Visitor<'de>>(self, names: &'static [&'static str], visitor: V) -> Result<V::Value, Refusal> {
        match (self.way, self.run.goal) {
            (Way::Sample, _) => sample::fields(self, visitor),
            (Way::Along([Step::Field(name), rest @ ..]), _) => {
                visitor.visit_map(OneField::new(name, self.inside(Way::Along(rest))))
            }
            (Way::Along([]), Goal::Twice(name)) => Twice::offer(name, self.inside(Way::Sample), visitor),
            _ => Err(self.note::<V>(Shape::Struct(names))),
        }
    }

    fn elements<'de, V: Visitor<'de>>(self, shape: Shape, visitor: V) -> Result<V::Value, Refusal> {
        match self.way {
            Way::Sample => sample::elements(self, shape, visitor),
            Way::Along([Step::Element(index), rest @ ..]) => {
                visitor.visit_seq(OneElement::new(*index, self.inside(Way::Along(rest))))
            }
            Way::Along(_) => Err(self.note::<V>(shape)),
        }
    }

    /// The same value, seen without the option or newtype around it.
    fn through(self) -> Result<Self, Refusal> {
        if self.depth == DEEPEST { Err(Refusal::Plain) } else { Ok(Self { depth: self.depth + 1, ..self }) }
    }
}

macro_rules! scalars {
    ($($method:ident => $shape:ident;)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
            self.scalar(Shape::$shape, visitor)
        })+
    };
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Refusal;

    scalars! {
        deserialize_bool => Bool;
        deserialize_i8 => Integer;
        deserialize_i16 => Integer;
        deserialize_i32 => Integer;
        deserialize_i64 => Integer;
        deserialize_i128 => Integer;
        deserialize_u8 => Integer;
        deserialize_u16 => Integer;
        deserialize_u32 => Integer;
        deserialize_u64 => Integer;
        deserialize_u128 => Integer;
        deserialize_f32 => Float;
        deserialize_f64 => Float;
        deserialize_char => Text;
        deserialize_str => Text;
        deserialize_string => Text;
        deserialize_bytes => Bytes;
        deserialize_byte_buf => Bytes;
        deserialize_unit => Unit;
        deserialize_any => Any;
        deserialize_ignored_any => Any;
        deserialize_identifier => Any;
        deserialize_map => Map;
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.way {
            Way::Sample => sample::option(self.through()?, visitor),
            Way::Along(_) => visitor.visit_some(Self { optional: true, ..self.through()? }),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Refusal> {
        self.scalar(Shape::Unit, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Refusal> {
        match (self.way, self.run.goal) {
            (Way::Along([]), Goal::Shape) if name == crate::timestamp::TIMESTAMP => {
                Err(self.note::<V>(Shape::Timestamp))
            }
            _ => visitor.visit_newtype_struct(self.through()?),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.elements(Shape::Seq, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Refusal> {
        self.elements(Shape::Tuple(length), visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.elements(Shape::Tuple(length), visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.fields(fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        match self.way {
            Way::Sample => sample::variant(self, variants, visitor),
            Way::Along([Step::Variant(name), rest @ ..]) => {
                visitor.visit_enum(Variant::new(name, self.inside(Way::Along(rest))))
            }
            Way::Along(_) => Err(self.note::<V>(Shape::Enum(variants))),
        }
    }
}
