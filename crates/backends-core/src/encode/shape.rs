//! A number for the shape of a record: field names, kinds and variants, not values.

use crate::Token;

/// Mixes what the serializer sees. Two records of one shape have one number.
#[derive(Clone, Copy)]
pub(super) struct Shape(u64);

// The multiplier of the Fx hash: quick, and good enough where a collision only costs a check.
const FACTOR: u64 = 0x517c_c1b7_2722_0a95;

impl Shape {
    pub(super) fn new() -> Self {
        Self(0)
    }

    pub(super) fn finish(self) -> u64 {
        self.0
    }

    #[inline]
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(FACTOR);
    }

    #[inline]
    pub(super) fn mix_kind(&mut self, token: &Token<'_>) {
        self.mix(match token {
            Token::Null => 1,
            Token::Bool(_) => 2,
            // A type may take integers of one sign only.
            Token::Int(int) => 3 + u64::from(*int < 0),
            Token::Float(_) => 5,
            Token::String(_) => 6,
            Token::Bytes(_) => 7,
            Token::Timestamp(_) => 8,
            Token::Array => 9,
            Token::Map => 10,
            Token::Field(_) => 11,
            Token::End => 12,
        });
    }

    #[inline]
    pub(super) fn mix_name(&mut self, name: &str) {
        let (chunks, rest) = name.as_bytes().as_chunks::<8>();
        for chunk in chunks {
            self.mix(u64::from_le_bytes(*chunk));
        }
        // From registers: a copy into an array, read back at once, takes longer than all the rest.
        let last = match (rest.first_chunk(), rest.last_chunk()) {
            (Some(first), Some(last)) => {
                u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 24
            }
            _ => rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
        };
        self.mix(last ^ (name.len() as u64) << 56);
    }

    /// Begins the shape of an element by itself, so that a long array has the shape of its kinds, not of its length.
    pub(super) fn begin_element(&mut self) -> Self {
        std::mem::replace(self, Self::new())
    }

    /// Ends an element: mixes it into `outer` unless it is of the shape of the one before.
    pub(super) fn end_element(&mut self, mut outer: Self, last: &mut Option<u64>) {
        if *last != Some(self.0) {
            *last = Some(self.0);
            outer.mix(self.0);
        }
        *self = outer;
    }
}
