//! A filter held against what is known of the records: operands of the declared kinds, and nothing left to fold.

use super::{Expr, Filter, Path, Predicate, fold};
use crate::ask::Asked;
use crate::names::{mistaken, nearest};
use crate::schema::{KEY_STRING, Place, conform};
use crate::{Definition, Error, Kind, Result, Token, Value};

/// What a handle knows of the places in its records.
pub(crate) struct Scope<'a> {
    definition: &'a Definition,
    schema: &'a Place,
    asked: &'a Asked,
}

impl<'a> Scope<'a> {
    /// What the definition says, and the type of the records.
    pub(crate) fn new(definition: &'a Definition, schema: &'a Place, asked: &'a Asked) -> Self {
        Self { definition, schema, asked }
    }

    pub(crate) fn definition(&self) -> &Definition {
        self.definition
    }

    pub(crate) fn schema(&self) -> &Place {
        self.schema
    }

    /// The kind that is declared at a place, or that the type has there.
    pub(crate) fn kind_at(&self, path: &Path) -> Option<Kind> {
        self.kind(path, self.schema.place(path))
    }

    /// The filter as drivers get it: every operand of the declared kind, and folded.
    ///
    /// # Errors
    /// `InvalidInput` with the path, for a field that neither the type nor the definition knows, an operand of another
    /// kind, or an operator that the kind does not have.
    pub(crate) fn bind(&self, filter: &Filter) -> Result<Filter> {
        filter.check()?;
        Ok(match filter.expr() {
            Expr::All | Expr::Nothing => filter.clone(),
            Expr::Test(path, predicate) => self.test(path, predicate)?,
            Expr::And(members) => fold::and(self.bind_all(members)?),
            Expr::Or(members) => fold::or(self.bind_all(members)?),
            Expr::Not(inner) => fold::not(self.bind(inner)?),
        })
    }

    fn bind_all(&self, members: &[Filter]) -> Result<Vec<Filter>> {
        members.iter().map(|member| self.bind(member)).collect()
    }

    /// Refuses a path that leads nowhere in the records.
    ///
    /// # Errors
    /// `InvalidInput` with the nearest field.
    pub(crate) fn check_path(&self, path: &Path) -> Result<()> {
        path.check()?;
        let first = path.first();
        if first == "_id" && !self.definition.custom_id() {
            return Err(Error::invalid_input("`_id` is a name of the library's own: use `id`").with_path(path.as_str()));
        }
        let Some(fields) = self.asked.fields() else { return Ok(()) };
        let declared = self.schema.fields();
        let known =
            || fields.iter().filter(|field| field.alias_of.is_none()).map(|field| field.name).chain(declared.clone());
        if known().any(|known| known == first) {
            return Ok(());
        }
        let message = match fields.iter().find(|field| field.name == first).and_then(|alias| alias.alias_of) {
            Some(written) => format!("an alias, which is read and never written: use `{written}`"),
            None => match nearest(first, known()) {
                Some(near) => mistaken("neither the type of the records nor the definition has this field", near),
                None => "neither the type of the records nor the definition has this field: use one that they have, or ask an `untyped()` repository".to_owned(),
            },
        };
        Err(Error::invalid_input(message).with_path(path.as_str()))
    }

    /// The kind that is declared at a place, or that the type has there.
    fn kind(&self, path: &Path, place: Option<&Place>) -> Option<Kind> {
        let of_type = || self.asked.kind_at(path.segments()).filter(|kind| *kind != Kind::Timestamp);
        place.and_then(Place::kind).map(|declared| declared.kind).or_else(of_type)
    }

    fn test(&self, path: &Path, predicate: &Predicate) -> Result<Filter> {
        self.check_path(path)?;
        let place = self.schema.place(path);
        let predicate = match self.kind(path, place) {
            Some(kind) => with_kind(kind, predicate),
            None => without_kind(place, predicate),
        };
        let predicate = predicate.map_err(|error| error.with_path(path.as_str()).naming_path())?;
        Ok(fold::test(path, predicate, place.is_some_and(Place::is_held)))
    }
}

