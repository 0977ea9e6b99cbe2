//! RFC 3339 in and out, at every edge.

use super::*;

fn parsed(text: &str) -> Option<String> {
    text.parse::<Timestamp>().ok().map(|at| at.to_string())
}

#[test]
fn c04_rfc_3339_text_of_any_offset_is_the_instant_cut_to_milliseconds() {
    for (text, canonical) in [
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"),
        ("2024-02-29T12:30:00.1Z", "2024-02-29T12:30:00.100Z"),
        ("2024-02-29t12:30:00.129999999z", "2024-02-29T12:30:00.129Z"),
        ("2024-02-29 23:59:59+14:00", "2024-02-29T09:59:59.000Z"),
        ("2000-12-31T23:00:00.5-01:30", "2001-01-01T00:30:00.500Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
        ("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"),
        ("1900-02-28T00:00:00Z", "1900-02-28T00:00:00.000Z"),
    ] {
        assert_eq!(parsed(text).as_deref(), Some(canonical), "{text}");
    }
}

#[test]
fn c04_what_is_no_instant_is_refused() {
    for text in [
        "",
        "2024-02-29",
        "2024-02-29T12:30:00",
        "2024-02-30T12:30:00Z",
        "2023-02-29T12:30:00Z",
        "1900-02-29T00:00:00Z",
        "2024-13-01T12:30:00Z",
        "2024-00-01T12:30:00Z",
        "2024-01-00T12:30:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T12:60:00Z",
        "2024-01-01T23:59:60Z",
        "2024-01-01T12:30:00.Z",
        "2024-01-01T12:30:00+1:00",
        "2024-01-01T12:30:00+24:00",
        "2024-01-01T12:30:00ZZ",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59.999-00:01",
        "0000-01-01T00:00:00Z",
        "+024-01-01T12:30:00Z",
        "٢٠٢٤-01-01T12:30:00Z",
    ] {
        assert_eq!(parsed(text), None, "{text}");
    }
}

#[test]
fn c40_what_is_wrong_with_an_instant_is_said() {
    for (text, part) in [
        ("2016-12-31T23:59:60Z", "a leap second"),
        ("2016-12-31T23:59:60.5+00:00", "a leap second"),
        ("0000-06-01T00:00:00Z", "years 0001 to 9999"),
        ("0001-01-01T00:00:00+00:01", "years 0001 to 9999"),
        ("9999-12-31T23:59:59.999-00:01", "years 0001 to 9999"),
        ("+12024-01-01T00:00:00Z", "years 0001 to 9999"),
        ("12024-01-01T00:00:00Z", "years 0001 to 9999"),
        ("-0044-03-15T12:00:00Z", "years 0001 to 9999"),
        ("2016-13-31T23:59:60Z", "not an RFC 3339 instant"),
        ("12024-13-01T00:00:00Z", "not an RFC 3339 instant"),
        ("+2024-01-01T00:00:00Z", "not an RFC 3339 instant"),
        ("tomorrow at noon, or so", "not an RFC 3339 instant"),
        ("2016-12-31T23:59:6€", "not an RFC 3339 instant"),
    ] {
        let error = text.parse::<Timestamp>().unwrap_err();
        assert!(error.is_invalid_input() && error.message().contains(part), "{text}: {error}");
        assert!(!error.message().contains(text));
    }
}

#[test]
fn every_day_of_the_range_survives_its_text() {
    let mut millis = Timestamp::MIN.millis();
    while millis <= Timestamp::MAX.millis() {
        let at = Timestamp::from_millis(millis).unwrap();
        assert_eq!(at.to_string().parse::<Timestamp>().unwrap(), at);
        millis += 86_400_000 * 13 + 7_777_777;
    }
    assert!(Timestamp::from_millis(Timestamp::MAX.millis() + 1).is_err());
    assert!(Timestamp::from_millis(Timestamp::MIN.millis() - 1).is_err());
}

#[test]
fn system_time_both_ways() {
    for millis in [0, 1, -1, 1_709_209_800_123, -62_135_596_800_000] {
        let at = Timestamp::from_millis(millis).unwrap();
        assert_eq!(Timestamp::try_from(SystemTime::from(at)).unwrap(), at);
    }
    let finer = SystemTime::UNIX_EPOCH - Duration::from_nanos(1);
    assert_eq!(Timestamp::try_from(finer).unwrap().millis(), -1);
}

#[test]
fn c04_in_json_it_is_text() {
    let at = Timestamp::from_millis(5).unwrap();
    let text = serde_json::to_string(&at).unwrap();
    assert_eq!(text, "\"1970-01-01T00:00:00.005Z\"");
    assert_eq!(serde_json::from_str::<Timestamp>(&text).unwrap(), at);
    assert!(serde_json::from_str::<Timestamp>("5").is_err());
    assert!(!serde_json::from_str::<Timestamp>("\"secret\"").unwrap_err().is_io());
}
