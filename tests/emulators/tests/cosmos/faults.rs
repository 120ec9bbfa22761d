//! Faults on the way to Cosmos DB and in it: what was answered is stored, once; what was refused is not.

use azure_data_cosmos::fault_injection::{
    FaultInjectionConditionBuilder, FaultInjectionErrorType as Fault, FaultInjectionResultBuilder,
    FaultInjectionRule, FaultInjectionRuleBuilder, FaultOperationType as Of,
};
use emulators::cosmos::Emulator;
use serde_json::json;
use shared::store::conformance::{INDEXES, batch, ids, jobs, new_tenant, put, remove};
use shared::store::cosmos::Cosmos;
use shared::store::{Key, Precondition, Query, Store as _, StoreError, Tenant};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

struct Rule {
    fault: Fault,
    of: Of,
    share: f32,
    most: Option<u32>,
}

/// The first `most` requests of this sort fail so.
fn first(most: u32, fault: Fault, of: Of) -> Arc<FaultInjectionRule> {
    Rule { fault, of, share: 1.0, most: Some(most) }.build()
}

/// All of them do, until the rule is disabled.
fn every(fault: Fault, of: Of) -> Arc<FaultInjectionRule> {
    Rule { fault, of, share: 1.0, most: None }.build()
}

/// This share of them does.
fn some(share: f32, fault: Fault, of: Of) -> Arc<FaultInjectionRule> {
    Rule { fault, of, share, most: None }.build()
}

impl Rule {
    fn build(self) -> Arc<FaultInjectionRule> {
        let fault = FaultInjectionResultBuilder::new().with_error(self.fault).with_probability(self.share);
        let when = FaultInjectionConditionBuilder::new().with_operation_type(self.of).build();
        let name = format!("{:?} of {:?}", self.fault, self.of);
        let mut rule = FaultInjectionRuleBuilder::new(name, fault.build()).with_condition(when);
        if let Some(most) = self.most {
            rule = rule.with_hit_limit(most);
        }
        Arc::new(rule.build())
    }
}

fn job(tenant: &Tenant) -> Key {
    Key { tenant: tenant.clone(), root: "r".into(), kind: "job", id: "a".into() }
}

async fn count(store: &Cosmos, tenant: &Tenant) -> Option<u64> {
    let record = store.get(&job(tenant)).await.expect("get")?;
    let body: serde_json::Value = serde_json::from_str(record.body.get()).expect("JSON");
    body["score"].as_u64()
}

/// Commits a job with this score; `etag` names the version.
async fn write(
    store: &Cosmos,
    tenant: &Tenant,
    score: u64,
    etag: &str,
    precondition: Precondition,
) -> Result<(), StoreError> {
    store.commit(batch(tenant, "r", vec![put("job", "a", etag, precondition, json!({"score": score}))])).await
}

fn is_unavailable<T>(outcome: &Result<T, StoreError>) -> bool {
    matches!(outcome, Err(StoreError::Unavailable(_)))
}

#[tokio::test]
async fn passing_faults_are_ridden_out() {
    let passing = [
        Fault::TooManyRequests,
        Fault::ServiceUnavailable,
        Fault::InternalServerError,
        Fault::Timeout,
        Fault::RetryWith,
        Fault::PartitionIsGone,
        Fault::ConnectionError,
        Fault::ResponseTimeout,
        Fault::ResponseTimeoutAfterService,
    ];
    for fault in passing {
        let emulator = Emulator::start();
        let rules = [Of::BatchItem, Of::ReadItem, Of::QueryItem].map(|of| first(1, fault, of));
        let store = emulator.store(INDEXES, rules.to_vec()).await;
        let tenant = new_tenant();
        write(&store, &tenant, 1, "e1", Precondition::Absent)
            .await
            .unwrap_or_else(|error| panic!("{fault}: {error:?}"));
        assert_eq!(count(&store, &tenant).await, Some(1), "{fault}");
        let page = store.query(jobs(&tenant)).await.unwrap_or_else(|error| panic!("{fault}: {error:?}"));
        assert_eq!(ids(&page), ["a"], "{fault}");
        let hits: Vec<_> = rules.iter().map(|rule| rule.hit_count()).collect();
        assert_eq!(hits, [1, 1, 1], "{fault} happened to each");
    }
}

