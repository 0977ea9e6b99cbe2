//! From what a caller said to a definition, with every mistake on the way.

mod indexes;
mod kinds;

use std::sync::Arc;
use std::time::Duration;

pub(super) use indexes::MAX_INDEXES;

use super::draft::{Draft, KeyField};
use super::index::Index;
use super::report::Report;
use super::rules::{given_name_mistake, name_mistake, shown, top_level_mistake};
use super::settings::{Throughput, Ttl};
use super::{CUSTOM_ID, Definition, Parts};
use crate::Result;

/// The name of the library's id.
const ID: &str = "id";
/// Bytes of a definition as text, at most: every backend keeps it in one record.
// DynamoDB: 400 KB an item.
const MAX_TEXT: usize = 256 * 1024;

impl Draft {
    /// The definition, or every mistake: those in `report` and those found here.
    pub(super) fn build(self, mut report: Report) -> Result<Definition> {
        let name = self.name.clone().unwrap_or_default();
        self.check_names(&name, &mut report);
        let key = self.key(&mut report);
        let indexes = self.indexes(&key, &mut report);
        self.check_id(&key, &indexes, &mut report);
        self.check_version(&key, &indexes, &mut report);
        let ttl = self.ttl(&key, &mut report);
        let (kinds, id_kind) = self.kinds(&key, &indexes, &mut report);
        let is_name = self.name_mistake(&name).is_none();
        let with_place = |error: crate::Error| if is_name { error.with_repository(&name) } else { error };
        report.into_result().map_err(with_place)?;
        let parts = Parts {
            key,
            indexes,
            kinds,
            id_kind,
            id_field: self.id_field(),
            version: self.version.clone(),
            ttl,
            throughput: self.throughput,
            name: name.clone(),
        };
        Definition(Arc::new(parts)).within_limits().map_err(with_place)
    }

    fn id_field(&self) -> &'static str {
        if self.custom_id { CUSTOM_ID } else { ID }
    }

    /// What is wrong with the name of the repository or of an index, if anything.
    fn name_mistake(&self, name: &str) -> Option<&'static str> {
        if self.stored { name_mistake(name) } else { given_name_mistake(name) }
    }

    fn check_names(&self, name: &str, report: &mut Report) {
        if let Some(mistake) = self.name.as_ref().and_then(|name| self.name_mistake(name)) {
            report.add(|| format!("the name `{}` of the repository {mistake}", shown(name)));
        }
        let key = |field: &Option<KeyField>| field.as_ref().map(|field| field.name.clone());
        let fields = [
            ("partition key", key(&self.partition_key)),
            ("sort key", key(&self.sort_key)),
            ("version field", self.version.clone()),
            ("TTL field", self.ttl.as_ref().map(|(field, _)| field.clone())),
            ("TTL field", self.idle_ttl.clone()),
        ];
        for (role, field) in fields {
            if let Some(field) = field {
                self.check_field(role, &field, report);
            }
        }
        check_throughput("the repository", self.throughput, report);
    }

    fn check_field(&self, role: &str, field: &str, report: &mut Report) {
        if let Some(mistake) = top_level_mistake(field, self.custom_id) {
            report.add(|| format!("the {role} `{}` {mistake}", shown(field)));
        }
    }

    /// The fields of the primary key.
    fn key(&self, report: &mut Report) -> Vec<String> {
        match (&self.partition_key, &self.sort_key) {
            (None, None) => vec![ID.to_owned()],
            (None, Some(_)) if self.partition_key_is_reported => vec![ID.to_owned()],
            (None, Some(_)) => {
                report.add(|| "a sort key needs a partition key: name one, or leave the sort key out");
                vec![ID.to_owned()]
            }
            (Some(partition), None) => vec![partition.name.clone()],
            (Some(partition), Some(sort)) => {
                if partition.name == sort.name {
                    report.add(|| {
                        format!(
                            "field `{}` is the partition key and the sort key: leave the sort key out",
                            shown(&sort.name)
                        )
                    });
                }
                vec![partition.name.clone(), sort.name.clone()]
            }
        }
    }

    fn check_id(&self, key: &[String], indexes: &[Index], report: &mut Report) {
        let id = self.id_field();
        let is_part = key.len() > 1 && key.iter().any(|field| field == id);
        let is_unique = indexes.iter().any(|index| index.unique && index.fields == [id]);
        if is_part && !is_unique {
            report.add(|| {
                format!("`{id}` is a part of the key: make it the whole key, or a unique index too, or use `customId`")
            });
        }
    }

    fn check_version(&self, key: &[String], indexes: &[Index], report: &mut Report) {
        let Some(field) = &self.version else { return };
        let field_text = shown(field);
        if key.contains(field) || field == self.id_field() {
            report.add(|| format!("the version field `{field_text}` is a key field or the id: use another field"));
        }
        if indexes.iter().any(|index| index.unique && index.fields.contains(field)) {
            report.add(|| {
                format!(
                    "the version field `{field_text}` is in a unique index, and every write changes it: leave it out"
                )
            });
        }
    }

    fn ttl(&self, key: &[String], report: &mut Report) -> Option<Ttl> {
        let (field, after) = self.ttl.clone()?;
        if key.contains(&field) || field == self.id_field() {
            report.add(|| {
                format!(
                    "the TTL field `{}` is a key field or the id, which the library never fills in: use a field of its own",
                    shown(&field)
                )
            });
        }
        if self.version.as_ref() == Some(&field) {
            report.add(|| format!("`{}` is the TTL field and the version field: use two fields", shown(&field)));
        }
        let seconds = whole_seconds(after);
        if seconds.is_none() {
            report.add(Ttl::out_of_range);
        }
        Some(Ttl { field, seconds: seconds?, holds: self.ttl_holds.unwrap_or_default() })
    }
}

impl Definition {
    /// The same definition, if it can be stored.
    pub(super) fn within_limits(self) -> Result<Self> {
        if self.to_json().len() > MAX_TEXT {
            return Err(crate::Error::invalid_input(
                "the definition is longer than 256 KiB as text: declare fewer fields",
            ));
        }
        Ok(self)
    }
}

fn whole_seconds(duration: Duration) -> Option<u32> {
    let seconds = u32::try_from(duration.as_secs()).ok()?;
    (duration.subsec_nanos() == 0 && seconds <= Ttl::MAX_SECONDS).then_some(seconds)
}

fn check_throughput(what: &str, throughput: Option<Throughput>, report: &mut Report) {
    // DynamoDB: capacities are positive 64-bit integers.
    let range = 1..=i64::MAX.unsigned_abs();
    if throughput.is_some_and(|units| !range.contains(&units.read) || !range.contains(&units.write)) {
        report.add(|| {
            format!("the capacity of {what} has to be at least 1 for reading and for writing, and to fit into 63 bits")
        });
    }
}
