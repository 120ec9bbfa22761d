//! One story every store tells. `make` yields a fresh store over [`INDEXES`]; what one test stores, another must
//! not see, so each test of the suite uses tenants of its own and stores may also be shared.

#![expect(clippy::disallowed_methods, reason = "tests name what they store as they like")]

use super::{
    Batch, Change, Filter, Indexes, Key, MAX_BODY_BYTES, MAX_ID_BYTES, MAX_WRITES, Order, Page, Precondition,
    Query, Store, StoreError, Tenant, Write,
};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

mod listing;

/// What a store under test is opened with.
pub const INDEXES: &[Indexes] = &[
    Indexes { kind: "job", fields: &["state", "title", "score", "open"], arrays: &["skills"] },
    Indexes { kind: "note", fields: &["state", "is_active"], arrays: &[] },
];

/// Runs everything.
pub async fn suite(make: impl AsyncFn() -> Arc<dyn Store>) {
    commits_and_reads(make().await.as_ref()).await;
    preconditions(make().await.as_ref()).await;
    batches_are_atomic(make().await.as_ref()).await;
    writes_of_a_batch_follow_each_other(make().await.as_ref()).await;
    batches_are_limited(make().await.as_ref()).await;
    ids_are_any_text(make().await.as_ref()).await;
    one_of_many_wins(make().await).await;
    tenants_are_apart(make().await.as_ref()).await;
    roots_are_apart(make().await.as_ref()).await;
    records_expire(make().await.as_ref()).await;
    bad_queries(make().await.as_ref()).await;
    listing::every_query_is_like_the_model(&make).await;
    listing::pages_neither_skip_nor_repeat(make().await).await;
    listing::orders(make().await.as_ref()).await;
    listing::a_page_as_json_is_the_query_s(make().await.as_ref()).await;
    listing::many_matches(make().await.as_ref()).await;
    listing::the_softly_deleted_are_left_out(make().await.as_ref()).await;
}

/// A tenant nobody used before.
pub fn new_tenant() -> Tenant {
    Tenant::organisation(&Uuid::now_v7().to_string())
}

/// A body as the layer above makes it: with its id and ETag inside.
pub fn body(id: &str, etag: &str, mut members: Value) -> Box<RawValue> {
    members["id"] = id.into();
    members["etag"] = etag.into();
    RawValue::from_string(members.to_string()).expect("serialised JSON")
}

pub fn put(kind: &'static str, id: &str, etag: &str, precondition: Precondition, members: Value) -> Write {
    let change = Change::Put { etag: etag.into(), body: body(id, etag, members), ttl: None };
    Write { kind, id: id.into(), precondition, change }
}

pub fn remove(kind: &'static str, id: &str, precondition: Precondition) -> Write {
    Write { kind, id: id.into(), precondition, change: Change::Delete }
}

pub fn batch(tenant: &Tenant, root: &str, writes: Vec<Write>) -> Batch {
    Batch { tenant: tenant.clone(), root: root.into(), writes }
}

/// All jobs by id, 1000 of them.
pub fn jobs(tenant: &Tenant) -> Query {
    Query {
        tenant: tenant.clone(),
        root: None,
        kind: "job",
        filters: Vec::new(),
        order: Order { field: "id", descending: false },
        limit: 1000,
        after: None,
    }
}

pub fn ids(page: &Page) -> Vec<&str> {
    page.records.iter().map(|record| record.id.as_str()).collect()
}

fn key(tenant: &Tenant, root: &str, kind: &'static str, id: &str) -> Key {
    Key { tenant: tenant.clone(), root: root.into(), kind, id: id.into() }
}

async fn etag(store: &dyn Store, key: &Key) -> Option<String> {
    store.get(key).await.expect("get").map(|record| record.etag)
}

fn refused(outcome: Result<(), StoreError>) -> Option<String> {
    match outcome {
        Err(StoreError::Precondition { id, .. }) => Some(id),
        Ok(()) => None,
        Err(other) => panic!("wanted a failed precondition, got {other:?}"),
    }
}

