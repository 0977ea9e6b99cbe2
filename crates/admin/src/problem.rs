//! What a client is told when a request fails: `application/problem+json` (RFC 9457), made in this one place.

use std::error::Error as _;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use backends::{Error, ErrorKind};
use serde::Serialize;

/// An error as a client sees it.
///
/// The texts of the library are for those who run the service, so a client gets them only where they are about its own
/// input; they hold no values. The rest is logged.
#[derive(Debug, Serialize)]
pub struct Problem {
    title: &'static str,
    status: u16,
    detail: String,
    /// The field of a record or of a filter that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// `unknown` where the request may have been done all the same. Otherwise nothing was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    /// Whether the same request may be sent again.
    #[serde(skip)]
    again: bool,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        Self { title, status: status.as_u16(), detail: detail.into(), field: None, outcome: None, again: false }
    }

    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub(crate) fn no_such_user() -> Self {
        Self::new(StatusCode::NOT_FOUND, "there is no such user")
    }

    /// One that was used, one that has expired and one that never was are not told apart: what has expired is gone from
    /// the database, and who tries tokens learns nothing. So it is 404; 410 would claim to know that there was one.
    pub(crate) fn no_such_token() -> Self {
        Self::new(StatusCode::NOT_FOUND, "there is no such token: it was used, or has expired, or never was")
    }

    /// For who used a token while somebody else used it too, or changed its user.
    pub(crate) fn meanwhile() -> Self {
        let detail = "somebody has used the token or changed the user meanwhile: send it again";
        Self { again: true, ..Self::new(StatusCode::CONFLICT, detail) }
    }

    /// For who asks whether the service is ready, when it cannot use its database.
    pub(crate) fn not_ready(error: &Error) -> Self {
        tracing::warn!("{error}");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, format!("the database cannot be used: {}", error.kind()))
    }

    /// Names the field that it is about.
    pub(crate) fn about(self, field: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..self }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let status = match error.kind() {
            ErrorKind::InvalidInput => {
                let problem = Self::bad_request(error.message());
                return Self { field: error.path().map(str::to_owned), ..problem };
            }
            ErrorKind::NotFound => return Self::no_such_user(),
            ErrorKind::AlreadyExists => {
                return Self::new(StatusCode::CONFLICT, "there is a user with this address: choose another address");
            }
            ErrorKind::Conflict => {
                return Self::new(StatusCode::PRECONDITION_FAILED, "somebody else has changed the user: read it again");
            }
            ErrorKind::Unsupported => StatusCode::NOT_IMPLEMENTED,
            ErrorKind::Throttled | ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            ErrorKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        tracing::error!("{error}");
        if error.may_have_happened() {
            let detail = "nobody knows whether it was done: look at the user before you send it again";
            return Self { outcome: Some("unknown"), ..Self::new(status, detail) };
        }
        let detail = if error.is_retryable() {
            "not now: send it again later"
        } else if error.is_unsupported() {
            "nothing was done: the database of this service cannot do this; the log of the service says what it lacks"
        } else {
            "this is not your mistake; the log of the service says more"
        };
        Self { again: error.is_retryable(), ..Self::new(status, detail) }
    }
}

/// Without random numbers there are no secrets.
impl From<getrandom::Error> for Problem {
    fn from(error: getrandom::Error) -> Self {
        Error::unexpected(format!("no token can be made: {error}")).into()
    }
}

/// What the framework refuses before a handler runs.
macro_rules! refusals {
    ($($rejection:ident)+) => {
        $(impl From<$rejection> for Problem {
            fn from(rejection: $rejection) -> Self {
                // Wrong input is 400 wherever it is found: a filter that is no filter as well as a field of none.
                let status = match rejection.status() {
                    StatusCode::UNPROCESSABLE_ENTITY => StatusCode::BAD_REQUEST,
                    status => status,
                };
                // The cause is what is wrong; around it stands what the framework was about.
                let detail = rejection.source().map_or_else(|| rejection.body_text(), ToString::to_string);
                Self::new(status, detail)
            }
        })+
    };
}

refusals! { JsonRejection PathRejection QueryRejection }

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let again = self.again;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if again {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
