//! C33 to C35: batches of records that expire.

use backends_core::{ErrorKind, Index};

use super::batches::refused_at;
use super::batches_refused::has_batches;
use super::unique::has_unique;
use crate::Context;
use crate::expiring::{TTL, count, sessions, sessions_with, time_of};

pub async fn c33_c35_what_has_expired_is_in_no_batchs_way(context: &Context) {
    if !has_batches(context).await {
        return;
    }
    for sessions in sessions(context).await {
        let (name, records) = (sessions.name, &sessions.records);
        for number in 0..6 {
            sessions.insert(number, TTL).await;
        }
        sessions.hand.pass(TTL);
        let batch = || records.backend().batch();
        let missing = batch().upsert(records, &sessions.plain(0)).update(records, sessions.key(1), count());
        refused_at(missing.await, ErrorKind::NotFound, 1, records.name());
        if sessions.key == "name" {
            let missing = batch().replace(records, &sessions.plain(2));
            refused_at(missing.await, ErrorKind::NotFound, 0, records.name());
        }
        assert_eq!(sessions.get(0).await, None, "{name}");
        let batch = batch().insert(records, &sessions.plain(3)).upsert(records, &sessions.plain(4));
        let written = batch.delete(records, sessions.key(5)).await.unwrap();
        assert!(written.created(0) && written.created(1), "{name}");
        for (position, number) in [(0, 3), (1, 4)] {
            let stored = sessions.get(number).await;
            assert!(stored.is_some() && stored == written.record(records, position).unwrap(), "{name}");
        }
        assert_eq!(sessions.get(5).await, None, "{name}");
    }
}

pub async fn c31_c33_c35_what_has_expired_has_no_unique_value_in_a_batch(context: &Context) {
    if !has_batches(context).await || !has_unique(context).await {
        return;
    }
    for sessions in sessions_with(context, |builder| builder.index(Index::unique(["tag"]))).await {
        let (name, records) = (sessions.name, &sessions.records);
        let tagged = |number: usize, tag: &str| {
            let mut record = sessions.record(number, TTL);
            record.insert("tag", tag);
            record
        };
        records.insert(&tagged(10, "a")).await.unwrap();
        records.insert(&tagged(11, "b")).await.unwrap();
        sessions.hand.pass(TTL);
        let batch = records.backend().batch().insert(records, &tagged(12, "a")).upsert(records, &tagged(13, "b"));
        let written = batch.await.unwrap();
        assert!(written.created(0) && written.created(1), "{name}");
        let error = records.insert(&tagged(14, "a")).await.unwrap_err();
        assert_eq!(error.index(), Some("tag"), "{name}: {error}");
    }
}

pub async fn c33_c34_records_of_a_batch_get_its_time(context: &Context) {
    if !has_batches(context).await {
        return;
    }
    for sessions in sessions(context).await {
        let (name, records) = (sessions.name, &sessions.records);
        let batch = records.backend().batch().insert(records, &sessions.plain(0)).upsert(records, &sessions.plain(1));
        let batch = batch.insert(records, &sessions.record(2, 5));
        sessions.hand.pass(1_000);
        let ends = sessions.time(TTL);
        let written = batch.await.unwrap();
        for position in [0, 1] {
            let record = written.record(records, position).unwrap().unwrap();
            assert_eq!(time_of(&record), ends, "{name}");
        }
        assert_ne!(time_of(&written.record(records, 2).unwrap().unwrap()), ends, "{name}");
        assert_eq!(sessions.get(2).await, None, "{name}");
    }
}
