//! A repository with indexes of every form, and random queries about what these are on.

use backends_core::action::Find;
use backends_core::{DefinitionBuilder, Document, Filter, Index, Kind, Order, Repository, SortField, Value, field};
use fastrand::Rng;

use super::random::instant;
use crate::Context;
use crate::oracle;
use crate::records::id;

/// How many records there are: enough for equals, and for more than one batch.
const RECORDS: usize = 240;

/// Records with few different values, many of them missing, long texts that begin the same, and numbers at all edges.
pub(crate) struct Indexed {
    pub(crate) repository: Repository<Document>,
    pub(crate) records: Vec<Document>,
    /// The fields of the key.
    keys: &'static [&'static str],
}

/// What the key of the records is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Keyed {
    /// A generated id.
    ById,
    /// A partition and a sort key.
    ByPair,
}

impl Keyed {
    pub(crate) const ALL: [Self; 2] = [Self::ById, Self::ByPair];

    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::ById => &["id"],
            Self::ByPair => &["p", "s"],
        }
    }

    /// The definition without its indexes.
    pub(crate) fn definition(self, context: &Context) -> DefinitionBuilder {
        let definition = match self {
            Self::ById => context.definition("by_id"),
            Self::ByPair => context.definition("by_pair").partition_key("p").sort_key_of("s", Kind::Integer),
        };
        definition
            .field("role", Kind::String)
            .field("level", Kind::Integer)
            .field("score", Kind::Number)
            .field("at", Kind::Timestamp)
            .field("ref", Kind::ObjectId)
            .field("text", Kind::String)
    }
}

/// The indexes.
pub(crate) fn indexes() -> Vec<Index> {
    vec![
        Index::on(["role"]),
        Index::on(["level", "role"]),
        Index::on(["role", "at"]),
        Index::on(["ref", "level", "score"]),
        Index::on(["role", "text", "at"]),
        Index::on(["score"]).ordered(),
        Index::on(["text"]).ordered(),
        Index::on(["role", "score"]).ordered(),
        Index::on(["at", "level"]).ordered(),
    ]
}

pub(crate) fn with_indexes(definition: DefinitionBuilder) -> DefinitionBuilder {
    indexes().into_iter().fold(definition, DefinitionBuilder::index)
}

impl Indexed {
    /// Defines the repository with its indexes and stores random records.
    pub(crate) async fn new(context: &Context, keyed: Keyed, rng: &mut Rng) -> Self {
        let indexed = Self::with(context, keyed, records(keyed, rng)).await;
        indexed.repository.insert_many(&indexed.records).await.unwrap();
        indexed
    }

    /// Defines the repository with its indexes, for records that are stored before or after.
    pub(crate) async fn with(context: &Context, keyed: Keyed, records: Vec<Document>) -> Self {
        let repository = context.define::<Document>(with_indexes(keyed.definition(context))).await;
        Self { repository, records, keys: keyed.fields() }
    }

    /// The numbers of the records that the filter means, in the order, the key last.
    pub(crate) fn meant(&self, filter: &Filter, order: &[SortField]) -> Vec<i64> {
        let last = order.last().map_or(Order::Asc, |field| field.order);
        let mut fields = order.to_vec();
        fields.extend(self.keys.iter().map(|key| SortField::new(*key, last)));
        let mut records: Vec<_> = self.records.iter().filter(|record| oracle::matches(filter, record)).collect();
        records.sort_by(|left, right| oracle::compare(&fields, left, right));
        records.into_iter().map(number).collect()
    }

    pub(crate) fn find(&self, filter: &Filter, order: &[SortField]) -> Find<Document> {
        order.iter().fold(self.repository.find(filter), |find, one| find.sort(&one.path, one.order))
    }
}

/// The number of a record.
pub(crate) fn number(record: &Document) -> i64 {
    match record.get("n") {
        Some(Value::Int(number)) => *number,
        other => panic!("{other:?} where the number of a record is expected"),
    }
}

pub(crate) fn records(keyed: Keyed, rng: &mut Rng) -> Vec<Document> {
    let mut numbers: Vec<usize> = (0..RECORDS).collect();
    rng.shuffle(&mut numbers);
    numbers.into_iter().map(|number| record(keyed, number, rng)).collect()
}

fn record(keyed: Keyed, number: usize, rng: &mut Rng) -> Document {
    let n = i64::try_from(number).unwrap_or_default();
    let mut record = Document::from([("n", Value::Int(n))]);
    match keyed {
        Keyed::ById => drop(record.insert("id", id(number))),
        Keyed::ByPair => {
            record.insert("p", ["a", "b", "é"][number % 3]);
            record.insert("s", n);
        }
    }
    for (name, values, of_ten) in [
        ("role", roles(), 8),
        ("level", levels(), 7),
        ("score", scores(), 8),
        ("at", instants(), 6),
        ("ref", refs(), 7),
        ("text", texts(), 8),
    ] {
        if rng.u8(..10) < of_ten {
            record.insert(name, values[rng.usize(..values.len())].clone());
        }
    }
    record
}

