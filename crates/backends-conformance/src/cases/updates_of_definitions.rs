//! C37, C39: what a newer definition wants and the stored records break. It is told, and nothing of it is there.

use backends_core::{Document, ErrorKind, IdKind, Index, SchemaMode, field};
use serde_json::json;

use super::indexes::has_indexes;
use crate::Context;
use crate::expect::{DIGITS, refused};
use crate::records::document;

pub async fn c37_c39_l38_an_index_that_cannot_be_made_is_told_until_it_can(context: &Context) {
    if !has_indexes(context).await {
        return;
    }
    let plain = || context.definition("tagged").id_kind(IdKind::String);
    let before = context.define::<Document>(plain()).await;
    let all: Vec<_> =
        (0..250).map(|at| document(json!({"id": at.to_string(), "tag": format!("t{}", at % 50)}))).collect();
    before.insert_many(&all).await.unwrap();
    // No text, which the kind of an index field is if nothing else is said.
    before.insert(&document(json!({"id": "odd", "tag": DIGITS}))).await.unwrap();
    let index = || Index::on(["tag"]);
    let is_of_seven = || field("tag").eq("t7");
    for index in [index(), index().ordered()] {
        let wanted = plain().index(index).build().unwrap();
        for backend in [context.backend().await.clone(), context.another_process().await] {
            let defined = backend.define::<Document>(wanted.clone()).await;
            let error = refused(defined, ErrorKind::DefinitionConflict, "define");
            assert!(error.to_string().contains("`tag`"), "{error}");
        }
        let again = context.another_process().await;
        let stored = again.define::<Document>(plain().build().unwrap()).schema_mode(SchemaMode::Verify).await.unwrap();
        assert_eq!((stored.definition().indexes().len(), stored.warnings().len()), (0, 0));
        for handle in [&before, &stored] {
            assert_eq!(handle.count(is_of_seven()).await.unwrap(), 5);
        }
    }
    before.delete("odd").await.unwrap();
    let after = context.define::<Document>(plain().index(index().ordered())).await;
    assert!(after.definition().index("tag").is_some_and(Index::is_ordered));
    assert_eq!(after.count(is_of_seven()).await.unwrap(), 5);
}
