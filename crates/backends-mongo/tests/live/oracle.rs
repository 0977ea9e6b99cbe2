//! What core answers by itself: a driver that hands over every document of a collection, read by hand.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use backends_core::driver::{
    BackendDriver, BatchWritten, Context, Counted, DefineRequest, Defined, DeleteRequest, Deleted, Fetched,
    FindRequest, Found, GetRequest, InsertManyRequest, InsertRequest, Inserted, InsertedRecords, Plan,
    RemoveIndexRequest, ReplaceRequest, Replaced, RepositoryDriver, SwapRequest, Swapped, UpdateRequest, Updated,
    WriteBatchRequest,
};
use backends_core::{
    Backend, Capabilities, Definition, Document, Error, RecordBuf, Repository, Result, Timestamp, Token,
};
use backends_mongo::mongodb::bson::{self, Bson};

/// A repository of these documents, without their indexes.
pub async fn oracle(documents: &[bson::Document], definition: &Definition) -> Repository<Document> {
    let records: Vec<RecordBuf> = documents.iter().map(record).collect();
    let oracle = Arc::new(Oracle { records: Arc::new(records), capabilities: Capabilities::none().indexes() });
    Backend::new(oracle).define::<Document>(definition.clone()).await.unwrap()
}

/// The document as the contract reads it.
fn record(document: &bson::Document) -> RecordBuf {
    let mut record = RecordBuf::new();
    fields(document, "id", &mut record);
    record
}

fn fields(document: &bson::Document, id: &str, record: &mut RecordBuf) {
    for (name, value) in document.iter().filter(|(_, value)| !matches!(value, Bson::Null)) {
        record.push(Token::Field(if name == "_id" { id } else { name }));
        push(value, record);
    }
}

fn push(value: &Bson, record: &mut RecordBuf) {
    match value {
        Bson::Null => record.push(Token::Null),
        Bson::Boolean(bool) => record.push(Token::Bool(*bool)),
        Bson::Int32(int) => record.push(Token::Int((*int).into())),
        Bson::Int64(int) => record.push(Token::Int(*int)),
        Bson::Double(float) => record.push(Token::number(*float)),
        Bson::String(text) | Bson::Symbol(text) => record.push(Token::String(text)),
        Bson::ObjectId(id) => record.push(Token::String(&id.to_hex())),
        Bson::DateTime(at) => {
            record.push(Token::Timestamp(Timestamp::from_millis(at.timestamp_millis()).unwrap()));
        }
        Bson::Binary(binary) => record.push(Token::Bytes(&binary.bytes)),
        Bson::Array(elements) => {
            record.push(Token::Array);
            for element in elements {
                push(element, record);
            }
            record.push(Token::End);
        }
        Bson::Document(map) => {
            record.push(Token::Map);
            fields(map, "_id", record);
            record.push(Token::End);
        }
        other => panic!("no record holds {other:?}"),
    }
}

#[derive(Debug)]
struct Oracle {
    records: Arc<Vec<RecordBuf>>,
    capabilities: Capabilities,
}

#[async_trait]
impl BackendDriver for Oracle {
    fn name(&self) -> &'static str {
        "oracle"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    async fn define(&self, request: &DefineRequest) -> Result<Defined> {
        Ok(Defined::new(Arc::new(Records(Arc::clone(&self.records))), request.definition.clone()))
    }

    async fn remove_index(&self, request: &RemoveIndexRequest) -> Result<Defined> {
        Err(request.unsupported())
    }

    async fn write_batch(&self, request: &WriteBatchRequest) -> Result<BatchWritten> {
        Err(request.unsupported())
    }

    async fn ping(&self, _: &Context) -> Result<()> {
        Ok(())
    }

    async fn close(&self, _: &Context) -> Result<()> {
        Ok(())
    }

    fn native(&self) -> &dyn Any {
        self
    }
}

#[derive(Debug)]
struct Records(Arc<Vec<RecordBuf>>);

fn only_read<T>() -> Result<T> {
    Err(Error::unsupported("an oracle is only asked"))
}

#[async_trait]
impl RepositoryDriver for Records {
    async fn insert(&self, _: &InsertRequest) -> Result<Inserted> {
        only_read()
    }

    async fn insert_many(&self, _: &InsertManyRequest) -> Result<InsertedRecords> {
        only_read()
    }

    async fn get(&self, _: &GetRequest) -> Result<Fetched> {
        only_read()
    }

    async fn find(&self, _: &FindRequest) -> Result<Found> {
        Ok(Found::batches(vec![Box::new(self.0.to_vec())]))
    }

    async fn count(&self, _: &FindRequest) -> Result<Counted> {
        Ok(Counted::by_find())
    }

    async fn explain(&self, request: &FindRequest) -> Result<Plan> {
        Ok(Plan::everything(request, "0"))
    }

    async fn replace(&self, _: &ReplaceRequest) -> Result<Replaced> {
        only_read()
    }

    async fn update(&self, _: &UpdateRequest) -> Result<Updated> {
        Ok(Updated::by_swap())
    }

    async fn delete(&self, _: &DeleteRequest) -> Result<Deleted> {
        only_read()
    }

    async fn swap(&self, _: &SwapRequest) -> Result<Swapped> {
        only_read()
    }

    fn native(&self) -> &dyn Any {
        self
    }
}
