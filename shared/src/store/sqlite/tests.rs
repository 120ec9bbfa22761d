//! What is particular to SQLite: several processes, kill -9, declarations that grow, the sweep.

use super::*;
use crate::queue::Queue;
use crate::queue::sqlite::SqliteQueue;
use crate::store::conformance::{self, INDEXES, batch, ids, jobs, new_tenant, put};
use crate::store::{Change, Filter, Order, Precondition, Tenant, Write};
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

fn open(path: &Path, indexes: &[Indexes]) -> Sqlite {
    Sqlite::open(Location::File(path.to_owned()), indexes).unwrap()
}

async fn count(database: &Database, sql: &'static str) -> i64 {
    let count = database.write(move |session| {
        Ok::<_, DatabaseError>(session.connection.query_row(sql, [], |row| row.get(0))?)
    });
    count.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_conforms() {
    let folder = tempfile::tempdir().unwrap();
    // Each part of the suite opens the same file again.
    let path = folder.path().join("new folder").join("shared.db");
    conformance::suite(async || Arc::new(open(&path, INDEXES)) as Arc<dyn Store>).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_conforms() {
    conformance::suite(async || Arc::new(Sqlite::open(Location::Memory, INDEXES).unwrap()) as Arc<dyn Store>)
        .await;
}

#[tokio::test]
async fn no_entry_outlives_its_record() {
    let database = Database::open(Location::Memory, INDEXES, Durability::Process).unwrap();
    let store = Sqlite::over(database.clone());
    let tenant = new_tenant();
    // One for each of the four declared fields, one more for each that is not lower case, one for each skill.
    let turns = [
        (json!({"state": "Open", "title": "Some Title", "skills": ["a", "b", "a"]}), 4 + 2 + 2),
        (json!({"state": "open", "score": 3, "skills": ["b", "c"]}), 4 + 2),
        (json!({"title": ["not", "a", "scalar"], "skills": "not an array"}), 4),
    ];
    for (members, entries) in turns {
        let write = put("job", "a", "e", Precondition::None, members);
        store.commit(batch(&tenant, "r", vec![write])).await.unwrap();
        assert_eq!(count(&database, "SELECT count(*) FROM entry").await, entries);
    }
    store
        .commit(batch(&tenant, "r", vec![conformance::remove("job", "a", Precondition::None)]))
        .await
        .unwrap();
    assert_eq!(count(&database, "SELECT count(*) FROM entry").await, 0);
}

#[tokio::test]
async fn the_sweep_removes_what_expired_with_its_entries() {
    let database = Database::open(Location::Memory, INDEXES, Durability::Process).unwrap();
    let store = Sqlite::over(database.clone());
    let tenant = new_tenant();
    let body = conformance::body("short", "e", json!({"state": "Open", "skills": ["a"]}));
    let change = Change::Put { etag: "e".into(), body, ttl: Some(100) };
    let short = Write { kind: "job", id: "short".into(), precondition: Precondition::None, change };
    let long = put("job", "long", "e", Precondition::None, json!({"state": "open"}));
    store.commit(batch(&tenant, "r", vec![short, long])).await.unwrap();
    for (seconds, left) in [(90, 2), (110, 1)] {
        database.write(move |session| session.sweep_now(now_millis() + seconds * 1000)).await.unwrap();
        assert_eq!(count(&database, "SELECT count(*) FROM document").await, left);
    }
    assert_eq!(count(&database, "SELECT count(*) FROM entry").await, 4, "those of the long one");
}

/// A newer program indexes a member while an older one, which never heard of it, goes on writing.
#[tokio::test]
async fn declarations_grow_under_a_running_writer() {
    const OLD: &[Indexes] = &[Indexes { kind: "job", fields: &["state"], arrays: &[] }];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let tenant = new_tenant();
    let old = open(&path, OLD);
    let job =
        |id| put("job", id, "e", Precondition::Absent, json!({"state": "open", "score": 5, "skills": ["x"]}));
    old.commit(batch(&tenant, "r", vec![job("before")])).await.unwrap();
    let new = open(&path, INDEXES);
    old.commit(batch(&tenant, "r", vec![job("after")])).await.unwrap();
    for filter in [Filter::Eq("score", 5.into()), Filter::Has("skills", "x".into())] {
        let page = new.query(Query { filters: vec![filter.clone()], ..jobs(&tenant) }).await.unwrap();
        assert_eq!(ids(&page), ["after", "before"]);
        let refused = old.query(Query { filters: vec![filter], ..jobs(&tenant) }).await;
        assert!(matches!(refused, Err(StoreError::BadQuery(_))), "it did not declare that");
    }
}

#[tokio::test]
async fn a_file_of_the_first_format_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let tenant = new_tenant();
    let note = put("note", "a", "e", Precondition::Absent, json!({"state": "new", "is_active": true}));
    open(&path, INDEXES).commit(batch(&tenant, "a", vec![note])).await.unwrap();
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch(
            "PRAGMA user_version = 1;
            INSERT INTO entry SELECT 'o:somebody', number, x'0201', 'a', 1 FROM slot WHERE field = 'is_active'",
        )
        .unwrap();
    let database = Database::open(Location::File(path), INDEXES, Durability::Process).unwrap();
    assert_eq!(count(&database, "SELECT count(*) FROM entry").await, 1, "that of the state");
    assert_eq!(count(&database, "PRAGMA user_version").await, 2);
}

#[tokio::test]
async fn a_database_is_opened_when_first_used_and_tried_again_until_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("place");
    std::fs::write(&place, "a file where the folder should be").unwrap();
    let file = place.join("data.db");
    let store = Sqlite::over(Database::at(Location::File(file.clone()), INDEXES, Durability::Process));
    assert!(store.ping().await.is_err());
    std::fs::remove_file(&place).unwrap();
    assert!(!file.exists());
    store.ping().await.unwrap();
    assert!(file.exists());
}

