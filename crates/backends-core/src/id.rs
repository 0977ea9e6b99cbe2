//! Ids that the library gives.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::schema::is_object_id;
use crate::{IdKind, Timestamp};

/// An id of the kind that the definition declares, different from every other.
pub(crate) fn generate(kind: IdKind, now: Timestamp) -> String {
    match kind {
        IdKind::String => uuid_v7(now),
        IdKind::ObjectId => object_id(now),
    }
}

/// 24 lower-case hexadecimal digits, as the BSON specification makes an `ObjectId`: seconds, 5 random bytes of the
/// process, and a counter that begins at random.
fn object_id(now: Timestamp) -> String {
    static COUNTER: OnceLock<AtomicU32> = OnceLock::new();
    let [.., r0, r1, r2, r3, r4] = process().to_be_bytes();
    #[allow(clippy::cast_possible_truncation, reason = "the format keeps the low bits")]
    let start = || AtomicU32::new(random() as u32);
    let [_, c0, c1, c2] = COUNTER.get_or_init(start).fetch_add(1, Ordering::Relaxed).to_be_bytes();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the format keeps the low 32 bits")]
    let [s0, s1, s2, s3] = (now.millis().div_euclid(1_000) as u32).to_be_bytes();
    hex(&[s0, s1, s2, s3, r0, r1, r2, r3, r4, c0, c1, c2])
}

/// A UUID of version 7 as RFC 9562 has it: milliseconds, a counter of 42 bits that begins at random in its lower half,
/// and 32 random bits. Those of one process are in the order in which they were given while its clock does not go back.
fn uuid_v7(now: Timestamp) -> String {
    static COUNTER: OnceLock<AtomicU64> = OnceLock::new();
    let count = COUNTER.get_or_init(|| AtomicU64::new(random() >> 23)).fetch_add(1, Ordering::Relaxed);
    let mut rest = [0; 10];
    // The first 12 bits and the next 30, each behind bits that the version and the variant take.
    let counter = (count >> 30 & 0xfff) << 32 | count & 0x3fff_ffff;
    rest[..6].copy_from_slice(&counter.to_be_bytes()[2..]);
    rest[6..].copy_from_slice(&fastrand::u32(..).to_be_bytes());
    // The format has no time before 1970.
    let millis = u64::try_from(now.millis()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &rest).into_uuid().to_string()
}

fn hex(bytes: &[u8; 12]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(24);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// Whether an id is of a form that the library gives, so that it may be shown.
pub(crate) fn is_given(id: &str) -> bool {
    let is_ours =
        |uuid: uuid::Uuid| uuid.get_version_num() == 7 && *uuid.hyphenated().encode_lower(&mut [0; 36]) == *id;
    is_object_id(id) || id.parse().is_ok_and(is_ours)
}

/// A number that no other write has: a random one of the process, then a count.
pub(crate) fn write_id() -> [u8; 16] {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut id = [0; 16];
    id[..8].copy_from_slice(&process().to_be_bytes());
    id[8..].copy_from_slice(&COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    id
}

fn process() -> u64 {
    static PROCESS: OnceLock<u64> = OnceLock::new();
    *PROCESS.get_or_init(random)
}

/// From the operating system; from the standard library's hash keys, which come from there too, if it refuses.
fn random() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    getrandom::u64().unwrap_or_else(|_| RandomState::new().hash_one(std::process::id()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn c11_generated_ids_are_of_their_kind_and_differ() {
        let now = Timestamp::now();
        let ids: HashSet<_> = (0..10_000).map(|_| generate(IdKind::ObjectId, now)).collect();
        assert_eq!(ids.len(), 10_000);
        assert!(ids.iter().all(|id| crate::schema::is_object_id(id)));
        assert!(
            generate(IdKind::ObjectId, Timestamp::from_millis(0x0102_0304 * 1_000).unwrap()).starts_with("01020304")
        );
        let uuid = generate(IdKind::String, now);
        assert_eq!(uuid.parse::<uuid::Uuid>().unwrap().get_version_num(), 7);
        assert_ne!(write_id(), write_id());
    }

    #[test]
    fn c40_only_an_id_of_the_librarys_own_form_may_be_shown() {
        for kind in [IdKind::ObjectId, IdKind::String] {
            assert!(is_given(&generate(kind, Timestamp::now())));
        }
        let ours = generate(IdKind::String, Timestamp::now());
        for theirs in [
            ours.to_uppercase(),
            ours.replace('-', ""),
            format!("{{{ours}}}"),
            format!("urn:uuid:{ours}"),
            "5f4dcc3b5aa765d61d8327deb882cf99".to_owned(),
            "123e4567-e89b-42d3-a456-426614174000".to_owned(),
        ] {
            assert!(!is_given(&theirs), "{theirs}");
        }
    }

    #[test]
    fn c11_an_id_begins_with_the_time_that_is_given() {
        let at = |millis| Timestamp::from_millis(millis).unwrap();
        // Also when the clock goes back.
        for millis in [1_700_000_000_123, 5_000_000_000_000, 1_000, 0] {
            let given: Vec<_> = (0..1_000).map(|_| generate(IdKind::String, at(millis))).collect();
            assert!(given.is_sorted() && given.iter().collect::<HashSet<_>>().len() == 1_000);
            for id in [&given[0], &given[999]] {
                let uuid: uuid::Uuid = id.parse().unwrap();
                assert_eq!((uuid.get_version_num(), uuid.get_variant()), (7, uuid::Variant::RFC4122));
                assert_eq!(id.replace('-', "")[..12], format!("{millis:012x}"));
            }
            let seconds = format!("{:08x}", millis / 1_000);
            assert_eq!(generate(IdKind::ObjectId, at(millis))[..8], seconds[seconds.len() - 8..]);
        }
        assert!(generate(IdKind::String, at(-1)).starts_with("00000000-0000-7"));
    }
}
