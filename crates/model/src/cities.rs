//! A published data set on a backend and in memory, and queries whose answers are compared byte by byte:
//! `cargo xtask dataset`.

use std::fmt;
use std::time::Instant;

use backends::action::Find;
use backends::{Backend, Document, Filter, Order, PageToken, Repository, Value, field};
use serde_json::Value as Json;

use crate::options::Words;
use crate::store::Stores;

const DEFINITION: &str = r#"{"name": "cities", "hashKey": "country", "rangeKey": "number", "rangeKeyType": "integer",
    "fields": {"lat": "number", "lng": "number", "admin1": "string"},
    "indexes": [{"fields": ["name"], "unique": false}, {"fields": ["lat"], "unique": false, "ordered": true}]}"#;

/// Records that one call stores.
const BATCH: usize = 1_000;

/// What to compare.
#[derive(Debug)]
pub struct Dataset {
    backend: String,
    records: usize,
}

/// A query, in words and as a read.
type Asked = (&'static str, fn(&Repository<Document>) -> Find<Document>);

impl Dataset {
    /// Reads `--backend=B` and `--records=N`; see `cargo xtask dataset --help`.
    ///
    /// # Errors
    /// What is none of these, or no number.
    pub fn read(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut words = Words::new(words);
        let backend = words.text("--backend").unwrap_or_else(|| "memory".to_owned());
        let records = words.number("--records")?.unwrap_or(usize::MAX);
        words.finish()?;
        Ok(Self { backend, records })
    }

    /// Loads, asks, and prints a table; how many answers differ.
    ///
    /// # Errors
    /// The data set cannot be had, or a call fails.
    pub async fn run(self) -> Result<u64, String> {
        let cities = cities(self.records)?;
        let stores = Stores::new(&self.backend, None)?;
        let (backend, memory) = (stores.open(0).await?, backends::open("memory:cities").await.map_err(said)?);
        let result = self.compare(&cities, &backend, &memory).await;
        stores.remove(0, backend).await?;
        result
    }

    async fn compare(&self, cities: &[Document], backend: &Backend, memory: &Backend) -> Result<u64, String> {
        let expected = load(memory, cities).await?;
        let started = Instant::now();
        let repository = load(backend, cities).await?;
        let seconds = started.elapsed().as_secs_f64();
        println!("{}: {} records of the data set stored in {seconds:.1} s", self.backend, cities.len());
        println!("\n| query | records | bytes | ms | the same as memory |\n|---|--:|--:|--:|---|");
        let mut answers = Vec::new();
        for (what, ask) in queries() {
            let expected = ask(&expected).await.map_err(said)?;
            let started = Instant::now();
            let answer = ask(&repository).await.map_err(said)?;
            answers.push(Answer::new(what, &answer, &expected, started));
        }
        let expected_pages = pages(&expected).await?;
        let started = Instant::now();
        answers.push(Answer::new(
            "all of them from north to south, in pages of 5,000",
            &pages(&repository).await?,
            &expected_pages,
            started,
        ));
        let expected_counts = counts(&expected).await?;
        let started = Instant::now();
        answers.push(Answer::new("five counts", &counts(&repository).await?, &expected_counts, started));
        let differing = answers.iter().filter(|answer| !answer.is_same).count();
        for answer in &answers {
            println!("{answer}");
        }
        println!("\n{} queries, {differing} differ", answers.len());
        Ok(differing as u64)
    }
}

/// What a query found, beside what it should.
struct Answer {
    what: &'static str,
    records: usize,
    bytes: usize,
    millis: u128,
    is_same: bool,
}

impl Answer {
    fn new(what: &'static str, answer: &[Document], expected: &[Document], started: Instant) -> Self {
        let millis = started.elapsed().as_millis();
        let [bytes, expected] = [answer, expected].map(|records| {
            let records: Vec<_> = records.iter().map(without_id).collect();
            serde_json::to_vec(&records).unwrap_or_default()
        });
        Self {
            what,
            records: answer.len(),
            bytes: bytes.len(),
            millis,
            is_same: bytes == expected && !bytes.is_empty(),
        }
    }
}

/// The library gives every record an id of its own on each backend.
fn without_id(record: &Document) -> Document {
    record.iter().filter(|(name, _)| *name != "id").map(|(name, value)| (name, value.clone())).collect()
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.is_same { "yes" } else { "NO" };
        write!(f, "| {} | {} | {} | {} | {word} |", self.what, self.records, self.bytes, self.millis)
    }
}

/// The first records of the data set, with their numbers.
fn cities(most: usize) -> Result<Vec<Document>, String> {
    let file = servers::cities().map_err(|error| format!("{error:#}"))?;
    let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let cities: Vec<Json> = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut records = Vec::with_capacity(cities.len());
    for (number, city) in cities.iter().take(most).enumerate() {
        let text = |name: &str| city[name].as_str().unwrap_or_default().to_owned();
        let degrees = |name: &str| text(name).parse::<f64>().map_err(|_| format!("town {number} has no {name}"));
        let mut record = Document::from([
            ("country", Value::from(text("country"))),
            ("number", i64::try_from(number).unwrap_or(i64::MAX).into()),
            ("lat", degrees("lat")?.into()),
            ("lng", degrees("lng")?.into()),
        ]);
        // What has none is left out, as in any record.
        for name in ["name", "admin1", "admin2"] {
            let text = text(name);
            if !text.is_empty() {
                record.insert(name, text);
            }
        }
        records.push(record);
    }
    Ok(records)
}

