//! The service's addresses: the time at `/`, and `/health`, `/ready`, `/metrics` as Terrarium expects them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use axum::{
    Json, Router,
    extract::{MatchedPath, Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus::{
    HistogramVec, IntCounterVec, Opts, Registry, TextEncoder, histogram_opts, process_collector::ProcessCollector,
};
use serde_json::{Value, json};

use crate::log::{Log, now};

const LABELS: &[&str] = &["method", "route", "status_code"];
const BUCKETS: &[f64] = &[0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0];
const OPERATIONAL: &[&str] = &["/health", "/ready", "/metrics"];

/// What the handlers share.
#[derive(Clone)]
pub struct Clock {
    log: Log,
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    stopping: Arc<AtomicBool>,
}

impl Clock {
    /// Creates the metrics; their names and labels are those that Terrarium's rules and dashboards read.
    pub fn new(log: Log) -> Self {
        let requests = IntCounterVec::new(Opts::new("http_requests_total", "Requests that were answered."), LABELS)
            .expect("name and labels are valid");
        let durations = HistogramVec::new(
            histogram_opts!("http_request_duration_seconds", "Duration of requests in seconds.", BUCKETS.to_vec()),
            LABELS,
        )
        .expect("name, labels and buckets are valid");
        let registry = Registry::new();
        for collector in [
            Box::new(requests.clone()) as Box<dyn prometheus::core::Collector>,
            Box::new(durations.clone()),
            Box::new(ProcessCollector::for_self()),
        ] {
            registry.register(collector).expect("each name is registered once");
        }
        Self { log, registry, requests, durations, stopping: Arc::default() }
    }

    /// Makes the service report itself unready.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }
}

/// The service's routes, each request measured and logged.
pub fn router(clock: Clock) -> Router {
    Router::new()
        .route("/", get(async || Json(json!({ "time": now() }))))
        .route("/health", get(async || Json(json!({ "status": "ok" }))))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .fallback(async || (StatusCode::NOT_FOUND, Json(error("not_found", "There is nothing at this address."))))
        .layer(middleware::from_fn_with_state(clock.clone(), observe))
        .with_state(clock)
}

async fn ready(State(clock): State<Clock>) -> Response {
    if clock.stopping.load(Ordering::Relaxed) {
        return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "stopping" }))).into_response();
    }
    Json(json!({ "status": "ready" })).into_response()
}

async fn metrics(State(clock): State<Clock>) -> Response {
    match TextEncoder::new().encode_to_string(&clock.registry.gather()) {
        Ok(text) => ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response(),
        Err(reason) => {
            clock.log.error("metrics failed", &[("reason", json!(reason.to_string()))]);
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn observe(State(clock): State<Clock>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().to_string();
    // The pattern, never the path: a label with endless values would fill Prometheus.
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let fields = [("method", json!(method)), ("route", json!(route)), ("statusCode", json!(status))];
    if OPERATIONAL.contains(&route.as_str()) {
        clock.log.trace("request", &fields);
    } else {
        let labels = [method.as_str(), route.as_str(), &status.to_string()];
        clock.requests.with_label_values(&labels).inc();
        clock.durations.with_label_values(&labels).observe(started.elapsed().as_secs_f64());
        clock.log.info("request", &fields);
    }
    response
}

fn error(code: &str, message: &str) -> Value {
    json!({ "error": { "code": code, "message": message } })
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;
    use crate::log::Level;

    async fn get_text(clock: &Clock, path: &str) -> (StatusCode, String) {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let response = router(clock.clone()).oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn tells_the_time() {
        let (status, text) = get_text(&Clock::new(Log::new(Level::Error)), "/").await;
        assert_eq!(status, StatusCode::OK);
        let value: Value = serde_json::from_str(&text).unwrap();
        assert!(value["time"].as_str().unwrap().ends_with('Z'));
    }

    #[tokio::test]
    async fn is_alive_but_not_ready_while_it_stops() {
        let clock = Clock::new(Log::new(Level::Error));
        assert_eq!(get_text(&clock, "/ready").await.0, StatusCode::OK);
        clock.stop();
        assert_eq!(get_text(&clock, "/ready").await.0, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(get_text(&clock, "/health").await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn counts_requests_by_route_and_leaves_probes_out() {
        let clock = Clock::new(Log::new(Level::Error));
        for path in ["/", "/", "/nothing", "/health"] {
            get_text(&clock, path).await;
        }
        let (_, text) = get_text(&clock, "/metrics").await;
        assert!(text.contains(r#"http_requests_total{method="GET",route="/",status_code="200"} 2"#), "{text}");
        assert!(text.contains(r#"http_requests_total{method="GET",route="none",status_code="404"} 1"#), "{text}");
        assert!(text.contains(r#"http_request_duration_seconds_count{method="GET",route="/",status_code="200"} 2"#));
        assert!(text.contains("process_cpu_seconds_total") && text.contains("process_resident_memory_bytes"));
        assert!(text.contains("process_open_fds") && text.contains("process_max_fds"));
        assert!(!text.contains(r#"route="/health""#));
    }
}
