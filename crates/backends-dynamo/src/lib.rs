//! The DynamoDB backend of `backends`, on the AWS SDK.
//!
//! Programs enable the feature `dynamodb` of `backends` and name this backend in their configuration. Opened in code:
//!
//! ```no_run
//! use backends_core::{Backend, Definition, Document, Repository};
//! use backends_dynamo::{DynamoBackend, DynamoOptions, aws_sdk_dynamodb as sdk};
//! use std::sync::Arc;
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let config = sdk::Config::builder()
//!     .behavior_version(sdk::config::BehaviorVersion::v2026_01_12())
//!     .region(sdk::config::Region::new("us-east-1"))
//!     .endpoint_url("http://localhost:8000")
//!     .credentials_provider(sdk::config::Credentials::new("key", "secret", None, None, "in code"))
//!     .build();
//! let options = DynamoOptions::new(config).table_prefix("test_");
//! let backend = Backend::new(Arc::new(DynamoBackend::open(options).await?));
//! let notes: Repository<Document> = backend.define(Definition::builder("notes").build()?).await?;
//! # let _ = notes;
//! backend.close().await?;
//! # Ok(())
//! # }
//! ```
//!
//! The native client of a backend is an [`aws_sdk_dynamodb::Client`], that of a repository a [`DynamoTable`]; the SDK
//! is re-exported as [`aws_sdk_dynamodb`].

mod backend;
mod capabilities;
mod codec;
mod config;
mod connections;
mod error;
mod expression;
mod filter;
mod guard;
mod identity;
mod index;
mod options;
mod plan;
mod repository;
mod retry;
mod schema;
mod service;
mod stamp;
mod table;
mod throughput;
mod update;
mod words;

pub use aws_sdk_dynamodb;
pub use backend::{DynamoBackend, Dynamodb};
pub use options::{DynamoOptions, ScanMode};
pub use table::DynamoTable;
