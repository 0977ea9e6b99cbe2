//! The backend behind the proxy, on a prefix of its own.

use backends_dynamo::aws_sdk_dynamodb::Client;
use backends_dynamo::aws_sdk_dynamodb::types::Select;
use live::Stage;
use proxy::{Protocol, Proxy};

use crate::store::{endpoint, fresh_prefix, open};

pub async fn stage() -> Stage {
    stage_on(fresh_prefix()).await
}

/// The same on this prefix, so that its tables can be taken away.
pub async fn stage_on(prefix: String) -> Stage {
    let proxy = Proxy::start(&endpoint(), Protocol::DynamoDb).await.unwrap();
    let (through, clean) = (open(&proxy.url(), &prefix).await, open(&endpoint(), &prefix).await);
    let client = clean.native::<Client>().unwrap().clone();
    let count = move |name: String| {
        let scan = client.scan().table_name(format!("{prefix}{name}")).select(Select::Count).consistent_read(true);
        async move {
            let mut pages = scan.into_paginator().send();
            let mut count = 0;
            while let Some(page) = pages.next().await {
                count += usize::try_from(page.unwrap().count).unwrap();
            }
            count
        }
    };
    Stage::new(proxy, through, clean, count)
}
