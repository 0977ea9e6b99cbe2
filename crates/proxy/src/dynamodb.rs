//! The errors of DynamoDB in its own words, and batches of which a part is left unprocessed.

use serde_json::{Map, Value, json};

use crate::fault::Answer;

/// The names of the errors of the database itself.
const DATABASE: &str = "com.amazonaws.dynamodb.v20120810";

/// The names of the errors of every service.
const SERVICE: &str = "com.amazon.coral.service";

/// The names of the errors of a service under load.
const AVAILABILITY: &str = "com.amazon.coral.availability";

/// An error as DynamoDB answers it: the status, the namespace and name of its type, and a message.
pub fn error(status: u16, namespace: &str, name: &str, message: &str) -> Answer {
    // Errors of the database write `message`, those of the layer before it `Message`.
    let field = if namespace == SERVICE { "Message" } else { "message" };
    Answer::http(status, json!({"__type": format!("{namespace}#{name}"), field: message}).to_string())
}

/// The capacity of a table is used up: 400 `ProvisionedThroughputExceededException`.
pub fn throughput_exceeded() -> Answer {
    let message = "The level of configured provisioned throughput for the table was exceeded. Consider increasing your \
                   provisioning level with the UpdateTable API.";
    error(400, DATABASE, "ProvisionedThroughputExceededException", message)
}

/// Too many requests, of tables on demand and of the control plane: 400 `ThrottlingException`.
pub fn throttling() -> Answer {
    error(400, AVAILABILITY, "ThrottlingException", "Rate of requests exceeds the allowed throughput.")
}

/// The throughput of the account is used up: 400 `RequestLimitExceeded`.
pub fn request_limit_exceeded() -> Answer {
    let message = "Throughput exceeds the current throughput limit for your account. Please contact AWS Support at \
                   https://aws.amazon.com/support request a limit increase.";
    error(400, DATABASE, "RequestLimitExceeded", message)
}

/// The service failed: 500 `InternalServerError`.
pub fn internal_server_error() -> Answer {
    error(500, DATABASE, "InternalServerError", "Internal server error")
}

/// The service is not there: 503 `ServiceUnavailable`.
pub fn service_unavailable() -> Answer {
    error(503, AVAILABILITY, "ServiceUnavailableException", "Service is currently unavailable.")
}

/// The user may not do this: 400 `AccessDeniedException`.
pub fn access_denied(operation: &str) -> Answer {
    let message = format!(
        "User: arn:aws:iam::123456789012:user/test is not authorized to perform: dynamodb:{operation} on resource: \
         arn:aws:dynamodb:us-east-1:123456789012:table/test because no identity-based policy allows the \
         dynamodb:{operation} action"
    );
    error(400, SERVICE, "AccessDeniedException", &message)
}

/// Nobody knows the key: 400 `UnrecognizedClientException`.
pub fn unrecognized_client() -> Answer {
    error(400, SERVICE, "UnrecognizedClientException", "The security token included in the request is invalid.")
}

/// The temporary key is too old: 400 `ExpiredTokenException`.
pub fn expired_token() -> Answer {
    error(400, SERVICE, "ExpiredTokenException", "The security token included in the request is expired")
}

/// A transaction that another one crossed: 400 `TransactionCanceledException`, with a reason an item.
pub fn transaction_canceled(reasons: &[&str]) -> Answer {
    let list = reasons.join(", ");
    let message = format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{list}]");
    let reasons: Vec<Value> = reasons.iter().map(|code| json!({"Code": code})).collect();
    let kind = format!("{DATABASE}#TransactionCanceledException");
    let body = json!({"__type": kind, "Message": message, "CancellationReasons": reasons});
    Answer::http(400, body.to_string())
}

/// A batch, cut in two.
pub(crate) struct Halves {
    /// The request for what is processed; none if that is nothing.
    pub(crate) request: Option<Vec<u8>>,
    /// The field of the answer for what is not, and its value.
    unprocessed: (&'static str, Value),
}

/// Cuts a batch after `kept` items of each table; none if the request is no batch.
pub(crate) fn cut(operation: &str, body: &[u8], kept: usize) -> Option<Halves> {
    let field = match operation {
        "BatchWriteItem" => "UnprocessedItems",
        "BatchGetItem" => "UnprocessedKeys",
        _ => return None,
    };
    let mut request: Value = serde_json::from_slice(body).ok()?;
    let tables = request.get_mut("RequestItems")?.as_object_mut()?;
    let mut left = Map::new();
    for (table, items) in tables.iter_mut() {
        let mut rest = items.clone();
        let of_rest = list(&mut rest)?;
        let kept = kept.min(of_rest.len());
        of_rest.drain(..kept);
        let is_empty = of_rest.is_empty();
        list(items)?.truncate(kept);
        if !is_empty {
            left.insert(table.clone(), rest);
        }
    }
    tables.retain(|_, items| list(items).is_some_and(|items| !items.is_empty()));
    let request = (!tables.is_empty()).then(|| request.to_string().into_bytes());
    Some(Halves { request, unprocessed: (field, Value::Object(left)) })
}

/// The requests to write, or the keys to read with what else is said about the table.
fn list(items: &mut Value) -> Option<&mut Vec<Value>> {
    match items {
        Value::Array(list) => Some(list),
        Value::Object(table) => table.get_mut("Keys")?.as_array_mut(),
        _ => None,
    }
}

impl Halves {
    /// The answer of the server with what it was not asked for; an answer that is an error stays as it is.
    pub(crate) fn answered(&self, body: &[u8]) -> Vec<u8> {
        let (field, left) = &self.unprocessed;
        let Ok(Value::Object(mut answer)) = serde_json::from_slice(body) else { return body.to_vec() };
        if answer.contains_key("__type") {
            return body.to_vec();
        }
        // What the server left by itself stays, before what was left for it.
        let all = answer.entry(*field).or_insert_with(|| json!({}));
        for (table, items) in left.as_object().into_iter().flatten() {
            match all.get_mut(table).and_then(list) {
                Some(list_of_server) => {
                    list_of_server.extend(list(&mut items.clone()).into_iter().flatten().map(Value::take));
                }
                None => all[table] = items.clone(),
            }
        }
        Value::Object(answer).to_string().into_bytes()
    }

