//! Arrays, maps, structs and variants on their way into a record.

use serde::Serialize;
use serde::ser;

use super::name::KeyText;
use super::{Encoder, Fault};
use crate::definition::shown;
use crate::schema::Place;
use crate::{Error, Result, Token};

/// An array or map that is being written.
pub(super) struct Compound<'e, 's> {
    encoder: &'e mut Encoder<'s>,
    /// The place of the compound, to step back to.
    outer: Option<&'s Place>,
    kept: Kept,
    /// The variant that stands around it: its place, its name.
    variant: Option<(Option<&'s Place>, &'static str)>,
}

pub(super) enum Kept {
    /// The shape of the last element.
    Array(Option<u64>),
    /// Nothing: the names of a struct differ.
    Map,
    /// Where the names are, to find one that is there twice.
    Keys(Vec<(usize, usize)>),
    /// It is no map but a number, whose only field holds its text.
    Number,
}

impl<'e, 's> Compound<'e, 's> {
    pub(super) fn new(encoder: &'e mut Encoder<'s>, outer: Option<&'s Place>, kept: Kept) -> Self {
        Self { encoder, outer, kept, variant: None }
    }

    pub(super) fn array(encoder: &'e mut Encoder<'s>) -> Self {
        let outer = encoder.place;
        encoder.place = outer.and_then(Place::elements);
        Self::new(encoder, outer, Kept::Array(None))
    }

    pub(super) fn inside_variant(mut self, outer: Option<&'s Place>, variant: &'static str) -> Self {
        self.variant = Some((outer, variant));
        self
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        let outer = self.encoder.shape.begin_element();
        value.serialize(&mut *self.encoder).map_err(|fault| self.place(fault.below(&self.encoder.element())))?;
        if let Kept::Array(last) = &mut self.kept {
            self.encoder.shape.end_element(outer, last);
        }
        Ok(())
    }

    /// A field of a struct: its name, then its value, unless that is null.
    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Fault> {
        if let Kept::Number = self.kept {
            return self.encoder.number(&value.serialize(KeyText)?);
        }
        let start = self.encoder.out.size();
        let written = self.encoder.field(name).and_then(|()| self.value(start, value));
        self.encoder.place = self.outer;
        written.map_err(|fault| self.place(below_name(fault, name)))
    }

    /// The value of a field whose name stands at `start`; both go if it is null.
    fn value<T: Serialize + ?Sized>(&mut self, start: usize, value: &T) -> Result<(), Fault> {
        let bytes = self.encoder.out.size();
        value.serialize(&mut *self.encoder)?;
        if self.encoder.out.is_null_at(bytes) {
            self.encoder.out.bytes_mut().truncate(start);
        }
        Ok(())
    }

    /// The value of a newtype variant.
    pub(super) fn keep<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        let end = self.encoder.out.size();
        value.serialize(&mut *self.encoder)?;
        // A variant that holds nothing cannot be told from no variant: it is written as null, which no map keeps.
        if self.encoder.out.is_null_at(end) {
            return Err(Error::invalid_input(
                "a variant around null cannot be read back, since null is absence: use a unit variant",
            )
            .into());
        }
        Ok(())
    }

    pub(super) fn finish(self) {
        if let Kept::Number = self.kept {
            return;
        }
        self.encoder.close();
        self.encoder.place = self.outer;
        if let Some((outer, _)) = self.variant {
            self.encoder.close();
            self.encoder.place = outer;
        }
    }

    fn place(&self, fault: Fault) -> Fault {
        match self.variant {
            Some((_, variant)) => fault.below(variant),
            None => fault,
        }
    }

    /// Refuses a map in which a name stands twice, as a flattened field beside one of the same name does.
    fn check_twice(&self) -> Result<(), Fault> {
        let Kept::Keys(keys) = &self.kept else { return Ok(()) };
        let bytes = self.encoder.out.bytes();
        let mut names: Vec<&[u8]> = keys.iter().map(|(start, end)| &bytes[*start..*end]).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(Fault::from(Error::invalid_input("two fields of one name in one map: rename one"))
                .below(&String::from_utf8_lossy(pair[0]))),
            None => Ok(()),
        }
    }
}

impl Encoder<'_> {
    /// Writes the number that a text is.
    fn number(&mut self, text: &str) -> Result<(), Fault> {
        match crate::json::handed_out(text) {
            Some(Token::Float(float)) => self.float(float),
            Some(token) => self.scalar(token),
            None => {
                Err(Error::invalid_input("a number that is no integer inside 64 bits and no float: use text").into())
            }
        }
    }
}

/// Serde has four traits for what is an array here, and two for what is a map of known names.
macro_rules! compounds {
    ($($trait:ident, $method:ident($($name:ident: $type:ty)?) => $write:ident;)+) => {
        $(impl ser::$trait for Compound<'_, '_> {
            type Ok = ();
            type Error = Fault;

            fn $method<T: Serialize + ?Sized>(&mut self, $($name: $type,)? value: &T) -> Result<(), Fault> {
                self.$write($($name,)? value)
            }

            fn end(self) -> Result<(), Fault> {
                self.finish();
                Ok(())
            }
        })+
    };
}

compounds! {
    SerializeSeq, serialize_element() => element;
    SerializeTuple, serialize_element() => element;
    SerializeTupleStruct, serialize_field() => element;
    SerializeTupleVariant, serialize_field() => element;
    SerializeStruct, serialize_field(name: &'static str) => field;
    SerializeStructVariant, serialize_field(name: &'static str) => field;
}

impl ser::SerializeMap for Compound<'_, '_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Fault> {
        let name = key.serialize(KeyText)?;
        // Deeper, the keys of a map may be data.
        let is_of_record = self.encoder.is_record && self.encoder.open == 1;
        self.encoder.field(&name).map_err(|fault| if is_of_record { below_name(fault, &name) } else { fault })?;
        let end = self.encoder.out.size();
        if let Kept::Keys(keys) = &mut self.kept {
            keys.push((end - name.len(), end));
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        let Kept::Keys(keys) = &self.kept else { return Ok(()) };
        let Some((name, end)) = keys.last().copied() else { return Ok(()) };
        // Before the name stand its tag and its length.
        let written = self.value(name - 5, value);
        self.encoder.place = self.outer;
        if let Err(fault) = written {
            let name = String::from_utf8_lossy(&self.encoder.out.bytes()[name..end]).into_owned();
            return Err(fault.below(&name));
        }
        if self.encoder.out.size() < end
            && let Kept::Keys(keys) = &mut self.kept
        {
            keys.pop();
        }
        Ok(())
    }

    fn end(self) -> Result<(), Fault> {
        self.check_twice()?;
        self.finish();
        Ok(())
    }
}

/// The fault at the field of this name; an empty one leads nowhere.
#[cold]
fn below_name(fault: Fault, name: &str) -> Fault {
    if name.is_empty() { fault } else { fault.below(&shown(name)) }
}

impl crate::RecordBuf {
    /// Whether exactly a null has been written since the record had `size` bytes.
    fn is_null_at(&self, size: usize) -> bool {
        self.bytes().len() == size + 1 && self.bytes()[size] == Self::NULL
    }
}
