//! Making a failing program smaller, so that a reader sees what matters.

use backends::driver::Consistency;
use backends::{Change, Document, Expr, Filter, Update, Value};

use crate::operation::{At, Operation, Outside, Query, Side};
use crate::program::Program;

/// Programs that are smaller in one way, the smallest first.
pub(crate) fn smaller(program: &Program) -> impl Iterator<Item = Program> + '_ {
    let length = program.operations.len();
    let sizes = std::iter::successors(Some(length / 2), |size| Some(size / 2)).take_while(|size| *size > 0);
    let cuts =
        sizes.flat_map(move |size| (0..length).step_by(size).map(move |start| start..(start + size).min(length)));
    let cut = cuts.map(|range| {
        let mut smaller = program.clone();
        smaller.operations.drain(range);
        smaller
    });
    let unversioned = program.schema.has_versions.then(|| {
        let mut smaller = program.clone();
        smaller.schema.has_versions = false;
        smaller
    });
    let timeless = program.schema.time.is_some().then(|| {
        let mut smaller = program.clone();
        smaller.schema.time = None;
        smaller
    });
    let indexes = (0..program.schema.indexes.len()).map(|at| {
        let mut smaller = program.clone();
        smaller.schema.remove_index(at);
        smaller
    });
    let simpler = (0..length).flat_map(move |at| {
        simpler(&program.operations[at]).into_iter().map(move |operation| {
            let mut smaller = program.clone();
            smaller.operations[at] = operation;
            smaller
        })
    });
    let alone = program.second.is_some().then(|| Program { second: None, ..program.clone() });
    cut.chain(alone).chain(unversioned).chain(timeless).chain(indexes).chain(simpler)
}

fn simpler(operation: &Operation) -> Vec<Operation> {
    let writes = |body: &Document, of: &dyn Fn(Document) -> Operation| documents(body).into_iter().map(of).collect();
    match operation {
        Operation::Insert(at, body) => writes(body, &|body| Operation::Insert(at.clone(), body)),
        Operation::Replace(at, body) => writes(body, &|body| Operation::Replace(at.clone(), body)),
        Operation::Upsert(at, body) => writes(body, &|body| Operation::Upsert(at.clone(), body)),
        Operation::InsertMany(records) => records_of_call(records).into_iter().map(Operation::InsertMany).collect(),
        Operation::Update(at, update) => {
            updates(update).into_iter().map(|update| Operation::Update(at.clone(), update)).collect()
        }
        Operation::ExpectingDelete(at, _) => vec![Operation::Delete(at.clone())],
        Operation::ExpectingUpdate(at, update, off) => {
            let of = |update| Operation::ExpectingUpdate(at.clone(), update, *off);
            let without = std::iter::once(Operation::Update(at.clone(), update.clone()));
            without.chain(updates(update).into_iter().map(of)).collect()
        }
        Operation::UpdateOne(query, update) => {
            let fewer = updates(update).into_iter().map(|update| Operation::UpdateOne(query.clone(), update));
            fewer.chain(queries(query).into_iter().map(|query| Operation::UpdateOne(query, update.clone()))).collect()
        }
        Operation::UpdateMany(filter, update) => {
            let fewer = updates(update).into_iter().map(|update| Operation::UpdateMany(filter.clone(), update));
            fewer
                .chain(filters(filter).into_iter().map(|filter| Operation::UpdateMany(filter, update.clone())))
                .collect()
        }
        Operation::DeleteOne(query) => queries(query).into_iter().map(Operation::DeleteOne).collect(),
        Operation::DeleteMany(filter) => filters(filter).into_iter().map(Operation::DeleteMany).collect(),
        Operation::GetMany(all) => without_one(all).into_iter().map(Operation::GetMany).collect(),
        Operation::Find(query) => queries(query).into_iter().map(Operation::Find).collect(),
        Operation::Select(query) => queries(query).into_iter().map(Operation::Select).collect(),
        Operation::Stream(query) => std::iter::once(query.clone()).chain(queries(query)).map(Operation::Find).collect(),
        Operation::FindOne(query) => queries(query).into_iter().map(Operation::FindOne).collect(),
        Operation::Count(filter) => filters(filter).into_iter().map(Operation::Count).collect(),
        Operation::Exists(filter) => filters(filter).into_iter().map(Operation::Exists).collect(),
        Operation::Batch(writes) => batches(writes).into_iter().map(Operation::Batch).collect(),
        Operation::Pages(query, sizes, between) => {
            let fewer = without_one(between).into_iter().map(|fewer| (query.clone(), fewer));
            let queries = queries(query).into_iter().map(|query| (query, between.clone()));
            let simpler = between.iter().enumerate().flat_map(|(at, write)| {
                simpler(write).into_iter().map(move |write| {
                    let mut writes = between.clone();
                    writes[at] = write;
                    (query.clone(), writes)
                })
            });
            let all = fewer.chain(queries).chain(simpler);
            all.map(|(query, between)| Operation::Pages(query, sizes.clone(), between)).collect()
        }
        Operation::Outside(Outside::Write(at, body)) => {
            writes(body, &|body| Operation::Outside(Outside::Write(at.clone(), body)))
        }
        Operation::Outside(_)
        | Operation::Define
        | Operation::Reopen
        | Operation::Pass(_)
        | Operation::Delete(_)
        | Operation::Get(_) => Vec::new(),
    }
}

