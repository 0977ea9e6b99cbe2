//! The calls on records that are known by their key.

use serde::Serialize;

use super::{Record, Repository};
use crate::action::{Delete, Get, GetMany, Insert, InsertMany, Replace, Upsert};

impl<T: Record> Repository<T> {
    /// Stores a new record and gives it back as it is stored: with its id, and the version 1 if records have versions.
    ///
    /// ```
    /// # use backends_core::{Definition, Registry, Repository, memory};
    /// # #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    /// # struct User { email: String, logins: u32 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> backends_core::Result<()> {
    /// # let backend = Registry::new().register(memory::Memory).open("memory:").await?;
    /// # let definition = Definition::builder("users").partition_key("email").build()?;
    /// # let users: Repository<User> = backend.define(definition).await?;
    /// let ada = User { email: "ada@example.org".into(), logins: 1 };
    /// assert_eq!(users.insert(&ada).await?, ada);
    /// assert!(users.insert(&ada).await.unwrap_err().is_already_exists());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`AlreadyExists`] with the name of the index; nothing is ever overwritten. [`InvalidInput`] for what no backend
    /// stores or `T` could not read back; [those of every call](Repository#errors).
    ///
    /// [`AlreadyExists`]: crate::ErrorKind::AlreadyExists
    /// [`InvalidInput`]: crate::ErrorKind::InvalidInput
    #[doc(alias = "Save")]
    pub fn insert(&self, record: &T) -> Insert<T> {
        Insert::new(self, record)
    }

