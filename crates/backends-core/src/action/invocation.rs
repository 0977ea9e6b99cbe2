//! A call on its way: its deadline, its layers, and what becomes of a write that nobody waits for any longer.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context as Task, Poll};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::timeout_at;

use crate::driver::{Context, Report};
use crate::layer::{self, Doubt, Operation};
use crate::{Backend, Call, Error, Result};

/// How long a driver has at most for its own answer to a deadline, which knows more than that it has passed; it has a
/// tenth of a short limit.
const OWN_ANSWER: Duration = Duration::from_millis(50);

/// How much longer than its deadline a write that was handed to the runtime may take.
const GRACE: Duration = Duration::from_secs(60);

/// A call that is about to be made.
pub(crate) struct Invocation {
    backend: Backend,
    call: Call,
    context: Context,
}

impl Invocation {
    pub(crate) fn of_backend(backend: &Backend, operation: &'static str, limit: Duration) -> Self {
        let context = Context::new(backend.clock().now(), limit);
        let write_id = context.write_id;
        let name = backend.name();
        let system = backend.capabilities().system.unwrap_or(name);
        let call = Call { operation, backend: name, system, repository: None, batch_size: None, write_id };
        Self { backend: backend.clone(), call, context }
    }

    pub(crate) fn on(mut self, repository: &Arc<str>) -> Self {
        self.call.repository = Some(Arc::clone(repository));
        self
    }

    /// A call on so many records or keys, whose deadline progress renews.
    pub(crate) fn of_many(self, records: usize) -> Self {
        self.sized(records).renewable()
    }

    /// A call on so many records, all of them at once.
    pub(crate) fn sized(mut self, records: usize) -> Self {
        self.call.batch_size = Some(records);
        self
    }

    /// A call whose deadline progress renews.
    pub(crate) fn renewable(mut self) -> Self {
        self.context = self.context.renewable();
        self
    }

    /// A call that tells `report` how it gets on.
    pub(crate) fn reporting(mut self, report: Option<Report>) -> Self {
        self.context = self.context.reporting(report);
        self
    }

    /// How much longer than its deadline it waits.
    fn grace(&self) -> Duration {
        OWN_ANSWER.min(self.context.limit() / 10)
    }

    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    /// Makes a call that changes nothing.
    pub(crate) async fn read<O: Operation>(&self, operation: &O) -> Result<O::Answer> {
        self.check()?;
        self.backend.early_timer().set();
        let answer = pin!(layer::read(self.backend.layers(), &self.call, &self.context, operation));
        match within(&self.context, self.grace(), answer).await {
            Some(answer) => answer.map_err(|error| self.place(error)),
            None => Err(self.place(self.context.too_late())),
        }
    }

    /// Goes on with a call that has been made, with the whole of its time anew.
    pub(crate) async fn go_on<R>(&self, step: impl Future<Output = Result<R>>) -> Result<R> {
        self.context.renew();
        match within(&self.context, self.grace(), pin!(step)).await {
            Some(answer) => answer.map_err(|error| self.place(error)),
            None => Err(self.place(self.context.too_late())),
        }
    }

    /// Makes a call that may write: it is polled in place, and goes on by itself when it is dropped half-way.
    pub(crate) fn write<O: Operation + 'static>(&self, operation: O) -> impl Future<Output = Result<O::Answer>> + Send {
        // What goes on by itself is boxed before the future begins, which then has no room for the operation.
        let layers = self.backend.layers();
        let context = self.context.clone();
        let (answer, doubt): (Going<O::Answer>, _) = if layers.is_empty() {
            (Box::pin(async move { operation.run().await }), None)
        } else {
            let (layers, call, context) = (Arc::clone(layers), self.call.clone(), context.clone());
            let doubt = Doubt::default();
            let told = doubt.clone();
            (Box::pin(async move { layer::write(&layers, &call, &context, &told, &operation).await }), Some(doubt))
        };
        self.wait(GoesOn { future: Some(answer), runtime: None, context }, doubt)
    }

    /// Waits for a write, which is on its way from the first poll on, unless `doubt` knows more.
    async fn wait<R: Send + 'static>(&self, mut write: GoesOn<R>, doubt: Option<Doubt>) -> Result<R> {
        self.check()?;
        self.backend.early_timer().set();
        match within(&self.context, self.grace(), Pin::new(&mut write)).await {
            Some(answer) => answer.map_err(|error| self.place(error)),
            None => {
                Err(self
                    .place(self.context.too_late().with_may_have_happened(doubt.is_none_or(|doubt| doubt.is_raised()))))
            }
        }
    }

    /// The error with its place, where it has none.
    #[cold]
    pub(crate) fn place(&self, error: Error) -> Error {
        let error = error.with_operation(self.call.operation).with_backend(self.call.backend);
        match &self.call.repository {
            Some(repository) => error.with_repository(repository),
            None => error,
        }
    }

    /// Waits for what has to come before the call, at most until its deadline.
    pub(crate) async fn wait_for<F: Future>(&self, future: F) -> Result<F::Output> {
        self.check()?;
        within(&self.context, self.grace(), pin!(future)).await.ok_or_else(|| self.place(self.context.too_late()))
    }

    /// Refuses a call on a backend that is closed, or where nobody keeps the time.
    pub(crate) fn check(&self) -> Result<()> {
        if self.call.operation != "close" {
            self.backend.check_open().map_err(|error| self.place(error))?;
        }
        if self.context.remaining().is_zero() {
            return Err(self.place(self.context.too_late()));
        }
        if Handle::try_current().is_err() {
            return Err(
                self.place(Error::unexpected("no tokio runtime: await the call inside one, with its timers enabled"))
            );
        }
        Ok(())
    }
}

