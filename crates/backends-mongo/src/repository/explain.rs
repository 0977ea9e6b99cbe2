//! How a request is answered: what the server says itself.

use std::collections::BTreeSet;

use backends_core::driver::{Access, FindRequest, Plan};
use backends_core::{Expr, Filter, Predicate, Result};
use mongodb::bson::{Bson, Document, doc};

use super::MongoRepository;
use super::walk::is_walk;
use crate::database::max_time;
use crate::error::Effect;
use crate::search::{Command, Search};

impl MongoRepository {
    pub(super) async fn plan(&self, request: &FindRequest) -> Result<Plan> {
        let search = Search::new(&self.definition, request)?;
        let mut find = doc! { "find": self.collection.name() };
        let is_in_parts =
            matches!(&search.command, Command::Find(find) if find.sort.is_some()) && is_walk(&self.definition, request);
        let requests =
            if is_in_parts { "1, and more where little is found in time" } else { search.command.requests() };
        let computes = matches!(search.command, Command::Aggregate(_));
        match search.command {
            Command::Find(command) => {
                find.insert("filter", command.filter);
                find.extend(command.sort.map(|sort| ("sort".to_owned(), Bson::Document(sort))));
                find.extend(command.projection.map(|fields| ("projection".to_owned(), Bson::Document(fields))));
                find.extend(command.skip.map(|skip| ("skip".to_owned(), Bson::Int64(skip))));
                find.extend(command.limit.map(|limit| ("limit".to_owned(), Bson::Int64(limit))));
            }
            // The documents are found first, and sorted then.
            Command::Aggregate(pipeline) => {
                let filter = pipeline.into_iter().next().and_then(|mut stage| stage.remove("$match"));
                find.extend(filter.map(|filter| ("filter".to_owned(), filter)));
            }
        }
        let limit = i64::try_from(max_time(&request.context).as_millis()).unwrap_or(i64::MAX);
        let explain = doc! { "explain": find, "verbosity": "queryPlanner", "maxTimeMS": limit };
        let run = self.database.native.run_command(explain);
        let answer = self.database.call(&request.context, Effect::Reads, run.into_future()).await?;
        let mut steps = Steps::default();
        steps.collect(&answer);
        // What core looks at a second time, it does not filter.
        let remainder = search.remainder.with_filter(search.rest);
        let plan = Plan::new(request, self.access(&steps, &search.asked), search.asked, &remainder, requests);
        let sorts = search.sorts && (computes || steps.stages.contains("SORT"));
        Ok(if sorts { plan.sorted_by_database() } else { plan })
    }

    fn access(&self, steps: &Steps, asked: &Filter) -> Access {
        let stages = &steps.stages;
        if stages.contains("COLLSCAN") {
            return Access::Scan;
        }
        match steps.indexes.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            [] if stages.contains("EOF") => Access::Nothing,
            [] if stages.contains("IDHACK") => Access::Key,
            [] => Access::Scan,
            [native] if self.is_key(native) => self.key_access(asked),
            several => {
                Access::Index(several.iter().map(|native| self.index_name(native)).collect::<Vec<_>>().join("`, `"))
            }
        }
    }

    /// How an index on the key is read.
    fn key_access(&self, asked: &Filter) -> Access {
        let has = |is: fn(&Predicate) -> bool| {
            self.definition.key_fields().all(|field| {
                asked.conjuncts().iter().any(
                    |conjunct| matches!(conjunct.expr(), Expr::Test(path, test) if path.as_str() == field && is(test)),
                )
            })
        };
        if has(|test| matches!(test, Predicate::Eq(_))) {
            Access::Key
        } else if has(|test| matches!(test, Predicate::Eq(_) | Predicate::In(_))) {
            Access::Keys
        } else {
            Access::KeyRange
        }
    }
}

/// What the plan of the server is made of.
#[derive(Default)]
struct Steps {
    stages: BTreeSet<String>,
    indexes: BTreeSet<String>,
}

impl Steps {
    fn collect(&mut self, plan: &Document) {
        for (name, value) in plan {
            match (name.as_str(), value) {
                ("rejectedPlans" | "command" | "parsedQuery" | "filter" | "slotBasedPlan", _) => {}
                ("stage", Bson::String(stage)) => _ = self.stages.insert(stage.clone()),
                ("indexName", Bson::String(index)) => _ = self.indexes.insert(index.clone()),
                (_, Bson::Document(part)) => self.collect(part),
                (_, Bson::Array(parts)) => {
                    parts.iter().filter_map(Bson::as_document).for_each(|part| self.collect(part));
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c19_the_steps_of_every_form_of_plan_are_found() {
        let scan = doc! { "stage": "FETCH", "inputStage": { "stage": "IXSCAN", "indexName": "role" } };
        let rejected = doc! { "stage": "COLLSCAN" };
        for plan in [
            doc! { "queryPlanner": { "winningPlan": &scan, "rejectedPlans": [&rejected] } },
            doc! { "queryPlanner": { "winningPlan": { "queryPlan": &scan, "slotBasedPlan": { "stages": "…" } } } },
            doc! { "queryPlanner": { "winningPlan": { "stage": "SINGLE_SHARD", "shards": [{ "winningPlan": &scan }] } } },
            doc! { "queryPlanner": { "winningPlan": { "stage": "SORT_MERGE", "inputStages": [&scan, &scan] } } },
        ] {
            let mut steps = Steps::default();
            steps.collect(&plan);
            assert!(steps.stages.contains("IXSCAN") && !steps.stages.contains("COLLSCAN"), "{plan}");
            assert!(steps.indexes.iter().eq(["role"]), "{plan}");
        }
    }
}
