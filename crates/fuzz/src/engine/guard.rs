//! Runs an input, and takes a panic for the failure that it is.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use super::{Target, Verdict};

thread_local! {
    /// The last panic of an input of this thread, while one is run.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
    static RUNNING: RefCell<bool> = const { RefCell::new(false) };
}

/// What becomes of the input.
pub(super) fn check(target: &Target, input: &[u8]) -> Result<Verdict, String> {
    listen();
    RUNNING.set(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| (target.check)(input)));
    RUNNING.set(false);
    outcome.unwrap_or_else(|_| {
        let said = PANIC.take().unwrap_or_default();
        Err(format!("a panic: {said}"))
    })
}

/// Notes what a panic says, in place of printing it: shrinking provokes it many times.
fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if RUNNING.with_borrow(|running| *running) {
                PANIC.set(Some(info.to_string().replace('\n', " ")));
            } else {
                usual(info);
            }
        }));
    });
}
