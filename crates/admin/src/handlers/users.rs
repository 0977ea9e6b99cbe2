//! One user: registered with a token, confirmed by it, read, changed, deleted.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use backends::{Error, Record, Repository, Update, WrittenBatch, field};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::checked::Checked;
use crate::etag::{IfMatch, Tagged};
use crate::token::{Confirmation, Used};
use crate::user::{Edit, Registration};
use crate::{Problem, Service, Token, User};

/// What is escaped in a part of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'@').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

/// What came of a registration. A service that sends mail would send the token, and not show it.
#[derive(Serialize)]
pub(crate) struct Registered {
    user: User,
    confirmation: Confirmation,
}

/// `POST /users` with `{"email": …, "name": …, "role": …}`
pub(crate) async fn register(
    State(Service { backend, users, tokens }): State<Service>,
    Checked(Json(new)): Checked<Json<Registration>>,
) -> Result<impl IntoResponse, Problem> {
    let user = User::try_from(new)?;
    let token = Token::of(&user)?;
    // Both or neither: no user is without a way in, and no token without a user.
    let written = backend.batch().insert(&users, &user).insert(&tokens, &token).await?;
    let user = stored(&written, &users, 0)?;
    let confirmation = stored(&written, &tokens, 1)?.into();
    let location = format!("/users/{}", utf8_percent_encode(&user.email, SEGMENT));
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(Registered { user, confirmation })))
}

/// `POST /confirmations` with `{"token": …}`
pub(crate) async fn confirm(
    State(Service { backend, users, tokens }): State<Service>,
    Checked(Json(Used { token })): Checked<Json<Used>>,
) -> Result<Tagged, Problem> {
    let token = tokens.get(&token).await?.ok_or_else(Problem::no_such_token)?;
    let user = users.get(&token.email).await?.filter(|user| token.is_of(user)).ok_or_else(Problem::no_such_token)?;
    // Both or neither: a token that is gone has been of use. Of two that use one at once the second finds another
    // version than it expects.
    let batch = backend.batch().delete(&tokens, &token.token).expect_version(token.version);
    let written = batch.replace(&users, &User { active: true, ..user }).await;
    let written = written.map_err(|error| if error.is_conflict() { Problem::meanwhile() } else { error.into() })?;
    Ok(Tagged(stored(&written, &users, 1)?))
}

/// The record that a write of a batch has stored; only a delete has none.
fn stored<T: Record>(written: &WrittenBatch, repository: &Repository<T>, position: usize) -> Result<T, Error> {
    written.record(repository, position)?.ok_or_else(|| Error::unexpected("a batch answers a write without its record"))
}

/// `GET /users/{email}`
pub(crate) async fn read(
    State(Service { users, .. }): State<Service>,
    Checked(Path(email)): Checked<Path<String>>,
) -> Result<Tagged, Problem> {
    users.get(&email).await?.map(Tagged).ok_or_else(Problem::no_such_user)
}

/// `PATCH /users/{email}` with what changes, and `if-match`.
pub(crate) async fn change(
    State(Service { users, .. }): State<Service>,
    Checked(Path(email)): Checked<Path<String>>,
    IfMatch(seen): IfMatch,
    Checked(Json(edit)): Checked<Json<Edit>>,
) -> Result<Tagged, Problem> {
    let update = Update::try_from(edit)?;
    users.update(&email, update).expect_version(seen).await?.map(Tagged).ok_or_else(Problem::no_such_user)
}

/// `DELETE /users/{email}` with `if-match`.
pub(crate) async fn delete(
    State(Service { users, .. }): State<Service>,
    Checked(Path(email)): Checked<Path<String>>,
    IfMatch(seen): IfMatch,
) -> Result<StatusCode, Problem> {
    // By a filter, which tells a user who is gone from one whom somebody has changed; to a delete by key both are a
    // conflict.
    let deleted = users.delete_one(field("email").eq(email)).expect_version(seen).await?;
    deleted.map(|_| StatusCode::NO_CONTENT).ok_or_else(Problem::no_such_user)
}