    /// Stores new records as if one after another, as many as can be stored.
    ///
    /// ```
    /// # use backends_core::{Definition, Registry, Repository, memory};
    /// # #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    /// # struct User { email: String, logins: u32 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> backends_core::Result<()> {
    /// # let backend = Registry::new().register(memory::Memory).open("memory:").await?;
    /// # let definition = Definition::builder("users").partition_key("email").build()?;
    /// # let users: Repository<User> = backend.define(definition).await?;
    /// let people = ["ada", "bo", "ada"].map(|name| User { email: format!("{name}@example.org"), logins: 1 });
    /// let error = users.insert_many(&people).await.unwrap_err();
    /// assert!(error.is_already_exists());
    /// let counts = error.counts().unwrap();
    /// assert_eq!((error.position(), counts.done, counts.failed), (Some(2), 2, 1));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// That of the first record that was not stored, with its position and the number of those that were;
    /// [`Error::inserted`](crate::Error::inserted) has the rest. The kinds are those of [`insert`](Self::insert).
    pub fn insert_many<'a>(&self, records: impl IntoIterator<Item = &'a T>) -> InsertMany<T>
    where
        T: 'a,
    {
        InsertMany::new(self, records)
    }

    /// The record with this key, if there is one. The key is a value, or with a sort key a pair: `("tenant", 7)`.
    ///
    /// ```
    /// # use backends_core::{Definition, Registry, Repository, memory};
    /// # #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    /// # struct User { email: String, logins: u32 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> backends_core::Result<()> {
    /// # let backend = Registry::new().register(memory::Memory).open("memory:").await?;
    /// # let definition = Definition::builder("users").partition_key("email").build()?;
    /// # let users: Repository<User> = backend.define(definition).await?;
    /// # let ada = User { email: "ada@example.org".into(), logins: 1 };
    /// users.insert(&ada).await?;
    /// assert_eq!(users.get("ada@example.org").await?, Some(ada));
    /// assert_eq!(users.get("nobody@example.org").await?, None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`] for a key of another kind; [`Unreadable`] if `T` cannot hold what is stored; [those of every
    /// call](Repository#errors).
    ///
    /// [`InvalidInput`]: crate::ErrorKind::InvalidInput
    /// [`Unreadable`]: crate::ErrorKind::Unreadable
    #[doc(alias = "GetOne")]
    pub fn get(&self, key: impl Serialize) -> Get<T> {
        Get::new(self, key)
    }

    /// The records with these keys, in the order of the keys; a key may come twice.
    ///
    /// ```
    /// # use backends_core::{Definition, Registry, Repository, memory};
    /// # #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    /// # struct User { email: String, logins: u32 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> backends_core::Result<()> {
    /// # let backend = Registry::new().register(memory::Memory).open("memory:").await?;
    /// # let definition = Definition::builder("users").partition_key("email").build()?;
    /// # let users: Repository<User> = backend.define(definition).await?;
    /// # let ada = User { email: "ada@example.org".into(), logins: 1 };
    /// users.insert(&ada).await?;
    /// assert_eq!(users.get_many(["nobody@example.org", "ada@example.org"]).await?, [None, Some(ada)]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn get_many<K: Serialize>(&self, keys: impl IntoIterator<Item = K>) -> GetMany<T> {
        GetMany::new(self, keys)
    }

    /// Replaces the record that has this one's key, and gives it back as it is stored. The stored id is kept.
    ///
    /// ```
    /// # use backends_core::{Definition, Registry, Repository, memory};
    /// # #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    /// # struct User { email: String, logins: u32 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> backends_core::Result<()> {
    /// # let backend = Registry::new().register(memory::Memory).open("memory:").await?;
    /// # let definition = Definition::builder("users").partition_key("email").build()?;
    /// # let users: Repository<User> = backend.define(definition).await?;
    /// # let ada = User { email: "ada@example.org".into(), logins: 1 };
    /// assert!(users.replace(&ada).await.unwrap_err().is_not_found());
    /// users.insert(&ada).await?;
    /// assert_eq!(users.replace(&User { logins: 2, ..ada }).await?.logins, 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`NotFound`] if there is none; [`AlreadyExists`] with the name of a unique index, where another record has the
    /// values; [`Conflict`] if records have [versions](crate::DefinitionBuilder::version) and the
    /// stored one has another; [`InvalidInput`] if the record brings another id, and as for [`insert`](Self::insert);
    /// [those of every call](Repository#errors).
    ///
    /// [`NotFound`]: crate::ErrorKind::NotFound
    /// [`AlreadyExists`]: crate::ErrorKind::AlreadyExists
    /// [`Conflict`]: crate::ErrorKind::Conflict
    /// [`InvalidInput`]: crate::ErrorKind::InvalidInput
    #[doc(alias = "Save")]
    pub fn replace(&self, record: &T) -> Replace<T> {
        Replace::new(self, record)
    }

    /// Inserts the record, or replaces the one that has its key, and says which. The stored id is kept. Of two that
    /// race for one key neither fails, unless records have [versions](crate::DefinitionBuilder::version).
    ///
    /// ```
    /// # use backends_core::{Definition, Registry, Repository, memory};
    /// # #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    /// # struct User { email: String, logins: u32 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> backends_core::Result<()> {
    /// # let backend = Registry::new().register(memory::Memory).open("memory:").await?;
    /// # let definition = Definition::builder("users").partition_key("email").build()?;
    /// # let users: Repository<User> = backend.define(definition).await?;
    /// # let ada = User { email: "ada@example.org".into(), logins: 1 };
    /// assert!(users.upsert(&ada).await?.created);
    /// assert!(!users.upsert(&User { logins: 2, ..ada }).await?.created);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`] if the record brings another id, and as for [`insert`](Self::insert); [`AlreadyExists`] with the
    /// name of a unique index, where another record has the values, never for the key; [`Conflict`] if records have [versions](crate::DefinitionBuilder::version) and the stored one has another, where 0 means that there is
    /// none; [those of every call](Repository#errors).
    ///
    /// [`AlreadyExists`]: crate::ErrorKind::AlreadyExists
    /// [`InvalidInput`]: crate::ErrorKind::InvalidInput
    /// [`Conflict`]: crate::ErrorKind::Conflict
    #[doc(alias = "Save")]
    pub fn upsert(&self, record: &T) -> Upsert<T> {
        Upsert::new(self, record)
    }

    /// Deletes the record with this key and gives it back, if there was one.
    ///
    /// ```
    /// # use backends_core::{Definition, Registry, Repository, memory};
    /// # #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    /// # struct User { email: String, logins: u32 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> backends_core::Result<()> {
    /// # let backend = Registry::new().register(memory::Memory).open("memory:").await?;
    /// # let definition = Definition::builder("users").partition_key("email").build()?;
    /// # let users: Repository<User> = backend.define(definition).await?;
    /// # let ada = User { email: "ada@example.org".into(), logins: 1 };
    /// users.insert(&ada).await?;
    /// assert_eq!(users.delete("ada@example.org").await?, Some(ada));
    /// assert_eq!(users.delete("ada@example.org").await?, None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`] for a key of another kind; [`Unreadable`] if `T` cannot hold what was stored: it is deleted all
    /// the same; [those of every call](Repository#errors).
    ///
    /// [`InvalidInput`]: crate::ErrorKind::InvalidInput
    /// [`Unreadable`]: crate::ErrorKind::Unreadable
    #[doc(alias = "DeleteOne")]
    pub fn delete(&self, key: impl Serialize) -> Delete<T> {
        Delete::new(self, key)
    }
}
