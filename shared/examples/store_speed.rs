//! Prints what the embedded store does per second here: `cargo run --release --example store_speed`.

use serde_json::json;
use serde_json::value::RawValue;
use shared::store::sqlite::{Database, Durability, Location, Sqlite};
use shared::store::{
    Batch, Change, Filter, Indexes, Key, Order, Precondition, Query, Store, StoreError, Tenant, Write,
};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const FIELDS: &[&str] = &["state", "title", "created_at", "owner"];
const KINDS: [&str; 50] = [
    "job", "k01", "k02", "k03", "k04", "k05", "k06", "k07", "k08", "k09", "k10", "k11", "k12", "k13", "k14",
    "k15", "k16", "k17", "k18", "k19", "k20", "k21", "k22", "k23", "k24", "k25", "k26", "k27", "k28", "k29",
    "k30", "k31", "k32", "k33", "k34", "k35", "k36", "k37", "k38", "k39", "k40", "k41", "k42", "k43", "k44",
    "k45", "k46", "k47", "k48", "k49",
];

fn job(root: &str, n: usize) -> Batch {
    let id = format!("0199d0a0-0000-7000-8000-{n:012}");
    let body = json!({
        "id": id, "etag": "e", "state": if n.is_multiple_of(20) { "open" } else { "closed" }, "title": format!("Welder {}", n * 7919 % 5000),
        "created_at": format!("2026-01-01T00:00:00.{n:06}Z"), "owner": format!("owner-{}", n % 50),
        "skills": ["welding", "steel"], "description": "x".repeat(700),
    });
    let body = RawValue::from_string(body.to_string()).expect("JSON");
    let change = Change::Put { etag: "e".into(), body, ttl: None };
    let write = Write { kind: "job", id, precondition: Precondition::Absent, change };
    Batch { tenant: Tenant::organisation("acme"), root: root.into(), writes: vec![write] }
}

fn report(what: &str, count: usize, elapsed: Duration) {
    let each = elapsed.as_secs_f64() * 1e6 / count as f64;
    println!("{what:44} {each:9.1} us each  {:9.0} per second", 1e6 / each);
}

fn list(filters: Vec<Filter>, field: &'static str) -> Query {
    let order = Order { field, descending: true };
    Query {
        tenant: Tenant::organisation("acme"),
        root: None,
        kind: "job",
        filters,
        order,
        limit: 100,
        after: None,
    }
}

fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or("VmRSS: unknown").to_owned()
}

#[tokio::main]
async fn main() -> Result<(), StoreError> {
    let folder = std::env::temp_dir().join(format!("store-speed-{}", std::process::id()));
    let path = folder.join("data.db");
    let indexes: Vec<_> =
        KINDS.iter().map(|kind| Indexes { kind, fields: FIELDS, arrays: &["skills"] }).collect();
    println!("{} before", memory());
    start(&path, &indexes).await?;
    writes(&path, &indexes).await?;
    reads(&path, &indexes).await?;
    println!("{} after", memory());
    drop(std::fs::remove_dir_all(folder));
    Ok(())
}

async fn start(path: &Path, indexes: &[Indexes]) -> Result<(), StoreError> {
    let begin = Instant::now();
    drop(Sqlite::open(Location::File(path.to_owned()), indexes)?);
    report("make the file, 250 declared members", 1, begin.elapsed());
    for _ in 0..3 {
        let begin = Instant::now();
        let store = Sqlite::open(Location::File(path.to_owned()), indexes)?;
        store.ping().await?;
        report("open it again and read", 1, begin.elapsed());
    }
    println!("{} after opening", memory());
    Ok(())
}

async fn writes(path: &Path, indexes: &[Indexes]) -> Result<(), StoreError> {
    for durability in [Durability::Process, Durability::Power] {
        let path = path.with_extension(format!("{durability:?}.db"));
        let store = Sqlite::over(Database::open(Location::File(path), indexes, durability)?);
        let begin = Instant::now();
        for n in 0..2000 {
            store.commit(job("r", n)).await?;
        }
        report(&format!("create, one after the other, {durability:?}"), 2000, begin.elapsed());
        let store = Arc::new(store);
        let begin = Instant::now();
        let tasks: Vec<_> = (1..=64)
            .map(|task| {
                let store = store.clone();
                tokio::spawn(async move {
                    for n in 0..200 {
                        store.commit(job("r", task * 10_000 + n)).await?;
                    }
                    Ok::<_, StoreError>(())
                })
            })
            .collect();
        for task in tasks {
            task.await.map_err(|error| StoreError::Unavailable(Box::new(error)))??;
        }
        report(&format!("create, 64 at once, {durability:?}"), 64 * 200, begin.elapsed());
    }
    Ok(())
}

async fn reads(path: &Path, indexes: &[Indexes]) -> Result<(), StoreError> {
    let store = Sqlite::open(Location::File(path.to_owned()), indexes)?;
    for n in 0..20_000 {
        let mut batch = job(&format!("r{}", n / 50), n);
        if n % 50 == 0 {
            let more = (n + 1..n + 50).flat_map(|n| job("r", n).writes);
            batch.writes.extend(more);
            store.commit(batch).await?;
        }
    }
    let begin = Instant::now();
    for n in 0..20_000_usize {
        let n = n * 7919 % 20_000;
        let id = format!("0199d0a0-0000-7000-8000-{n:012}");
        let root = format!("r{}", n / 50);
        let key = Key { tenant: Tenant::organisation("acme"), root, kind: "job", id };
        assert!(store.get(&key).await?.is_some(), "stored before");
    }
    report("read one of 20000", 20_000, begin.elapsed());
    let state = || Filter::Eq("state", "closed".into());
    let owner = || Filter::Eq("owner", "owner-7".into());
    let lists = [
        ("100 by id", list(vec![], "id")),
        ("100 by title", list(vec![], "title")),
        ("100 of 19000 by state, newest first", list(vec![state()], "id")),
        ("100 of 400 by owner, by title", list(vec![owner()], "title")),
        ("100 of 19000 by state, by title", list(vec![state()], "title")),
        ("100 of 380 by state and owner, by date", list(vec![state(), owner()], "created_at")),
        (
            "100 of 1110 by title prefix, by date",
            list(vec![Filter::Prefix("title", "welder 1".into())], "created_at"),
        ),
        ("100 of 20000 by skill", list(vec![Filter::Has("skills", "steel".into())], "id")),
    ];
    for (what, query) in lists {
        let begin = Instant::now();
        for _ in 0..300 {
            let again = Query { filters: query.filters.clone(), ..list(vec![], query.order.field) };
            assert_eq!(store.query(again).await?.records.len(), 100, "{what}");
        }
        report(&format!("list {what}"), 300, begin.elapsed());
    }
    Ok(())
}
