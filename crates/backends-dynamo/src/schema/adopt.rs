//! Records that are there already: whether they are what the definition says.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use backends_core::driver::{Context, DefineRequest, StoredKinds};
use backends_core::{Definition, ErrorKind, Mistakes, Reconciled, Result};

use crate::codec::{Item, ItemBatch};
use crate::retry::Effect;
use crate::service::Service;
use crate::words::MOST_NAMES;

/// Holds stored records against what is new in a definition: all of it, if none was stored before. `texts` are the fields
/// of text of each new index, whose values have to fit.
///
/// # Errors
/// `DefinitionConflict` for values of another kind, and for texts that an index does not take.
pub(super) async fn check(
    service: &Arc<Service>,
    request: &DefineRequest,
    reconciled: &Reconciled,
    is_new: bool,
    texts: &[Vec<String>],
) -> Result<()> {
    let kinds = if is_new { StoredKinds::of_all(reconciled) } else { StoredKinds::new(reconciled) };
    let mut look = Look {
        table: service.table_name(request.definition.name()),
        service,
        context: &request.context,
        definition: &reconciled.merged,
        kinds: kinds.reporting(&request.context),
        texts,
        mistakes: Mistakes::new(ErrorKind::DefinitionConflict),
    };
    // The fields of one index are read together.
    let mut fields: BTreeSet<String> = texts.iter().flatten().cloned().collect();
    fields.extend(look.kinds.fields());
    let (first, rest): (Vec<_>, Vec<_>) =
        fields.into_iter().partition(|field| texts.iter().flatten().any(|text| text == field));
    let fields: Vec<String> = first.into_iter().chain(rest).collect();
    // More fields than an expression has room for are read in several rounds. What the definition does not name may be
    // what no record holds.
    for fields in fields.chunks(MOST_NAMES) {
        look.at(fields).await?;
    }
    look.kinds.finish()?;
    look.mistakes.into_result()
}

struct Look<'a> {
    table: String,
    service: &'a Service,
    context: &'a Context,
    definition: &'a Definition,
    kinds: StoredKinds,
    texts: &'a [Vec<String>],
    mistakes: Mistakes,
}

impl Look<'_> {
    async fn at(&mut self, fields: &[String]) -> Result<()> {
        let names: Vec<String> = (0..fields.len()).map(|number| format!("#f{number}")).collect();
        let mut after: Option<Item> = None;
        loop {
            let send = || {
                let mut scan = self.service.client.scan().table_name(&self.table).consistent_read(true);
                for (name, field) in names.iter().zip(fields) {
                    scan = scan.expression_attribute_names(name, field);
                }
                Ok(scan.projection_expression(names.join(", ")).set_exclusive_start_key(after.clone()).send())
            };
            let answer = self.service.call(self.context, Effect::Reads, send).await?;
            let items = answer.items.unwrap_or_default();
            for item in &items {
                self.check_texts(item);
            }
            self.kinds.look(&ItemBatch(items))?;
            after = answer.last_evaluated_key.filter(|key| !key.is_empty());
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// What an index does not take it leaves out, without a word.
    fn check_texts(&mut self, item: &Item) {
        for fields in self.texts {
            let mut together = 0;
            for field in fields {
                let Some(AttributeValue::S(text)) = item.get(field) else { continue };
                together += text.len();
                let drops_empty = self.definition.field(field).is_some_and(|field| field.empty_is_missing);
                if text.is_empty() && !drops_empty {
                    self.mistakes.add(format!(
                        "stored records have an empty string in `{field}`, which an index does not take: change them, or declare `emptyIsMissing`"
                    ));
                }
                if text.len() > 1_024 {
                    self.mistakes.add(format!(
                        "stored records have strings of more than 1,024 bytes in `{field}`, which an index does not take: change them, or leave the index out"
                    ));
                }
            }
            if together > 2_048 {
                self.mistakes.add(format!(
                    "stored records have strings of more than 2,048 bytes together in `{}`, which an index does not take: change them, or leave the index out",
                    fields.join("`, `")
                ));
            }
        }
    }
}