/// The predicate with its operands as a place of this kind holds them.
fn with_kind(kind: Kind, predicate: &Predicate) -> Result<Predicate> {
    let is_pattern = matches!(predicate, Predicate::Like(_) | Predicate::StartsWith(_) | Predicate::Contains(_));
    if is_pattern && kind != Kind::String {
        let name = predicate.name();
        return Err(Error::invalid_input(format!(
            "`{name}` on a field of the kind {kind}, which is no text: compare it"
        )));
    }
    if is_range(predicate) && matches!(kind, Kind::Bool | Kind::Bytes) {
        return Err(no_order(kind));
    }
    mapped(predicate, |operand| of_kind(kind, operand))
}

/// The operand as a place of this kind holds it.
fn of_kind(kind: Kind, operand: &Value) -> Result<Value> {
    match (kind, operand.token()) {
        // Numbers are one kind.
        (Kind::Integer, Token::Float(_)) => Ok(operand.clone()),
        (_, token) => conform(kind, token).map(Value::from_scalar),
    }
}

/// The predicate where no scalar is declared; an array with elements of a kind may be.
fn without_kind(place: Option<&Place>, predicate: &Predicate) -> Result<Predicate> {
    if let (Predicate::Contains(operand), Some(kind)) =
        (predicate, place.and_then(Place::elements).and_then(Place::kind))
    {
        return of_kind(kind.kind, operand).map(Predicate::Contains);
    }
    let is_range = is_range(predicate);
    mapped(predicate, |operand| match operand {
        Value::Timestamp(_) => Err(Error::invalid_input(format!(
            "a timestamp where none is declared: declare it with {}",
            crate::error::declaration(Kind::Timestamp)
        ))),
        Value::Bool(_) if is_range => Err(no_order(Kind::Bool)),
        Value::Bytes(_) if is_range => Err(no_order(Kind::Bytes)),
        _ => Ok(operand.clone()),
    })
}

fn is_range(predicate: &Predicate) -> bool {
    use Predicate::{Between, Ge, Gt, Le, Lt};
    matches!(predicate, Lt(_) | Le(_) | Gt(_) | Ge(_) | Between(..))
}

#[cold]
fn no_order(kind: Kind) -> Error {
    Error::invalid_input(format!("less and greater of {kind}, which has no order: ask with `eq`, `ne` or `is_in`"))
}

/// The predicate with each operand as `map` has it.
fn mapped(predicate: &Predicate, map: impl Fn(&Value) -> Result<Value>) -> Result<Predicate> {
    let list = |values: &[Value]| values.iter().map(&map).collect::<Result<Vec<_>>>();
    Ok(match predicate {
        Predicate::Eq(value) => Predicate::Eq(map(value)?),
        Predicate::Ne(value) => Predicate::Ne(map(value)?),
        Predicate::Lt(value) => Predicate::Lt(map(value)?),
        Predicate::Le(value) => Predicate::Le(map(value)?),
        Predicate::Gt(value) => Predicate::Gt(map(value)?),
        Predicate::Ge(value) => Predicate::Ge(map(value)?),
        Predicate::Between(low, high) => Predicate::Between(map(low)?, map(high)?),
        Predicate::In(values) => Predicate::In(list(values)?),
        Predicate::NotIn(values) => Predicate::NotIn(list(values)?),
        Predicate::Contains(value) => Predicate::Contains(map(value)?),
        Predicate::Like(_) | Predicate::StartsWith(_) | Predicate::IsMissing | Predicate::IsSet => predicate.clone(),
    })
}

/// Whether a field of a key or an index can hold it.
pub(super) fn can_be_held(value: &Value) -> bool {
    !matches!(value, Value::String(text) if !(1..=KEY_STRING).contains(&text.len()))
}