/// The budget of an operation is 10 seconds; then the caller is told to come back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lasting_faults_end_in_unavailable_and_pass() {
    let lasting = [
        Fault::TooManyRequests,
        Fault::ServiceUnavailable,
        Fault::PartitionIsGone,
        Fault::ConnectionError,
        Fault::ResponseTimeout,
    ];
    let tests = lasting.map(|fault| {
        tokio::spawn(async move {
            let emulator = Emulator::start();
            let rules = [Of::BatchItem, Of::ReadItem, Of::QueryItem].map(|of| every(fault, of));
            let store = emulator.store(INDEXES, rules.to_vec()).await;
            let tenant = new_tenant();
            for rule in &rules {
                rule.disable();
            }
            write(&store, &tenant, 1, "e1", Precondition::Absent).await.expect("before");
            for rule in &rules {
                rule.enable();
            }
            let begun = Instant::now();
            let outcome = write(&store, &tenant, 2, "e2", Precondition::Match("e1".into())).await;
            assert!(is_unavailable(&outcome), "{fault}: {outcome:?}");
            assert!(is_unavailable(&store.get(&job(&tenant)).await), "{fault}");
            assert!(is_unavailable(&store.query(jobs(&tenant)).await), "{fault}");
            assert!(begun.elapsed() < Duration::from_secs(60), "{fault}: {:?}", begun.elapsed());
            for rule in &rules {
                rule.disable();
            }
            assert_eq!(count(&store, &tenant).await, Some(1), "{fault}");
            write(&store, &tenant, 2, "e2", Precondition::Match("e1".into())).await.expect("after");
        })
    });
    for test in tests {
        test.await.expect("as told");
    }
}

/// The commit was applied, its answer was lost, and the client's own repetition meets what it wrote.
#[tokio::test]
async fn a_commit_whose_answer_was_lost_counts_once() {
    let emulator = Emulator::start();
    let tenant = new_tenant();
    let lossy = async || {
        let lost = first(1, Fault::ResponseTimeoutAfterService, Of::BatchItem);
        emulator.store(INDEXES, vec![lost]).await
    };
    write(&*lossy().await, &tenant, 1, "e1", Precondition::Absent).await.expect("created");
    let again = write(&*lossy().await, &tenant, 9, "e9", Precondition::Absent).await;
    assert!(matches!(again, Err(StoreError::Precondition { .. })), "somebody else's: {again:?}");
    write(&*lossy().await, &tenant, 2, "e2", Precondition::Match("e1".into())).await.expect("changed");
    let stale = write(&*lossy().await, &tenant, 9, "e9", Precondition::Match("e1".into())).await;
    assert!(matches!(stale, Err(StoreError::Precondition { .. })), "{stale:?}");
    write(&*lossy().await, &tenant, 3, "e3", Precondition::None).await.expect("overwritten");
    assert_eq!(count(&*lossy().await, &tenant).await, Some(3));
    let gone = batch(&tenant, "r", vec![remove("job", "a", Precondition::Match("e3".into()))]);
    lossy().await.commit(gone).await.expect("removed");
    assert_eq!(count(&*lossy().await, &tenant).await, None);
}

/// As a request that could not be answered: it may be repeated, and finds out what became of it.
#[tokio::test]
async fn an_answer_that_never_comes_leaves_all_or_nothing() {
    let emulator = Emulator::start();
    let tenant = new_tenant();
    let lost = every(Fault::ResponseTimeoutAfterService, Of::BatchItem);
    let store = emulator.store(INDEXES, vec![lost]).await;
    // Every answer is lost, but the store looks for what it wrote.
    write(&store, &tenant, 1, "e1", Precondition::Absent).await.expect("found by its mark");
    let unread = every(Fault::ServiceUnavailable, Of::ReadItem);
    let lost = every(Fault::ResponseTimeoutAfterService, Of::BatchItem);
    let blind = emulator.store(INDEXES, vec![lost, unread]).await;
    let writes = vec![
        put("job", "b", "e", Precondition::Absent, json!({})),
        put("note", "b", "e", Precondition::Absent, json!({})),
    ];
    assert!(is_unavailable(&blind.commit(batch(&tenant, "r", writes)).await), "nobody can tell");
    let plain = emulator.store(INDEXES, vec![]).await;
    let found = plain.query(jobs(&tenant)).await.expect("query").records.len();
    let notes = plain.query(Query { kind: "note", ..jobs(&tenant) }).await.expect("query").records.len();
    assert_eq!((found - 1, notes), (1, 1), "it was applied, whole");
}

