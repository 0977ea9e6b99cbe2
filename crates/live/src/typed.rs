//! Updates of records whose type says what it takes: what they come to, and what one sends that nothing has to be read for.

use backends_core::Update;
use serde::{Deserialize, Serialize};

use crate::Stage;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Typed {
    id: String,
    n: Option<u8>,
    name: String,
    list: Vec<String>,
    /// An integer of the type only.
    more: i64,
}

/// Changes every field of a record at once, and is refused what the type could not read, which leaves it as it is. The
/// requests of the first update, by their names.
///
/// # Panics
/// When an answer is another one, or a refused update changes something.
pub async fn run(stage: &Stage) -> Vec<String> {
    let json = r#"{"name": "typed", "idKind": "string", "fields": {"n": "integer", "name": "string"}}"#;
    let pair = stage.define(json).await;
    let typed = pair.through.typed::<Typed>();
    let record = |n, name: &str, list: &[&str], more| Typed {
        id: "a".into(),
        n,
        name: name.into(),
        list: list.iter().map(|&member| member.into()).collect(),
        more,
    };
    typed.insert(&record(None, "x", &[], 0)).await.unwrap_or_else(|error| panic!("{error}"));
    stage.proxy.clear();
    let new = Update::new;
    let updated = typed.update("a", new().inc("n", 255).inc("more", 2).push("list", "x").set("name", "y")).await;
    assert!(matches!(&updated, Ok(Some(is)) if *is == record(Some(255), "y", &["x"], 2)), "{updated:?}");
    let sent = stage.proxy.operations();
    let there = pair.clean.get("a").await.unwrap_or_else(|error| panic!("{error}"));
    for update in
        [new().inc("n", 1), new().inc("n", -256), new().set("name", 7), new().unset("name"), new().push("list", 7)]
    {
        let told = format!("{update:?}");
        let refused = typed.update("a", update).await;
        let is_refused = refused.as_ref().is_err_and(|error| error.is_invalid_input() && !error.may_have_happened());
        assert!(is_refused, "{told}: {refused:?}");
        let stored = pair.clean.get("a").await;
        assert!(matches!(&stored, Ok(stored) if *stored == there), "{told}: {stored:?}");
    }
    sent
}