async fn commits_and_reads(store: &dyn Store) {
    let tenant = new_tenant();
    store.ping().await.expect("ping");
    store.commit(batch(&tenant, "r", vec![])).await.expect("an empty batch");
    let at = key(&tenant, "r", "job", "a");
    assert!(store.get(&at).await.expect("get").is_none());

    let members =
        json!({"state": "open", "title": "Żółw 🐢 \u{0} \"x\"", "score": 1.5, "deep": {"a": [1, null]}});
    let write = put("job", "a", "e1", Precondition::None, members.clone());
    store.commit(batch(&tenant, "r", vec![write])).await.expect("put");
    let record = store.get(&at).await.expect("get").expect("stored");
    assert_eq!((record.root.as_str(), record.id.as_str(), record.etag.as_str()), ("r", "a", "e1"));
    let stored: Value = serde_json::from_str(record.body.get()).expect("JSON");
    for name in ["state", "title", "score", "deep"] {
        assert_eq!(stored[name], members[name], "{name}");
    }
    assert_eq!(stored["etag"], "e1");

    let write = put("job", "a", "e2", Precondition::None, json!({"state": "closed"}));
    store.commit(batch(&tenant, "r", vec![write])).await.expect("replace");
    let record = store.get(&at).await.expect("get").expect("stored");
    assert_eq!(record.etag, "e2");
    assert!(!record.body.get().contains("title"), "replaced, not merged");

    for _ in 0..2 {
        let write = remove("job", "a", Precondition::None);
        store.commit(batch(&tenant, "r", vec![write])).await.expect("delete, also when gone");
        assert!(store.get(&at).await.expect("get").is_none());
    }
    assert!(store.query(jobs(&tenant)).await.expect("query").records.is_empty());

    let large = "x".repeat(1_000_000);
    let write = put("job", "large", "e1", Precondition::Absent, json!({"text": large}));
    store.commit(batch(&tenant, "r", vec![write])).await.expect("a large record");
    let record = store.get(&key(&tenant, "r", "job", "large")).await.expect("get").expect("stored");
    assert!(record.body.get().len() > 1_000_000);
}

async fn preconditions(store: &dyn Store) {
    let tenant = new_tenant();
    let at = key(&tenant, "r", "job", "a");
    let attempt = async |write: Write| refused(store.commit(batch(&tenant, "r", vec![write])).await);
    let matches = |etag: &str| Precondition::Match(etag.into());
    let refused = Some("a".to_owned());

    assert_eq!(
        attempt(put("job", "a", "e1", matches("e0"), json!({}))).await,
        refused,
        "match, nothing there"
    );
    assert_eq!(attempt(remove("job", "a", matches("e0"))).await, refused);
    assert_eq!(attempt(put("job", "a", "e1", Precondition::Absent, json!({}))).await, None);
    assert_eq!(attempt(put("job", "a", "e2", Precondition::Absent, json!({}))).await, refused, "is there");
    assert_eq!(attempt(put("job", "a", "e2", matches("e0"), json!({}))).await, refused, "other ETag");
    assert_eq!(etag(store, &at).await.as_deref(), Some("e1"));
    assert_eq!(attempt(put("job", "a", "e2", matches("e1"), json!({}))).await, None);
    assert_eq!(attempt(put("job", "a", "e3", matches("e1"), json!({}))).await, refused, "lost update");
    assert_eq!(attempt(remove("job", "a", matches("e1"))).await, refused);
    assert_eq!(attempt(remove("job", "a", matches("e2"))).await, None);
    assert_eq!(attempt(put("job", "a", "e4", Precondition::Absent, json!({}))).await, None, "there again");
}

async fn batches_are_atomic(store: &dyn Store) {
    let tenant = new_tenant();
    let before = vec![
        put("job", "kept", "e1", Precondition::Absent, json!({"state": "open"})),
        put("note", "gone", "e1", Precondition::Absent, json!({"state": "open"})),
    ];
    store.commit(batch(&tenant, "r", before)).await.expect("first");
    let failing = vec![
        put("job", "new", "e1", Precondition::Absent, json!({"state": "open"})),
        put("job", "kept", "e2", Precondition::Match("e1".into()), json!({"state": "closed"})),
        remove("note", "gone", Precondition::None),
        put("job", "third", "e1", Precondition::Match("never".into()), json!({})),
        put("job", "fourth", "e1", Precondition::Match("never".into()), json!({})),
    ];
    assert_eq!(refused(store.commit(batch(&tenant, "r", failing)).await).as_deref(), Some("third"));
    assert_eq!(etag(store, &key(&tenant, "r", "job", "new")).await, None);
    assert_eq!(etag(store, &key(&tenant, "r", "job", "kept")).await.as_deref(), Some("e1"));
    assert_eq!(etag(store, &key(&tenant, "r", "note", "gone")).await.as_deref(), Some("e1"));
    let open = Filter::Eq("state", "open".into());
    let page = store.query(Query { filters: vec![open], ..jobs(&tenant) }).await.expect("query");
    assert_eq!(ids(&page), ["kept"], "the indexes are rolled back, too");

    let good = vec![
        put("job", "new", "e1", Precondition::Absent, json!({"state": "open"})),
        put("job", "kept", "e2", Precondition::Match("e1".into()), json!({"state": "closed"})),
        remove("note", "gone", Precondition::Match("e1".into())),
    ];
    store.commit(batch(&tenant, "r", good)).await.expect("second");
    assert_eq!(etag(store, &key(&tenant, "r", "job", "kept")).await.as_deref(), Some("e2"));
    assert_eq!(etag(store, &key(&tenant, "r", "note", "gone")).await, None);
}

