//! What a feature that is off says when it is called for.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[tokio::test]
async fn c40_a_uri_that_needs_a_feature_names_it() {
    let error = backends::open("mongodb+srv://host.invalid/shop").await.unwrap_err();
    if cfg!(feature = "mongodb-srv") {
        assert!(error.is_unavailable(), "{error}");
        return;
    }
    let feature = if cfg!(feature = "mongodb") { "\"mongodb-srv\"" } else { "\"mongodb\"" };
    assert!(error.is_invalid_config() && error.to_string().contains(feature), "{error}");
}
