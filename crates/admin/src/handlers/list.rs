//! The list: a page of it, and how many there are.

use axum::Json;
use axum::extract::{Query, State};
use serde::Serialize;

use crate::checked::Checked;
use crate::list::{self, Page, Search};
use crate::{Problem, Service};

/// `GET /users?search=…&role=…&active=…&since=…&sort=-created&size=…&page=TOKEN`
pub(crate) async fn list(
    State(service): State<Service>,
    Checked(Query(query)): Checked<Query<list::Query>>,
) -> Result<Json<Page>, Problem> {
    page(&service, query.into()).await
}

/// `POST /users/search` with `{"filter": …, "sort": …, "size": …, "page": …}`
pub(crate) async fn search(
    State(service): State<Service>,
    Checked(Json(search)): Checked<Json<Search>>,
) -> Result<Json<Page>, Problem> {
    page(&service, search).await
}

async fn page(service: &Service, search: Search) -> Result<Json<Page>, Problem> {
    let Search { filter, sort, size, page } = search;
    let page = service.users.find(filter).sort(sort.field, sort.order).page(size.get()).after(page).await?;
    Ok(Json(Page { users: page.records, next: page.next }))
}

#[derive(Serialize)]
pub(crate) struct Count {
    count: u64,
}

/// `GET /users/count?search=…&role=…&active=…&since=…`
pub(crate) async fn count(
    State(service): State<Service>,
    Checked(Query(query)): Checked<Query<list::Query>>,
) -> Result<Json<Count>, Problem> {
    if query.sort.is_some() || query.size.is_some() || query.page.is_some() {
        return Err(Problem::bad_request("a count has no order and no pages: leave out `sort`, `size` and `page`"));
    }
    Ok(Json(Count { count: service.users.count(query.filter()).await? }))
}
