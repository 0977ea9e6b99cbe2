//! Page after page, with writes between them.

use backends::{Document, Value};

use super::{Check, Running, same_records, unexpected};
use crate::operation::{Operation, Query};

/// More pages than any walk has: what goes on then goes round in circles.
const MOST: usize = 2_000;

/// How far a walk has come.
#[derive(Debug, Default)]
struct Walk {
    /// The keys of what was on its pages.
    seen: Vec<Vec<Value>>,
    /// The whole record that was last on a page, as it was then.
    last: Option<Document>,
    /// The keys of what was written since it began.
    touched: Vec<Vec<Value>>,
    /// Whether a page was not full: then it may have passed places where records were written later.
    was_short: bool,
}

impl Running {
    /// Each page is what comes next as things stand when it is read; what is there throughout is on one of them.
    pub(super) async fn pages(&mut self, query: &Query, sizes: &[u32], between: &[Operation]) -> Check {
        let mut walk = Walk::default();
        let mut next = None;
        for at in 0..MOST {
            let size = sizes[at % sizes.len()] as usize;
            let page = self.asking(query).page(sizes[at % sizes.len()]).after(next).await.map_err(unexpected)?;
            let (is_last, records) = (page.next.is_none(), page.records);
            if records.len() > size {
                return Err(format!("{} records on a page of {size}", records.len()).into());
            }
            walk.was_short |= !is_last && records.len() < size;
            self.is_next(query, &walk, &records, is_last).map_err(|error| format!("page {at}: {error}"))?;
            walk.seen.extend(records.iter().map(|record| self.reference.key_of(record)));
            if let Some(last) = walk.seen.last().filter(|_| !records.is_empty()) {
                walk.last = self.reference.get(last).cloned();
            }
            if is_last {
                return Ok(());
            }
            next = page.next;
            if let Some(write) = between.get(at) {
                let before = self.reference.records.clone();
                Box::pin(self.step(write)).await?;
                self.reference.forget();
                let after = &self.reference.records;
                let changed = before.iter().filter(|record| !after.contains(record));
                let changed = changed.chain(after.iter().filter(|record| !before.contains(record)));
                walk.touched.extend(changed.map(|record| self.reference.key_of(record)));
            }
        }
        Err(format!("no end after {MOST} pages").into())
    }

    fn is_next(&self, query: &Query, walk: &Walk, page: &[Document], is_last: bool) -> Check {
        let key_of = |record: &Document| self.reference.key_of(record);
        let on_page: Vec<_> = page.iter().map(key_of).collect();
        let mut expected = self.reference.meant(&query.filter, &query.sort);
        if query.sort.is_empty() {
            // Any that match, in any order: but none twice that was not written meanwhile, and all of them in the end.
            expected.retain(|record| {
                let key = key_of(record);
                let is_open = !is_last || walk.touched.contains(&key);
                on_page.contains(&key) || !(walk.seen.contains(&key) || is_open)
            });
            if let Some(key) = on_page.iter().find(|key| walk.seen.contains(key) && !walk.touched.contains(key)) {
                return Err(format!("the record of {key:?} comes twice").into());
            }
            let mut page = page.to_vec();
            page.sort_by(|left, right| self.reference.compare(&[], left, right));
            return self.is_same(query, &page, &expected);
        }
        if let Some(last) = &walk.last {
            expected.retain(|record| self.reference.compare(&query.sort, last, record).is_lt());
        }
        if walk.was_short {
            expected.retain(|record| !walk.touched.contains(&key_of(record)) || on_page.contains(&key_of(record)));
        }
        if !is_last {
            expected.truncate(page.len());
        }
        self.is_same(query, page, &expected)
    }

    fn is_same(&self, query: &Query, page: &[Document], expected: &[Document]) -> Check {
        let expected: Vec<_> = expected.iter().map(|record| self.reference.selected(query, record)).collect();
        same_records(page, &expected)
    }
}
