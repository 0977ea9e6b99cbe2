//! C17: patterns mean the same everywhere, whatever stands in them and in the texts.

use backends_core::{Document, Kind, Value, field};

use crate::Context;
use crate::reading::Table;
use crate::reading::table::{few_of, names};
use crate::records::document;

/// A pattern, the texts that it describes, and others.
const PATTERNS: &[(&str, &[&str], &[&str])] = &[
    ("", &[""], &["a", " "]),
    ("%", &["", "a", "line\nline", "%"], &[]),
    ("%%", &["%"], &["", "a", "%%"]),
    ("%%%", &["%", "%x"], &["", "x%"]),
    ("%%%%", &["%%"], &["%", "%x%"]),
    ("x%", &["x", "xy", "x\ny"], &["", "ax", "X"]),
    ("%x", &["x", "yx", "y\nx"], &["xa", "", "x\n"]),
    ("%x%", &["x", "axb", "\nx\n"], &["", "X"]),
    ("a%b", &["ab", "a-b", "abab", "a\nb"], &["ba", "a", "abc", "xab"]),
    ("a%%b", &["a%b"], &["ab", "a%%b", "axb"]),
    ("a%%%b", &["a%b", "a%xb"], &["ab", "axb", "a%bx"]),
    ("%%%abc", &["%abc", "%xabc"], &["abc", "x%abc", "%abcx"]),
    ("%a%b%", &["ab", "xaxbx", "aab"], &["ba", "a", "b"]),
    ("aa%aa", &["aaaa", "aabaa"], &["aaa", "aa"]),
    ("_", &["_"], &["a", ""]),
    ("a_b", &["a_b"], &["axb"]),
    (r"\%", &[r"\", r"\a"], &["%"]),
    (r"\\%", &[r"\\"], &[r"\"]),
    (".", &["."], &["a"]),
    (".*", &[".*"], &["", "a", "ab"]),
    ("%.*", &[".*", "a.*"], &["ab", "."]),
    ("^a$", &["^a$"], &["a"]),
    ("(", &["("], &[""]),
    ("%[a-z]%", &["[a-z]", "x[a-z]y"], &["a", "m"]),
    ("a?%", &["a?", "a?b"], &["a", "ab"]),
    ("*", &["*"], &["a", ""]),
    ("a|b", &["a|b"], &["a", "b"]),
    ("{1}", &["{1}"], &["1"]),
    ("'%", &["'", "' OR 1=1 --"], &["a"]),
    ("%\"%", &["\"", "a\"b"], &["a"]),
    ("%é%", &["café!", "é"], &["cafe\u{301}", "É"]),
    ("%\u{1f600}", &["\u{1f600}", "a\u{1f600}"], &["\u{1f601}"]),
    ("\u{e9}_%", &["é_"], &["éa"]),
    ("%\n%", &["\n", "a\nb"], &["a", "\r"]),
    ("A%", &["A", "Ab"], &["a", "ab"]),
    (" %", &[" ", " a"], &["a", ""]),
    ("$v", &["$v"], &["v", ""]),
    ("%$", &["$", "a$"], &["a"]),
];

pub async fn c17_p01_l10_l11_l12_l32_patterns_mean_what_the_definition_says(context: &Context) {
    for (base, declared) in [("open", false), ("declared", true)] {
        let definition = context.definition(base).sort_key_of("n", Kind::Integer);
        let definition = if declared { definition.field("text", Kind::String) } else { definition };
        let records = context.define::<Document>(definition.partition_key("key")).await;
        let mut texts: Vec<&str> = PATTERNS.iter().flat_map(|(_, yes, no)| yes.iter().chain(*no)).copied().collect();
        texts.sort_unstable();
        texts.dedup();
        let written: Vec<_> = (0..)
            .zip(&texts)
            .map(|(at, text)| {
                Document::from([("key", Value::from("k")), ("n", Value::Int(at)), ("text", (*text).into())])
            })
            .collect();
        records.insert_many(&written).await.unwrap();
        for (pattern, yes, no) in PATTERNS {
            let mut found: Vec<_> = records.find(field("text").like(pattern)).await.unwrap().iter().map(text).collect();
            found.sort();
            assert!(yes.iter().all(|text| found.iter().any(|found| found == text)), "{pattern:?} lacks one: {found:?}");
            assert!(!no.iter().any(|text| found.iter().any(|found| found == text)), "{pattern:?} has one: {found:?}");
            let others = records.count(!field("text").like(pattern)).await.unwrap();
            assert_eq!(usize::try_from(others).unwrap(), texts.len() - found.len(), "{pattern:?}");
        }
    }
}

fn text(record: &Document) -> String {
    crate::records::text(record.get("text")).to_owned()
}

pub async fn c17_patterns_on_keys_match_as_anywhere(context: &Context) {
    let texts: Vec<&str> = PATTERNS.iter().flat_map(|(_, yes, no)| yes.iter().chain(*no)).copied().collect();
    let mut texts: Vec<_> = texts.into_iter().filter(|text| !text.is_empty()).collect();
    texts.sort_unstable();
    texts.dedup();
    let definition = context.definition("keys").partition_key("a").sort_key("b");
    let records = context.define::<Document>(definition).await;
    let written: Vec<_> = texts.iter().map(|text| Document::from([("a", *text), ("b", *text)])).collect();
    records.insert_many(&written).await.unwrap();
    for (pattern, yes, no) in PATTERNS {
        let yes: Vec<_> = yes.iter().filter(|text| !text.is_empty()).collect();
        for filter in
            [field("a").like(pattern), field("b").like(pattern), field("a").like(pattern) & field("b").like(pattern)]
        {
            let found = records.find(&filter).await.unwrap();
            let found: Vec<_> = found.iter().map(|record| crate::records::text(record.get("a"))).collect();
            assert!(yes.iter().all(|text| found.contains(text)), "{pattern:?} lacks one: {found:?}");
            assert!(!no.iter().any(|text| found.contains(text)), "{pattern:?} has one: {found:?}");
        }
    }
    for start in ["a", "%", "_", "é", "\u{1f600}", "a\n", "' OR", "^", "(", "x"] {
        let mut found: Vec<_> = records.find(field("b").starts_with(start)).await.unwrap();
        let meant = texts.iter().filter(|text| text.starts_with(start)).count();
        assert_eq!(found.len(), meant, "{start:?}");
        found.retain(|record| !crate::records::text(record.get("b")).starts_with(start));
        assert!(found.is_empty());
    }
}

pub async fn c17_l10_l11_patterns_match_text_only(context: &Context) {
    let few = few_of(
        context.definition("few"),
        context,
        serde_json::json!([{"name": "text", "v": "1"}, {"name": "number", "v": 1}, {"name": "bool", "v": true}, {"name": "list", "v": ["1"]},
            {"name": "map", "v": {"1": "1"}}, {"name": "none"}, {"name": "empty", "v": ""}, {"name": "bytes", "v": {"$binary": "MQ=="}}]),
    )
    .await;
    for (filter, expected) in [
        (field("v").like("%"), "empty text"),
        (field("v").like("1"), "text"),
        (field("v").like("%1%"), "text"),
        (field("v").starts_with(""), "empty text"),
        (field("v").starts_with("1"), "text"),
        (field("v").contains(""), "empty text"),
        (field("v").like(""), "empty"),
    ] {
        assert_eq!(names(&few, &filter).await, expected, "{filter:?}");
    }
}

pub async fn l13_patterns_are_patterns_in_every_call(context: &Context) {
    let table = Table::new(context).await;
    for filter in [field("v").like("a%b"), field("p").like("%$%") & field("text").like("%"), field("text").like("_")] {
        let meant = table.meant(&filter);
        assert!(!meant.is_empty());
        let read = &table.repository;
        assert_eq!(usize::try_from(read.count(&filter).await.unwrap()).unwrap(), meant.len());
        assert!(read.exists(&filter).await.unwrap());
        let one = read.find_one(&filter).await.unwrap().unwrap();
        assert!(meant.contains(&crate::reading::table::number(&one)));
        assert_eq!(crate::reading::table::numbers(&read.find(&filter).page(200).await.unwrap().records), meant);
        let mut stream = read.find(&filter).stream();
        let mut streamed = std::collections::BTreeSet::new();
        while let Some(record) = stream.next().await {
            streamed.insert(crate::reading::table::number(&record.unwrap()));
        }
        assert_eq!(streamed, meant);
    }
}

pub async fn c17_s01_patterns_hold_at_any_length_of_text(context: &Context) {
    let few = few_of(
        context.definition("long"),
        context,
        serde_json::json!([{"name": "aaa", "v": "a".repeat(300_000)}, {"name": "aab", "v": "a".repeat(299_999) + "b"},
            {"name": "lines", "v": "x\n".repeat(150_000)}, {"name": "short", "v": "ab"}]),
    )
    .await;
    let many = "%a".repeat(2_000);
    for (pattern, expected) in [
        (many.as_str(), "aaa"),
        (&format!("{many}%b"), "aab"),
        (&format!("{many}%"), "aaa aab"),
        ("a%b", "aab short"),
        ("%b", "aab short"),
        ("%a%a%a%c", ""),
        ("x%\n", "lines"),
        ("%x\nx%x\nx%", "lines"),
        ("%b%", "aab short"),
        (&"a".repeat(4_096), ""),
        (&format!("{}%", "a".repeat(4_095)), "aaa aab"),
        (&"%a%%".repeat(1_000), ""),
    ] {
        assert_eq!(names(&few, field("v").like(pattern)).await, expected, "{:?}", pattern.get(..20));
    }
    let whole = "a".repeat(300_000);
    assert_eq!(names(&few, field("v").eq(&whole)).await, "aaa");
    assert_eq!(names(&few, field("v").starts_with(&whole[1..])).await, "aaa aab");
    assert_eq!(names(&few, field("v").contains(&whole[1..])).await, "aaa aab");
    assert_eq!(names(&few, field("v").gt(&whole)).await, "aab lines short");
    assert_eq!(names(&few, field("v").is_in([whole.as_str(), "ab"])).await, "aaa short");
}

pub async fn c17_the_longest_pattern_is_answered(context: &Context) {
    let few =
        few_of(context.definition("few"), context, serde_json::json!([{"name": "a", "v": "é".repeat(2_048)}])).await;
    assert_eq!(names(&few, field("v").like("é".repeat(2_048))).await, "a");
    assert_eq!(names(&few, field("v").like("%".repeat(4_096))).await, "");
    assert_eq!(names(&few, field("v").like(format!("%{}", "é%".repeat(1_365)))).await, "a");
    few.upsert(&document(serde_json::json!({"name": "b", "v": "%".repeat(2_048)}))).await.unwrap();
    assert_eq!(names(&few, field("v").like("%".repeat(4_096))).await, "b");
}
