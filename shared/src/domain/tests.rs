use super::*;

#[test]
fn every_kind_is_named_once() {
    let mut names: Vec<_> = KINDS.iter().map(|indexes| indexes.kind).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
    assert_eq!(kind_named("job"), Some("job"));
    assert_eq!(kind_named("unknown"), None);
}

/// Lists pass stored bodies through: no index may be needed on what is secret, and each index costs.
#[test]
fn indexes_stay_few() {
    for indexes in KINDS {
        assert!(indexes.fields.len() <= 10 && indexes.arrays.len() <= 2, "{}", indexes.kind);
        let secret =
            |name: &&&str| name.contains("hash") || name.contains("token") || name.contains("password");
        assert!(indexes.fields.iter().find(secret).is_none(), "{}", indexes.kind);
    }
}
