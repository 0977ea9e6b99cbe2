//! An example service: an admin list of users over HTTP, with search, filters, orders and pages.
//!
//! [`define`] says what is stored, [`router`] what is answered; the program around them is `main.rs`. Nothing here knows
//! which database holds the users. There is no login: keep the service on a loopback address, or behind what asks for
//! one.

use axum::Router;
use axum::http::{Method, StatusCode, Uri};
use axum::routing::{get, post};
use backends::{Backend, Definition, Repository, Result};

mod checked;
mod handlers;
mod list;
mod problem;
mod user;

pub use problem::Problem;
pub use user::{Role, User};

/// The repository of the users, created if it is not there yet.
///
/// # Errors
/// `DefinitionConflict` if it was defined in another way, `Unsupported` if the backend does not have what it declares, and
/// what a database that cannot be reached or refuses says.
pub async fn define(backend: &Backend) -> Result<Repository<User>> {
    backend.define(Definition::from_json(include_str!("users.json"))?).await
}

/// The routes of the service over a repository.
pub fn router(users: Repository<User>) -> Router {
    let user = get(handlers::read).put(handlers::replace).delete(handlers::delete);
    Router::new()
        .route("/users", get(handlers::list).post(handlers::register))
        .route("/users/count", get(handlers::count))
        .route("/users/search", post(handlers::search))
        .route("/users/{email}", user)
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .with_state(users)
}

async fn no_route(uri: Uri) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, format!("nothing is at {}: the list is at /users", uri.path()))
}

async fn no_method(method: Method, uri: Uri) -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("{} does not take {method}", uri.path()))
}
