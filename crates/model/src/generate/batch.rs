//! Random batches: a few writes to both repositories, and now and then one that is just too large, or just not.

use backends::{Document, Update, Value};

use super::Generator;
use crate::operation::{At, Operation, Outside, Side};
use crate::schema::VERSION;

impl Generator {
    pub(super) fn batch(&mut self) -> Operation {
        // Long texts are for calls on one record.
        let scale = self.scale;
        self.scale.longest = scale.longest.min(2_000);
        let writes = match self.rng.u8(..24) {
            0 => self.many(),
            1 => long(),
            _ => self.few(),
        };
        self.scale = scale;
        Operation::Batch(writes)
    }

    fn few(&mut self) -> Vec<(Side, Operation)> {
        let mut writes: Vec<_> = (0..self.rng.usize(..6))
            .map(|_| match self.rng.u8(..5) {
                0..3 => (Side::Second, self.second_write()),
                _ => (Side::First, self.write()),
            })
            .collect();
        if self.rng.u8(..20) == 0 {
            let (at, body) = (self.made(), self.body());
            let at_place = self.rng.usize(..=writes.len());
            let mistake = Operation::Outside(Outside::Write(at, self.spoiled(body)));
            writes.insert(at_place, (Side::First, mistake));
        }
        writes
    }

    /// Writes that count up to 100 together, or a little more: each of the second repository is 3.
    fn many(&mut self) -> Vec<(Side, Operation)> {
        let deletes = (0..self.rng.usize(32..36))
            .map(|number| (Side::Second, Operation::Delete(At::Made(vec![Value::from(format!("d{number}"))]))));
        let mut writes: Vec<_> = deletes.collect();
        writes.push((Side::Second, self.second_write()));
        writes
    }

    /// A write of few keys and values.
    fn second_write(&mut self) -> Operation {
        let at = At::Made(vec![Value::from(format!("k{}", self.rng.u8(..6)))]);
        let value = ["a", "b", "c", "d"][self.rng.usize(..4)];
        let mut body = Document::from([("n", Value::Int(self.rng.i64(..3)))]);
        if self.rng.u8(..4) > 0 {
            body.insert("u", value);
        }
        let off = if self.rng.u8(..8) == 0 { self.rng.i64(-1..2) } else { 0 };
        if off != 0 {
            body.insert(VERSION, off);
        }
        let update = match self.rng.u8(..6) {
            0 => Update::new().unset("u"),
            1 => Update::new().set("u", value).inc("n", 1),
            2 => Update::new().set("u", value),
            // Of a number that may be missing, and of one that is too large by then.
            3 => Update::new().inc("n", i64::MAX - 1),
            _ => Update::new().inc("n", 1),
        };
        match self.rng.u8(..12) {
            0..3 => Operation::Insert(at, body),
            3..5 => Operation::Upsert(at, body),
            5 => Operation::Replace(at, body),
            6..8 => Operation::Update(at, update),
            8 => Operation::ExpectingUpdate(at, update, off),
            9..11 => Operation::Delete(at),
            _ => Operation::ExpectingDelete(at, off),
        }
    }
}

/// Records that have a little more than 4 MB together.
fn long() -> Vec<(Side, Operation)> {
    let one = |number: usize| {
        let at = At::Made(vec![Value::from(format!("l{number}"))]);
        (Side::Second, Operation::Insert(at, Document::from([("text", "x".repeat(381_300))])))
    };
    (0..11).map(one).collect()
}
