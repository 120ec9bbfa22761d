//! Every endpoint of every function against everything that must be refused. The cases come from the declarations:
//! a new endpoint is swept without anyone remembering, and each sweep says of how many endpoints it speaks.

use crate::support::actor::Actor;
use crate::support::answer::Answer;
use crate::support::platform::{Organisation, Platform};
use crate::surface::{self, Surface};
use futures_util::stream::{self, StreamExt as _};
use reqwest::Method;
use serde_json::Value;
use shared::auth::{Permissions, Role, scope};
use shared::function::{Access, BODY_LIMIT};
use std::collections::BTreeSet;

/// Requests at once.
const AT_ONCE: usize = 8;

/// Asks for every case and names all that went wrong, not only the first.
async fn sweep<C, Fut>(name: &str, cases: Vec<C>, ask: impl Fn(C) -> Fut) -> usize
where
    Fut: Future<Output = Result<(), String>>,
{
    let count = cases.len();
    let faults: Vec<String> =
        stream::iter(cases).map(ask).buffer_unordered(AT_ONCE).filter_map(async |r| r.err()).collect().await;
    assert!(faults.is_empty(), "{name}: {} of {count} failed\n{}", faults.len(), faults.join("\n\n"));
    count
}

/// A refusal with one of these statuses and a valid problem.
fn refused(answer: &Answer, statuses: &[u16]) -> Result<(), String> {
    if !statuses.contains(&answer.status.as_u16()) {
        return Err(format!("expected {statuses:?}: {}", answer.story()));
    }
    crate::support::problem::check(answer).map(drop).map_err(|fault| format!("{fault}: {}", answer.story()))
}

async fn platform() -> Platform {
    // Always in this process: the declarations swept are those of this build.
    Platform::start_with(&[("ENVIRONMENT", "development")]).await
}

#[tokio::test]
async fn nobody_passes_without_a_token() {
    let platform = platform().await;
    let (open, closed): (Vec<_>, Vec<_>) = surface::endpoints()
        .into_iter()
        .partition(|surface| matches!(surface.access(), Access::Open | Access::SignedLink));
    let nobody = platform.anonymous();
    let swept = sweep("no token", closed, |surface| {
        let nobody = nobody.clone();
        async move { refused(&surface.ask(&nobody).await, &[401]) }
    })
    .await;
    assert_eq!(swept + open.len(), surface::endpoints().len());
}

#[tokio::test]
async fn a_bad_token_is_refused_everywhere_also_where_none_is_needed() {
    let platform = platform().await;
    let someone = platform.person("Sam").await;
    let mut forged = someone.token().expect("a token").to_owned();
    let last = if forged.ends_with('A') { 'B' } else { 'A' };
    forged.replace_range(forged.len() - 1.., &last.to_string());
    let bad = ["garbage".to_owned(), "a.b.c".to_owned(), forged, none_algorithm(someone.user_id())];
    let actors: Vec<Actor> = bad.iter().map(|token| someone.bearing(token)).collect();
    let (links, rest): (Vec<_>, Vec<_>) =
        surface::endpoints().into_iter().partition(|surface| surface.access() == Access::SignedLink);
    let count = rest.len();
    let swept = sweep("bad token", rest, |surface| {
        let actors = actors.clone();
        async move {
            for actor in &actors {
                refused(&surface.ask(actor).await, &[401])?;
            }
            Ok(())
        }
    })
    .await;
    assert_eq!((swept, swept + links.len()), (count, surface::endpoints().len()));
}

/// A token that claims to need no signature.
fn none_algorithm(user: &str) -> String {
    let encode = |value: Value| surface::base64url(value.to_string().as_bytes());
    let header = encode(serde_json::json!({ "alg": "none", "typ": "JWT" }));
    let claims =
        serde_json::json!({ "iss": "talenti", "aud": "talenti", "sub": user, "exp": 4_000_000_000_u64 });
    format!("{header}.{}.", encode(claims))
}

/// Whether a role has what an endpoint asks for.
fn holds(role: Role, access: Access) -> bool {
    let has = |resource, action| scope(&[role], &Permissions::default(), resource, action).is_some();
    match access {
        Access::Open | Access::SignedLink | Access::SignedIn | Access::CanOrSubject(..) => true,
        Access::Can(resource, action) => has(resource, action),
        Access::Any(all) => all.iter().any(|(resource, action)| has(*resource, *action)),
        Access::SuperAdmin => role == Role::SuperAdmin,
    }
}

