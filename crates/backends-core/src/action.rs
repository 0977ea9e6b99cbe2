//! What users await: one type an operation.
//!
//! An action owns what it needs, so it can be returned, stored and spawned. Writes are encoded and checked where they
//! are called, and what was wrong comes when the action is awaited.

mod batch;
mod by_swap;
mod changing;
mod count;
mod define;
mod delete;
mod delete_many;
mod delete_one;
mod draw;
mod early_timer;
mod exists;
mod explain;
mod find;
mod find_one;
mod find_page;
mod get;
mod get_many;
mod insert;
mod insert_many;
mod invocation;
mod page_token;
mod ping;
mod query;
mod records;
mod remove_index;
mod replace;
mod room;
mod update;
mod update_many;
mod update_one;
mod upsert;
mod written;

pub use batch::{AtomicBatch, WrittenBatch};
pub use count::Count;
pub use define::Define;
pub use delete::Delete;
pub use delete_many::DeleteMany;
pub use delete_one::DeleteOne;
pub use exists::Exists;
pub use explain::Explain;
pub use find::Find;
pub use find_one::FindOne;
pub use find_page::{FindPage, Page};
pub use get::Get;
pub use get_many::GetMany;
pub use insert::Insert;
pub use insert_many::{InsertMany, InsertedMany};
pub use page_token::PageToken;
pub use ping::Ping;
pub use records::Records;
pub use remove_index::RemoveIndex;
pub use replace::Replace;
pub use update::UpdateByKey;
pub use update_many::UpdateMany;
pub use update_one::UpdateOne;
pub use upsert::{Upsert, Upserted};

pub(crate) use early_timer::EarlyTimer;
pub(crate) use invocation::Invocation;

/// What an action becomes when it is awaited.
pub type Pending<R> = std::pin::Pin<Box<dyn Future<Output = crate::Result<R>> + Send + 'static>>;

/// Gives an action its time limit and makes it something to await.
macro_rules! action {
    ($action:ident<$type:ident: $bound:path>, $output:ty) => {
        $crate::action::action!(
            $action<$type: $bound>,
            $output,
            "Gives the action another time limit than the backend's: 30 s unless configured."
        );
    };
    ($action:ident<$type:ident: $bound:path>, $output:ty, $limit:literal) => {
        impl<$type: $bound> $action<$type> {
            #[doc = $limit]
            pub fn timeout(mut self, limit: std::time::Duration) -> Self {
                self.timeout = Some(limit);
                self
            }
        }

        impl<$type: $bound> IntoFuture for $action<$type> {
            type Output = $crate::Result<$output>;
            type IntoFuture = $crate::action::Pending<$output>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.run())
            }
        }

        impl<$type> std::fmt::Debug for $action<$type> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($action)).finish_non_exhaustive()
            }
        }
    };
}
pub(crate) use action;
