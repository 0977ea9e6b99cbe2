//! An example service: users register, confirm their address and are looked after, over HTTP.
//!
//! [`Service::define`] says what is stored, [`router`] what is answered; the program around them is `main.rs`. Nothing
//! here knows which database holds the users. There is no login: keep the service on a loopback address, or behind what
//! asks for one.

use axum::Router;
use axum::http::{Method, StatusCode, Uri};
use axum::routing::{get, post};
use backends::{Backend, Definition, Repository, Result};

mod checked;
mod etag;
mod handlers;
mod list;
mod metrics;
mod problem;
mod token;
mod user;

pub use metrics::Metrics;
pub use problem::Problem;
pub use token::Token;
pub use user::{Role, User};

/// What the handlers work on. Every part is a handle, so a clone is cheap.
#[derive(Debug, Clone)]
pub struct Service {
    /// For writes to both repositories at once, and for the question whether the database is there.
    pub backend: Backend,
    /// By e-mail address.
    pub users: Repository<User>,
    /// What confirms an address, until it is used or expires.
    pub tokens: Repository<Token>,
}

impl Service {
    /// Defines the repositories, which are created if they are not there yet.
    ///
    /// # Errors
    /// `DefinitionConflict` if one was defined in another way, `Unsupported` if the backend does not have what it
    /// declares, and what a database that cannot be reached or refuses says.
    pub async fn define(backend: &Backend) -> Result<Self> {
        let users = backend.define(Definition::from_json(include_str!("users.json"))?).await?;
        let tokens = backend.define(Definition::from_json(include_str!("tokens.json"))?).await?;
        Ok(Self { backend: backend.clone(), users, tokens })
    }
}

/// The routes of the service.
pub fn router(service: Service, metrics: Metrics) -> Router {
    use handlers::{list, users, watch};
    Router::new()
        .route("/users", get(list::list).post(users::register))
        .route("/users/count", get(list::count))
        .route("/users/search", post(list::search))
        .route("/users/{email}", get(users::read).patch(users::change).delete(users::delete))
        .route("/confirmations", post(users::confirm))
        .route("/health", get(watch::alive))
        .route("/ready", get(watch::ready))
        .route("/metrics", get(watch::metrics).with_state(metrics))
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .with_state(service)
}

async fn no_route(uri: Uri) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, format!("nothing is at {}: the list is at /users", uri.path()))
}

async fn no_method(method: Method, uri: Uri) -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("{} does not take {method}", uri.path()))
}
