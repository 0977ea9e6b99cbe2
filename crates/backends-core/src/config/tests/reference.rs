//! The reference in the documentation is complete.

use super::*;

#[test]
fn the_reference_describes_every_shared_property() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
    let text = std::fs::read_to_string(path).expect("the reference of the configuration is in docs/");
    for property in Property::COMMON {
        let (name, kind, variable) = (property.name, property.kind, property.environment_name());
        let row = text.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        let row = row.unwrap_or_else(|| panic!("`{name}` has no row in docs/configuration.md"));
        assert!(row.contains(&format!("| {kind} |")), "{name}: {kind} in {row}");
        assert!(row.contains(&format!("`{variable}`")), "{name}: {variable} in {row}");
    }
    assert!(text.contains("`BACKENDS_DB_NAME`"));
}

#[test]
fn the_examples_of_the_reference_load() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
    let text = std::fs::read_to_string(path).expect("the reference of the configuration is in docs/");
    let blocks: Vec<_> = text.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() >= 5, "{}", blocks.len());
    for block in blocks {
        let config = ServiceConfig::from_json_in(block, &Environment::empty()).unwrap().database;
        let absent = [("postgres", "postgres")];
        assert!(config.resolve(&backends(), &absent).is_ok(), "{:?} {block}", config.resolve(&backends(), &absent));
    }
}

#[test]
fn names_of_properties_follow_one_form() {
    for property in Property::COMMON {
        let name = property.name;
        assert!(
            name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(|c| c.is_ascii_alphanumeric()),
            "{name}"
        );
        assert_eq!(name.ends_with("Ms"), property.kind == PropertyKind::Duration, "{name}");
        assert!(!property.description.is_empty() && !property.description.ends_with('.'), "{name}");
    }
    assert_eq!(Property::AWS_SECRET_ACCESS_KEY.environment_name(), "BACKENDS_AWS_SECRET_ACCESS_KEY");
}
