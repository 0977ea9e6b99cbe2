//! Random programs: a definition, and calls that fit it.

mod batch;
mod query;
mod schema;
mod update;
mod value;

use backends::driver::Consistency;
use backends::{Document, Filter, Kind, Order, SortField, Timestamp, TtlHolds, Update, Value, field};
use fastrand::Rng;

use crate::operation::{At, Operation, Outside, Query};
use crate::program::Program;
use crate::schema::{Place, Role, Schema, TIME, VERSION, WRITER};

pub(crate) use value::{INSTANTS, Scale};

/// A program of so many operations, which its seed makes again.
pub(crate) fn program(seed: u64, operations: usize, scale: Scale) -> Program {
    let mut rng = Rng::with_seed(seed);
    let schema = schema_of(seed, &mut rng);
    Generator::new(seed, rng, schema, scale, None).program(seed, operations)
}

/// Programs of so many operations each that share a repository, and run at once.
pub(crate) fn programs(seed: u64, operations: usize, scale: Scale, writers: u8) -> Vec<Program> {
    let schema = schema_of(seed, &mut Rng::with_seed(seed)).shared();
    let program = |writer: u8| {
        let rng = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(writer.into()));
        Generator::new(seed, rng, schema.clone(), scale, Some(writer)).program(seed, operations)
    };
    (0..writers).map(program).collect()
}

fn schema_of(seed: u64, rng: &mut Rng) -> Schema {
    let mut schema = schema::schema(rng);
    schema.has_versions = seed.is_multiple_of(3);
    schema.time = match seed % 10 {
        0 | 5 => Some(TtlHolds::Start),
        8 => Some(TtlHolds::Expiry),
        _ => None,
    };
    schema.places.extend(schema.time.map(|_| Place::new(TIME, Some(Kind::Timestamp), Role::Other)));
    schema
}

/// When every program begins, in milliseconds: far ahead of all servers, so that none removes what has not expired.
pub(crate) const START: i64 = 4_102_444_800_000;

struct Generator {
    rng: Rng,
    schema: Schema,
    scale: Scale,
    /// The time of the program.
    now: i64,
    /// The number of the writer whose program it is, if there are several.
    writer: Option<u8>,
    /// Of a second repository, in a quarter of the programs.
    second: Option<Schema>,
}

impl Generator {
    fn new(seed: u64, rng: Rng, schema: Schema, scale: Scale, writer: Option<u8>) -> Self {
        let second = (seed % 4 == 3).then(|| schema.second(writer));
        Self { rng, schema, scale, now: START, writer, second }
    }

    fn program(mut self, seed: u64, operations: usize) -> Program {
        let mut all = vec![self.insert_many(60)];
        while all.len() + 1 < operations {
            all.push(self.operation());
        }
        // What is stored in the end.
        all.push(Operation::Find(self.everything()));
        all.truncate(operations);
        Program { seed, schema: self.schema, second: self.second, operations: all }
    }

    fn operation(&mut self) -> Operation {
        if self.second.is_some() && self.rng.u8(..20) == 0 {
            return self.batch();
        }
        match self.rng.u16(..1_000) {
            0..5 if self.writer.is_none() => Operation::Define,
            900..940 if self.schema.time.is_some() => {
                let millis = self.rng.u16(..1_500);
                self.now += i64::from(millis);
                Operation::Pass(millis)
            }
            5..10 => Operation::Reopen,
            10..20 => Operation::Outside(self.outside()),
            20..60 => self.insert_many(8),
            60..240 => self.write(),
            240..300 => self.write_by_filter(),
            300..350 => Operation::Get(self.at()),
            350..380 => {
                let all = (0..self.rng.usize(..6)).map(|_| self.at()).collect();
                Operation::GetMany(all)
            }
            380..460 => Operation::Count(self.filter()),
            460..500 => Operation::Exists(self.filter()),
            500..560 => Operation::FindOne(self.query()),
            560..620 => Operation::Stream(self.query()),
            620..700 => self.pages(),
            700..730 => Operation::Select(self.query()),
            _ => Operation::Find(self.query()),
        }
    }

    fn write(&mut self) -> Operation {
        if self.schema.has_versions && self.rng.u8(..2) == 0 {
            return self.write_with_version();
        }
        match self.rng.u8(..13) {
            10.. => Operation::Update(self.at(), self.update()),
            0..4 => Operation::Insert(self.new_at(), self.body()),
            4..6 => Operation::Replace(self.at(), self.body()),
            6..8 => {
                let at = if self.rng.bool() { self.at() } else { self.new_at() };
                Operation::Upsert(at, self.body())
            }
            _ => Operation::Delete(self.at()),
        }
    }

    /// A write that expects the version that is there, or another one.
    fn write_with_version(&mut self) -> Operation {
        let at = if self.rng.u8(..8) == 0 { self.new_at() } else { self.at() };
        let off = if self.rng.u8(..3) == 0 { self.rng.i64(-2..3) } else { 0 };
        let mut body = self.body();
        if off != 0 {
            body.insert(VERSION, off);
        }
        match self.rng.u8(..8) {
            0 => Operation::Insert(self.new_at(), body),
            1..4 => Operation::Replace(at, body),
            4..6 => Operation::Upsert(at, body),
            6 => Operation::ExpectingUpdate(at, self.update(), off),
            _ => Operation::ExpectingDelete(at, off),
        }
    }

