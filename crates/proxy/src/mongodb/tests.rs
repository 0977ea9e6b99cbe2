//! Tests of messages, with documents written by another encoder.

use servers::mongo::{Document, Value};

use super::*;

fn message(sections: &[&[u8]]) -> Vec<u8> {
    headed(&[7, 0, 0, 0, 0, 0, 0, 0], OP_MSG, &[&[0; 4], &sections.concat()])
}

fn command_section(command: &Document) -> Vec<u8> {
    [vec![0], command.encode()].concat()
}

#[test]
fn a_command_names_its_operation_and_collection() {
    let find = Document::new().with("find", "users").with("$db", "x");
    let understood = understood(message(&[&command_section(&find)])).unwrap();
    assert_eq!((understood.operation.as_str(), understood.target.as_deref()), ("find", Some("users")));
    assert_eq!(Document::decode(understood.body()).unwrap(), find);
}

#[test]
fn a_cursor_names_the_collection_second() {
    let more = Document::new().with("getMore", 5_i64).with("collection", "users");
    let understood = understood(message(&[&command_section(&more)])).unwrap();
    assert_eq!((understood.operation.as_str(), understood.target.as_deref()), ("getMore", Some("users")));
}

#[test]
fn a_command_behind_a_sequence_is_found() {
    let item = Document::new().with("a", 1).encode();
    let sequence = [&length(4 + 10 + item.len())[..], b"documents\0", &item].concat();
    let insert = command_section(&Document::new().with("insert", "users"));
    let understood = understood(message(&[&[1], &sequence, &insert])).unwrap();
    assert_eq!((understood.operation.as_str(), understood.target.as_deref()), ("insert", Some("users")));
}

#[test]
fn an_old_handshake_gets_an_old_answer() {
    let query = [&[0; 4][..], b"admin.$cmd\0", &[0; 8], &Document::new().with("isMaster", 1).encode()];
    let request = understood(headed(&[7, 0, 0, 0, 0, 0, 0, 0], OP_QUERY, &query)).unwrap();
    assert_eq!((request.operation.as_str(), request.target), ("isMaster", None));
    let request = understood(headed(&[7, 0, 0, 0, 0, 0, 0, 0], OP_QUERY, &query)).unwrap();
    let answer = answer(&request, &[5, 0, 0, 0, 0]);
    assert_eq!(number(&answer, 0).unwrap(), 16 + 20 + 5);
    assert_eq!((number(&answer, 8).unwrap(), number(&answer, 12).unwrap()), (7, OP_REPLY));
}

#[test]
fn an_error_reads_as_the_server_writes_it() {
    let error = Document::decode(&not_writable_primary().body).unwrap();
    assert_eq!(error.get("ok"), Some(&Value::Double(0.0)));
    assert_eq!(error.get("code"), Some(&Value::Int(10107)));
    assert_eq!(error.text("codeName"), Some("NotWritablePrimary"));
    assert_eq!(error.get("errorLabels"), Some(&Value::Array(vec!["RetryableWriteError".into()])));
}

#[test]
fn what_is_cut_off_or_too_long_is_an_error() {
    let whole = message(&[&command_section(&Document::new().with("ping", 1))]);
    for end in 0..24 {
        assert!(understood(whole[..end].to_vec()).is_err(), "{end}");
    }
}

#[tokio::test]
async fn a_length_is_not_believed() {
    for length in [0, 15, 48_000_001, -1] {
        let bytes = [&i32::to_le_bytes(length)[..], &[0; 12]].concat();
        assert!(read(&mut Reader::new(&mut bytes.as_slice())).await.is_err(), "{length}");
    }
}
