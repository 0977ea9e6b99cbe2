//! Many at once: one wins where one may, nobody fails where nobody has to, and nothing is lost.

use std::collections::HashSet;

use backends_core::{ErrorKind, Repository, Result};
use tokio::task::JoinHandle;

use crate::Context;
use crate::expect::refused;
use crate::records::{Keyed, User, id};

pub(crate) const TASKS: usize = 50;

/// Two handles of one repository: of the backend of the case, and of another process.
async fn handles(context: &Context) -> [Repository<User>; 2] {
    let users = context.repository("users").await;
    let other = context.another_process().await;
    [users, other.define(context.definition("users").build().unwrap()).await.unwrap()]
}

pub(crate) async fn all<R: Send + 'static>(tasks: Vec<JoinHandle<R>>) -> Vec<R> {
    let mut answers = Vec::with_capacity(tasks.len());
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

pub async fn c26_of_fifty_inserts_with_one_key_one_wins(context: &Context) {
    let handles = handles(context).await;
    for round in 0..4 {
        let racing = (0..TASKS).map(|task| {
            let user = User::new(&task.to_string()).with_id(&id(round));
            tokio::spawn(handles[task % 2].insert(&user).into_future())
        });
        let answers = all(racing.collect()).await;
        let won: Vec<&User> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
        assert_eq!(won.len(), 1);
        assert_eq!(handles[0].get(id(round)).await.unwrap().as_ref(), Some(won[0]));
        for answer in answers.into_iter().filter(Result::is_err) {
            let error = refused(answer, ErrorKind::AlreadyExists, "insert");
            assert_eq!(error.index(), Some("primary"));
        }
    }
}

pub async fn c30_of_fifty_upserts_none_fails_and_one_inserts(context: &Context) {
    let handles = handles(context).await;
    for round in 0..4 {
        let racing = (0..TASKS).map(|task| {
            let user = User::new(&task.to_string()).with_id(&id(round));
            tokio::spawn(handles[task % 2].upsert(&user).into_future())
        });
        let answers = all(racing.collect()).await;
        let created = answers.iter().filter(|answer| answer.as_ref().unwrap().created).count();
        assert_eq!(created, 1);
        let left = handles[1].get(id(round)).await.unwrap().unwrap();
        assert!(answers.iter().any(|answer| answer.as_ref().unwrap().record == left));
    }
}

pub async fn c11_c30_of_fifty_upserts_all_keep_one_id(context: &Context) {
    let records = context.define::<Keyed<String>>(context.definition("keyed").partition_key("key")).await;
    let racing = (0..TASKS)
        .map(|task| tokio::spawn(records.upsert(&Keyed::new("a".to_owned(), &task.to_string())).into_future()));
    let answers = all(racing.collect()).await;
    let ids: HashSet<String> = answers.into_iter().map(|answer| answer.unwrap().record.id).collect();
    assert_eq!(ids.len(), 1, "the id changed");
    assert_eq!(Some(&records.get("a").await.unwrap().unwrap().id), ids.iter().next());
}

pub async fn c30_of_fifty_replaces_one_is_left_whole(context: &Context) {
    let handles = handles(context).await;
    let ada = handles[0].insert(&User::new("ada")).await.unwrap();
    let racing = (0..TASKS).map(|task| {
        let after = User { name: task.to_string(), ..ada.with_logins(i64::try_from(task).unwrap()) };
        tokio::spawn(handles[task % 2].replace(&after.with_nick(&task.to_string())).into_future())
    });
    assert!(all(racing.collect()).await.iter().all(Result::is_ok));
    let left = handles[0].get(&ada.id).await.unwrap().unwrap();
    assert_eq!((left.logins.to_string(), left.nick.as_deref()), (left.name.clone(), Some(left.name.as_str())));
}

pub async fn c27_of_fifty_deletes_one_gets_the_record(context: &Context) {
    let handles = handles(context).await;
    let ada = handles[0].insert(&User::new("ada")).await.unwrap();
    let racing = (0..TASKS).map(|task| tokio::spawn(handles[task % 2].delete(&ada.id).into_future()));
    let got: Vec<User> = all(racing.collect()).await.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(got, [ada]);
}

pub async fn c26_what_is_inserted_and_deleted_at_once_adds_up(context: &Context) {
    let handles = handles(context).await;
    let racing = (0..TASKS).map(|task| {
        let users = handles[task % 2].clone();
        tokio::spawn(async move {
            let mut balance = 0_i64;
            for _ in 0..10 {
                match users.insert(&User::new("x").with_id(&id(1))).await {
                    Ok(_) => balance += 1,
                    Err(error) => assert!(error.is_already_exists(), "{error}"),
                }
                if users.delete(id(1)).await.unwrap().is_some() {
                    balance -= 1;
                }
            }
            balance
        })
    });
    let balance: i64 = all(racing.collect()).await.iter().sum();
    assert_eq!(balance, i64::from(handles[0].get(id(1)).await.unwrap().is_some()));
}

pub async fn c26_s05_of_many_insert_manys_each_key_is_stored_by_one(context: &Context) {
    let handles = handles(context).await;
    let racing = (0..8).map(|task| {
        let users: Vec<_> = (0..100).map(|at| User::new(&task.to_string()).with_id(&id(at))).collect();
        tokio::spawn(handles[task % 2].insert_many(&users).into_future())
    });
    let mut owners: Vec<Option<usize>> = vec![None; 100];
    for (task, answer) in all(racing.collect()).await.into_iter().enumerate() {
        let failed = match &answer {
            Ok(_) => HashSet::new(),
            Err(error) => error.inserted().unwrap().failures().map(|(position, _)| position).collect(),
        };
        for (at, owner) in owners.iter_mut().enumerate().filter(|(at, _)| !failed.contains(at)) {
            assert_eq!(owner.replace(task), None, "{at} was stored twice");
        }
    }
    for (at, owner) in owners.iter().enumerate() {
        let stored = handles[0].get(id(at)).await.unwrap().unwrap();
        assert!(stored.name.ends_with(&format!("-{}", owner.unwrap())));
    }
}

pub async fn c30_upserts_and_deletes_at_once_never_fail(context: &Context) {
    let handles = handles(context).await;
    let racing = (0..TASKS).map(|task| {
        let users = handles[task % 2].clone();
        tokio::spawn(async move {
            for round in 0..10 {
                if task % 3 == 0 {
                    users.delete(id(1)).await.unwrap();
                } else {
                    users.upsert(&User::new("x").with_id(&id(1)).with_logins(round)).await.unwrap();
                }
            }
        })
    });
    all(racing.collect()).await;
}

pub async fn c11_ids_that_are_given_at_once_differ(context: &Context) {
    let handles = handles(context).await;
    let racing = (0..TASKS).map(|task| tokio::spawn(handles[task % 2].insert(&User::new("x")).into_future()));
    let ids: HashSet<_> = all(racing.collect()).await.into_iter().map(|answer| answer.unwrap().id).collect();
    assert_eq!(ids.len(), TASKS);
}
