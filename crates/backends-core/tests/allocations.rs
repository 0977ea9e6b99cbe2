//! How often calls allocate: a typed read no more often than the type itself, the handles a few times more.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use backends_core::driver::{self, Context, GetRequest, InsertRequest, RepositoryDriver};
use backends_core::{Backend, Definition, Error, Key, Repository, Result, Timestamp, Value, json};

use nothing::{Idle, Nothing};
use record::{ID, User};

#[path = "../benches/core/nothing.rs"]
mod nothing;
#[path = "../benches/core/record.rs"]
mod record;

/// The allocations of `once`, when it has been done before.
fn count<R>(mut once: impl FnMut() -> R) -> u64 {
    drop(once());
    allocation_counter::measure(|| drop(once())).count_total
}

/// The answer of a driver that answers at once, without a runtime's own allocations.
fn at_once<R>(action: impl IntoFuture<Output = Result<R>>) -> Result<R> {
    match pin!(action.into_future()).poll(&mut std::task::Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => Err(Error::unexpected("the driver does not answer at once")),
    }
}

/// Ada has five strings, three more in an array, and the array.
const OWN: u64 = 8;

#[test]
fn a_typed_read_allocates_what_the_type_does_and_no_more() {
    let ada = User::ada();
    assert_eq!(count(|| ada.clone()), OWN);
    let (batch, record) = (ada.json_batch(), ada.record());
    assert_eq!(count(|| driver::read::<User>(&batch, 0).unwrap()), OWN);
    assert_eq!(count(|| driver::read::<User>(&record, 0).unwrap()), OWN);
}

#[test]
fn json_is_written_into_what_is_given() {
    let record = User::ada().record();
    let mut out = String::with_capacity(1_024);
    let written = count(|| {
        out.clear();
        json::write(&mut record.tokens(), &mut out).unwrap();
    });
    assert_eq!(written, 0);
}

#[test]
fn handles_allocate_a_few_times_besides_driver_and_type() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _inside = runtime.enter();
    let ada = User::ada();
    let backend = Backend::new(Arc::new(Nothing::new(ada.record())));
    let definition = || Definition::builder("users").build().unwrap();
    let users: Repository<User> = at_once(backend.define(definition())).unwrap();
    let layered: Repository<User> = at_once(backend.with_layer(Idle).define(definition())).unwrap();
    let get = count(|| at_once(users.get(ID)).unwrap());
    let with_layer = count(|| at_once(layered.get(ID)).unwrap());
    let insert = count(|| at_once(users.insert(&ada)).unwrap());
    let driver: Arc<dyn RepositoryDriver> = Arc::new(Nothing::new(ada.record()));
    let context = || Context::new(Timestamp::now(), Duration::from_secs(1));
    let key = Key::new(Value::from(ID), None);
    // The driver's future, its batch and its positions; the future of an insert.
    let request = GetRequest::new(context(), vec![key.clone()]);
    assert_eq!(count(|| at_once(driver.get(&request)).unwrap()), 3);
    let request = InsertRequest::new(context(), key, ada.record());
    assert_eq!(count(|| at_once(driver.insert(&request)).unwrap()), 1);
    // The action's future; the key, the bytes it was encoded to, and the list of keys.
    assert_eq!(get, OWN + 3 + 4);
    // What the layer and its answer are apart from the call: the layers' futures.
    assert_eq!(with_layer, get + 3);
    // The action's future and what is apart from it twice; the record's bytes and its key; the bytes again, to see that
    // the type reads what it writes.
    assert_eq!(insert, OWN + 1 + 6);
}

#[test]
fn what_is_awaited_is_small_enough_to_be_kept_at_hand() {
    // glibc: what is freed above it goes through all of the allocator.
    const AT_HAND: usize = 1_032;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _inside = runtime.enter();
    let ada = User::ada();
    let backend = Backend::new(Arc::new(Nothing::new(ada.record())));
    let users: Repository<User> = at_once(backend.define(Definition::builder("users").build().unwrap())).unwrap();
    assert!(size_of_val(&*users.get(ID).into_future()) <= AT_HAND);
    assert!(size_of_val(&*users.insert(&ada).into_future()) <= AT_HAND);
    assert!(size_of_val(&*users.delete(ID).into_future()) <= AT_HAND);
    assert!(size_of_val(&*users.replace(&ada).into_future()) <= AT_HAND);
    assert!(size_of_val(&*users.upsert(&ada).into_future()) <= AT_HAND);
}
