//! The contract, on a file of its own for each store.

backends_conformance::suite!({
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
    backends_conformance::by_uri(backends_sqlite::Sqlite, move |store| {
        format!("sqlite:{}", folder.path().join(store).display())
    })
});
