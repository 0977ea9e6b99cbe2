//! The questions to a type, in their order: what its fields are, under which names, and what is below them.

use super::plain::{Plain, is_derived};
use super::probe::{Form, Found, Goal, Noted, Probe, Run, Shape, Step};
use super::refusal::Refusal;
use super::{AskedField, AskedKind};

/// How many times a type is asked, all in all; a field costs about four.
const QUESTIONS: usize = 20_000;
/// How many attempts there are at a sample of one field.
const ATTEMPTS: usize = 200;
/// How deep it is asked: no record is deeper.
const DEEPEST: usize = 31;
/// Serde's arrays have at most 32 elements of a kind, and its tuples 16.
const LONGEST_TUPLE: usize = 32;

const INSTANTS: [&str; 2] = ["2000-01-01T00:00:00.000Z", "2100-06-30T12:30:15.500Z"];
/// What text that only has the length or the look of an instant accepts, or text with a date in it.
const NO_INSTANTS: [&str; 7] = [
    "2000-13-01T00:00:00.000Z",
    "2000-01-01T00:00:00.000!",
    "2000-01-01T00:00:00",
    "2000-01-01",
    "00:00:00.000",
    "~",
    "",
];

/// A type that is being asked.
pub(super) struct Survey {
    ask: fn(Probe<'_>) -> Result<(), Refusal>,
    type_name: &'static str,
    /// What the fields of the outermost type take, as far as their types say it.
    pub(super) plain: Vec<(&'static str, Plain)>,
    path: Vec<Step>,
    /// What the path has gone through, so that a recursive type ends.
    above: Vec<Noted>,
    left: usize,
}

impl Survey {
    pub(super) fn new(ask: fn(Probe<'_>) -> Result<(), Refusal>, type_name: &'static str) -> Self {
        Self { ask, type_name, plain: Vec::new(), path: Vec::new(), above: Vec::new(), left: QUESTIONS }
    }

    /// What the type itself is.
    pub(super) fn whole(&mut self) -> AskedKind {
        self.shape().map_or(AskedKind::Unknown, |noted| self.kind(noted))
    }

    /// Puts one question at the end of the path.
    fn question(&mut self, goal: Goal) -> Option<Found> {
        let run = Run::new(goal);
        for _ in 0..ATTEMPTS {
            self.left = self.left.checked_sub(1)?;
            // What is found is noted in the run; how the type takes the end of the probe says nothing more.
            let _ = (self.ask)(Probe::new(&run, &self.path));
            if run.found.get().is_some() || !run.draft.borrow_mut().amend() {
                break;
            }
        }
        run.found.get()
    }

    fn shape(&mut self) -> Option<Noted> {
        match self.question(Goal::Shape)? {
            Found::Asked(noted) => Some(noted),
            _ => None,
        }
    }

    fn accepts(&mut self, text: &'static str) -> bool {
        matches!(self.question(Goal::Text(text)), Some(Found::Accepted(true)))
    }

    /// The name that is written for the field `name` of the struct at the end of the path, if it says it.
    fn written_name(&mut self, name: &'static str) -> Option<&'static str> {
        match self.question(Goal::Twice(name))? {
            Found::Known(known) => known,
            _ => None,
        }
    }

    fn below<R>(&mut self, step: Step, ask: impl FnOnce(&mut Self) -> R) -> R {
        self.path.push(step);
        let answer = ask(self);
        self.path.pop();
        answer
    }

    /// What is asked for at the end of the path, where `noted` was.
    fn kind(&mut self, noted: Noted) -> AskedKind {
        match noted.shape {
            Shape::Bool => return AskedKind::Bool,
            Shape::Integer => return AskedKind::Integer,
            Shape::Float => return AskedKind::Number,
            Shape::Text if self.is_instant() => return AskedKind::Timestamp,
            Shape::Text => return AskedKind::String,
            Shape::Bytes => return AskedKind::Bytes,
            Shape::Timestamp => return AskedKind::Timestamp,
            Shape::Unit | Shape::UnitVariant => return AskedKind::Unit,
            Shape::Any if self.takes_only_text() && self.is_instant() => return AskedKind::Timestamp,
            Shape::Map => return AskedKind::Map,
            Shape::Any => return AskedKind::Unknown,
            Shape::Struct(_) | Shape::Seq | Shape::Tuple(_) | Shape::Enum(_) => {}
        }
        let known = |above: &Noted| (above.visitor, above.shape) == (noted.visitor, noted.shape);
        if let Some(place) = self.above.iter().position(known) {
            return AskedKind::Above(place);
        }
        if self.path.len() == DEEPEST {
            return AskedKind::Unknown;
        }
        self.above.push(noted);
        let kind = match noted.shape {
            Shape::Struct(names) => AskedKind::Struct(self.fields(names, noted.visitor)),
            Shape::Enum(variants) => self.variants(variants),
            Shape::Tuple(length) => AskedKind::Array(Box::new(self.tuple(length))),
            _ => AskedKind::Array(Box::new(self.below(Step::Element(0), Self::whole))),
        };
        self.above.pop();
        kind
    }

    /// Whether a type that takes what there is has a use for text alone, as those that expect an instant in an option.
    fn takes_only_text(&mut self) -> bool {
        Form::ALL.into_iter().all(|form| matches!(self.question(Goal::Form(form)), Some(Found::Accepted(false))))
    }

    fn is_instant(&mut self) -> bool {
        INSTANTS.iter().any(|text| self.accepts(text)) && !NO_INSTANTS.iter().any(|text| self.accepts(text))
    }

    fn fields(&mut self, names: &'static [&'static str], visitor: &str) -> Vec<AskedField> {
        // Wide before deep, so that what is near the top is known when the questions run out.
        let noted: Vec<_> = names.iter().map(|name| self.below(Step::Field(name), Self::shape)).collect();
        let written: Vec<_> = names.iter().map(|name| self.written_name(name)).collect();
        let mut fields: Vec<_> = names
            .iter()
            .zip(&noted)
            .zip(&written)
            .map(|((name, noted), written)| AskedField {
                name,
                alias_of: written.filter(|written| written != name && names.contains(written)),
                kind: AskedKind::Unknown,
                optional: noted.is_some_and(|noted| noted.optional),
            })
            .collect();
        let is_plain = self.path.is_empty() && is_derived(visitor, self.type_name);
        for (field, noted) in fields.iter_mut().zip(noted) {
            if let (None, Some(noted)) = (field.alias_of, noted) {
                if let Some(plain) = Plain::of(noted.type_name).filter(|_| is_plain) {
                    self.plain.push((field.name, plain));
                }
                field.kind = self.below(Step::Field(field.name), |survey| survey.kind(noted));
            }
        }
        for alias in 0..fields.len() {
            if let Some(written) = fields[alias].alias_of
                && let Some(kind) = fields.iter().find(|field| field.name == written).map(|field| field.kind.clone())
            {
                fields[alias].kind = kind;
            }
        }
        fields
    }

    /// Text if no variant holds anything.
    fn variants(&mut self, names: &'static [&'static str]) -> AskedKind {
        let noted: Vec<_> = names.iter().map(|name| self.below(Step::Variant(name), Self::shape)).collect();
        let is_unit = |noted: &Option<Noted>| noted.is_some_and(|noted| noted.shape == Shape::UnitVariant);
        if names.is_empty() || noted.iter().any(Option::is_none) {
            return AskedKind::Unknown;
        }
        if noted.iter().all(is_unit) {
            return AskedKind::String;
        }
        let contents = names.iter().zip(noted).filter(|(_, noted)| !is_unit(noted));
        let contents = contents.filter_map(|(name, noted)| Some((*name, noted?)));
        AskedKind::Enum(
            contents
                .map(|(name, noted)| AskedField {
                    name,
                    alias_of: None,
                    kind: self.below(Step::Variant(name), |survey| survey.kind(noted)),
                    optional: true,
                })
                .collect(),
        )
    }

    /// What all elements of a tuple are; `Unknown` if they differ.
    fn tuple(&mut self, length: usize) -> AskedKind {
        if length > LONGEST_TUPLE {
            return AskedKind::Unknown;
        }
        let mut first: Option<(Noted, AskedKind)> = None;
        for index in 0..length {
            let Some(noted) = self.below(Step::Element(index), Self::shape) else { return AskedKind::Unknown };
            match &first {
                Some((same, _)) if same.visitor == noted.visitor && noted.shape != Shape::Text => {}
                Some((_, kind)) if *kind == self.below(Step::Element(index), |survey| survey.kind(noted)) => {}
                Some(_) => return AskedKind::Unknown,
                None => {
                    let kind = self.below(Step::Element(index), |survey| survey.kind(noted));
                    first = Some((noted, kind));
                }
            }
        }
        first.map_or(AskedKind::Unknown, |(_, kind)| kind)
    }
}