    fn write_by_filter(&mut self) -> Operation {
        match self.rng.u8(..12) {
            0..6 => Operation::UpdateOne(self.one(), self.update()),
            6..9 => Operation::UpdateMany(self.filter(), self.update()),
            9..11 => Operation::DeleteOne(self.one()),
            _ => Operation::DeleteMany(self.filter() & self.filter()),
        }
    }

    fn update(&mut self) -> Update {
        let update = update::update(&mut self.rng, &self.schema.places, self.scale);
        match self.schema.time {
            Some(_) if self.rng.u8(..4) == 0 => update.set(TIME, self.time()),
            _ => update,
        }
    }

    /// A query of one record.
    fn one(&mut self) -> Query {
        Query { limit: None, offset: 0, fields: None, consistency: Consistency::Default, ..self.query() }
    }

    fn insert_many(&mut self, most: usize) -> Operation {
        let records = (0..self.rng.usize(..=most)).map(|_| (self.new_at(), self.body()));
        Operation::InsertMany(records.collect())
    }

    fn body(&mut self) -> Document {
        let mut body = value::body(&mut self.rng, &self.schema.places, self.scale);
        if self.schema.time.is_some() && self.rng.u8(..4) > 0 {
            body.insert(TIME, self.time());
        } else {
            body.remove(TIME);
        }
        if let Some(writer) = self.writer {
            body.insert(WRITER, i64::from(writer));
        }
        body
    }

    /// An instant that ends a record soon, or has ended it.
    fn time(&mut self) -> Value {
        let at = Timestamp::from_millis(self.now + self.rng.i64(-6_000..8_000));
        at.map_or(Value::Null, Value::Timestamp)
    }

    /// The key of a record that is there, most of the time.
    fn at(&mut self) -> At {
        if self.rng.u8(..4) > 0 { At::Stored(self.rng.usize(..1_000)) } else { self.made() }
    }

    /// The key of a record that is to be stored, most of the time a new one.
    fn new_at(&mut self) -> At {
        match self.rng.u8(..12) {
            0 => At::Stored(self.rng.usize(..1_000)),
            1..9 if self.schema.is_by_id() => At::Given,
            _ => self.made(),
        }
    }

    fn made(&mut self) -> At {
        let rng = &mut self.rng;
        let mut values: Vec<Value> = if self.schema.is_by_id() {
            let kind = if self.schema.has_text_ids { Kind::String } else { Kind::ObjectId };
            vec![value::of(rng, kind, Role::Key, self.scale)]
        } else {
            self.schema.key.iter().map(|place| value::at(rng, place, self.scale)).collect()
        };
        if let (Some(writer), Some(first)) = (self.writer, values.first_mut()) {
            *first = value::owned(first, writer);
        }
        At::Made(values)
    }

    /// The filter, of what the writer of the program writes.
    fn own(&self, filter: Filter) -> Filter {
        match self.writer {
            None => filter,
            Some(writer) if filter.is_all() => field(WRITER).eq(writer),
            Some(writer) => filter & field(WRITER).eq(writer),
        }
    }

    fn filter(&mut self) -> Filter {
        let depth = self.rng.usize(..4);
        let filter = query::filter(&mut self.rng, &self.schema, depth, self.scale);
        self.own(filter)
    }

    fn query(&mut self) -> Query {
        let query = query::query(&mut self.rng, &self.schema, self.scale);
        Query { filter: self.own(query.filter.clone()), ..query }
    }

    fn everything(&mut self) -> Query {
        let filter = self.own(Filter::all());
        Query { filter, limit: None, offset: 0, fields: None, ..self.query() }
    }

    fn pages(&mut self) -> Operation {
        let query = Query { limit: None, offset: 0, ..self.query() };
        let sizes = (0..self.rng.usize(1..4)).map(|_| self.rng.u32(1..40)).collect();
        let writes = if self.rng.bool() { 0 } else { self.rng.usize(..6) };
        Operation::Pages(query, sizes, (0..writes).map(|_| self.write()).collect())
    }

    fn outside(&mut self) -> Outside {
        match self.rng.u8(..8) {
            0..4 => {
                let (at, body) = (self.made(), self.body());
                Outside::Write(at, self.spoiled(body))
            }
            4 => Outside::Get(vec![Value::Bool(true); self.schema.key_fields().len()]),
            5 => {
                let mut query = self.query();
                query.filter = query.filter & field("a").eq(vec![1, 2]);
                Outside::Find(query)
            }
            6 => {
                let mut query = self.query();
                query.sort = vec![SortField::new("a", Order::Asc), SortField::new("a", Order::Desc)];
                Outside::Find(query)
            }
            _ => Outside::Page(Query { limit: None, offset: 0, ..self.query() }, 0),
        }
    }

    /// A document with one thing in it that no backend stores.
    fn spoiled(&mut self, mut body: Document) -> Document {
        let nested = |levels: usize| (0..levels).fold(Value::Int(1), |inner, _| Value::Array(vec![inner]));
        let (name, value) = match self.rng.u8(..11) {
            0 => ("extra", Value::Float(f64::NAN)),
            1 => ("extra", Value::Float(f64::NEG_INFINITY)),
            2 => ("extra", Value::Float(1e126)),
            3 => ("extra", Value::Float(9e-131)),
            4 => ("extra", Value::from("a\0b")),
            5 => ("extra", nested(31)),
            6 => ("extra", Timestamp::from_millis(0).map_or(Value::Float(f64::NAN), Value::Timestamp)),
            7 => ("a.b", Value::Int(1)),
            8 => ("$a", Value::Int(1)),
            9 => ("_backends_a", Value::Int(1)),
            _ => ("", Value::Int(1)),
        };
        body.insert(name, value);
        body
    }
}
