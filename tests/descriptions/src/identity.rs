//! The identity endpoint of App Service and Functions: hands out tokens that say whom they are for.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::JoinHandle;

/// Without it nobody gets a token.
const HEADER: &str = "only-this-app-knows";
/// 2100-01-01.
const EXPIRES: &str = "4102444800";

pub struct Identity {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Identity {
    pub async fn start() -> Self {
        let asked = Arc::default();
        let app =
            axum::Router::new().route("/msi/token", axum::routing::get(give)).with_state(Arc::clone(&asked));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}/msi/token", listener.local_addr().expect("an address"));
        let task =
            tokio::spawn(async move { axum::serve(listener, app).await.expect("serves until aborted") });
        Self { address, asked, task }
    }

    /// What the platform's environment sets for a process that has an identity.
    pub fn environment(&self) -> [(&'static str, &str); 2] {
        [("IDENTITY_ENDPOINT", &self.address), ("IDENTITY_HEADER", HEADER)]
    }

    /// The resources that tokens were asked for, in order.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn token_for(resource: &str) -> String {
        format!("test.{}", BASE64.encode(resource))
    }

    /// Whom a token of ours is for.
    pub(crate) fn audience(token: &str) -> Option<String> {
        let bytes = BASE64.decode(token.strip_prefix("test.")?).ok()?;
        String::from_utf8(bytes).ok()
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn give(
    State(asked): State<Arc<Mutex<Vec<String>>>>,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    let is_ours = headers.get("x-identity-header").is_some_and(|value| value == HEADER);
    let resource = query.get("resource").filter(|_| is_ours);
    let Some(resource) = resource.filter(|_| query.get("api-version").is_some_and(|one| one == "2019-08-01"))
    else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "statusCode": 400, "message": "no identity" })));
    };
    asked.lock().unwrap_or_else(PoisonError::into_inner).push(resource.clone());
    let token = json!({
        "access_token": Identity::token_for(resource),
        "expires_on": EXPIRES,
        "resource": resource,
        "token_type": "Bearer",
    });
    (StatusCode::OK, Json(token))
}