async fn load(backend: &Backend, cities: &[Document]) -> Result<Repository<Document>, String> {
    let definition = backends::Definition::from_json(DEFINITION).map_err(said)?;
    let repository: Repository<Document> = backend.define(definition).await.map_err(said)?;
    for batch in cities.chunks(BATCH) {
        repository.insert_many(batch).await.map_err(said)?;
    }
    Ok(repository)
}

/// What is asked: by key, by index, by neither; every operator; orders that an index has and that none has.
fn queries() -> Vec<Asked> {
    use Order::{Asc, Desc};
    vec![
        ("the towns of Andorra by number", |r| r.find(field("country").eq("AD")).sort("number", Asc)),
        ("the towns of France, descending", |r| r.find(field("country").eq("FR")).sort("number", Desc).unbounded()),
        ("`Saint%` in France, by name", |r| {
            r.find(field("country").eq("FR") & field("name").like("Saint%")).sort("name", Asc).limit(500)
        }),
        ("Springfield", |r| r.find(field("name").eq("Springfield")).sort("lng", Asc)),
        ("Paris, London or Roma", |r| {
            r.find(field("name").is_in(["Paris", "London", "Roma"])).sort("name", Desc).sort("lat", Desc)
        }),
        ("names that begin with `São `", |r| r.find(field("name").starts_with("São ")).sort("name", Asc)),
        ("names with `ville` in three countries", |r| {
            let there = field("country").is_in(["FR", "CH", "BE"]) & field("name").contains("ville");
            r.find(there).sort("name", Desc).offset(50).limit(100)
        }),
        ("`%burg%` north of 50", |r| {
            r.find(field("name").like("%burg%") & field("lat").gt(50)).sort("name", Asc).sort("number", Asc)
        }),
        ("`N%a%i` anywhere", |r| r.find(field("name").like("N%a%i")).sort("name", Asc).sort("country", Asc)),
        ("around 48.85 north", |r| r.find(field("lat").between(48.8, 48.9)).sort("lng", Asc)),
        ("beside the date line", |r| {
            r.find(field("lng").ge(179) | field("lng").le(-179)).sort("lng", Desc).sort("country", Asc)
        }),
        ("the 20 northernmost", |r| r.find(Filter::all()).sort("lat", Desc).limit(20)),
        ("the 20 southernmost, after 10", |r| r.find(Filter::all()).sort("lat", Asc).offset(10).limit(20)),
        ("on the equator, by an ordered index", |r| r.find(field("lat").between(-0.1, 0.1)).sort("lat", Asc)),
        ("without a second level, in ten countries", |r| {
            let ten = ["DE", "FR", "US", "BR", "IN", "CN", "NG", "AU", "JP", "NO"];
            r.find(field("country").is_in(ten) & field("admin2").is_missing()).sort("name", Asc).sort("number", Desc)
        }),
        ("in Germany, not of three states", |r| {
            let three = field("admin1").is_in(["01", "02", "03"]);
            r.find(field("country").eq("DE") & !three).sort("admin1", Desc).sort("name", Asc).limit(1_000)
        }),
        ("in the United States, from M to N", |r| {
            r.find(field("country").eq("US") & field("name").between("M", "N")).sort("name", Asc).unbounded()
        }),
        ("a quarter of the world, 300 by name", |r| {
            let west = field("lat").lt(0) & field("lng").lt(0);
            r.find(west).sort("name", Asc).sort("number", Asc).limit(300)
        }),
        ("three fields of Monaco", |r| {
            r.find(field("country").eq("MC")).fields(["name", "lat", "lng"]).sort("name", Asc)
        }),
        ("a part of a partition by number", |r| {
            r.find(field("country").eq("IN") & field("number").ge(60_000) & field("number").lt(90_000))
                .sort("number", Asc)
                .limit(2_000)
        }),
        ("nowhere", |r| r.find(field("country").eq("XX")).sort("number", Asc)),
        ("names that are in no alphabet of ours", |r| {
            r.find(field("name").ge("\u{400}")).sort("name", Desc).sort("number", Desc).limit(200)
        }),
    ]
}

/// Every town in the order of an index, page by page.
async fn pages(repository: &Repository<Document>) -> Result<Vec<Document>, String> {
    let (mut all, mut next): (_, Option<PageToken>) = (Vec::new(), None);
    loop {
        let page = repository.find(Filter::all()).sort("lat", Order::Desc).page(5_000).after(next);
        let page = page.await.map_err(said)?;
        all.extend(page.records);
        next = page.next;
        if next.is_none() {
            return Ok(all);
        }
    }
}

/// Numbers of towns, as documents.
async fn counts(repository: &Repository<Document>) -> Result<Vec<Document>, String> {
    let filters = [
        Filter::all(),
        field("country").eq("FR"),
        field("name").starts_with("A") & field("lat").ge(0),
        field("admin2").is_set() & !field("admin1").eq("01"),
        field("name").like("%a%a%a%"),
    ];
    let mut counts = Vec::new();
    for filter in filters {
        let count = repository.count(&filter).await.map_err(said)?;
        counts.push(Document::from([("count", i64::try_from(count).unwrap_or(i64::MAX))]));
    }
    Ok(counts)
}

fn said(error: backends::Error) -> String {
    format!("a call failed: {error}")
}
