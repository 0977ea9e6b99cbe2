//! How often the driver has sent a request: some it repeats by itself, and gives the error of the last try.

use std::cell::Cell;

use mongodb::event::EventHandler;
use mongodb::event::cmap::CmapEvent;
use tokio::runtime::Handle;

tokio::task_local! {
    static SENT: Cell<u32>;
}

/// A request whose tries are counted while it waits.
pub(crate) fn counted<F: Future>(request: F) -> impl Future<Output = F::Output> {
    SENT.scope(Cell::new(0), request)
}

/// How often the request around was sent, at most: the driver takes a connection for each try.
pub(crate) fn sent() -> u32 {
    // What nobody counts may have been sent again.
    SENT.try_with(Cell::get).unwrap_or(u32::MAX)
}

/// What the driver is to call; it passes on what it is told to the handler that was there.
pub(crate) fn handler(other: Option<EventHandler<CmapEvent>>) -> EventHandler<CmapEvent> {
    EventHandler::callback(move |event| {
        if matches!(event, CmapEvent::ConnectionCheckedOut(_)) {
            // Outside of a request the driver takes connections on its own account.
            let _ = SENT.try_with(|sent| sent.set(sent.get() + 1));
        }
        if let Some(other) = &other {
            tell(other, event);
        }
    })
}

/// Tells a handler, as the driver does.
fn tell(handler: &EventHandler<CmapEvent>, event: CmapEvent) {
    match (handler, Handle::try_current()) {
        (EventHandler::Callback(told), _) => told(event),
        (EventHandler::AsyncCallback(told), Ok(runtime)) => drop(runtime.spawn(told(event))),
        (EventHandler::TokioMpsc(sender), Ok(runtime)) => {
            let sender = sender.clone();
            drop(runtime.spawn(async move { sender.send(event).await.is_ok() }));
        }
        _ => {}
    }
}