/// What an earlier write of the batch left is what a later one of the same record meets.
async fn writes_of_a_batch_follow_each_other(store: &dyn Store) {
    let tenant = new_tenant();
    let commit = async |writes| refused(store.commit(batch(&tenant, "r", writes)).await);
    let matches = |etag: &str| Precondition::Match(etag.into());
    let twice = vec![
        put("job", "a", "e1", Precondition::Absent, json!({"state": "open"})),
        put("job", "a", "e2", matches("e1"), json!({"state": "closed"})),
        put("job", "b", "e1", Precondition::None, json!({})),
        remove("job", "b", matches("e1")),
        remove("job", "b", Precondition::None),
    ];
    assert_eq!(commit(twice).await, None);
    assert_eq!(etag(store, &key(&tenant, "r", "job", "a")).await.as_deref(), Some("e2"));
    assert_eq!(etag(store, &key(&tenant, "r", "job", "b")).await, None);
    let again = vec![
        remove("job", "a", Precondition::None),
        put("job", "a", "e3", Precondition::Absent, json!({})),
        put("job", "c", "e1", Precondition::Absent, json!({})),
        put("job", "c", "e2", Precondition::Absent, json!({})),
    ];
    assert_eq!(commit(again).await.as_deref(), Some("c"), "it exists by then");
    assert_eq!(
        etag(store, &key(&tenant, "r", "job", "a")).await.as_deref(),
        Some("e2"),
        "nothing was applied"
    );
    let both = vec![
        put("job", "a", "e4", Precondition::Absent, json!({})),
        put("job", "c", "e1", matches("e0"), json!({})),
    ];
    assert_eq!(commit(both).await.as_deref(), Some("a"), "the first that fails");
    let none_there = ["x", "y", "z"].map(|id| remove("job", id, Precondition::None));
    assert_eq!(commit(none_there.into()).await, None);
}

async fn batches_are_limited(store: &dyn Store) {
    let tenant = new_tenant();
    let commit = async |writes| store.commit(batch(&tenant, "r", writes)).await;
    let many = |count: usize| -> Vec<_> {
        (0..count).map(|n| put("job", &format!("{n}"), "e", Precondition::None, json!({}))).collect()
    };
    commit(many(MAX_WRITES)).await.expect("as many as allowed");
    assert!(matches!(commit(many(MAX_WRITES + 1)).await, Err(StoreError::TooLarge(_))));

    let frame = body("large", "e", json!({"text": ""})).get().len();
    let large = |bytes: usize| {
        put("job", "large", "e", Precondition::None, json!({"text": "x".repeat(bytes - frame)}))
    };
    commit(vec![large(MAX_BODY_BYTES)]).await.expect("as large as allowed");
    assert!(matches!(commit(vec![large(MAX_BODY_BYTES + 1)]).await, Err(StoreError::TooLarge(_))));

    let id = "#".repeat(MAX_ID_BYTES);
    commit(vec![put("job", &id, "e", Precondition::Absent, json!({}))]).await.expect("as long as allowed");
    assert!(store.get(&key(&tenant, "r", "job", &id)).await.expect("get").is_some());
    let longer = format!("{id}#");
    let refused = commit(vec![put("job", &longer, "e", Precondition::Absent, json!({}))]).await;
    assert!(matches!(refused, Err(StoreError::TooLarge(_))));
    assert!(
        store.get(&key(&tenant, "r", "job", &longer)).await.expect("get").is_none(),
        "nor can it be there"
    );
}

