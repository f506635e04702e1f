//! The API and the privacy policy in figures, from which the other side is generated: no constant is typed twice.

use ruview_bfld::{PrivacyClass, policy};
use ruview_core::DataSource;
use ruview_engine::catalog::{CATALOG, NO_SOURCE};
use ruview_engine::{
    DEFAULT_HOLD, HOLD_RANGE_S, MAX_ID, MAX_NAME, MAX_ROOMS, NodeId, ROOM_PREFIX, Sensitivity, services,
};
use serde_json::{Value, json};

use crate::api;
use ruview_host::frames::{ErrorCode, EventFrame};

/// The catalog, the privacy policy and the constants of the API.
pub(crate) fn schema() -> Value {
    let sources: Vec<_> = DataSource::ALL.iter().map(|source| source.as_str()).chain([NO_SOURCE]).collect();
    let measuring = |kind: &&str| format!("{kind}_1").parse().is_ok_and(|id: NodeId| id.measures());
    json!({
        "api": api::API,
        "version": api::VERSION,
        "path": api::WS_PATH,
        "default_port": api::DEFAULT_PORT,
        "capabilities": api::CAPABILITIES,
        "privacy_class": PrivacyClass::default().as_u8(),
        "policy": policy::document(),
        "catalog": CATALOG,
        "data_sources": sources,
        "services": services::NAMES,
        "rooms": {
            "device_prefix": ROOM_PREFIX,
            "node_kinds": NodeId::KINDS,
            "measuring_kinds": NodeId::KINDS.iter().filter(|kind| measuring(kind)).collect::<Vec<_>>(),
            "max_rooms": MAX_ROOMS,
            "max_id": MAX_ID,
            "max_name": MAX_NAME,
            "min_hold_s": HOLD_RANGE_S.start(),
            "max_hold_s": HOLD_RANGE_S.end(),
            "default_hold_s": DEFAULT_HOLD.as_secs(),
            "sensitivities": Sensitivity::ALL,
            "default_sensitivity": Sensitivity::default(),
        },
        "commands": ruview_host::NAMES,
        "event_types": EventFrame::NAMES,
        "error_codes": ErrorCode::ALL,
        "close_codes": {
            "going_away": api::close::GOING_AWAY,
            "binary": api::close::BINARY,
            "not_utf8": api::close::NOT_UTF8,
            "too_big": api::close::TOO_BIG,
            "not_authenticated": api::close::NOT_AUTHENTICATED,
        },
        "auth_timeout_s": api::AUTH_TIMEOUT.as_secs(),
        "heartbeat_s": api::HEARTBEAT.as_secs(),
        "missed_pings": api::MISSED_PINGS,
        "max_message_bytes": api::MAX_MESSAGE_BYTES,
        "queue": homecore::DEFAULT_CAPACITY,
    })
}
