//! Records that are there already: whether they are what the definition says.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use backends_core::driver::{Context, DefineRequest, StoredKinds};
use backends_core::{Definition, ErrorKind, Kind, Mistakes, Reconciled, Result, Timestamp};

use super::indexes::{Wanted, fields_of};
use super::is_added;
use crate::codec::{Item, ItemBatch};
use crate::retry::Effect;
use crate::service::Service;
use crate::words::MOST_NAMES;

/// The fields that the key and indexes hold as they are stored, those of each index together.
pub(super) struct Raw {
    /// Those of instants in the key, which calls ask for in the form of this library only.
    pub(super) keys: Vec<String>,
    /// Those of text, whose values have to fit.
    pub(super) texts: Vec<Vec<String>>,
    /// Those of instants, which are found in the form of this library only.
    pub(super) instants: Vec<Vec<String>>,
}

impl Raw {
    /// Those of new indexes and of those with a field of a new kind, and of such a key; of everything if no definition
    /// was stored before.
    pub(super) fn new(reconciled: &Reconciled, wanted: &[Wanted], is_first: bool) -> Self {
        let definition = &reconciled.merged;
        let has_new_kind = |field: &str| reconciled.added_kinds.iter().any(|(path, _)| path == field);
        let is_new = |wanted: &&Wanted| is_first || is_added(reconciled, &wanted.index.name);
        let new = || wanted.iter().filter(is_new);
        let changed = wanted.iter().filter(|wanted| wanted.index.fields.iter().any(|field| has_new_kind(field)));
        let keys = definition.key_fields().filter(|key| definition.kind_of(key) == Some(Kind::Timestamp));
        Self {
            keys: keys.filter(|key| is_first || has_new_kind(key)).map(str::to_owned).collect(),
            texts: fields_of(Kind::String, new()),
            instants: fields_of(Kind::Timestamp, new().chain(changed)),
        }
    }
}

/// Holds stored records against what is new in a definition: all of it, if none was stored before. `raw` is what a new
/// key and new indexes hold, and those with fields of a new kind.
///
/// # Errors
/// `DefinitionConflict` for values of another kind, and for texts that an index does not take, or that it or the key does
/// not find.
pub(super) async fn check(
    service: &Arc<Service>,
    request: &DefineRequest,
    reconciled: &Reconciled,
    is_new: bool,
    raw: &Raw,
) -> Result<()> {
    let kinds = if is_new { StoredKinds::of_all(reconciled) } else { StoredKinds::new(reconciled) };
    let mut look = Look {
        table: service.table_name(request.definition.name()),
        service,
        context: &request.context,
        definition: &reconciled.merged,
        kinds: kinds.reporting(&request.context),
        raw,
        mistakes: Mistakes::new(ErrorKind::DefinitionConflict),
    };
    // The fields of one index are read together.
    let of_indexes = || raw.texts.iter().chain(&raw.instants).flatten();
    let mut fields: BTreeSet<String> = of_indexes().chain(&raw.keys).cloned().collect();
    fields.extend(look.kinds.fields());
    let (first, rest): (Vec<_>, Vec<_>) = fields.into_iter().partition(|field| of_indexes().any(|one| one == field));
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
    raw: &'a Raw,
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
                self.check_instants(item);
            }
            self.kinds.look(&ItemBatch(items))?;
            after = answer.last_evaluated_key.filter(|key| !key.is_empty());
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// Text is compared as it stands, so that an instant in another form is not found, and stands elsewhere in the order.
    fn check_instants(&mut self, item: &Item) {
        let is_foreign = |field: &String| match item.get(field) {
            Some(AttributeValue::S(text)) => {
                text.parse::<Timestamp>().is_ok_and(|at| at.with_text(|own| own != text.as_str()))
            }
            _ => false,
        };
        for field in self.raw.keys.iter().filter(|field| is_foreign(field)) {
            self.mistakes.add(format!(
                "stored records have instants in the key `{field}` in another form than `2024-01-01T00:00:00.000Z`, by which no call would find them: write them again under keys in that form, or declare `{field}` a string"
            ));
        }
        for field in self.raw.instants.iter().flatten() {
            // One that is declared so is not looked for in an index; of the key it is said already.
            let is_declared = self.definition.field(field).is_some_and(|field| field.foreign_text);
            if is_foreign(field) && !is_declared && !self.raw.keys.contains(field) {
                self.mistakes.add(format!(
                    "stored records have instants in `{field}` in another form than `2024-01-01T00:00:00.000Z`, which an index does not find: write them again without the index, or declare `foreignText`"
                ));
            }
        }
    }

    /// What an index does not take it leaves out, without a word.
    fn check_texts(&mut self, item: &Item) {
        for fields in &self.raw.texts {
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
