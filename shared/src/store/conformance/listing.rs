//! Queries against a plain model: a list that is filtered and sorted.

use super::{batch, ids, jobs, new_tenant, put};
use crate::store::{Filter, Order, Precondition, Query, Store, Tenant};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{self, AtomicBool};

#[derive(Debug, Clone)]
struct Job {
    id: String,
    root: &'static str,
    members: Value,
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) | Value::Object(_) => 4,
    }
}

fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Number(left), Value::Number(right)) => {
            left.as_f64().partial_cmp(&right.as_f64()).expect("finite")
        }
        (Value::String(left), Value::String(right)) => left.chars().cmp(right.chars()),
        _ => rank(left).cmp(&rank(right)),
    }
}

fn holds(job: &Job, filter: &Filter) -> bool {
    let same = |field: &str, value: &Value| compare(&job.members[field], value).is_eq();
    match filter {
        Filter::Eq(field, value) => same(field, value),
        Filter::In(field, values) => values.iter().any(|value| same(field, value)),
        Filter::Has(field, text) => {
            job.members[field].as_array().is_some_and(|items| items.iter().any(|item| item == text))
        }
        Filter::Prefix(field, prefix) => job.members[field]
            .as_str()
            .is_some_and(|text| text.to_lowercase().starts_with(&prefix.to_lowercase())),
        Filter::Range(field, low, high) => {
            let value = &job.members[field];
            let above = |low: &Value| rank(low) == rank(value) && compare(low, value).is_le();
            let below = |high: &Value| rank(high) == rank(value) && compare(value, high).is_lt();
            low.as_ref().is_none_or(above) && high.as_ref().is_none_or(below)
        }
        Filter::Any(filters) => filters.iter().any(|filter| holds(job, filter)),
    }
}

fn expected(jobs: &[Job], query: &Query) -> Vec<String> {
    let in_root = |job: &&Job| query.root.as_ref().is_none_or(|root| root == job.root);
    let mut found: Vec<_> = jobs
        .iter()
        .filter(in_root)
        .filter(|job| query.filters.iter().all(|filter| holds(job, filter)))
        .collect();
    found.sort_by(|left, right| {
        let by_field = match query.order.field {
            "id" => Ordering::Equal,
            field => compare(&left.members[field], &right.members[field]),
        };
        by_field.then_with(|| left.id.cmp(&right.id))
    });
    if query.order.descending {
        found.reverse();
    }
    found.into_iter().map(|job| job.id.clone()).collect()
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3..4_i64).prop_map(Value::from),
        prop_oneof![Just(-1.5), Just(0.0), Just(-0.0), Just(2.5), Just(1e300)].prop_map(Value::from),
        text().prop_map(Value::from),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[abAB]{0,3}",
        Just("Żółw".to_owned()),
        Just("żółty".to_owned()),
        Just("z".to_owned()),
        // Above the surrogates: UTF-16 would sort these two the other way round.
        Just("\u{ff5e}".to_owned()),
        Just("\u{1f422}".to_owned()),
        Just("a\u{0}b".to_owned()),
    ]
}

fn members() -> impl Strategy<Value = Value> {
    let skills = proptest::collection::vec("[abc]{1}", 0..4);
    (scalar(), text(), scalar(), any::<Option<bool>>(), skills, any::<bool>()).prop_map(
        |(state, title, score, open, skills, sparse)| {
            let mut members = json!({"title": title, "score": score, "skills": skills});
            if !sparse {
                members["state"] = state;
                members["open"] = open.into();
            }
            members
        },
    )
}

fn field() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("state"), Just("title"), Just("score"), Just("open")]
}

fn filter() -> impl Strategy<Value = Filter> {
    let leaf = prop_oneof![
        (field(), scalar()).prop_map(|(field, value)| Filter::Eq(field, value)),
        (field(), proptest::collection::vec(scalar(), 0..4))
            .prop_map(|(field, values)| Filter::In(field, values)),
        "[abcd]{1}".prop_map(|text| Filter::Has("skills", text)),
        (field(), text()).prop_map(|(field, prefix)| Filter::Prefix(field, prefix)),
        (field(), any::<(bool, bool)>(), text(), text()).prop_map(|(field, (low, high), from, to)| {
            Filter::Range(field, low.then(|| from.into()), high.then(|| to.into()))
        }),
        (field(), proptest::option::of(-3..4_i64), proptest::option::of(-3..4_i64))
            .prop_map(|(field, low, high)| Filter::Range(field, low.map(Value::from), high.map(Value::from))),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| proptest::collection::vec(inner, 0..3).prop_map(Filter::Any))
}

