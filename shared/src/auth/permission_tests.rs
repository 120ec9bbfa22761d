//! The matrix in code against the table of the specification, read from its own markdown.

use super::*;
use std::collections::BTreeSet;

const TABLE: &str = include_str!("testdata/permission-matrix.md");

/// What the first column of the table means in names of permissions.
fn resources(row: &str) -> Vec<&str> {
    match row {
        "conversation statistics" => vec!["conversation_statistics"],
        "security dashboard, alerts, access log" => vec!["security"],
        "session_policy, permission catalogue, alert resolution" => vec!["session_policy", "permission"],
        "deletion and export requests of others" => vec!["deletion_request", "export_request"],
        "tenants, incidents, metrics, flags, ai_model" => vec!["platform", "feature_flag", "ai_model"],
        plain => plain.split(", ").collect(),
    }
}

/// Cells whose words give no ordinary right, and the letters in the others, with what the words narrow them to.
fn letters<'a>(cell: &'a str, resource: &str) -> Option<(&'a str, Scope)> {
    let (cell, only) = match cell {
        "-"
        | "published only"
        | "totals only"
        | "feedback text of own"
        | "by token"
        | "take own"
        | "own tasks" => {
            return None;
        }
        "cr:o, withdraw" => ("cr:o", None),
        "cr:o with candidates" | "cr:o with recruiters" => ("cr:o", None),
        "rx:o postings" => ("rx:o", Some("job_posting")),
        "flags r:a" => ("r:a", Some("feature_flag")),
        "flags r" => ("r:o", Some("feature_flag")),
        plain => (plain, None),
    };
    if only.is_some_and(|only| only != resource) {
        return None;
    }
    let (letters, scope) = cell.split_once(':').unwrap_or_else(|| panic!("cell not understood: {cell}"));
    let scope = match scope {
        "a" => Scope::All,
        "t" => Scope::Team,
        "o" => Scope::Own,
        other => panic!("scope not understood: {other}"),
    };
    Some((letters, scope))
}

fn letter(action: Action) -> char {
    match action {
        Action::Create => 'c',
        Action::Read => 'r',
        Action::Update => 'u',
        Action::Delete => 'd',
        Action::Execute => 'x',
        Action::Export => 'e',
        Action::Manage => 'm',
    }
}

/// "Everyone: own user record ru, own notifications, own messages, own conversations, own export and deletion requests."
fn everyone(resource: &str) -> &'static str {
    match resource {
        "user" | "message" => "ru",
        "notification" => "rud",
        "conversation" => "crud",
        "export_request" | "deletion_request" => "cr",
        _ => "",
    }
}

#[test]
fn every_cell_of_the_specification_allows_and_denies_as_written() {
    let none = Permissions::default();
    let mut lines =
        TABLE.lines().map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let roles: Vec<Role> = header[1..=8].iter().map(|name| name.parse().unwrap()).collect();
    let (mut cells, mut seen) = (0, BTreeSet::new());
    for row in lines.skip(1) {
        for name in resources(row[0]) {
            let resource: Resource = name.parse().unwrap_or_else(|_| panic!("no resource {name}"));
            assert!(seen.insert(resource), "{name} stands twice in the table");
            for (role, cell) in roles.iter().zip(&row[1..]) {
                let written = letters(cell, name);
                for action in Action::single() {
                    let by_cell = written
                        .filter(|(letters, _)| letters.contains(letter(action)))
                        .map(|(_, scope)| scope);
                    let by_all = everyone(name).contains(letter(action)).then_some(Scope::Own);
                    let expected = by_cell.max(by_all);
                    let found = scope(&[*role], &none, resource, action);
                    assert_eq!(found, expected, "{role} {} {name}", action.as_str());
                    cells += 1;
                }
            }
        }
    }
    assert_eq!(cells, 43 * 8 * 6, "rows of the table that were compared");
    let outside: Vec<_> = Resource::ALL.iter().filter(|r| !seen.contains(r)).map(|r| r.as_str()).collect();
    assert_eq!(outside, ["practice_interview", "conversation", "notification"]);
}

#[test]
fn super_admin_may_everything_and_nobody_without_a_role_anything() {
    let none = Permissions::default();
    for &resource in Resource::ALL {
        for action in Action::ALL {
            assert_eq!(scope(&[Role::SuperAdmin], &none, resource, action), Some(Scope::All));
            assert_eq!(scope(&[], &none, resource, action), None);
        }
    }
    assert_eq!(effective_permissions(&[Role::SuperAdmin], &none).len(), Resource::ALL.len() * 7);
    assert!(effective_permissions(&[], &none).is_empty());
}

