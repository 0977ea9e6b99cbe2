//! Counting what a filter means.

use std::collections::BTreeSet;

use backends_core::Result;
use backends_core::driver::{Counted, FindRequest};
use mongodb::bson::{Bson, Document, doc};

use super::MongoRepository;
use crate::alternatives::Alternatives;
use crate::database::max_time;
use crate::error::Effect;
use crate::filter::{Condition, INSTANT, Suspect, UNREADABLE};

const RECORDS: &str = "records";
const UNREADABLES: &str = "unreadables";

impl MongoRepository {
    /// The number, where the server can be asked for the whole filter and came across nothing that no record holds.
    pub(super) async fn count_all(&self, request: &FindRequest) -> Result<Counted> {
        let condition = Condition::new(&self.definition, &request.filter, Alternatives::Any)?;
        if !condition.rest.is_all() {
            return Ok(Counted::by_find());
        }
        let context = &request.context;
        let aggregate = self.collection.aggregate(pipeline(condition)).max_time(max_time(context));
        let answer = self.database.call(
            context,
            Effect::Reads,
            Box::pin(async {
                let mut cursor = aggregate.await?;
                cursor.advance().await?.then(|| cursor.deserialize_current()).transpose()
            }),
        );
        // Of no document the server says nothing.
        let counts = answer.await?.unwrap_or_default();
        let number = |name| u64::try_from(counts.get_i64(name).unwrap_or_default()).unwrap_or_default();
        Ok(if number(UNREADABLES) > 0 { Counted::by_find() } else { Counted::exactly(number(RECORDS)) })
    }
}

fn pipeline(condition: Condition) -> Vec<Document> {
    let mut group = doc! { "_id": Bson::Null, RECORDS: { "$sum": 1_i64 } };
    if !condition.suspects.is_empty() {
        let one = doc! { "$cond": [are_unreadable(&condition.suspects), 1_i64, 0_i64] };
        group.insert(UNREADABLES, doc! { "$sum": one });
    }
    vec![doc! { "$match": condition.document }, doc! { "$group": group }]
}

/// Whether at one of these places stands what no record holds.
fn are_unreadable(places: &BTreeSet<Suspect>) -> Document {
    let types: Vec<&str> = UNREADABLE.iter().map(|(_, name)| *name).collect();
    let tests = places.iter().map(|place| {
        Bson::Document(match place {
            Suspect::Undeclared(name) => {
                let value = format!("${name}");
                let of_elements = doc! { "$map": { "input": &value, "in": { "$type": "$$this" } } };
                doc! { "$cond": [
                    { "$isArray": [&value] },
                    { "$ne": [{ "$setIntersection": [of_elements, &types] }, []] },
                    { "$in": [{ "$type": &value }, &types] },
                ] }
            }
            Suspect::Instant(name) => {
                let value = format!("${name}");
                let is_instant = doc! { "$regexMatch": { "input": &value, "regex": INSTANT } };
                doc! { "$cond": [{ "$eq": [{ "$type": &value }, "string"] }, { "$not": [is_instant] }, false] }
            }
        })
    });
    doc! { "$or": tests.collect::<Vec<_>>() }
}
