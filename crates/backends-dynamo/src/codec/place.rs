//! Where an item stands in the orders that an index keeps: a shard, and for each order a value in hidden attributes.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use backends_core::{Definition, FieldKind, Index, Kind, Value};

use super::{Item, order};

/// The attribute with the number of the shard: the partition of every index for orders.
pub(crate) const SHARD: &str = "_backends_shard";

/// What the attributes begin with that hold the places; a hash of the fields follows.
const PLACE: &str = "_backends_order_";

/// How many shards there are: a partition takes 1,000 writes a second, and each read in order asks all of them. Stored:
/// never change it.
pub(crate) const SHARDS: u8 = 4;

// DynamoDB: the value of a sort key has at most 1,024 bytes.
pub(crate) const LONGEST: usize = 1_024;

/// What each item of a repository carries beside its record, so that indexes keep it in order.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    keys: Vec<Column>,
    orders: Vec<OrderOf>,
}

/// The order of an index: by its fields, then by the primary key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OrderOf {
    /// The attribute that holds the place of an item.
    pub(crate) attribute: String,
    columns: Vec<Column>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Column {
    name: String,
    field: FieldKind,
}

impl Places {
    pub(super) fn new(definition: &Definition) -> Self {
        let keys = definition.key_fields().map(|name| Column::of(definition, name)).collect();
        let ordered = definition.indexes().filter(|index| index.is_ordered());
        Self { keys, orders: ordered.map(|index| OrderOf::new(definition, index)).collect() }
    }

    pub(crate) fn orders(&self) -> &[OrderOf] {
        &self.orders
    }

    /// Adds what the item has to carry; how many bytes that is.
    pub(super) fn put_into(&self, item: &mut Item) -> u64 {
        let places = self.of(item);
        let size = places.iter().map(|(name, value)| match value {
            AttributeValue::B(bytes) => name.len() + bytes.as_ref().len(),
            _ => name.len() + 2,
        });
        let size = size.sum::<usize>() as u64;
        item.extend(places);
        size
    }

    /// What the item has to carry.
    pub(crate) fn of(&self, item: &Item) -> Vec<(String, AttributeValue)> {
        if self.orders.is_empty() {
            return Vec::new();
        }
        let places = self.orders.iter().map(|order| {
            let mut place = order.place(item);
            place.truncate(LONGEST);
            (order.attribute.clone(), AttributeValue::B(Blob::new(place)))
        });
        let mut key = Vec::new();
        self.keys.iter().for_each(|column| column.push(&mut key, item));
        let shard = AttributeValue::N((hash(&key) % u64::from(SHARDS)).to_string());
        std::iter::once((SHARD.to_owned(), shard)).chain(places).collect()
    }

    /// The fields that places are made of.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> {
        let columns = self.orders.iter().flat_map(|order| &order.columns);
        columns.map(|column| column.name.as_str())
    }
}

impl OrderOf {
    pub(crate) fn new(definition: &Definition, index: &Index) -> Self {
        Self::by(definition, index.fields())
    }

    /// The order by these fields, then by the primary key.
    pub(crate) fn by<'f>(definition: &Definition, fields: impl Iterator<Item = &'f str>) -> Self {
        let mut columns: Vec<Column> = fields.map(|name| Column::of(definition, name)).collect();
        let own = columns.iter().flat_map(|column| [column.name.as_bytes(), &[0x1f]].concat()).collect::<Vec<_>>();
        for key in definition.key_fields() {
            if columns.iter().all(|column| column.name != key) {
                columns.push(Column::of(definition, key));
            }
        }
        Self { attribute: format!("{PLACE}{:016x}", hash(&own)), columns }
    }

    /// The fields, those of the key at the end.
    pub(crate) fn columns(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// The place of an item, however long.
    pub(crate) fn place(&self, item: &Item) -> Vec<u8> {
        self.start_of(item, self.columns.len())
    }

    /// What the place of an item begins with: its values in so many columns.
    pub(crate) fn start_of(&self, item: &Item, columns: usize) -> Vec<u8> {
        // A number or two, or a short text; each item of a merged answer has one.
        let mut place = Vec::with_capacity(32);
        self.columns.iter().take(columns).for_each(|column| column.push(&mut place, item));
        place
    }

    /// The place that an item carries, and whether it is whole, so that no other item has the same.
    pub(crate) fn stored(&self, item: &Item) -> (Vec<u8>, bool) {
        match item.get(&self.attribute) {
            Some(AttributeValue::B(place)) => (place.as_ref().to_vec(), place.as_ref().len() < LONGEST),
            _ => (Vec::new(), false),
        }
    }

    /// What the places of records begin with that have these values in the first fields.
    pub(crate) fn start<'v>(values: impl IntoIterator<Item = &'v Value>) -> Vec<u8> {
        let mut place = Vec::new();
        values.into_iter().for_each(|value| order::push(&mut place, value));
        place
    }
}

