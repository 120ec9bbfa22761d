//! The shape of a query: what it asks for, without values.

use super::{Filter, Query};

pub(super) fn of(query: &Query) -> String {
    let scope = if query.root.is_some() { "root" } else { "tenant" };
    let filters = match query.filters.as_slice() {
        [] => "-".to_owned(),
        filters => filters.iter().map(filter).collect::<Vec<_>>().join(", "),
    };
    let direction = if query.order.descending { "desc" } else { "asc" };
    format!("{} | {scope} | {filters} | {} {direction}", query.kind, query.order.field)
}

fn filter(filter: &Filter) -> String {
    match filter {
        Filter::Eq(field, _) => format!("{field} ="),
        Filter::In(field, _) => format!("{field} in"),
        Filter::Has(field, _) => format!("{field} has"),
        Filter::Prefix(field, _) => format!("{field} begins"),
        Filter::Range(field, low, high) => match (low, high) {
            (None, None) => format!("{field} any"),
            (Some(_), None) => format!("{field} from"),
            (None, Some(_)) => format!("{field} until"),
            (Some(_), Some(_)) => format!("{field} from until"),
        },
        Filter::Any(filters) => {
            let mut each: Vec<_> = filters.iter().map(self::filter).collect();
            each.sort_unstable();
            each.dedup();
            format!("({})", each.join(" or "))
        }
    }
}