    /// The answer when nothing is processed.
    pub(crate) fn all_unprocessed(&self) -> Answer {
        let empty = if self.unprocessed.0 == "UnprocessedKeys" { &b"{\"Responses\":{}}"[..] } else { b"{}" };
        Answer::http(200, self.answered(empty))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json_of(bytes: &[u8]) -> Value {
        serde_json::from_slice(bytes).unwrap()
    }

    #[test]
    fn a_batch_of_writes_is_cut_by_table() {
        let body = json!({"RequestItems": {"a": [1, 2, 3], "b": [4]}, "ReturnConsumedCapacity": "TOTAL"});
        let halves = cut("BatchWriteItem", body.to_string().as_bytes(), 2).unwrap();
        let sent = json_of(halves.request.as_ref().unwrap());
        assert_eq!(sent, json!({"RequestItems": {"a": [1, 2], "b": [4]}, "ReturnConsumedCapacity": "TOTAL"}));
        let answer = json_of(&halves.answered(b"{\"UnprocessedItems\":{}}"));
        assert_eq!(answer, json!({"UnprocessedItems": {"a": [3]}}));
        let answer = json_of(&halves.answered(b"{\"UnprocessedItems\":{\"a\":[2]}}"));
        assert_eq!(answer, json!({"UnprocessedItems": {"a": [2, 3]}}));
    }

    #[test]
    fn a_batch_of_reads_keeps_what_is_said_about_the_table() {
        let body = json!({"RequestItems": {"a": {"Keys": [1, 2], "ConsistentRead": true}}});
        let halves = cut("BatchGetItem", body.to_string().as_bytes(), 1).unwrap();
        let sent = json_of(halves.request.as_ref().unwrap());
        assert_eq!(sent, json!({"RequestItems": {"a": {"Keys": [1], "ConsistentRead": true}}}));
        let answer = json_of(&halves.answered(b"{\"Responses\":{\"a\":[]},\"UnprocessedKeys\":{}}"));
        let left = json!({"a": {"Keys": [2], "ConsistentRead": true}});
        assert_eq!(answer, json!({"Responses": {"a": []}, "UnprocessedKeys": left}));
    }

    #[test]
    fn nothing_processed_is_not_sent() {
        let body = json!({"RequestItems": {"a": {"Keys": [1]}}});
        let halves = cut("BatchGetItem", body.to_string().as_bytes(), 0).unwrap();
        assert_eq!(halves.request, None);
        let answer = json!({"Responses": {}, "UnprocessedKeys": {"a": {"Keys": [1]}}});
        assert_eq!(json_of(&halves.all_unprocessed().body), answer);
    }

    #[test]
    fn an_error_and_what_is_no_batch_stay_as_they_are() {
        let halves = cut("BatchWriteItem", b"{\"RequestItems\":{\"a\":[1,2]}}", 1).unwrap();
        assert_eq!(halves.answered(b"{\"__type\":\"x\"}"), b"{\"__type\":\"x\"}");
        assert!(cut("GetItem", b"{}", 1).is_none());
        assert!(cut("BatchGetItem", b"{}", 1).is_none());
        assert!(cut("BatchGetItem", b"x", 1).is_none());
    }

    #[test]
    fn errors_have_the_form_of_the_service() {
        let body = json_of(&access_denied("PutItem").body);
        assert_eq!(body["__type"], "com.amazon.coral.service#AccessDeniedException");
        assert!(body["Message"].as_str().unwrap().contains("perform: dynamodb:PutItem on"));
        let answer = throughput_exceeded();
        assert_eq!(answer.status, 400);
        assert!(json_of(&answer.body)["message"].as_str().unwrap().starts_with("The level of configured"));
        let reasons = json_of(&transaction_canceled(&["None", "TransactionConflict"]).body);
        assert_eq!(reasons["CancellationReasons"][1]["Code"], "TransactionConflict");
    }
}