impl Column {
    fn of(definition: &Definition, name: &str) -> Self {
        Self { name: name.to_owned(), field: definition.field(name).unwrap_or(Kind::String.into()) }
    }

    fn push(&self, bytes: &mut Vec<u8>, item: &Item) {
        order::push_attribute(bytes, item.get(&self.name), self.field);
    }
}

/// FNV-1a. What it gives is stored: never change it.
fn hash(bytes: &[u8]) -> u64 {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    bytes.iter().fold(BASIS, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(fields: &[(&str, &str)]) -> Item {
        fields.iter().map(|(name, text)| ((*name).to_owned(), AttributeValue::S((*text).to_owned()))).collect()
    }

    #[test]
    fn c39_what_an_item_carries_stays_the_same_in_every_version() {
        let json = r#"{"name": "notes", "idKind": "string", "indexes": [{"fields": ["a"], "unique": false, "ordered": true},
            {"fields": ["c"], "unique": false}]}"#;
        let places = Places::new(&Definition::from_json(json).unwrap());
        let mut carried = item(&[("id", "x"), ("a", "b")]);
        assert_eq!(places.put_into(&mut carried), 15 + 2 + 32 + 6);
        let place = AttributeValue::B(Blob::new([0x30, b'b', 0, 0x30, b'x', 0]));
        let all = [("_backends_shard", AttributeValue::N("3".to_owned())), ("_backends_order_089be907b544fdc9", place)];
        assert_eq!(carried.len(), 4);
        for (name, value) in all {
            assert_eq!(carried.get(name), Some(&value), "{name} in {:?}", carried.keys());
        }
        assert!(places.fields().eq(["a", "id"]));
        // Without an index for orders an item carries nothing.
        let places = Places::new(&Definition::builder("notes").build().unwrap());
        assert_eq!(places.put_into(&mut item(&[("id", "x")])), 0);
    }

    #[test]
    fn c39_every_record_has_a_place_of_at_most_1024_bytes() {
        let json = r#"{"name": "notes", "hashKey": "p", "rangeKey": "s", "indexes": [{"fields": ["a", "p"], "unique": false, "ordered": true}]}"#;
        let places = Places::new(&Definition::from_json(json).unwrap());
        let order = &places.orders()[0];
        assert!(order.columns().eq(["a", "p", "s"]));
        let of = |item: &Item| places.of(item).into_iter().find(|(name, _)| *name == order.attribute).unwrap().1;
        let missing = AttributeValue::B(Blob::new([0x10, 0x30, b'x', 0, 0x30, b'y', 0]));
        assert_eq!(of(&item(&[("p", "x"), ("s", "y")])), missing);
        let long = item(&[("p", "x"), ("s", "y"), ("a", &"ä".repeat(900))]);
        assert!(matches!(of(&long), AttributeValue::B(bytes) if bytes.as_ref().len() == LONGEST));
        assert_eq!(order.place(&long).len(), 1_802 + 6);
    }

    #[test]
    fn the_shards_have_about_as_many_each() {
        let places = Places::new(&Definition::from_json(r#"{"name": "notes", "idKind": "string", "indexes": [{"fields": ["a"], "unique": false, "ordered": true}]}"#).unwrap());
        let mut counts = [0; SHARDS as usize];
        for number in 0..4_000 {
            match &places.of(&item(&[("id", &format!("{number:024x}"))]))[0].1 {
                AttributeValue::N(shard) => counts[shard.parse::<usize>().unwrap()] += 1,
                other => panic!("{other:?}"),
            }
        }
        assert!(counts.iter().all(|count| (800..1_200).contains(count)), "{counts:?}");
    }
}
