//! Every statement of a query walks an index in the wanted order: no full scan, no sorting by SQLite.

use super::*;
use crate::store::conformance::{INDEXES, jobs, new_tenant};
use crate::store::sqlite::{Database, Durability, Location};
use crate::store::{Order, StoreError};

fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let parameters = statement.parameter_count();
    let nothing = vec![Value::Null; parameters];
    statement
        .query_map(params_from_iter(nothing), |row| row.get(3))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

#[tokio::test]
async fn every_statement_uses_an_index() {
    let database = Database::open(Location::Memory, INDEXES, Durability::Process).unwrap();
    let slot = |field, array| fields::find(database.declared().unwrap(), "job", field, array).unwrap();
    let walks = [
        (Walk::Root("r".into()), "document_key (tenant=? AND root=? AND kind=?"),
        (Walk::Kind, "document_kind (tenant=? AND kind=?"),
        (
            Walk::Equal(slot("state", false), fields::string("open")),
            "PRIMARY KEY (tenant=? AND slot=? AND value=?",
        ),
        (
            Walk::Equal(slot("skills", true), fields::string("rust")),
            "PRIMARY KEY (tenant=? AND slot=? AND value=?",
        ),
        (
            Walk::Between(slot("score", false), fields::LOWEST.into(), fields::HIGHEST.into()),
            "PRIMARY KEY (tenant=? AND slot=? AND ",
        ),
    ];
    let mut statements = vec![
        (GATHER.to_owned(), "PRIMARY KEY (tenant=? AND slot=? AND value>? AND value<?)"),
        (ROWS.to_owned(), "document_key (tenant=? AND root=? AND kind=?"),
        (LOOK.to_owned(), "INTEGER PRIMARY KEY"),
        (READ.to_owned(), "INTEGER PRIMARY KEY"),
    ];
    let after = Position { value: fields::string("x"), id: "a".into(), n: 1 };
    for descending in [false, true] {
        let order = Order { field: "id", descending };
        let scan = Scan::new(Query { order, ..jobs(&new_tenant()) }, database.declared().unwrap()).unwrap();
        for (walk, index) in &walks {
            for after in [None, Some(&after)] {
                statements.push((scan.statement(walk, after).0, index));
            }
        }
    }
    database
        .write(move |session| {
            for (sql, index) in statements {
                let plan = plan(&session.connection, &sql);
                assert!(plan[0].contains(index), "{sql}\n{plan:#?}");
                for step in &plan {
                    assert!(step.starts_with("SEARCH "), "{sql}\n{plan:#?}");
                }
            }
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
}

/// With a page to start after, the index is entered there, not at its beginning.
#[tokio::test]
async fn a_later_page_costs_no_more() {
    let database = Database::open(Location::Memory, INDEXES, Durability::Process).unwrap();
    let tenant = new_tenant();
    let slot = fields::find(database.declared().unwrap(), "job", "state", false).unwrap();
    let scan = Scan::new(jobs(&tenant), database.declared().unwrap()).unwrap();
    database
        .write(move |session| {
            for n in 0..2000 {
                let id = format!("{n:04}");
                let change = crate::store::conformance::put(
                    "job",
                    &id,
                    "e",
                    crate::store::Precondition::Absent,
                    serde_json::json!({"state": "open"}),
                );
                super::super::batch::apply(
                    session,
                    &crate::store::conformance::batch(&tenant, "r", vec![change]),
                )?;
            }
            let steps = |walk: &Walk, after: Option<&Position>| {
                let (sql, values) = scan.statement(walk, after);
                let mut statement = session.connection.prepare(&sql).unwrap();
                let mut rows = statement.query(params_from_iter(values)).unwrap();
                for _ in 0..10 {
                    assert!(rows.next().unwrap().is_some());
                }
                drop(rows);
                statement.get_status(rusqlite::StatementStatus::VmStep)
            };
            let open = fields::string("open");
            for walk in [
                Walk::Root("r".into()),
                Walk::Kind,
                Walk::Equal(slot, open.clone()),
                Walk::Between(slot, fields::LOWEST.into(), fields::HIGHEST.into()),
            ] {
                let first = steps(&walk, None);
                let late = Position { value: open.clone(), id: "1900".into(), n: i64::MAX };
                let later = steps(&walk, Some(&late));
                assert!(later < first * 2, "{first} steps for the first page, {later} for a later one");
            }
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
}