#[test]
fn several_roles_and_extra_permissions_give_the_widest_scope() {
    let extra = set(&["candidate:export:own", "candidate:read:own", "score:manage:team"]);
    let roles = [Role::Interviewer, Role::Viewer];
    assert_eq!(scope(&roles, &extra, Resource::Candidate, Action::Read), Some(Scope::All));
    assert_eq!(scope(&roles, &extra, Resource::Candidate, Action::Export), Some(Scope::Own));
    assert_eq!(scope(&roles, &extra, Resource::Score, Action::Delete), Some(Scope::Team));
    assert_eq!(scope(&roles, &extra, Resource::Score, Action::Read), Some(Scope::All));
    assert_eq!(scope(&roles, &extra, Resource::Candidate, Action::Manage), None);
}

#[test]
fn manage_is_the_same_as_all_single_actions_together() {
    let none = Permissions::default();
    assert_eq!(scope(&[Role::OrgAdmin], &none, Resource::Application, Action::Manage), Some(Scope::All));
    assert_eq!(scope(&[Role::OrgAdmin], &none, Resource::Job, Action::Manage), None, "it lacks export");
    let extra = set(&["job:export:team"]);
    assert_eq!(scope(&[Role::OrgAdmin], &extra, Resource::Job, Action::Manage), Some(Scope::Team));
    let named = set(&["job:manage:own"]);
    for action in Action::ALL {
        assert_eq!(scope(&[], &named, Resource::Job, action), Some(Scope::Own));
    }
}

#[test]
fn permissions_are_read_and_written_as_three_names() {
    for &resource in Resource::ALL {
        for action in Action::ALL {
            for scope in Scope::ALL {
                let permission = Permission { resource, action, scope };
                assert_eq!(permission.to_string().parse(), Ok(permission));
            }
        }
    }
    for wrong in [
        "",
        "job",
        "job:read",
        "job:read:all:x",
        "job:look:all",
        "jobs:read:all",
        "job:read:any",
        "Job:read:all",
    ] {
        assert_eq!(wrong.parse::<Permission>(), Err(UnknownPermission), "{wrong}");
    }
    let json = r#"["job:read:own","job:update:team"]"#;
    let read: Permissions =
        serde_json::from_str(r#"["job:update:team","job:read:own","job:update:own"]"#).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), json);
    assert!(serde_json::from_str::<Permissions>(r#"["job:fly:own"]"#).is_err());
}

#[test]
fn effective_permissions_are_sorted_and_agree_with_scope() {
    let extra = set(&["audit_event:read:team", "report:manage:own"]);
    let names = effective_permissions(&[Role::Recruiter], &extra);
    assert!(names.is_sorted());
    for name in &names {
        let held: Permission = name.parse().unwrap();
        assert_eq!(scope(&[Role::Recruiter], &extra, held.resource, held.action), Some(held.scope), "{name}");
    }
    for expected in
        ["audit_event:read:team", "report:manage:own", "report:delete:own", "job:update:own", "user:read:own"]
    {
        assert!(names.iter().any(|name| name == expected), "{expected}");
    }
}

#[test]
fn nobody_hands_out_more_than_they_may() {
    let none = Permissions::default();
    let gives = |granter: &[Role], roles: &[Role], permissions: &[&str]| {
        let permissions = set(permissions);
        !escalates(Rights { roles: granter, permissions: &none }, Rights { roles, permissions: &permissions })
    };
    for role in Role::ALL {
        assert!(gives(&[Role::SuperAdmin], &[role], &[]));
        assert_eq!(gives(&[Role::OrgAdmin], &[role], &[]), role != Role::SuperAdmin, "{role}");
        assert!(gives(&[role], &[role], &[]), "{role} hands on what it is");
        assert!(!gives(&[], &[role], &[]), "{role}");
    }
    assert!(gives(&[Role::OrgAdmin], &[], &["job:update:all", "interview_feedback:create:own"]));
    assert!(!gives(&[Role::OrgAdmin], &[], &["interview_feedback:create:all"]));
    assert!(!gives(&[Role::OrgAdmin], &[], &["candidate_dei:read:own"]), "stays with the person");
    assert!(!gives(&[Role::OrgAdmin], &[], &["security:update:all"]));
    assert!(!gives(&[Role::OrgAdmin], &[], &["job:manage:all"]), "export of jobs is not held");
    assert!(gives(&[Role::OrgAdmin], &[], &["application:manage:all"]));
    assert!(!gives(&[Role::Recruiter], &[Role::Manager], &[]));
    assert!(!gives(&[Role::Recruiter], &[], &["job:read:all"]));
    assert!(gives(&[Role::Recruiter], &[], &["job:read:own"]));
    assert!(!gives(&[Role::Manager], &[Role::OrgAdmin], &[]));
    assert!(!gives(&[Role::Manager, Role::Recruiter], &[Role::SuperAdmin], &[]));
    let extra = set(&["audit_event:read:team"]);
    let granter = Rights { roles: &[Role::Recruiter], permissions: &extra };
    let wanted = |name| escalates(granter, Rights { roles: &[], permissions: &set(&[name]) });
    assert!(
        !wanted("audit_event:read:own") && !wanted("audit_event:read:team") && wanted("audit_event:read:all")
    );
}

fn set(names: &[&str]) -> Permissions {
    names.iter().map(|name| name.parse::<Permission>().unwrap()).collect()
}
