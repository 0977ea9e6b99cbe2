//! Extractors of the web framework whose refusals have the form of all other errors of the service.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;

use crate::Problem;

/// An extractor that answers with a [`Problem`] what it refuses.
pub(crate) struct Checked<E>(pub(crate) E);

impl<S: Sync, E: FromRequestParts<S>> FromRequestParts<S> for Checked<E>
where
    Problem: From<E::Rejection>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Ok(Self(E::from_request_parts(parts, state).await?))
    }
}

impl<S: Sync, E: FromRequest<S>> FromRequest<S> for Checked<E>
where
    Problem: From<E::Rejection>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        Ok(Self(E::from_request(request, state).await?))
    }
}
