//! AWS Lambda: one program behind API Gateway, a Function URL or a load balancer, behind SQS queues that are named like
//! ours, and behind EventBridge rules or schedules that are named like our timers. What an event is, its shape says.

use super::{invoke, router, timers};
use crate::context::Context;
use crate::function::Function;
use crate::http::Edge;
use axum::body::Body;
use futures_util::future::join_all;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, LambdaEvent, Service as _, lambda_runtime, service_fn};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt as _;

/// The process is frozen after its answer: what a commit put into the outbox gets this long to leave before.
const SETTLE: Duration = Duration::from_secs(5);

type LambdaError = Box<dyn std::error::Error + Send + Sync>;

pub(crate) async fn run(ctx: Context, functions: Vec<Function>) -> Result<(), LambdaError> {
    let router = router(&ctx, &functions);
    let host = Arc::new(Host { ctx, functions, router });
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let host = host.clone();
        async move {
            let answer = host.handle(event).await;
            if tokio::time::timeout(SETTLE, host.ctx.outbox().settle()).await.is_err() {
                tracing::warn!("the queue is slow: the sweeper sends the rest");
            }
            answer
        }
    }))
    .await
}

struct Host {
    ctx: Context,
    functions: Vec<Function>,
    router: Edge,
}

/// What tells the kinds of events apart.
#[derive(Deserialize)]
struct Shape {
    #[serde(rename = "Records")]
    records: Option<Vec<Record>>,
    #[serde(rename = "detail-type")]
    detail_type: Option<String>,
    #[serde(default)]
    resources: Vec<String>,
}

/// A message of an SQS batch.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    message_id: String,
    #[serde(default)]
    body: String,
    event_source: String,
    #[serde(rename = "eventSourceARN")]
    event_source_arn: String,
    #[serde(default)]
    attributes: Attributes,
}

/// What SQS says of a delivery.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    /// A number as text; 1 on the first delivery.
    #[serde(default)]
    approximate_receive_count: String,
}

impl Host {
    async fn handle(&self, event: LambdaEvent<Box<RawValue>>) -> Result<Value, LambdaError> {
        // The text of the error could quote a message.
        let shape = serde_json::from_str::<Shape>(event.payload.get())
            .map_err(|_| "the event is neither HTTP nor SQS nor a schedule")?;
        if let Some(records) = shape.records {
            return self.messages(records).await;
        }
        if shape.detail_type.as_deref() == Some("Scheduled Event") {
            return self.timer(&shape.resources).await;
        }
        let request = serde_json::from_str::<LambdaRequest>(event.payload.get())
            .map_err(|_| "the event is neither HTTP nor SQS nor a schedule")?;
        let router = self.router.clone();
        let mut http =
            Adapter::from(router.map_request(|request: lambda_http::Request| request.map(Body::new)));
        let answer = http.call(LambdaEvent::new(request, event.context)).await?;
        Ok(serde_json::to_value(answer)?)
    }

    /// A batch from standard queues. Those that failed come again, alone (`ReportBatchItemFailures`); after the queue's
    /// own number of tries SQS moves them to its dead-letter queue.
    async fn messages(&self, records: Vec<Record>) -> Result<Value, LambdaError> {
        let consumed = |record: &Record| {
            let name = last_part(&record.event_source_arn, ':');
            let mut queues = self.functions.iter().flat_map(Function::queues);
            queues.find(|queue| *queue == name && record.event_source == "aws:sqs")
        };
        let runs = records.iter().map(async |record| {
            let Some(queue) = consumed(record) else {
                tracing::error!(
                    queue = record.event_source_arn,
                    "nobody here handles messages of this queue"
                );
                return Some(json!({ "itemIdentifier": record.message_id }));
            };
            let attempt = record.attributes.approximate_receive_count.parse().unwrap_or(1);
            let outcome = invoke::message(&self.ctx, &self.functions, queue, &record.body, attempt);
            let outcome = Box::pin(outcome).await;
            outcome.is_err().then(|| json!({ "itemIdentifier": record.message_id }))
        });
        let failed: Vec<Value> = join_all(runs).await.into_iter().flatten().collect();
        Ok(json!({ "batchItemFailures": failed }))
    }

    /// The rule or schedule is named like the timer.
    async fn timer(&self, resources: &[String]) -> Result<Value, LambdaError> {
        let names: Vec<&str> = resources.iter().map(|resource| last_part(resource, '/')).collect();
        let mut timers = self.functions.iter().flat_map(|function| &function.timers);
        let Some(timer) = timers.find(|timer| names.contains(&timer.name)) else {
            return Err(format!("no timer is called {}", names.join(", ")).into());
        };
        timers::run_reporting(&self.ctx, timer).await?;
        Ok(Value::Null)
    }
}

fn last_part(arn: &str, separator: char) -> &str {
    arn.rsplit(separator).next().unwrap_or_default()
}
