//! What every read by filter is made of: the filter, the order, and what the driver is asked for.

use std::any::TypeId;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::Invocation;
use crate::ask::Asked;
use crate::driver::{Consistency, FindRequest, Warnings};
use crate::filter::Scope;
use crate::repository::{AboutType, Inner, State};
use crate::{Error, Expr, Filter, Order, Path, Record, Repository, Result, Sort, SortField};

/// A read by filter on its way to a driver.
pub(super) struct Query {
    pub(super) inner: Arc<Inner>,
    pub(super) state: Arc<State>,
    about: Arc<AboutType>,
    asked: Arc<Asked>,
    filter: Result<Filter>,
    sort: Result<Vec<SortField>>,
    pub(super) limit: Option<u64>,
    pub(super) offset: u64,
    pub(super) consistency: Consistency,
    pub(super) timeout: Option<Duration>,
    /// What the selected type has, or the caller named; everything without a list.
    fields: Option<Result<Vec<String>>>,
    /// Whether the caller named the fields, so that a record is offered with no others.
    names_fields: bool,
    /// Where the program asks for it.
    caller: &'static Location<'static>,
}

impl Query {
    #[track_caller]
    pub(super) fn new<T: Record>(repository: &Repository<T>, filter: impl Into<Filter>) -> Self {
        let state = repository.inner().state();
        let asked = Arc::clone(repository.asked());
        let filter = Scope::new(&state.definition, &state.schema, &asked).bind(&filter.into());
        Self {
            inner: Arc::clone(repository.inner()),
            state,
            about: Arc::clone(repository.about()),
            asked,
            filter,
            sort: Ok(Vec::new()),
            limit: None,
            offset: 0,
            consistency: Consistency::Default,
            timeout: None,
            fields: None,
            names_fields: false,
            caller: Location::caller(),
        }
    }

    /// The same, for the keys of the records alone.
    #[track_caller]
    pub(super) fn of_keys<T: Record>(repository: &Repository<T>, filter: impl Into<Filter>) -> Self {
        let mut query = Self::new(repository, filter);
        query.name_fields::<&str>([]);
        query
    }