fn roles() -> Vec<Value> {
    ["admin", "guest", "gue", "é"].map(Value::from).to_vec()
}

fn levels() -> Vec<Value> {
    [0, 1, -1, 2, 10, i64::MAX, i64::MIN].map(Value::from).to_vec()
}

fn scores() -> Vec<Value> {
    let whole = [0, 1, -1, 2, 10, 9_007_199_254_740_992, 9_007_199_254_740_993, i64::MAX, i64::MIN].map(Value::from);
    let floats = [0.5, -0.5, 1.5, -1.5, 1e19, -1e19, 1e-130, -1e-130, 9.9e125, -9.9e125, 9_223_372_036_854_775_808.0];
    whole.into_iter().chain(floats.map(Value::from)).collect()
}

fn instants() -> Vec<Value> {
    [0, 1, -1, 1_782_907_200_000, -62_135_596_800_000].map(instant).to_vec()
}

fn refs() -> Vec<Value> {
    [id(1), id(2), "f".repeat(24)].map(Value::from).to_vec()
}

/// Texts of up to 1,024 bytes, which is as long as an indexed one may be; many begin the same.
fn texts() -> Vec<Value> {
    let x = |times: usize, end: &str| format!("{}{end}", "x".repeat(times));
    let long = [x(500, "a"), x(500, "b"), x(1_000, ""), x(1_000, "a"), x(1_018, ""), x(1_020, ""), x(1_023, "a")];
    let longest = [x(1_024, ""), x(1_023, "b"), "é".repeat(512)];
    let short = ["a", "ab", "b", "\u{1}", "\u{1}\u{1}", "\u{ffff}", "\u{1f600}"].map(str::to_owned);
    long.into_iter().chain(longest).chain(short).map(Value::from).collect()
}

fn test(rng: &mut Rng) -> Filter {
    let (name, values) = match rng.u8(..7) {
        0 | 1 => ("role", roles()),
        2 => ("level", levels()),
        3 => ("score", scores()),
        4 => ("at", instants()),
        5 => ("ref", refs()),
        _ => ("text", texts()),
    };
    let is_text = ["role", "text"].contains(&name);
    let place = field(name);
    let mut one = || values[rng.usize(..values.len())].clone();
    let (first, second, third) = (one(), one(), one());
    match rng.u8(..if is_text { 18 } else { 15 }) {
        0..4 => place.eq(first),
        4 => place.is_in([first, second]),
        5 => place.eq(first) | place.eq(second) | place.is_in([third]),
        6 => place.gt(first),
        7 => place.ge(first),
        8 => place.lt(first),
        9 => place.le(first),
        10 => place.between(first, second),
        11 => place.ge(first) & place.le(second),
        12 => place.is_set(),
        13 => place.is_missing(),
        14 => place.ne(first),
        15 => place.starts_with(["", "x", "g", "é", &"x".repeat(500), &"x".repeat(1_021)][rng.usize(..6)]),
        16 => place.like(["x%a", "%e%", "g%", "%"][rng.usize(..4)]),
        _ => place.contains("e"),
    }
}

/// A filter, most of which an index says something about.
pub(crate) fn filter(rng: &mut Rng) -> Filter {
    let tests: Vec<_> = (0..rng.usize(..4)).map(|_| test(rng)).collect();
    let all = if tests.is_empty() { Filter::all() } else { Filter::and(tests) };
    match rng.u8(..8) {
        0 => all | test(rng),
        1 => !(all & test(rng)),
        _ => all,
    }
}

/// An order, most of them one that an index has.
pub(crate) fn order(rng: &mut Rng) -> Vec<SortField> {
    let direction = |rng: &mut Rng| if rng.bool() { Order::Asc } else { Order::Desc };
    let first = direction(rng);
    let fields: &[&str] = match rng.u8(..12) {
        0 | 1 => &["score"],
        2 | 3 => &["text"],
        4 => &["role", "score"],
        5 => &["at", "level"],
        6 => &["at"],
        7 => &["level"],
        8 => &["role", "at"],
        9 => &["level", "score"],
        10 => &["text", "at"],
        _ => &["ref", "role"],
    };
    let same = rng.u8(..5) > 0;
    fields.iter().map(|name| SortField::new(*name, if same { first } else { direction(rng) })).collect()
}
