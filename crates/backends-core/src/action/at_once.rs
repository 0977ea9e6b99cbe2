//! Several futures of one call on their way at once, polled where the call is: none of them is a task.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Futures that are on their way, of which only those are polled that were woken.
pub(super) struct AtOnce<'f, R> {
    running: Vec<Running<'f, R>>,
    caller: Arc<Mutex<Option<Waker>>>,
}

struct Running<'f, R> {
    future: Pin<Box<dyn Future<Output = R> + Send + 'f>>,
    woken: Arc<Woken>,
    waker: Waker,
}

/// Whether a future was woken, and who waits for it.
struct Woken {
    is_woken: AtomicBool,
    caller: Arc<Mutex<Option<Waker>>>,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_woken.store(true, Ordering::Release);
        let caller = self.caller.lock().unwrap_or_else(PoisonError::into_inner).clone();
        caller.iter().for_each(Waker::wake_by_ref);
    }
}

impl<'f, R> AtOnce<'f, R> {
    pub(super) fn new() -> Self {
        Self { running: Vec::new(), caller: Arc::default() }
    }

    /// How many are on their way.
    pub(super) fn len(&self) -> usize {
        self.running.len()
    }

    /// Takes one more, which begins when the next answer is waited for.
    pub(super) fn push(&mut self, future: impl Future<Output = R> + Send + 'f) {
        let woken = Arc::new(Woken { is_woken: AtomicBool::new(true), caller: Arc::clone(&self.caller) });
        let waker = Waker::from(Arc::clone(&woken));
        self.running.push(Running { future: Box::pin(future), woken, waker });
    }

    /// The answer of the first that has one; nothing where none is on its way.
    pub(super) async fn next(&mut self) -> Option<R> {
        poll_fn(|task| self.poll(task)).await
    }

    fn poll(&mut self, task: &Context<'_>) -> Poll<Option<R>> {
        if self.running.is_empty() {
            return Poll::Ready(None);
        }
        // Before the look at them: who is woken later wakes this caller.
        *self.caller.lock().unwrap_or_else(PoisonError::into_inner) = Some(task.waker().clone());
        for at in 0..self.running.len() {
            let Running { future, woken, waker } = &mut self.running[at];
            if woken.is_woken.swap(false, Ordering::AcqRel)
                && let Poll::Ready(answer) = future.as_mut().poll(&mut Context::from_waker(waker))
            {
                self.running.swap_remove(at);
                return Poll::Ready(Some(answer));
            }
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn answers_come_in_the_order_in_which_they_are_ready() {
        let mut at_once = AtOnce::new();
        let mut senders = Vec::new();
        for number in 0..3 {
            let (sender, receiver) = oneshot::channel::<()>();
            senders.push(Some(sender));
            at_once.push(async move {
                receiver.await.unwrap();
                number
            });
        }
        for number in [2, 0, 1] {
            let sender = senders[number].take().unwrap();
            let (answer, ()) = tokio::join!(at_once.next(), async { sender.send(()).unwrap() });
            assert_eq!(answer, Some(number));
        }
        assert_eq!((at_once.next().await, at_once.len()), (None, 0));
    }

    #[tokio::test]
    async fn only_who_is_woken_is_polled() {
        let polls = AtomicUsize::new(0);
        let (sender, receiver) = oneshot::channel::<()>();
        let mut at_once = AtOnce::new();
        at_once.push(poll_fn(|_| {
            polls.fetch_add(1, Ordering::Relaxed);
            Poll::<&str>::Pending
        }));
        at_once.push(async {
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            receiver.await.unwrap();
            "woken"
        });
        sender.send(()).unwrap();
        assert_eq!(at_once.next().await, Some("woken"));
        assert_eq!((polls.load(Ordering::Relaxed), at_once.len()), (1, 1));
    }
}