fn order() -> impl Strategy<Value = Order> {
    (prop_oneof![Just("id"), field()], any::<bool>())
        .prop_map(|(field, descending)| Order { field, descending })
}

type Asked = (Vec<Filter>, Order, Option<&'static str>, u32);

fn asked() -> impl Strategy<Value = Asked> {
    let root = prop_oneof![3 => Just(None), 1 => Just(Some("r0"))];
    (proptest::collection::vec(filter(), 0..3), order(), root, 1..9_u32)
}

fn query(tenant: &Tenant, (filters, order, root, limit): &Asked) -> Query {
    Query {
        filters: filters.clone(),
        order: *order,
        root: root.map(str::to_owned),
        limit: *limit,
        ..jobs(tenant)
    }
}

async fn all_pages(store: &dyn Store, query: impl Fn() -> Query) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = store.query(Query { after, ..query() }).await.expect("query");
        assert!(page.records.len() <= query().limit as usize);
        assert!(
            page.next.is_none() || page.records.len() == query().limit as usize,
            "a short page is the last"
        );
        found.extend(ids(&page).into_iter().map(str::to_owned));
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

/// Random jobs, some of them replaced or removed; random queries, page by page.
pub(super) async fn every_query_is_like_the_model(make: &impl AsyncFn() -> Arc<dyn Store>) {
    let store = make().await;
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let scenes = (
        proptest::collection::vec(members(), 0..30),
        proptest::collection::vec((0..30_usize, proptest::option::of(members())), 0..8),
        proptest::collection::vec(asked(), 12),
    );
    for _ in 0..40 {
        let (made, changes, queries) = scenes.new_tree(&mut runner).expect("a scene").current();
        let tenant = new_tenant();
        let root = |n: usize| ["r0", "r1"][n % 2];
        let mut model = Vec::new();
        for (n, members) in made.into_iter().enumerate() {
            // Not in the order of creation.
            let id = format!("{:02}", n * 17 % 31);
            let write = put("job", &id, "e", Precondition::Absent, members.clone());
            store.commit(batch(&tenant, root(n), vec![write])).await.expect("put");
            model.push(Job { id, root: root(n), members });
        }
        for (n, change) in changes {
            let Some(at) = model.get_mut(n) else { continue };
            let write = match &change {
                Some(members) => put("job", &at.id, "f", Precondition::None, members.clone()),
                None => super::remove("job", &at.id, Precondition::None),
            };
            store.commit(batch(&tenant, at.root, vec![write])).await.expect("change");
            match change {
                Some(members) => at.members = members,
                None => drop(model.remove(n)),
            }
        }
        for asked in queries {
            let found = all_pages(store.as_ref(), || query(&tenant, &asked)).await;
            assert_eq!(found, expected(&model, &query(&tenant, &asked)), "{asked:?} over {model:#?}");
        }
    }
}

/// Walks while others write: what was there all along and did not change its place is seen exactly once.
pub(super) async fn pages_neither_skip_nor_repeat(store: Arc<dyn Store>) {
    let tenant = new_tenant();
    let job =
        |n: usize| json!({"state": "open", "score": n % 7, "title": format!("t{}", n % 3), "skills": ["a"]});
    for n in 0..60 {
        let write = put("job", &format!("k{n:03}"), "e", Precondition::Absent, job(n));
        store.commit(batch(&tenant, &format!("r{}", n % 5), vec![write])).await.expect("put");
    }
    let done = Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn({
        let (store, tenant, done) = (store.clone(), tenant.clone(), done.clone());
        async move {
            let mut turn = 0_usize;
            while !done.load(atomic::Ordering::Relaxed) {
                turn += 1;
                let id = format!("n{:03}", turn * 37 % 500);
                let write = if turn.is_multiple_of(3) {
                    super::remove("job", &id, Precondition::None)
                } else {
                    put("job", &id, "e", Precondition::None, job(turn))
                };
                // A kept one changes beside its order fields.
                let mut members = job(turn % 60);
                members["touched"] = turn.into();
                let touch = put("job", &format!("k{:03}", turn % 60), "e", Precondition::None, members);
                store.commit(batch(&tenant, "new", vec![write])).await.expect("write");
                let root = format!("r{}", turn % 60 % 5);
                store.commit(batch(&tenant, &root, vec![touch])).await.expect("touch");
            }
        }
    });
    let filters = [
        vec![],
        vec![Filter::Eq("state", "open".into())],
        vec![Filter::Has("skills", "a".into()), Filter::Range("score", Some(0.into()), None)],
        vec![Filter::Any(vec![Filter::Eq("state", "open".into()), Filter::Prefix("title", "T".into())])],
    ];
    for filters in filters {
        for (field, descending) in
            [("id", false), ("id", true), ("score", false), ("score", true), ("title", false)]
        {
            let order = Order { field, descending };
            let page = || Query { filters: filters.clone(), order, limit: 7, ..jobs(&tenant) };
            let found = all_pages(store.as_ref(), page).await;
            let kept: Vec<_> = found.iter().filter(|id| id.starts_with('k')).collect();
            let distinct: HashSet<_> = kept.iter().collect();
            assert_eq!((kept.len(), distinct.len()), (60, 60), "{filters:?} {order:?}");
        }
    }
    done.store(true, atomic::Ordering::Relaxed);
    writing.await.expect("the writer");
}

/// The order of types and within them, spelled out.
pub(super) async fn orders(store: &dyn Store) {
    let tenant = new_tenant();
    let ascending = [
        json!(null),
        json!(false),
        json!(true),
        json!(-1e300),
        json!(-2),
        json!(0),
        json!(0.5),
        json!(9),
        json!(10),
        json!(9_007_199_254_740_993_i64),
        json!(""),
        json!("A"),
        json!("Z"),
        json!("a"),
        json!("aa"),
        json!("é"),
        json!("\u{ff5e}"),
        json!("\u{1f422}"),
    ];
    let count = ascending.len();
    for (n, value) in ascending.into_iter().enumerate() {
        // Ids run against the order.
        let id = format!("{:02}", count - n);
        let write = put("job", &id, "e", Precondition::Absent, json!({"score": value}));
        store.commit(batch(&tenant, "r", vec![write])).await.expect("put");
    }
    for descending in [false, true] {
        let order = Order { field: "score", descending };
        let page = store.query(Query { order, ..jobs(&tenant) }).await.expect("query");
        let mut wanted: Vec<_> = (1..=count).rev().map(|n| format!("{n:02}")).collect();
        if descending {
            wanted.reverse();
        }
        assert_eq!(ids(&page), wanted);
    }
    let prefix = |text: &str| Query { filters: vec![Filter::Prefix("score", text.into())], ..jobs(&tenant) };
    let page = store.query(Query { order: Order { field: "score", descending: false }, ..prefix("a") }).await;
    assert_eq!(ids(&page.expect("query")).len(), 3, "A, a and aa");
    assert_eq!(ids(&store.query(prefix("É")).await.expect("query")).len(), 1, "case-blind beyond ASCII");
}

/// Walked, chosen among candidates, and within a root: texts and cursors are those of the query.
pub(super) async fn a_page_as_json_is_the_query_s(store: &dyn Store) {
    let tenant = new_tenant();
    for root in ["one", "two"] {
        let writes = (0..5).map(|n| {
            let members = json!({"state": "open", "title": format!("\"{n}\", [é]"), "score": n % 2});
            put("job", &format!("{root}-{n}"), "e", Precondition::Absent, members)
        });
        store.commit(batch(&tenant, root, writes.collect())).await.expect("put");
    }
    let (open, odd) = (Filter::Eq("state", "open".into()), Filter::Eq("score", 1.into()));
    for (root, filters) in [
        (None, vec![]),
        (None, vec![open.clone()]),
        (None, vec![open, odd.clone()]),
        (Some("two"), vec![]),
        (Some("two"), vec![odd]),
        (Some("three"), vec![]),
    ] {
        let (mut after, mut pages) = (None, 0);
        loop {
            let query = || Query {
                root: root.map(str::to_owned),
                filters: filters.clone(),
                limit: 2,
                after: after.clone(),
                ..jobs(&tenant)
            };
            let page = store.query(query()).await.expect("query");
            let json = store.json_page(query()).await.expect("a page as JSON");
            let texts: Vec<_> = page.records.iter().map(|record| record.body.get()).collect();
            let cursor = json!(json.next);
            let expected = format!("{{\"items\":[{}],\"next_cursor\":{cursor}}}", texts.join(","));
            assert_eq!((json.count, json.text), (texts.len(), expected));
            assert_eq!(json.next.is_some(), page.next.is_some());
            pages += 1;
            // Read on where the JSON ended.
            after = json.next;
            if after.is_none() {
                break;
            }
        }
        assert!(pages > 1 || root == Some("three") || (root.is_some() && filters.len() == 1), "{root:?}");
    }
}

/// More matches than a backend may care to sort.
pub(super) async fn many_matches(store: &dyn Store) {
    let tenant = new_tenant();
    for chunk in 0..30 {
        let writes = (0..50).map(|n| {
            let n = chunk * 50 + n;
            let members =
                json!({"state": if n % 10 == 0 { "rare" } else { "open" }, "score": n * 7919 % 1500});
            put("job", &format!("{n:04}"), "e", Precondition::Absent, members)
        });
        store.commit(batch(&tenant, &format!("r{chunk}"), writes.collect())).await.expect("put");
    }
    let listed = Filter::In("score", (0..500).map(|n| (n * 3).into()).collect());
    let page = store.query(Query { filters: vec![listed], ..jobs(&tenant) }).await.expect("a long list");
    assert_eq!(page.records.len(), 500);
    let open = Filter::Eq("state", "open".into());
    let known = Filter::Range("score", Some(0.into()), None);
    let not_rare = Filter::Any(vec![open.clone(), Filter::Prefix("state", "OP".into())]);
    for filters in
        [vec![open.clone()], vec![open, known.clone()], vec![known, not_rare.clone()], vec![not_rare]]
    {
        for descending in [false, true] {
            let order = Order { field: "score", descending };
            let page = || Query { filters: filters.clone(), order, limit: 400, ..jobs(&tenant) };
            let found = all_pages(store, page).await;
            let mut wanted: Vec<_> = (0..1500).filter(|n| n % 10 != 0).collect();
            wanted.sort_unstable_by_key(|n| n * 7919 % 1500);
            if descending {
                wanted.reverse();
            }
            let wanted: Vec<_> = wanted.iter().map(|n| format!("{n:04}")).collect();
            assert_eq!(found, wanted, "{filters:?} {order:?}");
        }
    }
}

pub(super) async fn the_softly_deleted_are_left_out(store: &dyn Store) {
    let tenant = new_tenant();
    let notes = [
        ("a", "new", true),
        ("b", "new", false),
        ("c", "old", true),
        ("d", "new", true),
        ("e", "old", false),
    ];
    for (id, state, is_active) in notes {
        let members = json!({ "state": state, "is_active": is_active });
        store
            .commit(batch(&tenant, id, vec![put("note", id, "1", Precondition::Absent, members)]))
            .await
            .expect("put");
    }
    let found = async |filters: Vec<Filter>, order: Order, limit: u32| {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let query =
                Query { kind: "note", filters: filters.clone(), order, limit, after, ..jobs(&tenant) };
            let page = store.query(query).await.expect("query");
            found.extend(page.records.iter().map(|record| record.id.clone()));
            after = page.next;
            if after.is_none() {
                return found.concat();
            }
        }
    };
    let by = |field, descending| Order { field, descending };
    let active = |is_active: bool| Filter::Eq("is_active", is_active.into());
    let new = Filter::Eq("state", "new".into());
    for limit in [1, 2, 10] {
        assert_eq!(found(vec![active(true)], by("id", false), limit).await, "acd");
        assert_eq!(found(vec![active(true)], by("id", true), limit).await, "dca");
        assert_eq!(found(vec![active(false)], by("id", true), limit).await, "eb");
        assert_eq!(found(vec![active(true)], by("state", true), limit).await, "cda");
        assert_eq!(found(vec![new.clone(), active(true)], by("id", false), limit).await, "ad");
        assert_eq!(found(vec![new.clone(), active(false)], by("state", false), limit).await, "b");
        assert_eq!(
            found(vec![Filter::Any(vec![new.clone(), active(false)])], by("id", false), limit).await,
            "abde"
        );
    }
}
