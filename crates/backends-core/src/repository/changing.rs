//! The calls that change records where they are, and those that write by filter.

use serde::Serialize;

use super::{Record, Repository};
use crate::action::{DeleteMany, DeleteOne, UpdateByKey, UpdateMany, UpdateOne};
use crate::{Filter, Update};

impl<T: Record> Repository<T> {
    /// Changes the record with this key and gives it back as it is then; none if there is none: it creates nothing.
    ///
    /// All changes are done or none, and no other write comes in between.
    ///
    /// ```
    /// # use backends_core::{Definition, Document, Registry, Repository, Value, memory};
    /// use backends_core::Update;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> backends_core::Result<()> {
    /// # let backend = Registry::new().register(memory::Memory).open("memory:").await?;
    /// # let users: Repository = backend.define(Definition::builder("users").partition_key("email").build()?).await?;
    /// # users.insert(&Document::from([("email", "ada@example.org")])).await?;
    /// let login = Update::new().inc("logins", 1).set("last.from", "10.0.0.7");
    /// let ada = users.update("ada@example.org", login.clone()).await?;
    /// assert_eq!(ada.unwrap().get("logins"), Some(&Value::Int(1)));
    /// assert!(users.update("nobody@example.org", login).await?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` for an update that no record takes, and for one that does not apply to this record or after which
    /// `T` could not read it; `AlreadyExists` with the name of a unique index, where another record has the values:
    /// nothing is changed. `Unreadable` if what is stored cannot be read at all; [those of every
    /// call](Repository#errors).
    pub fn update(&self, key: impl Serialize, update: Update) -> UpdateByKey<T> {
        UpdateByKey::new(self, key, &update)
    }

    /// Changes one of the records that a filter means, the first of an order where one is given, and gives it back as it
    /// is then; none if there is none. The filter is held against the record once more where it is changed.
    ///
    /// # Errors
    /// As [`update`](Self::update), and `InvalidInput` for a filter that cannot be asked.
    #[doc(alias = "Save")]
    #[track_caller]
    pub fn update_one(&self, filter: impl Into<Filter>, update: Update) -> UpdateOne<T> {
        UpdateOne::new(self, filter, &update)
    }

    /// Changes every record that a filter means, each once and each by itself, and gives their number. A call that is
    /// dropped, or whose time is over, ends with the records at hand: up to 32 are on their way at a time.
    ///
    /// # Errors
    /// `InvalidInput` if the update does not apply to some: they stay as they were, the others are changed, and
    /// [`Error::counts`](crate::Error::counts) has both numbers; also for a filter that turns out to mean every record
    /// without being [`Filter::all()`], and for an update that does anything but `unset` to a field of a unique index,
    /// which is for one record. Otherwise as [`update_one`](Self::update_one); what was done until then is done.
    #[track_caller]
    pub fn update_many(&self, filter: impl Into<Filter>, update: Update) -> UpdateMany<T> {
        UpdateMany::new(self, filter, &update)
    }

    /// Deletes one of the records that a filter means, the first of an order where one is given, and gives it back; none
    /// if there is none. The filter is held against the record once more where it is deleted.
    ///
    /// # Errors
    /// As [`delete`](Self::delete), and `InvalidInput` for a filter that cannot be asked.
    #[doc(alias = "DeleteOne")]
    #[track_caller]
    pub fn delete_one(&self, filter: impl Into<Filter>) -> DeleteOne<T> {
        DeleteOne::new(self, filter)
    }

    /// Deletes every record that a filter means, each by itself, and gives their number. A call that is dropped, or whose
    /// time is over, ends with the records at hand: up to 32 are on their way at a time.
    ///
    /// # Errors
    /// `InvalidInput` for a filter that cannot be asked, and for one that turns out to mean every record without being
    /// [`Filter::all()`]; [those of every call](Repository#errors): what was deleted until then is deleted, and
    /// [`Error::counts`](crate::Error::counts) has the number.
    #[doc(alias = "DeleteAll")]
    #[track_caller]
    pub fn delete_many(&self, filter: impl Into<Filter>) -> DeleteMany<T> {
        DeleteMany::new(self, filter)
    }
}
