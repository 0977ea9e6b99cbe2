//! The whole service on one backend, by HTTP: what is answered, what is refused, who wins a race, and what expires.

use admin::Service;
use backends::Backend;

use clock::StoppedClock;

pub(crate) mod client;
mod clock;
mod list;
mod refused;
mod sample;
mod tokens;
mod users;
mod watched;

/// Runs the service on an empty store of a backend, and closes that.
pub(crate) async fn run(backend: &Backend) {
    let clock = StoppedClock::new();
    let measured = backend.with_clock(clock.clone()).with_layer(client::metrics().layer());
    let service = Service::define(&measured).await.unwrap();
    let server = client::Server::start(service.clone()).await;
    let client = &server.client;

    users::life(client).await;
    users::edits(client).await;
    users::racing_edits(client).await;
    users::racing_registrations(client, &service).await;
    tokens::used_once(client).await;
    tokens::of_a_user_who_is_gone(client).await;
    tokens::expiring(client, &clock).await;
    watched::measured(client, backend).await;

    let all = sample::users();
    service.users.insert_many(&all).await.unwrap();
    list::lists(client, &all).await;
    list::searches_in_json(client, &all).await;
    refused::requests(client).await;
    refused::tokens(client).await;
    list::pages_while_others_write(client, &all).await;

    watched::without_its_database(client, backend).await;
    server.stop().await;
}
