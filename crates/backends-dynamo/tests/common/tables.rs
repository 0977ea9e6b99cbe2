//! Takes the tables of a prefix away: DynamoDB Local has ten threads for all indexes that it builds and all tables whose
//! records expire, and each of these keeps one.

use backends_dynamo::aws_sdk_dynamodb::Client;

/// Removes every table whose name begins with `prefix`.
pub async fn remove(client: &Client, prefix: &str) {
    let mut pages = client.list_tables().exclusive_start_table_name(prefix).into_paginator().send();
    while let Some(page) = pages.next().await {
        for name in page.unwrap().table_names() {
            if !name.starts_with(prefix) {
                return;
            }
            client.delete_table().table_name(name).send().await.unwrap();
        }
    }
}