/// A batch without each of its writes, or with a simpler one.
fn batches(writes: &[(Side, Operation)]) -> Vec<Vec<(Side, Operation)>> {
    let simpler = writes.iter().enumerate().flat_map(|(at, (side, write))| {
        simpler(write).into_iter().map(move |write| {
            let mut simpler = writes.to_vec();
            simpler[at] = (*side, write);
            simpler
        })
    });
    without_one(writes).into_iter().chain(simpler).collect()
}

/// An update without each of its changes.
fn updates(update: &Update) -> Vec<Update> {
    let changes = update.changes();
    if changes.len() < 2 {
        return Vec::new();
    }
    let of = |changes: Vec<Change>| {
        changes.into_iter().fold(Update::new(), |update, change| match change {
            Change::Set(path, value) => update.set(path, value),
            Change::Inc(path, by) => update.inc(path, by),
            Change::Push(path, member) => update.push(path, member),
            Change::Pull(path, member) => update.pull(path, member),
            other => update.unset(other.path().clone()),
        })
    };
    without_one(changes).into_iter().map(of).collect()
}

/// A list without each of its members.
fn without_one<T: Clone>(all: &[T]) -> Vec<Vec<T>> {
    let without = |at| all.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, one)| one.clone()).collect();
    (0..all.len()).map(without).collect()
}

fn records_of_call(records: &[(At, Document)]) -> Vec<Vec<(At, Document)>> {
    let halves = [&records[..records.len() / 2], &records[records.len() / 2..]];
    let halves = halves.into_iter().filter(|half| half.len() < records.len()).map(<[_]>::to_vec);
    let simpler = records.iter().enumerate().flat_map(|(at, (key, body))| {
        documents(body).into_iter().map(move |body| {
            let mut simpler = records.to_vec();
            simpler[at] = (key.clone(), body);
            simpler
        })
    });
    // A long call is cut first; its records are made simpler when few are left.
    if records.len() > 8 {
        halves.chain(without_one(records)).collect()
    } else {
        without_one(records).into_iter().chain(simpler).collect()
    }
}

/// A document without each of its fields, or with a shorter text.
fn documents(document: &Document) -> Vec<Document> {
    let without = document.keys().map(|field| {
        let mut simpler = document.clone();
        simpler.remove(field);
        simpler
    });
    let shorter = document.iter().filter_map(|(field, value)| {
        let Value::String(text) = value else { return None };
        let half: String = text.chars().take(text.chars().count() / 2).collect();
        let mut simpler = document.clone();
        simpler.insert(field, half);
        // The digits of an id have all to be there.
        (text.len() > 8 && text.len() != 24).then_some(simpler)
    });
    without.chain(shorter).collect()
}

fn queries(query: &Query) -> Vec<Query> {
    let mut simpler: Vec<_> =
        filters(&query.filter).into_iter().map(|filter| Query { filter, ..query.clone() }).collect();
    simpler.extend(without_one(&query.sort).into_iter().map(|sort| Query { sort, ..query.clone() }));
    if query.offset > 0 {
        simpler.push(Query { offset: 0, ..query.clone() });
    }
    if query.limit.is_some() {
        simpler.push(Query { limit: None, ..query.clone() });
    }
    if query.fields.is_some() {
        simpler.push(Query { fields: None, ..query.clone() });
    }
    if query.consistency != Consistency::Default {
        simpler.push(Query { consistency: Consistency::Default, ..query.clone() });
    }
    simpler
}

/// A filter with a part in its place, or without one.
fn filters(filter: &Filter) -> Vec<Filter> {
    let lists = |members: &[Filter], of: &dyn Fn(Vec<Filter>) -> Filter| {
        let fewer = without_one(members).into_iter().filter(|fewer| fewer.len() > 1);
        let inside = members.iter().enumerate().flat_map(|(at, member)| {
            filters(member).into_iter().map(move |member| {
                let mut simpler = members.to_vec();
                simpler[at] = member;
                simpler
            })
        });
        let simpler: Vec<_> = fewer.chain(inside).collect();
        members.iter().cloned().chain(simpler.into_iter().map(of)).collect()
    };
    match filter.expr() {
        Expr::And(members) => lists(members, &|members| Filter::and(members)),
        Expr::Or(members) => lists(members, &|members| Filter::or(members)),
        Expr::Not(inner) => {
            let inside: &Filter = inner;
            std::iter::once(inside.clone()).chain(filters(inside).into_iter().map(|inner| !inner)).collect()
        }
        Expr::Test(..) => vec![Filter::all()],
        Expr::All | Expr::Nothing => Vec::new(),
    }
}