/// Ids and roots are what the domain makes them: e-mail-like, dates, text with slashes, in any script.
async fn ids_are_any_text(store: &dyn Store) {
    let tenant = new_tenant();
    let mut wanted = [
        "a/b",
        "a\\b",
        "a?b#c",
        "a%2Fb",
        "a b ",
        "~7E",
        "..",
        "$",
        "ż",
        "\u{1f422}",
        "2026-01-01T00:00:00Z#x",
    ];
    for id in wanted {
        let write = put("job", id, "e", Precondition::Absent, json!({"state": "open"}));
        store.commit(batch(&tenant, id, vec![write])).await.expect("put");
    }
    for id in wanted {
        let record = store.get(&key(&tenant, id, "job", id)).await.expect("get").expect("stored");
        assert_eq!((record.root.as_str(), record.id.as_str()), (id, id));
        let within = Query { root: Some(id.to_owned()), ..jobs(&tenant) };
        assert_eq!(ids(&store.query(within).await.expect("query")), [id]);
    }
    wanted.sort_unstable();
    assert_eq!(ids(&store.query(jobs(&tenant)).await.expect("query")), wanted);
    for id in wanted {
        let write = remove("job", id, Precondition::Match("e".into()));
        store.commit(batch(&tenant, id, vec![write])).await.expect("delete");
    }
    assert!(store.query(jobs(&tenant)).await.expect("query").records.is_empty());
}

/// Of many who create the same record, or update the same version, exactly one succeeds; others are not harmed.
async fn one_of_many_wins(store: Arc<dyn Store>) {
    let tenant = new_tenant();
    for (round, precondition) in
        [Precondition::Absent, Precondition::Match("0-winner".into())].iter().enumerate()
    {
        let attempts = (0..32).map(|n| {
            let (store, tenant, precondition) = (store.clone(), tenant.clone(), precondition.clone());
            tokio::spawn(async move {
                let etag = if round == 0 { "0-winner".to_owned() } else { format!("1-{n}") };
                let writes = vec![
                    put("note", &format!("{round}-{n}"), "e", Precondition::Absent, json!({})),
                    put("job", "wanted", &etag, precondition, json!({"score": n})),
                ];
                refused(store.commit(batch(&tenant, "r", writes)).await).is_none()
            })
        });
        let mut winners = 0;
        for attempt in attempts.collect::<Vec<_>>() {
            winners += u32::from(attempt.await.expect("joined"));
        }
        assert_eq!(winners, 1, "{precondition:?}");
    }
    let notes = store.query(Query { kind: "note", ..jobs(&tenant) }).await.expect("query");
    assert_eq!(notes.records.len(), 2, "one note for each winner, none for the losers");
}

async fn tenants_are_apart(store: &dyn Store) {
    let id = Uuid::now_v7().to_string();
    let tenants = [Tenant::organisation(&id), Tenant::person(&id), new_tenant()];
    for (n, tenant) in tenants.iter().enumerate() {
        let write = put(
            "job",
            "same",
            &format!("e{n}"),
            Precondition::Absent,
            json!({"state": "open", "skills": ["a"]}),
        );
        store.commit(batch(tenant, "same", vec![write])).await.expect("the same ids in each tenant");
    }
    for (n, tenant) in tenants.iter().enumerate() {
        assert_eq!(etag(store, &key(tenant, "same", "job", "same")).await, Some(format!("e{n}")));
        let filters = [
            vec![],
            vec![Filter::Eq("state", "open".into())],
            vec![Filter::Has("skills", "a".into())],
            vec![Filter::Any(vec![Filter::Prefix("state", "o".into())])],
        ];
        for filters in filters {
            for root in [None, Some("same".to_owned())] {
                let query = Query { filters: filters.clone(), root, ..jobs(tenant) };
                let page = store.query(query).await.expect("query");
                let etags: Vec<_> = page.records.iter().map(|record| record.etag.clone()).collect();
                assert_eq!(etags, [format!("e{n}")], "{filters:?}");
            }
        }
    }
    let write = remove("job", "same", Precondition::None);
    store.commit(batch(&tenants[0], "same", vec![write])).await.expect("delete");
    assert!(etag(store, &key(&tenants[1], "same", "job", "same")).await.is_some());
}

async fn roots_are_apart(store: &dyn Store) {
    let tenant = new_tenant();
    for root in ["one", "two"] {
        let writes = vec![
            put("job", "same", root, Precondition::Absent, json!({"state": "open"})),
            put("job", &format!("in-{root}"), root, Precondition::Absent, json!({"state": "open"})),
        ];
        store.commit(batch(&tenant, root, writes)).await.expect("one id under two roots");
    }
    assert_eq!(etag(store, &key(&tenant, "two", "job", "same")).await.as_deref(), Some("two"));
    assert_eq!(etag(store, &key(&tenant, "three", "job", "same")).await, None);
    let within = Query { root: Some("one".into()), ..jobs(&tenant) };
    assert_eq!(ids(&store.query(within).await.expect("query")), ["in-one", "same"]);
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let query = Query { limit: 1, after, ..jobs(&tenant) };
        let page = store.query(query).await.expect("query");
        seen.extend(page.records.iter().map(|record| format!("{} {}", record.root, record.id)));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    seen.sort_unstable();
    assert_eq!(seen, ["one in-one", "one same", "two in-two", "two same"], "page by page, ties across roots");
}