#[tokio::test]
async fn what_has_no_entries_can_only_be_asked_to_equal_a_value() {
    let store = Sqlite::open(Location::Memory, INDEXES).unwrap();
    let notes = || Query { kind: "note", ..jobs(&new_tenant()) };
    let refused = [
        Query { filters: vec![Filter::In("is_active", vec![true.into()])], ..notes() },
        Query { filters: vec![Filter::Prefix("is_active", "t".into())], ..notes() },
        Query { filters: vec![Filter::Range("is_active", None, None)], ..notes() },
        Query { order: Order { field: "is_active", descending: false }, ..notes() },
    ];
    for query in refused {
        assert!(matches!(store.query(query).await, Err(StoreError::BadQuery(_))));
    }
}

#[tokio::test]
async fn a_file_of_another_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 77").unwrap();
    assert!(Sqlite::open(Location::File(path.clone()), INDEXES).is_err());
    std::fs::write(&path, "not a database, but long enough to be taken for one".repeat(100)).unwrap();
    assert!(Sqlite::open(Location::File(path), INDEXES).is_err());
}

/// Two writers race for one counter; each success raised it by one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_openings_of_one_file_keep_preconditions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let tenant = new_tenant();
    let first = open(&path, INDEXES);
    first
        .commit(batch(&tenant, "r", vec![put("job", "n", "0", Precondition::Absent, json!({}))]))
        .await
        .unwrap();
    let racers: Vec<_> = (0..2)
        .map(|_| {
            let (path, tenant) = (path.clone(), tenant.clone());
            tokio::spawn(async move {
                let store = open(&path, INDEXES);
                let key = Key { tenant: tenant.clone(), root: "r".into(), kind: "job", id: "n".into() };
                let mut raised = 0;
                while raised < 50 {
                    let etag = store.get(&key).await.unwrap().unwrap().etag;
                    let next = (etag.parse::<u32>().unwrap() + 1).to_string();
                    let write = put("job", "n", &next, Precondition::Match(etag), json!({}));
                    match store.commit(batch(&tenant, "r", vec![write])).await {
                        Ok(()) => raised += 1,
                        Err(StoreError::Precondition { .. }) => {}
                        Err(other) => panic!("{other:?}"),
                    }
                }
            })
        })
        .collect();
    for racer in racers {
        racer.await.unwrap();
    }
    let key = Key { tenant, root: "r".into(), kind: "job", id: "n".into() };
    assert_eq!(first.get(&key).await.unwrap().unwrap().etag, "100");
}

