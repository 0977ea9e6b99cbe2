//! The paths of a type, in the notation of definitions.

use std::collections::VecDeque;

use super::{AskedField, AskedKind};
use crate::Kind;
use crate::definition::path_mistake;
use crate::encode::check_name;

/// How many bytes the paths may have that lead through types inside themselves: a definition keeps them as text.
const RECURSION: usize = 8 * 1024;

/// The kind of each scalar; in arrays, in enums and in a type inside itself, of which one path is several values or none,
/// only of instants.
pub(super) fn kinds(whole: &AskedKind) -> Vec<(String, Kind)> {
    let mut kinds = Vec::new();
    let mut visit = |path: &str, kind: &AskedKind, is_shared| {
        if let Some(kind) = kind.kind().filter(|kind| is_told(*kind, is_shared)) {
            kinds.push((path.to_owned(), kind));
        }
    };
    let mut walk = Walk::new(&mut visit);
    walk.enter(whole, false);
    walk.unroll();
    kinds
}

/// Whether the kind of a scalar is among [`kinds`], which below an array or an enum tells of instants only.
pub(super) fn is_told(kind: Kind, is_shared: bool) -> bool {
    kind == Kind::Timestamp || !is_shared
}

/// Whether [`kinds`] tells of anything at or below `kind`.
pub(super) fn tells(kind: &AskedKind, is_shared: bool) -> bool {
    any(kind, is_shared, |kind, is_shared| kind.kind().is_some_and(|kind| is_told(kind, is_shared)))
}

/// Whether an instant is below the type that has so many others above it, or may be where it leads back to one of them.
fn leads_to_instants(itself: &AskedKind, above: usize) -> bool {
    any(itself, true, |kind, _| match kind {
        AskedKind::Timestamp => true,
        AskedKind::Above(place) => *place < above,
        _ => false,
    })
}

/// Whether anything at or below `kind` is what is looked for.
fn any(kind: &AskedKind, is_shared: bool, is_it: impl Fn(&AskedKind, bool) -> bool) -> bool {
    let mut found = false;
    let mut visit = |_: &str, kind: &AskedKind, is_shared| found |= is_it(kind, is_shared);
    let mut walk = Walk::new(&mut visit);
    walk.path.push_str(ELEMENTS);
    walk.enter(kind, is_shared);
    found
}

/// The paths at which a definition may declare what stands there.
pub(super) fn of_values(whole: &AskedKind) -> Vec<String> {
    let mut paths = Vec::new();
    let mut visit = |path: &str, kind: &AskedKind, _| {
        if !matches!(kind, AskedKind::Struct(_) | AskedKind::Array(_) | AskedKind::Above(_)) {
            paths.push(path.to_owned());
        }
    };
    Walk::new(&mut visit).enter(whole, false);
    paths
}

/// What stands for the elements of an array.
pub(super) const ELEMENTS: &str = "[]";

/// What a walk does with each path, what is there, and whether an array or an enum is above.
type Visit<'v> = dyn FnMut(&str, &AskedKind, bool) + 'v;

/// A walk over every path of a type.
struct Walk<'a, 'v> {
    visit: &'v mut Visit<'v>,
    path: String,
    /// What the path has gone through.
    above: Vec<&'a AskedKind>,
    /// Where a type stands inside itself: the path, and what is above that type, and it.
    inside_itself: VecDeque<(String, Vec<&'a AskedKind>)>,
    is_unrolling: bool,
}

impl<'a, 'v> Walk<'a, 'v> {
    fn new(visit: &'v mut Visit<'v>) -> Self {
        Self { visit, path: String::new(), above: Vec::new(), inside_itself: VecDeque::new(), is_unrolling: false }
    }

    fn enter(&mut self, kind: &'a AskedKind, is_shared: bool) {
        // Deeper than any record is.
        if self.is_unrolling && path_mistake(&self.path, true).is_some() {
            return;
        }
        if !self.path.is_empty() {
            (self.visit)(&self.path, kind, is_shared);
        }
        self.above.push(kind);
        match kind {
            AskedKind::Struct(fields) => self.fields(fields, is_shared),
            AskedKind::Enum(variants) => self.fields(variants, true),
            AskedKind::Array(elements) if !self.path.is_empty() => {
                let length = self.path.len();
                self.path.push_str(ELEMENTS);
                self.enter(elements, true);
                self.path.truncate(length);
            }
            AskedKind::Above(place) => {
                if let Some(above) = self.above.get(..=*place) {
                    self.inside_itself.push_back((self.path.clone(), above.to_vec()));
                }
            }
            _ => {}
        }
        self.above.pop();
    }

    fn fields(&mut self, fields: &'a [AskedField], is_shared: bool) {
        let length = self.path.len();
        for field in fields {
            // A name that no backend stores, or that reads as elements, is no segment of a path.
            if field.alias_of.is_some() || check_name(field.name).is_err() || field.name.ends_with(ELEMENTS) {
                continue;
            }
            if length > 0 {
                self.path.push('.');
            }
            self.path.push_str(field.name);
            self.enter(&field.kind, is_shared);
            self.path.truncate(length);
        }
    }

    /// Goes on inside types that stand inside themselves, level by level: as deep as a record may be, if there is room
    /// for so many paths.
    fn unroll(&mut self) {
        self.is_unrolling = true;
        let mut left = RECURSION;
        while let Some((path, mut above)) = self.inside_itself.pop_front() {
            let Some(itself) = above.pop().filter(|itself| leads_to_instants(itself, above.len())) else { continue };
            let Some(rest) = left.checked_sub(path.len()) else { return };
            (left, self.path, self.above) = (rest, path, above);
            self.enter(itself, true);
        }
    }
}