async fn records_expire(store: &dyn Store) {
    let tenant = new_tenant();
    let short = |etag: &str, precondition| Write {
        kind: "job",
        id: "short".into(),
        precondition,
        change: Change::Put {
            etag: etag.into(),
            body: body("short", etag, json!({"state": "open"})),
            ttl: Some(1),
        },
    };
    let writes = vec![
        short("e1", Precondition::Absent),
        put("job", "long", "e1", Precondition::Absent, json!({"state": "open"})),
    ];
    store.commit(batch(&tenant, "r", writes)).await.expect("put");
    let at = key(&tenant, "r", "job", "short");
    assert!(store.get(&at).await.expect("get").is_some());
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert!(store.get(&at).await.expect("get").is_none());
    let open = vec![Filter::Eq("state", "open".into())];
    for (filters, root) in [(vec![], None), (open.clone(), None), (open, Some("r".to_owned()))] {
        let page = store.query(Query { filters, root, ..jobs(&tenant) }).await.expect("query");
        assert_eq!(ids(&page), ["long"]);
    }
    let matching = short("e2", Precondition::Match("e1".into()));
    assert!(refused(store.commit(batch(&tenant, "r", vec![matching])).await).is_some(), "it is gone");
    let again = put("job", "short", "e3", Precondition::Absent, json!({"state": "open"}));
    store.commit(batch(&tenant, "r", vec![again])).await.expect("absent, so it can be made");
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert_eq!(etag(store, &at).await.as_deref(), Some("e3"), "the new one has no time limit");
}

async fn bad_queries(store: &dyn Store) {
    let tenant = new_tenant();
    for n in 0..3 {
        let write =
            put("job", &format!("{n}"), "e", Precondition::Absent, json!({"state": "open", "score": n}));
        store.commit(batch(&tenant, "r", vec![write])).await.expect("put");
    }
    let first = store.query(Query { limit: 1, ..jobs(&tenant) }).await.expect("query");
    let cursor = first.next.expect("more");
    let descending = Order { field: "id", descending: true };
    let by_score = Order { field: "score", descending: false };
    let filtered = |filter| Query { filters: vec![filter], ..jobs(&tenant) };
    let bad = [
        Query { limit: 0, ..jobs(&tenant) },
        Query { limit: 1001, ..jobs(&tenant) },
        Query { order: Order { field: "nothing", descending: false }, ..jobs(&tenant) },
        Query { order: Order { field: "skills", descending: false }, ..jobs(&tenant) },
        filtered(Filter::Eq("secret", 1.into())),
        filtered(Filter::Eq("skills", "a".into())),
        filtered(Filter::Eq("state", json!(["open"]))),
        filtered(Filter::Has("state", "open".into())),
        filtered(Filter::Any(vec![Filter::Prefix("nothing", "a".into())])),
        filtered(Filter::Range("score", Some(1.into()), Some("z".into()))),
        Query { after: Some("not a cursor".into()), ..jobs(&tenant) },
        Query { after: Some(String::new()), ..jobs(&tenant) },
        Query { after: Some(cursor.clone()), order: descending, ..jobs(&tenant) },
        Query { after: Some(cursor.clone()), order: by_score, ..jobs(&tenant) },
        Query { after: Some(cursor.clone()), root: Some("r".into()), ..jobs(&tenant) },
        Query { after: Some(cursor.clone()), kind: "note", ..jobs(&tenant) },
        Query { after: Some(cursor.clone()), ..jobs(&new_tenant()) },
        Query { after: Some(cursor.clone()), ..filtered(Filter::Eq("state", "open".into())) },
    ];
    for (n, query) in bad.into_iter().enumerate() {
        let outcome = store.query(query).await;
        assert!(matches!(outcome, Err(StoreError::BadQuery(_))), "bad query {n} was answered");
    }
    let rest = store.query(Query { after: Some(cursor), ..jobs(&tenant) }).await.expect("its own query");
    assert_eq!(ids(&rest), ["1", "2"]);
}