const CRASH_FILE: &str = "TALENTI_TEST_CRASH_FILE";

/// The child of [`kill_9_loses_nothing_acknowledged`]: writes records and messages and tells of each once it is safe.
#[test]
#[ignore = "runs as a child process only"]
fn commits_until_it_is_killed() {
    #[expect(clippy::disallowed_methods, reason = "how the parent tells its child where to write")]
    let Ok(path) = std::env::var(CRASH_FILE) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let database = Database::open(Location::File(path.into()), INDEXES, Durability::Process).unwrap();
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                let (store, queue) = (Sqlite::over(database.clone()), SqliteQueue::over(database.clone()));
                tokio::spawn(async move {
                    for n in 0.. {
                        let id = format!("{}-{writer}-{n}", std::process::id());
                        let write = put("job", &id, "e", Precondition::Absent, json!({"state": "open"}));
                        let pair = put("note", &id, "e", Precondition::Absent, json!({"state": "open"}));
                        store.commit(batch(&Tenant::platform(), "r", vec![write, pair])).await.unwrap();
                        queue.send("q", &id, 0).await.unwrap();
                        println!("SAFE {id}");
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_loses_nothing_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let mut safe = Vec::new();
    for _round in 0..2 {
        // Two processes on one file, both killed in the middle of their work.
        let children = [(); 2].map(|()| {
            let name = "store::sqlite::tests::commits_until_it_is_killed";
            let mut child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", name, "--ignored", "--nocapture"])
                .env(CRASH_FILE, &path)
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let output = BufReader::new(child.stdout.take().unwrap());
            let reading = std::thread::spawn(move || {
                let lines = output.lines().map_while(Result::ok);
                lines.filter_map(|line| Some(line.split_once("SAFE ")?.1.to_owned())).collect::<Vec<_>>()
            });
            (child, reading)
        });
        tokio::time::sleep(Duration::from_millis(1500)).await;
        for (mut child, reading) in children {
            // SIGKILL on Unix.
            child.kill().unwrap();
            child.wait().unwrap();
            let told = reading.join().unwrap();
            assert!(!told.is_empty(), "the child did some work");
            safe.extend(told);
        }
    }
    println!("{} commits were acknowledged before the kills", safe.len());
    let database = Database::open(Location::File(path), INDEXES, Durability::Process).unwrap();
    let store = Sqlite::over(database.clone());
    for id in &safe {
        for kind in ["job", "note"] {
            let key = Key { tenant: Tenant::platform(), root: "r".into(), kind, id: id.clone() };
            assert!(store.get(&key).await.unwrap().is_some(), "{kind} {id} is lost");
        }
    }
    assert!(SqliteQueue::over(database.clone()).len("q").await.unwrap() >= safe.len() as u64);
    assert_eq!(
        count(&database, "SELECT count(*) FROM document WHERE kind = 'job'").await,
        count(&database, "SELECT count(*) FROM document WHERE kind = 'note'").await,
        "no half batch"
    );
    let damage = "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'";
    assert_eq!(count(&database, damage).await, 0);
    let unindexed = "SELECT count(*) FROM document AS d WHERE kind = 'note' AND NOT EXISTS (
        SELECT 1 FROM entry WHERE tenant = 'p' AND slot = (SELECT number FROM slot WHERE kind = 'note' AND field = 'state')
        AND value = x'046f70656e' AND id = d.id AND document = d.n)";
    assert_eq!(count(&database, unindexed).await, 0);
}