#[tokio::test]
async fn a_role_without_the_right_is_refused() {
    let platform = platform().await;
    let acme = platform.organisation("Acme").await;
    let people = [
        (Role::Candidate, platform.person("Carla").await),
        (Role::Referrer, acme.member("Rob", "referrer").await),
        (Role::Viewer, acme.viewer().await),
        (Role::Interviewer, acme.member("Ines", "interviewer").await),
        (Role::Recruiter, acme.recruiter().await),
        (Role::Manager, acme.manager().await),
        (Role::OrgAdmin, acme.admin.clone()),
    ];
    let mut cases = Vec::new();
    let mut for_all = Vec::new();
    for surface in surface::endpoints() {
        let denied: Vec<Actor> = people
            .iter()
            .filter(|(role, _)| !holds(*role, surface.access()))
            .map(|(_, actor)| actor.clone())
            .collect();
        if denied.is_empty() { for_all.push(surface) } else { cases.push((surface, denied)) }
    }
    // What no built-in role is refused at the door is open, belongs to the signed-in person, is decided by the handler,
    // or is a right that every role has in some scope.
    for surface in &for_all {
        assert!(surface.access() != Access::SuperAdmin, "{surface} is refused to nobody");
    }
    let swept = sweep("too little permission", cases, |(surface, denied)| async move {
        for actor in &denied {
            refused(&surface.ask(actor).await, &[403])?;
        }
        Ok(())
    })
    .await;
    assert_eq!(swept + for_all.len(), surface::endpoints().len());
}

#[tokio::test]
async fn a_body_that_is_no_json_is_malformed() {
    let platform = platform().await;
    let staff = platform.staff().await;
    let cases: Vec<Surface> = surface::endpoints().into_iter().filter(Surface::takes_json).collect();
    let expected = surface::endpoints().iter().filter(|surface| surface.takes_json()).count();
    let swept = sweep("malformed body", cases, |surface| {
        let staff = staff.clone();
        async move {
            for body in ["{\"a\":", "{'a': 1}", "\u{1}"] {
                let shape = |request: reqwest::RequestBuilder| {
                    request.header("content-type", "application/json").header("if-match", "\"x\"").body(body)
                };
                let answer = staff.send(surface.method(), &surface.path(), shape).await;
                refused(&answer, &[400])?;
            }
            let other = |request: reqwest::RequestBuilder| {
                request.header("content-type", "text/plain").header("if-match", "\"x\"").body("hello")
            };
            refused(&staff.send(surface.method(), &surface.path(), other).await, &[415])
        }
    })
    .await;
    assert_eq!(swept, expected);
}

#[tokio::test]
async fn an_oversized_body_is_refused_before_it_is_read() {
    let platform = platform().await;
    let staff = platform.staff().await;
    let endpoints = surface::endpoints();
    let count = endpoints.len();
    let swept = sweep("oversized body", endpoints, |surface| {
        let (platform, staff) = (platform.clone(), staff.clone());
        async move {
            let announced = surface.body_limit() + 1;
            let answer = surface::announce(&platform, &staff, &surface, announced).await?;
            refused(&answer, &[413])?;
            // Without a Content-Length the bytes are counted as they come.
            if surface.takes_json() && surface.body_limit() <= BODY_LIMIT {
                let answer = surface::ask_chunked(&staff, &surface, announced).await;
                refused(&answer, &[413])?;
            }
            Ok(())
        }
    })
    .await;
    assert_eq!(swept, count);
}

