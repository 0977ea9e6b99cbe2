//! What the core costs: decoding, encoding, JSON, and the handles on a driver that does nothing.
//!
//! `cargo xtask bench core` prints a table. Words behind `--` choose the rows that begin with one of them.
//! With `--profile` only the first contender of each row is run, for some seconds, so that a profiler sees nothing else.

use std::future::Future;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use backends_core::driver::{self, Context, GetRequest, InsertRequest, RepositoryDriver};
use backends_core::{Backend, Definition, Key, Repository, Timestamp, Value, json};
use tokio::runtime::{Builder, Runtime};

use measure::{Contender, Row};
use nothing::{Idle, Nothing};
use record::{ID, User};

mod direct;
mod measure;
mod nothing;
mod record;

type Failure = Box<dyn std::error::Error>;

const LIMIT: Duration = Duration::from_secs(30);

/// How many times as long as static dispatch a typed read may take: the target of the design.
const READ: f64 = 1.1;

#[allow(clippy::print_stdout, reason = "the table is what it is for")]
fn main() -> Result<(), Failure> {
    let runtime = Builder::new_current_thread().enable_time().build()?;
    let (options, words): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|word| word.starts_with("--"));
    let chosen = |name: &str| words.is_empty() || words.iter().any(|word| name.starts_with(word));
    let rows = codec().into_iter().chain(handles(&runtime)?).filter(|(ours, _)| chosen(ours.name()));
    if options.iter().any(|option| option == "--profile") {
        rows.for_each(|(mut ours, _)| ours.keep_on());
        return Ok(());
    }
    println!("{} bytes as JSON, {} as `RecordBuf`\n", User::ada().json().len(), User::ada().record().size());
    println!("{}", Row::HEAD);
    let mut measured = Vec::new();
    for (ours, theirs) in rows {
        let row = Row::new(ours, theirs);
        println!("{}", row.line());
        measured.push(row);
    }
    let ada = User::ada();
    if let Some(told) = measure::allocations(&measured, || drop(black_box(ada.clone()))) {
        println!("\n{told}");
    }
    Ok(())
}

type Pair<'a> = (Contender<'a>, Contender<'a>);

fn codec() -> Vec<Pair<'static>> {
    let (text, record) = (User::ada().json(), User::ada().record());
    let (json_batch, batch) = (User::ada().json_batch(), User::ada().record());
    let (by_serde, by_hand) = (record.clone(), record.clone());
    let ada = User::ada();
    let (of_json, of_tree) = (text.clone(), record.clone());
    let mut out = String::with_capacity(1_024);
    vec![
        (
            Contender::new("JSON to type", move || driver::read::<User>(&json_batch, 0)).at_most(READ).counted(),
            Contender::new("`serde_json`", move || serde_json::from_str::<User>(&text)),
        ),
        (
            Contender::new("record to type", {
                let batch = batch.clone();
                move || driver::read::<User>(&batch, 0)
            })
            .at_most(READ)
            .counted(),
            Contender::new("static serde", move || direct::by_serde(&by_serde)),
        ),
        (
            Contender::new("record to type, again", move || driver::read::<User>(&batch, 0)).counted(),
            Contender::new("by hand", move || direct::by_hand(&by_hand)),
        ),
        (
            Contender::new("record to JSON", move || {
                out.clear();
                json::write(&mut record.tokens(), &mut out)
            }),
            Contender::new("`serde_json::to_vec`", move || serde_json::to_vec(&ada)),
        ),
        (
            Contender::new("JSON to record", move || json::parse(&of_json)),
            Contender::new("copy", move || of_tree.clone()),
        ),
    ]
}

fn handles(runtime: &Runtime) -> Result<Vec<Pair<'_>>, Failure> {
    let ada = User::ada();
    let record = ada.record();
    let (plain, layered) = runtime.block_on(async {
        let backend = Backend::new(Arc::new(Nothing::new(record.clone())));
        let plain: Repository<User> = backend.define(Definition::builder("users").build()?).await?;
        let layered: Repository<User> = Backend::new(Arc::new(Nothing::new(record.clone())))
            .with_layer(Idle)
            .define(Definition::builder("users").build()?)
            .await?;
        Ok::<_, backends_core::Error>((plain, layered))
    })?;
    let driver: Arc<dyn RepositoryDriver> = Arc::new(Nothing::new(record.clone()));
    let key = Key::new(Value::from(ID), None);

    let get = |name, repository: &Repository<User>| {
        let repository = repository.clone();
        repeated(runtime, name, move || {
            let repository = repository.clone();
            async move { repository.get(ID).await }
        })
    };
    let by_driver = {
        let (driver, key) = (Arc::clone(&driver), key.clone());
        move |name| {
            let (driver, key) = (Arc::clone(&driver), key.clone());
            repeated(runtime, name, move || {
                let (driver, key) = (Arc::clone(&driver), key.clone());
                async move {
                    let request = GetRequest::new(Context::new(Timestamp::now(), LIMIT), vec![key]);
                    driver.get(&request).await
                }
            })
        }
    };
    let insert = {
        let (repository, ada) = (plain.clone(), ada.clone());
        repeated(runtime, "insert", move || {
            let action = repository.insert(&ada);
            async move { action.await }
        })
    };
    let prepare = {
        let (repository, ada) = (plain.clone(), ada.clone());
        Contender::new("encode, check and read back", move || repository.insert(&ada))
    };
    let inserting = {
        let (driver, key, record) = (Arc::clone(&driver), key.clone(), record.clone());
        repeated(runtime, "the driver alone", move || {
            let request = InsertRequest::new(Context::new(Timestamp::now(), LIMIT), key.clone(), record.clone());
            let driver = Arc::clone(&driver);
            async move { driver.insert(&request).await }
        })
    };
    let with_deadline = {
        let driver = Arc::clone(&driver);
        let key = key.clone();
        repeated(runtime, "deadline", move || {
            let (driver, key) = (Arc::clone(&driver), key.clone());
            async move {
                let request = GetRequest::new(Context::new(Timestamp::now(), LIMIT), vec![key]);
                tokio::time::timeout_at(request.context.deadline(), driver.get(&request)).await
            }
        })
    };
    Ok(vec![
        (prepare, Contender::new("`serde_json::to_vec`", move || serde_json::to_vec(&ada))),
        (insert, inserting),
        (get("get", &plain), by_driver("the driver alone")),
        (get("get, 1 layer", &layered), get("get", &plain)),
        (with_deadline, by_driver("the driver alone")),
    ])
}

/// One future after another, inside a runtime that has been entered.
fn repeated<'a, F: Future>(
    runtime: &'a Runtime,
    name: &'static str,
    mut make: impl FnMut() -> F + 'a,
) -> Contender<'a> {
    Contender::many(name, move |times| {
        runtime.block_on(async {
            for _ in 0..times {
                black_box(make().await);
            }
        });
    })
}
