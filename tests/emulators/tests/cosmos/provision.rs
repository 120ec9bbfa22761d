//! `talenti provision` makes what is missing, checks what is there and brings index entries up to date.

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use emulators::cosmos::{DATABASE, Emulator};
use serde_json::json;
use shared::store::conformance::{INDEXES, batch, ids, jobs, new_tenant, put};
use shared::store::cosmos::container::{self, ProvisionError, Provisioned, provision};
use shared::store::cosmos::{Access, Cosmos};
use shared::store::{Filter, Indexes, Precondition, Query, Store as _};
use std::sync::Arc;

const NOTHING: Provisioned =
    Provisioned { made_database: false, made_container: false, changed_policy: false, indexed: 0 };

#[tokio::test]
async fn an_empty_account_is_made_ready_and_stays_so() {
    let emulator = Emulator::empty(|account| account);
    let account = emulator.account(vec![]).await;
    let done = provision(&account, INDEXES).await.expect("provisioned");
    assert_eq!(done, Provisioned { made_database: true, made_container: true, ..NOTHING });
    assert_eq!(provision(&account, INDEXES).await.expect("again"), NOTHING);
    emulator.store(INDEXES, vec![]).await.ping().await.expect("a container that can be read");
}

/// As the emulator makes a container when nobody asks for more.
#[tokio::test]
async fn a_container_made_otherwise_is_refused() {
    let emulator = Emulator::start();
    let refused = provision(&emulator.account(vec![]).await, INDEXES).await;
    assert!(matches!(refused, Err(ProvisionError::Differs("the expiry of documents (defaultTtl)", _))));
}

#[tokio::test]
async fn an_older_indexing_policy_is_replaced() {
    let emulator = Emulator::empty(|account| account);
    let client = emulator.client().await;
    client.create_database(DATABASE, None).await.expect("a database");
    let mut older = container::definition();
    older["indexingPolicy"]["includedPaths"] = json!([{"path": "/state/?"}]);
    let older = serde_json::from_value(older).expect("a container");
    Box::pin(client.database_client(DATABASE).create_container(older, None)).await.expect("a container");

    let identity = emulator.account_as(Access::Identity(Arc::new(Anybody)), vec![]).await;
    let refused = provision(&identity, INDEXES).await;
    assert!(matches!(refused, Err(ProvisionError::Differs("the indexing policy", _))), "an identity may not");
    let account = emulator.account(vec![]).await;
    let done = provision(&account, INDEXES).await.expect("provisioned");
    assert_eq!(done, Provisioned { changed_policy: true, ..NOTHING });
    assert_eq!(provision(&identity, INDEXES).await.expect("again"), NOTHING);
}

#[tokio::test]
async fn an_identity_makes_nothing_and_says_who_does() {
    let emulator = Emulator::empty(|account| account);
    let identity = emulator.account_as(Access::Identity(Arc::new(Anybody)), vec![]).await;
    let refused = provision(&identity, INDEXES).await.expect_err("nothing there");
    assert!(refused.to_string().contains("deploy bicep"), "{refused}");
    let store = Cosmos::new(identity, INDEXES);
    let error = store.ping().await.expect_err("nothing there");
    assert!(std::error::Error::source(&error).is_some_and(|cause| cause.to_string().contains("provision")));
}

/// Tokens for an emulator that checks none.
#[derive(Debug)]
struct Anybody;

#[async_trait::async_trait]
impl TokenCredential for Anybody {
    async fn get_token(
        &self,
        _scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        Ok(AccessToken::new("token", time::OffsetDateTime::UNIX_EPOCH + time::Duration::days(40_000)))
    }
}

/// A later version declares more members: what an earlier one wrote is found by them after `provision`.
#[tokio::test]
async fn entries_of_stored_documents_follow_the_declarations() {
    const EARLIER: &[Indexes] = &[Indexes { kind: "job", fields: &["state"], arrays: &[] }];
    let emulator = Emulator::empty(|account| account);
    let account = emulator.account(vec![]).await;
    provision(&account, EARLIER).await.expect("provisioned");
    let tenant = new_tenant();
    let earlier = emulator.store(EARLIER, vec![]).await;
    for id in ["a", "b"] {
        let members = json!({"state": "open", "score": 5, "skills": ["x"]});
        let write = put("job", id, "e", Precondition::Absent, members);
        earlier.commit(batch(&tenant, id, vec![write])).await.expect("put");
    }
    let later = emulator.store(INDEXES, vec![]).await;
    let found = async |filter: Filter| {
        let query = Query { filters: vec![filter], ..jobs(&tenant) };
        let page = later.query(query).await.expect("query");
        ids(&page).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(found(Filter::Eq("score", 5.into())).await.is_empty());
    assert_eq!(
        provision(&account, INDEXES).await.expect("provisioned"),
        Provisioned { indexed: 2, ..NOTHING }
    );
    assert_eq!(found(Filter::Eq("score", 5.into())).await, ["a", "b"]);
    assert_eq!(found(Filter::Has("skills", "x".into())).await, ["a", "b"]);
    assert_eq!(provision(&account, INDEXES).await.expect("again"), NOTHING);
    // Its version is still the one its writer knows.
    let write = put("job", "a", "e2", Precondition::Match("e".into()), json!({}));
    later.commit(batch(&tenant, "a", vec![write])).await.expect("matches");
}