/// The answer, or `None` if the deadline and `grace` pass first. Progress moves the deadline.
async fn within<F: Future>(context: &Context, grace: Duration, mut future: Pin<&mut F>) -> Option<F::Output> {
    loop {
        let deadline = context.deadline();
        match timeout_at(deadline + grace, future.as_mut()).await {
            Ok(answer) => return Some(answer),
            Err(_) if context.deadline() > deadline => {}
            Err(_) => return None,
        }
    }
}

type Going<R> = Pin<Box<dyn Future<Output = Result<R>> + Send>>;

/// A write that is handed to the runtime when it is dropped after it has begun: half a write is none, or one that
/// nobody knows of.
struct GoesOn<R: Send + 'static> {
    future: Option<Going<R>>,
    /// Where it was begun.
    runtime: Option<Handle>,
    context: Context,
}

impl<R: Send + 'static> Future for GoesOn<R> {
    type Output = Result<R>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Result<R>> {
        if self.runtime.is_none() {
            self.runtime = Handle::try_current().ok();
        }
        let Some(future) = &mut self.future else {
            return Poll::Ready(Err(Error::unexpected("a write was polled after its end")));
        };
        let answer = future.as_mut().poll(task);
        if answer.is_ready() {
            self.future = None;
        }
        answer
    }
}

impl<R: Send + 'static> Drop for GoesOn<R> {
    fn drop(&mut self) {
        if let (Some(runtime), Some(future)) = (self.runtime.take(), self.future.take()) {
            let context = self.context.clone();
            runtime.spawn(async move { within(&context, GRACE, Pin::new(&mut { future })).await });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::pin::pin;
    use std::task::Waker;

    use tokio::sync::oneshot;

    use super::*;
    use crate::memory::MemoryBackend;

    #[test]
    fn c42_a_write_that_is_dropped_outside_of_the_runtime_goes_on_inside() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (go, wait) = oneshot::channel::<()>();
        let (done, end) = oneshot::channel::<()>();
        let writing: Going<()> = Box::pin(async move {
            wait.await.unwrap();
            done.send(()).unwrap();
            Ok(())
        });
        let context = Context::new(crate::Timestamp::now(), Duration::from_secs(30));
        let mut write = GoesOn { future: Some(writing), runtime: None, context };
        runtime.block_on(async {
            let polled = pin!(&mut write).poll(&mut Task::from_waker(Waker::noop()));
            assert!(polled.is_pending());
        });
        assert!(Handle::try_current().is_err());
        drop(write);
        go.send(()).unwrap();
        runtime.block_on(end).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn c42_a_short_limit_is_not_overrun_by_more_than_a_tenth() {
        let backend = Backend::new(Arc::new(MemoryBackend::open("")));
        for (limit, at_most) in [(10, 12), (100, 112), (500, 552), (30_000, 30_052)] {
            let (limit, at_most) = (Duration::from_millis(limit), Duration::from_millis(at_most));
            let start = tokio::time::Instant::now();
            let invocation = Invocation::of_backend(&backend, "ping", limit);
            assert!(invocation.wait_for(pending::<()>()).await.unwrap_err().is_timeout());
            assert!((limit..at_most).contains(&start.elapsed()), "{limit:?} took {:?}", start.elapsed());
        }
    }
}
