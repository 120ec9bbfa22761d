//! OpenTelemetry traces over OTLP/HTTP (protobuf), in batches from a thread of their own.

use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState, TracerProvider as _,
};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracerProvider, Tracer};
use std::sync::atomic::{AtomicBool, Ordering};
use tracing::{Span, Subscriber};
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt as _};
use tracing_subscriber::registry::LookupSpan;

/// Whether spans of this process go anywhere.
static EXPORTING: AtomicBool = AtomicBool::new(false);

/// Exports to `<endpoint>/v1/traces`.
pub(super) fn provider(endpoint: &str, service: &str) -> Result<SdkTracerProvider, ExporterBuildError> {
    let exporter =
        SpanExporter::builder().with_http().with_endpoint(format!("{endpoint}/v1/traces")).build()?;
    EXPORTING.store(true, Ordering::Relaxed);
    let resource = Resource::builder().with_service_name(service.to_owned()).build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}

pub(super) fn layer<S: Subscriber + for<'span> LookupSpan<'span>>(
    traces: &SdkTracerProvider,
) -> OpenTelemetryLayer<S, Tracer> {
    tracing_opentelemetry::layer().with_tracer(traces.tracer("talenti"))
}

/// Makes a span part of the trace that a request or a message came with: 32 hexadecimal digits; anything else is no
/// trace id and changes nothing. Costs nothing while no traces are exported.
pub fn adopt(span: &Span, trace_id: &str) {
    if !EXPORTING.load(Ordering::Relaxed) {
        return;
    }
    let Ok(trace) = TraceId::from_hex(trace_id) else { return };
    if trace == TraceId::INVALID || trace_id.len() != 32 {
        return;
    }
    // The caller's own span is not known on this side: one that stands for it keeps the trace together.
    let parent = SpanId::from_bytes(rand::random::<u64>().max(1).to_be_bytes());
    let remote = SpanContext::new(trace, parent, TraceFlags::SAMPLED, true, TraceState::default());
    let _ = span.set_parent(opentelemetry::Context::new().with_remote_span_context(remote));
}