#[tokio::test]
async fn an_unknown_query_parameter_is_named() {
    let platform = platform().await;
    let staff = platform.staff().await;
    let cases: Vec<Surface> = surface::endpoints()
        .into_iter()
        .filter(|surface| surface.takes_query() && !surface.is_contract())
        .collect();
    sweep("unknown parameter", cases, |surface| {
        let staff = staff.clone();
        async move {
            let path = format!("{}?no_such_parameter=1", surface.path());
            let answer = staff.send(surface.method(), &path, |request| request).await;
            refused(&answer, &[422])?;
            let problem = answer.json();
            match problem["code"] == "unknown_parameter"
                && problem["errors"][0]["pointer"] == "no_such_parameter"
            {
                true => Ok(()),
                false => Err(answer.story()),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_unknown_member_of_a_body_is_named() {
    let platform = platform().await;
    let staff = platform.staff().await;
    let is_own = |surface: &Surface| {
        surface.takes_json()
            && !surface.is_contract()
            && surface.method() != Method::PATCH
            && surface.is_object()
    };
    let cases: Vec<Surface> = surface::endpoints().into_iter().filter(is_own).collect();
    sweep("unknown member", cases, |surface| {
        let staff = staff.clone();
        async move {
            let mut body = surface.example();
            body["no_such_member"] = Value::Bool(true);
            let shape = |request: reqwest::RequestBuilder| request.header("if-match", "\"x\"").json(&body);
            let answer = staff.send(surface.method(), &surface.path(), shape).await;
            refused(&answer, &[422])?;
            let named = answer.json()["errors"]
                .as_array()
                .is_some_and(|errors| errors.iter().any(|error| error["pointer"] == "/no_such_member"));
            if named { Ok(()) } else { Err(answer.story()) }
        }
    })
    .await;
}

#[tokio::test]
async fn an_address_that_holds_no_id_is_refused() {
    let platform = platform().await;
    let staff = platform.staff().await;
    let cases: Vec<Surface> = surface::endpoints().into_iter().filter(Surface::takes_ids).collect();
    sweep("no id", cases, |surface| {
        let staff = staff.clone();
        async move {
            let path = surface.path_with(|_| "not-a-uuid".to_owned());
            refused(&surface.ask_at(&staff, &path).await, &[404, 422])
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_has_one_to_a_hundred_entries_and_a_cursor_of_its_own_list() {
    let platform = platform().await;
    let acme = platform.organisation("Acme").await;
    let people = [acme.admin.clone(), platform.person("Carla").await, platform.staff().await];
    let cases: Vec<Surface> = surface::endpoints()
        .into_iter()
        .filter(|surface| {
            surface.has_parameter("limit") && !surface.is_contract() && !surface.path().contains('%')
        })
        .filter(|surface| !surface.has_path_parameters())
        .collect();
    sweep("paging", cases, |surface| {
        let people = people.clone();
        async move {
            for wrong in ["limit=0", "limit=101", "limit=-1", "limit=ten", "cursor=bm90LWEtY3Vyc29y"] {
                let glue = if surface.required_query().is_empty() { "" } else { "&" };
                let path = format!("{}?{}{glue}{wrong}", surface.path(), surface.required_query());
                let mut answer = people[0].get(&path).await;
                for other in &people[1..] {
                    if answer.status.as_u16() == 403 {
                        answer = other.get(&path).await;
                    }
                }
                refused(&answer, &[422])?;
            }
            Ok(())
        }
    })
    .await;
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let platform = platform().await;
    let mut paths: Vec<(Surface, BTreeSet<String>)> = Vec::new();
    for surface in surface::endpoints() {
        let method = surface.method().to_string();
        match paths.iter_mut().find(|(known, _)| known.template() == surface.template()) {
            Some((_, methods)) => drop(methods.insert(method)),
            None => paths.push((surface, BTreeSet::from([method]))),
        }
    }
    let nobody = platform.anonymous();
    sweep("wrong method", paths, |(surface, methods)| {
        let nobody = nobody.clone();
        async move {
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
                if methods.contains(method) {
                    continue;
                }
                let method = Method::from_bytes(method.as_bytes()).expect("a method");
                let answer = nobody.send_to(method, &surface.path(), surface.is_at_root()).await;
                refused(&answer, &[405])?;
                let allowed = answer.header("allow").unwrap_or_default().to_owned();
                if !methods.iter().all(|method| allowed.contains(method.as_str())) {
                    return Err(format!("Allow: {allowed:?} should name {methods:?}: {}", answer.story()));
                }
            }
            Ok(())
        }
    })
    .await;
}

#[tokio::test]
async fn the_administrator_of_another_organisation_reaches_nothing() {
    let platform = platform().await;
    let acme = platform.organisation("Acme").await;
    let property = crate::property::of(&acme).await;
    let globex: Organisation = platform.organisation("Globex").await;
    let stranger = globex.admin.clone();
    let before = property.look_when_quiet().await;
    let endpoints: Vec<Surface> =
        surface::endpoints().into_iter().filter(|surface| !property.is_public(surface)).collect();
    sweep("another organisation", endpoints, |surface| {
        let (stranger, property) = (stranger.clone(), property.clone());
        async move {
            let path = surface.path_with(|name| property.id(surface.template(), name));
            let answer = surface.ask_with(&stranger, &path, |body| property.fill(body)).await;
            if surface.has_path_parameters()
                && answer.status.is_success()
                && property.knows(surface.template())
            {
                return Err(format!("a stranger was served: {}", answer.story()));
            }
            match property.leak(&answer) {
                Some(leaked) => Err(format!("{leaked} leaked: {}", answer.story())),
                None => Ok(()),
            }
        }
    })
    .await;
    for (before, after) in before.iter().zip(property.look_when_quiet().await) {
        assert_eq!(*before, after, "a stranger changed something");
    }
}