    fn scope(&self) -> Scope<'_> {
        Scope::new(&self.state.definition, &self.state.schema, &self.asked)
    }

    /// Sorts by one more field.
    pub(super) fn sort(&mut self, path: Path, order: Order) {
        let checked = self.scope().check_path(&path);
        if let Ok(fields) = &mut self.sort {
            let is_there = fields.iter().any(|field| field.path == path);
            match checked {
                Ok(()) if is_there => {
                    let twice = Error::invalid_input("a field that is sorted by twice: name it once");
                    self.sort = Err(twice.with_path(path.as_str()));
                }
                Ok(()) => fields.push(SortField::new(path, order)),
                Err(error) => self.sort = Err(error),
            }
        }
    }

    /// Reads records of another type, and only what it has.
    pub(super) fn select<U: DeserializeOwned + 'static>(&mut self) {
        let selected = self.about.selected(TypeId::of::<U>(), Asked::of::<U>);
        self.fields = selected.fields().map(|fields| {
            let scope = self.scope();
            for field in fields.iter().filter(|field| field.alias_of.is_none()) {
                let names = fields.iter().filter(|other| other.alias_of == Some(field.name)).map(|alias| alias.name);
                let mut known = names.map(|name| scope.check_path(&name.into()));
                scope
                    .check_path(&field.name.into())
                    .or_else(|error| known.find(Result::is_ok).unwrap_or(Err(error)))?;
            }
            Ok(fields.iter().map(|field| field.name.to_owned()).collect())
        });
    }

    /// Reads only these fields.
    pub(super) fn name_fields<P: Into<Path>>(&mut self, fields: impl IntoIterator<Item = P>) {
        let checked = fields.into_iter().map(|path| {
            let path: Path = path.into();
            self.scope().check_path(&path)?;
            if path.first() != path.as_str() {
                let inside = Error::invalid_input("a place inside a field: name the field, which comes whole");
                return Err(inside.with_path(path.as_str()));
            }
            Ok(path.as_str().to_owned())
        });
        self.fields = Some(checked.collect());
        self.names_fields = true;
    }

    /// The fields that are asked for, with the key and the id, which always come along.
    fn wanted(&self) -> Result<Option<Vec<String>>> {
        let Some(fields) = &self.fields else { return Ok(None) };
        let mut fields = fields.as_ref().map_err(Error::repeat)?.clone();
        let definition = &self.state.definition;
        for own in definition.key_fields().chain([definition.id_field()]) {
            if !fields.iter().any(|field| field == own) {
                fields.push(own.to_owned());
            }
        }
        Ok(Some(fields))
    }

    /// The order, total by the primary key; any if none was asked for.
    ///
    /// # Errors
    /// `InvalidInput` for a field that is not there, or that stands twice.
    pub(super) fn order(&self) -> Result<Sort> {
        let fields = self.sort.as_ref().map_err(Error::repeat)?;
        let Some(last) = fields.last() else { return Ok(Sort::Any) };
        let mut fields = fields.clone();
        fields.extend(self.key_order(last.order, &fields));
        Ok(Sort::By(fields))
    }

    /// The primary key as the end of an order by these fields.
    pub(super) fn key_order(&self, order: Order, fields: &[SortField]) -> Vec<SortField> {
        let rest =
            self.state.definition.key_fields().filter(|key| fields.iter().all(|field| field.path.as_str() != *key));
        rest.map(|key| SortField::new(key, order)).collect()
    }

    /// The filter.
    ///
    /// # Errors
    /// `InvalidInput`.
    pub(super) fn filter(&self) -> Result<Filter> {
        self.filter.as_ref().map(Filter::clone).map_err(Error::repeat)
    }

    /// A call that is about to be made for it; its deadline is renewed by progress.
    pub(super) fn invocation(&self, operation: &'static str) -> Invocation {
        self.inner.invoke(operation, self.timeout).renewable()
    }

    /// What a driver is asked for; nothing if no record can be meant.
    ///
    /// # Errors
    /// `InvalidInput`, for what was wrong with any part of it.
    pub(super) fn request(&self, invocation: &Invocation) -> Result<Option<FindRequest>> {
        let warnings = Warnings::new(&self.inner.told, self.caller, &self.inner.name);
        let mut context = invocation.context().clone().warning(warnings);
        context.consistency = self.consistency;
        let mut request = FindRequest::new(context);
        request.schema = Arc::clone(&self.state.schema);
        request.filter = self.filter()?;
        let is_nothing = *request.filter.expr() == Expr::Nothing || self.limit == Some(0);
        if let Some(expiry) = self.state.expiry(request.context.now) {
            request.filter = expiry.among(request.filter);
        }
        request.sort = self.order()?;
        request.fields = self.wanted()?;
        request.offset = self.offset;
        request.limit = self.limit;
        Ok((!is_nothing).then_some(request))
    }

    /// What is sorted by, where core has to sort: the primary key for an order of the driver's own.
    pub(super) fn sort_fields(&self, sort: &Sort) -> Vec<SortField> {
        match sort {
            Sort::Any => Vec::new(),
            Sort::Stable => self.key_order(Order::Asc, &[]),
            Sort::By(fields) => fields.clone(),
        }
    }

    /// The only fields that a record is offered with, where the caller named them.
    pub(super) fn offered(&self) -> Option<Arc<[String]>> {
        let fields = self.names_fields.then(|| self.wanted().ok().flatten())?;
        fields.map(Into::into)
    }
}

/// What can be said of every read by filter.
macro_rules! reads {
    ($action:ident<$type:ident: $bound:path>) => {
        impl<$type: $bound> $action<$type> {
            /// Sees every write that was acknowledged before, where the backend would not without being asked.
            pub fn consistent(mut self) -> Self {
                self.query.consistency = $crate::driver::Consistency::Consistent;
                self
            }

            /// Allows an answer that misses the latest writes, where that is cheaper.
            pub fn eventual(mut self) -> Self {
                self.query.consistency = $crate::driver::Consistency::Eventual;
                self
            }

            /// Gives the action another time limit than the backend's: 30 s unless configured. It holds for each
            /// request to the database, and progress renews it.
            pub fn timeout(mut self, limit: std::time::Duration) -> Self {
                self.query.timeout = Some(limit);
                self
            }
        }

        impl<$type> std::fmt::Debug for $action<$type> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($action)).finish_non_exhaustive()
            }
        }
    };
}
pub(super) use reads;
