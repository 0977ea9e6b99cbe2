//! The code of the README and of the guide, compiled and run: `cargo test -p guide`.
//!
//! A block that is no program is marked `text`, `json`, `toml` or `sh`; none is ignored.

pub mod lines;

/// Makes a module of each document, whose blocks of code become doc tests under its name.
macro_rules! documents {
    ($($name:ident: $path:literal;)+) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!($path)]
            pub mod $name {}
        )+

        #[cfg(test)]
        const DOCUMENTS: &[&str] = &[$($path),+];
    };
}

documents! {
    readme: "../../../README.md";
    configuration: "../../../docs/configuration.md";
    backend_dynamodb: "../../../docs/backends/dynamodb.md";
    backend_dynamodb_requests: "../../../docs/backends/dynamodb-requests.md";
    backend_memory: "../../../docs/backends/memory.md";
    backend_mongodb: "../../../docs/backends/mongodb.md";
    backend_mongodb_requests: "../../../docs/backends/mongodb-requests.md";
    backend_sqlite: "../../../docs/backends/sqlite.md";
    guide_index: "../../../docs/guide/index.md";
    getting_started: "../../../docs/guide/getting-started.md";
    definitions: "../../../docs/guide/definitions.md";
    records_and_values: "../../../docs/guide/records-and-values.md";
    reading_and_writing: "../../../docs/guide/reading-and-writing.md";
    unique_values: "../../../docs/guide/unique-values.md";
    versions: "../../../docs/guide/versions.md";
    batches: "../../../docs/guide/batches.md";
    time_to_live: "../../../docs/guide/time-to-live.md";
    querying: "../../../docs/guide/querying.md";
    errors: "../../../docs/guide/errors.md";
    configuring: "../../../docs/guide/configuration.md";
    deadlines_and_cancelling: "../../../docs/guide/deadlines-and-cancelling.md";
    layers: "../../../docs/guide/layers.md";
    testing_your_service: "../../../docs/guide/testing-your-service.md";
    an_example_service: "../../../docs/guide/an-example-service.md";
    an_admin_list: "../../../docs/guide/an-admin-list.md";
    writing_a_backend: "../../../docs/guide/writing-a-backend.md";
    from_the_go_package: "../../../docs/guide/from-the-go-package.md";
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::DOCUMENTS;

    /// The documents in a folder of the repository, by name.
    fn in_folder(folder: &str) -> Vec<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let names = std::fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| format!("../../../{folder}/{}", name.to_str().unwrap())).collect();
        names.sort();
        names
    }

    #[test]
    fn every_chapter_is_compiled() {
        for name in in_folder("docs/guide").into_iter().chain(in_folder("docs/backends")) {
            assert!(DOCUMENTS.contains(&name.as_str()), "add {name} to the list in crates/guide/src/lib.rs");
        }
    }

    #[test]
    fn the_chapter_shows_the_backend_that_is_tested() {
        let chapter = include_str!("../../../docs/guide/writing-a-backend.md");
        for file in [include_str!("lines.rs"), include_str!("../tests/lines.rs")] {
            let (_, code) = file.split_once("\n\n").unwrap();
            assert!(chapter.contains(code.trim_end()));
        }
    }

    #[test]
    fn handles_are_send_and_sync_whatever_the_record_is() {
        fn check<T: Clone + Send + Sync>() {}
        check::<backends::Registry>();
        check::<backends::BackendManager>();
        check::<backends::Backend>();
        check::<backends::Repository<std::cell::Cell<u8>>>();
    }

    #[test]
    fn no_block_is_left_out() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        for name in DOCUMENTS {
            let text = std::fs::read_to_string(root.join(name)).unwrap();
            let mut open = false;
            for line in text.lines().filter_map(|line| line.trim_start().strip_prefix("```")) {
                open = !open;
                let marks = ["rust", "text", "json", "toml", "sh", "sql", "rust,compile_fail,E0195"];
                assert!(!open || marks.contains(&line), "{name}: ```{line}");
            }
        }
    }
}
