//! Enums of every tagging.

use super::*;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Role {
    Admin,
    #[serde(alias = "visitor")]
    Guest,
    #[serde(other)]
    Unheard,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only asked")]
enum External {
    Nothing,
    Instant(Timestamp),
    Text(chrono::DateTime<chrono::Utc>),
    Several(Timestamp, Timestamp),
    Mixed(u8, Timestamp),
    Struct { at: Timestamp, who: String },
    Wrapped(Inner),
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only asked")]
struct Inner {
    #[serde(alias = "when")]
    at: Vec<Timestamp>,
}

#[derive(Deserialize)]
#[serde(tag = "kind")]
#[allow(dead_code, reason = "only asked")]
enum Internal {
    A { at: Timestamp },
    B(Inner),
}

#[derive(Deserialize)]
#[serde(tag = "kind", content = "content")]
#[allow(dead_code, reason = "only asked")]
enum Adjacent {
    A { at: Timestamp },
    B(Inner),
    C,
}

#[derive(Deserialize)]
#[serde(untagged)]
#[allow(dead_code, reason = "only asked")]
enum Untagged {
    Number(u8),
    At(Timestamp),
    Unit,
}

#[derive(Deserialize)]
enum Never {}

#[test]
fn c09_variants_that_hold_nothing_are_text() {
    assert_eq!(kind_of!(Role), (AskedKind::String, false));
    assert_eq!(kind_of!(Option<Role>), (AskedKind::String, true));
    assert_eq!(kind_of!(Never), (AskedKind::Unknown, false));
    let _ = (Role::Admin, Role::Guest, Role::Unheard);
}

#[test]
fn c04_instants_in_variants_have_paths() {
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only asked")]
    struct Record {
        event: External,
        events: Vec<External>,
    }
    let below = ["Instant", "Text", "Several[]", "Struct.at", "Wrapped.at[]"];
    let expected: Vec<_> =
        ["event", "events[]"].iter().flat_map(|at| below.map(|below| format!("{at}.{below}"))).collect();
    let asked = Asked::of::<Record>();
    assert_eq!(asked.paths_of_timestamps(), expected);
    assert!(asked.kinds().iter().all(|(_, kind)| *kind == Kind::Timestamp));
}

#[test]
fn c09_enums_with_tags_inside_or_none_are_unknown() {
    assert_eq!(kind_of!(Internal), (AskedKind::Unknown, false));
    assert_eq!(kind_of!(Untagged), (AskedKind::Unknown, false));
    assert_eq!(kind_of!(Vec<Internal>), (array(AskedKind::Unknown), false));
    assert_eq!(Asked::of::<Internal>().fields(), None);
    assert_eq!(Asked::of::<Untagged>().fields(), None);
    assert_eq!(Asked::of::<External>().fields(), None);
}

#[test]
fn c09_an_adjacent_tag_is_a_field_beside_its_content() {
    let asked = Asked::of::<Adjacent>();
    assert_eq!(asked.names().collect::<Vec<_>>(), ["kind", "content"]);
    assert_eq!(asked.kinds(), [("kind".to_owned(), Kind::String)]);
}

#[test]
fn c09_a_result_is_an_enum() {
    let (kind, _) = kind_of!(Result<Timestamp, String>);
    let AskedKind::Enum(variants) = kind else { panic!("an enum") };
    let variants: Vec<_> = variants.into_iter().map(|variant| (variant.name, variant.kind)).collect();
    assert_eq!(variants, [("Ok", AskedKind::Timestamp), ("Err", AskedKind::String)]);
}
