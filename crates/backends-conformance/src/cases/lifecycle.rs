//! Opening, asking, closing, and the way to the native client.

use std::any::Any;

use backends_core::{Backend, ErrorKind, Filter};

use crate::Context;
use crate::expect::{debug_tells_nothing, refused};
use crate::records::{User, id};
use crate::wrapped::Faults;

pub async fn l53_an_open_backend_answers_a_ping(context: &Context) {
    let backend = context.backend().await;
    backend.ping().await.unwrap();
    assert!(!backend.name().is_empty());
    debug_tells_nothing(backend);
}

pub async fn l48_use_after_closing_is_unavailable(context: &Context) {
    let backend = context.another_process().await;
    let users = backend.define::<User>(context.definition("users").build().unwrap()).await.unwrap();
    let ada = users.insert(&User::new("ada")).await.unwrap();
    backend.close().await.unwrap();
    refused(users.get(&ada.id).await, ErrorKind::Unavailable, "get");
    refused(users.get_many([&ada.id]).await, ErrorKind::Unavailable, "get_many");
    refused(users.find(Filter::all()).await, ErrorKind::Unavailable, "find");
    refused(users.find(Filter::all()).limit(0).await, ErrorKind::Unavailable, "find");
    refused(users.find(Filter::all()).page(1).await, ErrorKind::Unavailable, "find");
    refused(users.find(Filter::all()).stream().next().await.unwrap(), ErrorKind::Unavailable, "find");
    refused(users.find_one(Filter::all()).await, ErrorKind::Unavailable, "find_one");
    refused(users.count(Filter::all()).await, ErrorKind::Unavailable, "count");
    refused(users.exists(Filter::all()).await, ErrorKind::Unavailable, "exists");
    refused(users.insert(&User::new("eve")).await, ErrorKind::Unavailable, "insert");
    refused(users.insert_many([&User::new("eve")]).await, ErrorKind::Unavailable, "insert_many");
    refused(users.replace(&ada).await, ErrorKind::Unavailable, "replace");
    refused(users.upsert(&ada).await, ErrorKind::Unavailable, "upsert");
    let error = refused(users.delete(&ada.id).await, ErrorKind::Unavailable, "delete");
    assert!(!error.may_have_happened(), "{error}");
    refused(backend.ping().await, ErrorKind::Unavailable, "ping");
}

pub async fn l48_no_repository_is_defined_after_closing(context: &Context) {
    let backend = context.another_process().await;
    let definition = context.definition("users").build().unwrap();
    backend.define::<User>(definition.clone()).await.unwrap();
    backend.close().await.unwrap();
    refused(backend.define::<User>(definition).await, ErrorKind::Unavailable, "define");
    let other = context.definition("others").build().unwrap();
    refused(backend.define::<User>(other).await, ErrorKind::Unavailable, "define");
}

pub async fn l48_closing_twice_is_nothing(context: &Context) {
    let faults = Faults::default();
    let backend = context.wrapped(&faults).await;
    faults.take_seen();
    let clone = backend.clone();
    backend.close().await.unwrap();
    clone.close().await.unwrap();
    backend.close().await.unwrap();
    assert_eq!(faults.take_operations(), ["close"], "a driver is closed once");
    refused(clone.ping().await, ErrorKind::Unavailable, "ping");
}

pub async fn l48_closing_one_leaves_another_open(context: &Context) {
    let users = context.repository::<User>("users").await;
    let other = context.another_process().await;
    let others = other.define::<User>(context.definition("users").build().unwrap()).await.unwrap();
    let ada = others.insert(&User::new("ada")).await.unwrap();
    other.close().await.unwrap();
    assert_eq!(users.get(&ada.id).await.unwrap(), Some(ada));
    users.insert(&User::new("eve").with_id(&id(1))).await.unwrap();
}

struct NoBackendHasThis;

pub async fn c44_the_native_client_is_reached_by_its_type_only(context: &Context) {
    let driver = context.driver().await;
    let backend = Backend::new(std::sync::Arc::clone(&driver));
    assert!(backend.native::<NoBackendHasThis>().is_none());
    assert!(backend.native::<()>().is_none(), "the native client is not there");
    assert_ne!(driver.native().type_id(), ().type_id());
    let users = backend.define::<User>(context.definition("users").build().unwrap()).await.unwrap();
    assert_eq!(users.native(|_: &NoBackendHasThis| ()), None);
    assert_eq!(users.native(|(): &()| ()), None, "the native collection or table is not there");
}

pub async fn c44_a_wrapped_driver_shows_the_native_client_of_the_inner_one(context: &Context) {
    let inner = context.driver().await;
    let wrapped = crate::wrapped::Wrapped::new(std::sync::Arc::clone(&inner), Faults::default());
    let native = backends_core::driver::BackendDriver::native(&wrapped);
    assert_eq!(native.type_id(), inner.native().type_id());
}

pub async fn l46_handles_are_used_from_many_tasks(context: &Context) {
    let users = context.repository::<User>("users").await;
    let tasks: Vec<_> = (0..20)
        .map(|task| {
            let users = users.clone();
            tokio::spawn(async move {
                for round in 0..20 {
                    let ada = User::new("ada").with_id(&id(task * 100 + round));
                    users.insert(&ada).await.unwrap();
                    assert_eq!(users.get(&ada.id).await.unwrap().as_ref(), Some(&ada));
                    assert_eq!(users.delete(&ada.id).await.unwrap(), Some(ada));
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}
