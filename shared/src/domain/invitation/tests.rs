use super::*;
use crate::domain::machine;
use proptest::prelude::*;

fn at(day: i64) -> Timestamp {
    Timestamp::from_unix(day * 86_400)
}

fn fresh() -> Invitation {
    let body = format!(
        r#"{{"application_id":"{}","candidate_email":"Ann@Example.com","role_title":"Welder","company_name":"Acme"}}"#,
        ApplicationId::new()
    );
    Invitation::new(OrganisationId::new(), serde_json::from_str(&body).unwrap(), 7, at(0), None)
}

#[test]
fn it_is_open_until_its_time() {
    let mut invitation = fresh();
    assert!(invitation.is_open(at(6)) && !invitation.is_open(at(7)));
    assert!(!invitation.expire(at(6)) && invitation.expire(at(7)));
    assert_eq!(invitation.open(at(8)).unwrap_err().code(), Code::Gone);
    invitation.resend(7, at(8)).unwrap();
    assert_eq!((invitation.token_number, invitation.is_open(at(9))), (2, true));
}

#[test]
fn opening_twice_keeps_the_first_time() {
    let mut invitation = fresh();
    invitation.open(at(1)).unwrap();
    invitation.open(at(2)).unwrap();
    assert_eq!(invitation.opened_at, Some(at(1)));
    assert_eq!(invitation.status, InvitationStatus::Opened);
    invitation.delivered(at(3));
    assert!(!invitation.bounced(at(3)));
    assert_eq!(invitation.status, InvitationStatus::Opened);
}

#[test]
fn only_the_invited_address_accepts() {
    let mut invitation = fresh();
    assert_eq!(invitation.accept("bob@example.com", at(1)).unwrap_err().code(), Code::Forbidden);
    assert!(invitation.accepted_at.is_none());
    invitation.accept("ANN@example.com ", at(1)).unwrap();
    assert_eq!(invitation.accepted_at, Some(at(1)));
    invitation.revoke(at(2)).unwrap();
    assert_eq!(invitation.accept("ann@example.com", at(2)).unwrap_err().code(), Code::Gone);
}

#[test]
fn the_stored_form_holds_no_token() {
    let body = serde_json::to_value(fresh()).unwrap();
    let names: Vec<_> = body
        .as_object()
        .unwrap()
        .keys()
        .filter(|name| name.contains("token") || name.contains("hash"))
        .collect();
    assert_eq!(names, ["token_number"]);
}

/// Spec 60 §2, typed again.
const TABLE: &[(&str, &[&str])] = &[
    ("pending", &["sent", "expired"]),
    ("sent", &["delivered", "bounced", "opened", "expired"]),
    ("delivered", &["opened", "expired"]),
    ("opened", &["expired"]),
    ("bounced", &["pending"]),
    ("expired", &["pending"]),
];

/// Reports can be lost or overtaken: what they pass through counts as passed.
fn within_two(before: &str, after: &str) -> bool {
    let next = |from: &str| TABLE.iter().find(|(name, _)| *name == from).map_or(&[][..], |(_, to)| to);
    let reported = ["delivered", "bounced", "opened"].contains(&after);
    reported
        && next(before).iter().any(|middle| {
            ["sent", "delivered"].contains(middle)
                && (next(middle).contains(&after) || next(middle).iter().any(|m| next(m).contains(&after)))
        })
}

proptest! {
    #[test]
    fn no_sequence_of_verbs_leaves_the_table(verbs in prop::collection::vec((0..8u8, 0..10i64), 0..25)) {
        let mut invitation = fresh();
        for (verb, day) in verbs {
            let before = invitation.status.to_string();
            let result = match verb {
                0 => invitation.sent(EmailMessageId::new(), at(day)),
                1 => { invitation.delivered(at(day)); Ok(()) }
                2 => { invitation.bounced(at(day)); Ok(()) }
                3 => invitation.open(at(day)),
                4 => invitation.accept("ann@example.com", at(day)),
                5 => invitation.revoke(at(day)),
                6 => { invitation.expire(at(day)); Ok(()) }
                _ => invitation.resend(7, at(day)),
            };
            let after = invitation.status.to_string();
            if result.is_err() || !within_two(&before, &after) {
                machine::check(TABLE, &before, &after, &result);
            }
        }
    }
}
