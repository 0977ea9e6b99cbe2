//! Several calls on their way at a time.

use tokio::runtime::Runtime;
use tokio::task::JoinSet;

/// Calls `one` for each number, with so many calls on their way at a time; how many calls there were.
pub fn in_flight<F: Future<Output = ()> + Send + 'static>(
    runtime: &Runtime,
    callers: usize,
    each: usize,
    one: impl Fn(usize) -> F + Clone + Send + 'static,
) -> usize {
    runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for caller in 0..callers {
            let one = one.clone();
            tasks.spawn(async move {
                for call in 0..each {
                    one(caller * each + call).await;
                }
            });
        }
        while let Some(task) = tasks.join_next().await {
            if let Err(error) = task {
                std::panic::resume_unwind(error.into_panic());
            }
        }
    });
    callers * each
}
