//! What each route does.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use backends::Repository;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::checked::Checked;
use crate::list::{self, Page, Search};
use crate::user::Registration;
use crate::{Problem, User};

type Users = State<Repository<User>>;

/// What is escaped in a part of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'@').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

/// `GET /users?search=…&role=…&active=…&since=…&sort=-created&size=…&page=TOKEN`
pub(crate) async fn list(
    State(users): Users,
    Checked(Query(query)): Checked<Query<list::Query>>,
) -> Result<Json<Page>, Problem> {
    page(&users, query.into()).await
}

/// `POST /users/search` with `{"filter": …, "sort": …, "size": …, "page": …}`
pub(crate) async fn search(
    State(users): Users,
    Checked(Json(search)): Checked<Json<Search>>,
) -> Result<Json<Page>, Problem> {
    page(&users, search).await
}

async fn page(users: &Repository<User>, search: Search) -> Result<Json<Page>, Problem> {
    let Search { filter, sort, size, page } = search;
    let page = users.find(filter).sort(sort.field, sort.order).page(size.get()).after(page).await?;
    Ok(Json(Page { users: page.records, next: page.next }))
}

#[derive(Serialize)]
pub(crate) struct Count {
    count: u64,
}

/// `GET /users/count?search=…&role=…&active=…&since=…`
pub(crate) async fn count(
    State(users): Users,
    Checked(Query(query)): Checked<Query<list::Query>>,
) -> Result<Json<Count>, Problem> {
    if query.sort.is_some() || query.size.is_some() || query.page.is_some() {
        return Err(Problem::bad_request("a count has no order and no pages: leave out `sort`, `size` and `page`"));
    }
    Ok(Json(Count { count: users.count(query.filter()).await? }))
}

/// `POST /users` with `{"email": …, "name": …, "role": …}`
pub(crate) async fn register(
    State(users): Users,
    Checked(Json(new)): Checked<Json<Registration>>,
) -> Result<impl IntoResponse, Problem> {
    let user = User::from(new);
    check(&user)?;
    let user = users.insert(&user).await?;
    let location = format!("/users/{}", utf8_percent_encode(&user.email, SEGMENT));
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(user)))
}

/// `GET /users/{email}`
pub(crate) async fn read(
    State(users): Users,
    Checked(Path(email)): Checked<Path<String>>,
) -> Result<Json<User>, Problem> {
    users.get(&email).await?.map(Json).ok_or_else(Problem::no_such_user)
}

/// `PUT /users/{email}` with the whole user, as it was read and then changed.
pub(crate) async fn replace(
    State(users): Users,
    Checked(Path(email)): Checked<Path<String>>,
    Checked(Json(user)): Checked<Json<User>>,
) -> Result<Json<User>, Problem> {
    if user.email != email {
        return Err(Problem::bad_request("the address is the key and stays: register another user").about("email"));
    }
    check(&user)?;
    Ok(Json(users.replace(&user).await?))
}

/// The rules of this service; those of keys and indexes are the library's.
fn check(user: &User) -> Result<(), Problem> {
    // It also keeps the addresses apart from `count` and `search`, which are beside them.
    if !user.email.contains('@') {
        return Err(Problem::bad_request("an e-mail address has an @").about("email"));
    }
    if user.name.trim().is_empty() {
        return Err(Problem::bad_request("a user has a name").about("name"));
    }
    Ok(())
}

/// `DELETE /users/{email}`
pub(crate) async fn delete(
    State(users): Users,
    Checked(Path(email)): Checked<Path<String>>,
) -> Result<StatusCode, Problem> {
    users.delete(&email).await?.map(|_| StatusCode::NO_CONTENT).ok_or_else(Problem::no_such_user)
}