/// Writers race for one counter while a third of everything fails. Each success raised it by one; nothing else did.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counting_survives_everything_at_once() {
    let emulator = Arc::new(Emulator::start());
    let tenant = new_tenant();
    let plain = emulator.store(INDEXES, vec![]).await;
    write(&plain, &tenant, 0, "start", Precondition::Absent).await.expect("put");
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let (emulator, tenant) = (emulator.clone(), tenant.clone());
            tokio::spawn(async move {
                let store = emulator.store(INDEXES, storm()).await;
                let mut raised = HashSet::new();
                let mut turn = 0;
                while raised.len() < 10 {
                    turn += 1;
                    let note = format!("{writer}-{turn}");
                    if raise(&store, &tenant, &note).await == Some(true) {
                        raised.insert(note);
                    }
                }
                raised
            })
        })
        .collect();
    let mut raised = HashSet::new();
    for writer in writers {
        raised.extend(writer.await.expect("a writer"));
    }
    let notes = plain.query(Query { kind: "note", ..jobs(&tenant) }).await.expect("query");
    let stored: HashSet<_> = notes.records.iter().map(|record| record.id.clone()).collect();
    assert_eq!(stored, raised, "exactly what was answered");
    assert_eq!(count(&plain, &tenant).await, Some(40));
}

fn storm() -> Vec<Arc<FaultInjectionRule>> {
    [Of::BatchItem, Of::ReadItem]
        .into_iter()
        .flat_map(|of| {
            [
                some(0.1, Fault::ResponseTimeoutAfterService, of),
                some(0.1, Fault::TooManyRequests, of),
                some(0.1, Fault::ServiceUnavailable, of),
                some(0.05, Fault::ConnectionError, of),
            ]
        })
        .collect()
}

/// Raises the counter by one and leaves a note, in one commit. `None`: it cannot be told, so it is looked up.
async fn raise(store: &Cosmos, tenant: &Tenant, note: &str) -> Option<bool> {
    let Ok(Some(record)) = store.get(&job(tenant)).await else { return Some(false) };
    let body: serde_json::Value = serde_json::from_str(record.body.get()).expect("JSON");
    let score = body["score"].as_u64().expect("a count");
    let writes = vec![
        put("job", "a", note, Precondition::Match(record.etag), json!({"score": score + 1})),
        put("note", note, "e", Precondition::Absent, json!({})),
    ];
    match store.commit(batch(tenant, "r", writes)).await {
        Ok(()) => Some(true),
        Err(StoreError::Precondition { .. }) => Some(false),
        Err(StoreError::Unavailable(_)) => {
            let at = Key { tenant: tenant.clone(), root: "r".into(), kind: "note", id: note.into() };
            for _ in 0..10 {
                if let Ok(found) = store.get(&at).await {
                    return Some(found.is_some());
                }
            }
            None
        }
        Err(other) => panic!("{other:?}"),
    }
}

/// The emulator's own accounting: more is asked than was bought, and everything is done in the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_throttled_is_done_later() {
    let emulator = Emulator::with_container(
        |container| container.with_throughput(400),
        |account| account.with_throttling_enabled(true),
    );
    let store = emulator.store(INDEXES, vec![]).await;
    let tenant = new_tenant();
    let writes: Vec<_> = (0..150)
        .map(|n| {
            let (store, tenant) = (store.clone(), tenant.clone());
            tokio::spawn(async move {
                let write =
                    put("job", &format!("{n:03}"), "e", Precondition::Absent, json!({"state": "open"}));
                store.commit(batch(&tenant, &format!("{n}"), vec![write])).await.is_ok()
            })
        })
        .collect();
    let mut done = 0;
    for write in writes {
        done += usize::from(write.await.expect("joined"));
    }
    let mut found = store.query(jobs(&tenant)).await;
    for _ in 0..20 {
        if found.is_ok() {
            break;
        }
        found = store.query(jobs(&tenant)).await;
    }
    assert_eq!(found.expect("query").records.len(), done, "what was answered, and nothing else");
    assert!(done > 100, "{done} of 150 within their budgets");
}

/// Physical partitions split while somebody turns the pages.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_survive_splits() {
    let emulator = Emulator::start();
    let store = emulator.store(INDEXES, vec![]).await;
    let tenant = new_tenant();
    let all: Vec<_> = (0..60).map(|n| format!("{n:02}")).collect();
    for id in &all {
        let write = put("job", id, "e", Precondition::Absent, json!({"state": "open"}));
        store.commit(batch(&tenant, id, vec![write])).await.expect("put");
    }
    let (mut seen, mut after, mut page) = (Vec::new(), None, 0);
    loop {
        let found = store.query(Query { limit: 10, after, ..jobs(&tenant) }).await.expect("query");
        seen.extend(ids(&found).into_iter().map(str::to_owned));
        after = found.next;
        if page < 2 {
            emulator.split(page).await;
        }
        page += 1;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, all);
}
