//! The mistakes that the model has to find where requests are harmed: they show when an answer is lost, or half there.

use super::planted::Mistake;

pub(super) const MISTAKES_FOR_HARM: &[Mistake] = &[
    Mistake {
        name: "harm-cut-is-the-end",
        what: "records that break off are taken for all of them",
        backend: "memory",
        file: "crates/backends-core/src/action/draw.rs",
        right: "let drawn = match next? {",
        wrong: "let drawn = match next.unwrap_or_default() {",
    },
    Mistake {
        name: "harm-part-done-is-untold",
        what: "a write to many records that was ended half-way says that it surely did not happen",
        backend: "memory",
        file: "crates/backends-core/src/action/changing.rs",
        right: "let may = error.may_have_happened() || is_unclear || counts.done > 0;",
        wrong: "let may = error.may_have_happened() || is_unclear;",
    },
    Mistake {
        name: "harm-doubled-retry",
        what: "a delete whose answer was lost is made again, and finds nothing",
        backend: "dynamodb",
        file: "crates/backends-dynamo/src/retry.rs",
        right: "if is_unclear && effect == Effect::Writes {",
        wrong: "if is_unclear && tries > 9 && effect == Effect::Writes {",
    },
    Mistake {
        name: "harm-own-write-unknown",
        what: "a write whose answer was lost is a conflict with itself",
        backend: "dynamodb",
        file: "crates/backends-dynamo/src/repository.rs",
        right: "Cause::Condition(Some(item)) if stamp.is_on(&item) => Ok(Self::Done),",
        wrong: "Cause::Condition(Some(item)) if item.is_empty() && stamp.is_on(&item) => Ok(Self::Done),",
    },
    Mistake {
        name: "harm-surely-not",
        what: "a conditional write whose answer was lost says that it surely did not happen",
        backend: "dynamodb",
        file: "crates/backends-dynamo/src/service.rs",
        right: "let is_unclear = is_unclear && effect.is_write();",
        wrong: "let is_unclear = is_unclear && effect == Effect::Writes;",
    },
    Mistake {
        name: "harm-unprocessed-forgotten",
        what: "what the service left unprocessed of a call on many records is taken for stored",
        backend: "dynamodb",
        file: "crates/backends-dynamo/src/repository/insert_many.rs",
        right: "Ok(left.into_iter().filter_map(|request| request.put_request).map(|put| put.item).collect())",
        wrong: "Ok(left.into_iter().take(0).filter_map(|request| request.put_request).map(|put| put.item).collect())",
    },
    Mistake {
        name: "harm-broken-way-is-no-doubt",
        what: "a write whose connection broke says that it surely did not happen",
        backend: "mongodb",
        file: "crates/backends-mongo/src/error.rs",
        right: "Self::Some => sent > 0,",
        wrong: "Self::Some => sent > 2,",
    },
    Mistake {
        name: "harm-batch-made-again",
        what: "a batch is made again when the answer to its commit was lost",
        backend: "mongodb",
        file: "crates/backends-mongo/src/batch.rs",
        right: "let error = database.fail(failure, Effect::Writes).with_may_have_happened(true);",
        wrong: "let error = database.fail(failure, Effect::Writes);\n            if last.is_none() {\n                return Err(Stop::Again(error));\n            }",
    },
];
