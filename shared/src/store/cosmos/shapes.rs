//! Every query the platform makes, as recorded by the black-box suites in `tests/fixtures/queries.txt`, is one range of one
//! index within one tenant.

use super::container::definition;
use super::query::Statement;
use crate::domain::KINDS;
use crate::store::{Filter, Order, Query, Tenant};
use serde_json::Value;

fn recorded() -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/queries.txt");
    std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

/// The name of a declared member, or `None`.
fn declared(name: &str) -> Option<&'static str> {
    let names = KINDS.iter().flat_map(|indexes| indexes.fields.iter().chain(indexes.arrays));
    names.copied().chain(["id"]).find(|declared| *declared == name)
}

fn filter(text: &str) -> Option<Filter> {
    if let Some(inner) = text.strip_prefix('(') {
        let inner = inner.strip_suffix(')')?;
        let each = inner.split(" or ").filter(|one| !one.is_empty());
        return Some(Filter::Any(each.map(filter).collect::<Option<_>>()?));
    }
    let (field, what) = text.split_once(' ')?;
    let field = declared(field)?;
    let value = || Some(Value::from("x"));
    Some(match what {
        "=" if field == "is_active" => Filter::Eq(field, true.into()),
        "=" => Filter::Eq(field, "x".into()),
        "in" => Filter::In(field, vec!["x".into(), "y".into()]),
        "has" => Filter::Has(field, "x".into()),
        "begins" => Filter::Prefix(field, "x".into()),
        "any" => Filter::Range(field, None, None),
        "from" => Filter::Range(field, value(), None),
        "until" => Filter::Range(field, None, value()),
        "from until" => Filter::Range(field, value(), value()),
        _ => return None,
    })
}

fn query(shape: &str) -> Option<Query> {
    let [kind, scope, filters, order] = shape.split(" | ").collect::<Vec<_>>().try_into().ok()?;
    // Kinds without declared members need not be in the list.
    let kind = crate::domain::kind_named(kind).unwrap_or_else(|| Box::leak(kind.to_owned().into_boxed_str()));
    let (field, direction) = order.split_once(' ')?;
    let filters = filters.split(", ").filter(|filter| *filter != "-");
    Some(Query {
        tenant: Tenant::organisation("1"),
        root: (scope == "root").then(|| "r".to_owned()),
        kind,
        filters: filters.map(filter).collect::<Option<_>>()?,
        order: Order { field: declared(field)?, descending: direction == "desc" },
        limit: 20,
        after: None,
    })
}

#[test]
fn every_query_is_one_range_of_one_index_within_one_tenant() {
    let shapes = recorded();
    assert!(shapes.len() > 30, "the suites have recorded them");
    let policy = definition();
    let included: Vec<_> = policy["indexingPolicy"]["includedPaths"]
        .as_array()
        .unwrap()
        .iter()
        .map(|path| path["path"].as_str().unwrap().trim_end_matches(['*', '?', '/']).replace('/', "."))
        .collect();
    for shape in shapes {
        let query = query(&shape).unwrap_or_else(|| panic!("{shape} is not a shape"));
        assert_eq!(query.shape(), shape);
        let indexes = KINDS.iter().find(|indexes| indexes.kind == query.kind);
        let statement = Statement::new(&query, indexes, 0).unwrap_or_else(|error| panic!("{shape}: {error}"));
        let (text, parameters) = (&statement.text, &statement.parameters);

        // The order is the order of the path that is walked, and the path is indexed.
        let (_, order) = text.split_once(" ORDER BY ").unwrap();
        let (path, _) = order.split_once(' ').unwrap();
        assert!(included.iter().any(|included| path[1..].starts_with(included.as_str())), "{shape}: {text}");

        // It is walked from one end of a range to the other, and both ends are within the tenant (and the kind, and the root).
        let bound = |compare: &str| {
            let (_, rest) = text.split_once(&format!(" {path} {compare} ")).unwrap();
            let name = rest.split([' ', ')']).next().unwrap();
            let (_, value) = parameters.iter().find(|(parameter, _)| parameter == name).unwrap();
            value.as_str().unwrap().to_owned()
        };
        let within = match path {
            "c.of_root" => format!("o:1$r${}", query.kind),
            _ => format!("o:1${}", query.kind),
        };
        for end in [bound(">="), bound("<")] {
            assert!(end.starts_with(&within), "{shape}: {end}");
        }
        // And the partition is named besides.
        assert!(text.contains("c.tenant = @p0") && parameters[0].1 == "o:1", "{shape}: {text}");
        assert_eq!(text.contains("c.root = "), query.root.is_some(), "{shape}: {text}");
    }
}
