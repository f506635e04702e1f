//! Services: what they take, what they answer, and how they fail.
#![allow(clippy::unwrap_used, reason = "helpers of tests, outside of test functions")]

use std::future::pending;
use std::time::Duration;

use homecore::{Context, DEFAULT_TIMEOUT, HomeCore, Refusal, ServiceCall, ServiceError, ServiceId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Calibrate {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    seconds: u32,
}

#[derive(Debug, Serialize)]
struct Begun {
    total_s: u32,
    parent: Option<String>,
}

fn calibrate() -> ServiceId {
    ServiceId::new("ruview", "calibrate").unwrap()
}

fn core() -> HomeCore {
    let core = HomeCore::default();
    let handler = async |call: ServiceCall<Calibrate>| {
        let total_s = call.data.nodes.iter().map(|node| node.seconds).sum();
        if total_s == 0 {
            return Err(Refusal { code: "no_time", message: "expected some seconds, found 0".into() });
        }
        Ok(Begun { total_s, parent: call.context.child().parent_id.map(|id| id.to_string()) })
    };
    core.services().register(calibrate(), move |call| Box::pin(handler(call))).unwrap();
    core
}

async fn call(core: &HomeCore, data: Value) -> Result<Value, ServiceError> {
    core.services().call(&calibrate(), data, Context::new(), DEFAULT_TIMEOUT).await
}

#[tokio::test]
async fn answers_in_the_context_of_the_caller() {
    let core = core();
    let context = Context::new();
    let data = json!({"nodes": [{"seconds": 10}, {"seconds": 5}]});
    let answer = core.services().call(&calibrate(), data, context.clone(), DEFAULT_TIMEOUT).await.unwrap();
    assert_eq!(answer, json!({"total_s": 15, "parent": context.id.to_string()}));
}

#[tokio::test]
async fn wrong_data_is_named_by_its_path() {
    let core = core();
    for (data, wrong) in [
        (json!({"nodes": [{"seconds": 1}, {"seconds": "x"}]}), "nodes[1].seconds"),
        (json!({"nodes": [], "more": 1}), "more"),
        (json!(null), "."),
        (json!({}), "."),
    ] {
        match call(&core, data.clone()).await {
            Err(ServiceError::InvalidData { path, .. }) => assert_eq!(path, wrong, "{data}"),
            other => panic!("{data}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_refusal_has_a_code_and_a_message() {
    let error = call(&core(), json!({"nodes": []})).await.unwrap_err();
    assert_eq!(error.to_string(), "ruview.calibrate failed: expected some seconds, found 0 (no_time)");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_never_answers_is_ended() {
    let core = HomeCore::default();
    let never = |_: ServiceCall<Value>| pending::<Result<(), Refusal>>();
    core.services().register(calibrate(), never).unwrap();
    let error = call(&core, json!({})).await.unwrap_err();
    assert_eq!(error, ServiceError::TimedOut { service: calibrate(), after: Duration::from_secs(10) });
}

#[tokio::test]
async fn what_nobody_offers_is_unknown() {
    let core = core();
    let other = ServiceId::new("ruview", "fly").unwrap();
    let error = core.services().call(&other, json!({}), Context::new(), DEFAULT_TIMEOUT).await.unwrap_err();
    assert_eq!(error, ServiceError::Unknown { service: other });
    assert!(core.services().remove(&calibrate()) && !core.services().remove(&calibrate()));
    assert!(matches!(call(&core, json!({})).await, Err(ServiceError::Unknown { .. })));
}

#[test]
fn names_are_checked_and_taken_once() {
    assert!(matches!(ServiceId::new("Ruview", "x"), Err(ServiceError::InvalidName { .. })));
    assert!(matches!(ServiceId::new("ruview", ""), Err(ServiceError::InvalidName { .. })));
    let core = core();
    let again = core.services().register(calibrate(), async |_: ServiceCall<Value>| Ok::<_, Refusal>(()));
    assert_eq!(again, Err(ServiceError::Taken { service: calibrate() }));
    assert_eq!(core.services().all(), [calibrate()]);
}
