//! The version of a user as HTTP has it: the entity tag in `etag` and `if-match` (RFC 9110).

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::{Problem, User};

/// A user in an answer, with its version as the entity tag.
pub(crate) struct Tagged(pub(crate) User);

impl IntoResponse for Tagged {
    fn into_response(self) -> Response {
        ([(ETAG, tag(self.0.version))], Json(self.0)).into_response()
    }
}

/// The version that a client has seen, and that a write expects. Nobody writes without one.
pub(crate) struct IfMatch(pub(crate) u64);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut tags = parts.headers.get_all(IF_MATCH).iter();
        let Some(first) = tags.next() else {
            let remedy = "say which version you have seen: send the etag of the user as if-match";
            return Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, remedy));
        };
        let seen = tags.next().map_or_else(|| version(first), |_| None);
        seen.map(Self).ok_or_else(|| {
            let remedy = "if-match is no etag of a user: send the one that came with the user, and no other";
            Problem::new(StatusCode::PRECONDITION_FAILED, remedy)
        })
    }
}

fn tag(version: u64) -> String {
    format!("\"{version}\"")
}

/// The version, if this is an entity tag of this service, to the letter.
fn version(text: &HeaderValue) -> Option<u64> {
    let version = text.to_str().ok()?.trim_matches('"').parse().ok()?;
    (tag(version) == *text).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_its_own_tag_only() {
        let read = |text: &'static str| version(&HeaderValue::from_static(text));
        assert_eq!(read("\"7\""), Some(7));
        for text in ["7", "\"07\"", "\"+7\"", "\"\"7\"\"", "W/\"7\"", "*", "\"7\", \"8\"", "\"\"", ""] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
