//! An engine on a workbench: packets by hand, published times equal to stream times.

// Each test file is a crate of its own and uses a part of this.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use homecore::{CoreEvent, HomeCore, Receiver};
use ruview_capture::{CaptureEvent, Captured};
use ruview_core::{
    Complex32, CsiFrame, DataSource, EdgeVitals, FeatureState, FeatureVector, NodeNumber, NodePacket, StreamTime,
};
use ruview_engine::{Engine, EngineConfig, Source, SourceName, stream_clock};
use serde_json::Value;

pub const LIVE: Source = Source { index: 0, kind: DataSource::Live, name: SourceName::FIRST };
pub const REPLAY: Source = Source { index: 1, kind: DataSource::Replay, name: SourceName::RECORDING };

pub fn start() -> StreamTime {
    StreamTime::from_micros(1_800_000_000_000_000)
}

pub fn at(seconds: f64) -> StreamTime {
    start() + Duration::from_secs_f64(seconds)
}

pub struct Bench {
    pub core: Arc<HomeCore>,
    pub engine: Engine,
    pub events: Receiver<CoreEvent>,
}

pub fn config() -> EngineConfig {
    EngineConfig::new("server", "RuView", "0.1.0")
}

impl Bench {
    pub fn new() -> Self {
        Self::with(config())
    }

    pub fn with(config: EngineConfig) -> Self {
        let core = Arc::new(HomeCore::default());
        let engine = Engine::new(config, Arc::clone(&core), stream_clock());
        let (_, events) = core.snapshot_and_subscribe();
        Self { core, engine, events }
    }

    pub fn send(&mut self, source: &Source, seconds: f64, packet: NodePacket) {
        self.engine.handle(source, &Captured { at: at(seconds), event: CaptureEvent::Packet(packet) });
    }

    pub fn tick(&mut self, source: &Source, seconds: f64) {
        self.engine.handle(source, &Captured { at: at(seconds), event: CaptureEvent::Tick });
    }

    /// Ticks each whole second in `(from, to]`.
    pub fn silence(&mut self, source: &Source, from: u32, to: u32) {
        for second in from + 1..=to {
            self.tick(source, f64::from(second));
        }
    }

    pub fn state(&self, entity_id: &str) -> Option<String> {
        self.core.states().get(entity_id).map(|state| state.state.clone())
    }

    pub fn attributes(&self, entity_id: &str) -> Value {
        Value::Object((*self.core.states().get(entity_id).unwrap().attributes).clone())
    }

    pub fn entities(&self) -> Vec<String> {
        self.core.snapshot().entities.iter().map(|entity| entity.entity_id.to_string()).collect()
    }

    /// What was fired since the last call, and the state changes of `entity_id`.
    pub fn drain(&mut self, entity_id: &str) -> (Vec<homecore::Event>, Vec<String>) {
        let (mut fired, mut states) = (Vec::new(), Vec::new());
        while let Ok(event) = self.events.try_recv() {
            match event {
                CoreEvent::Fired(event) => fired.push((*event).clone()),
                CoreEvent::StateChanged(c) if c.entity_id.as_str() == entity_id => {
                    states.push(c.new.map_or_else(|| "removed".into(), |new| new.state.clone()));
                }
                _ => {}
            }
        }
        (fired, states)
    }
}

pub fn csi(node: u8) -> NodePacket {
    let iq = (0..64).map(|k| Complex32::new(20.0, f32::from(k as i8))).collect();
    NodePacket::Csi(CsiFrame::new(NodeNumber(node), 1, 64, iq).unwrap())
}

pub fn edge(node: u8, presence: bool, motion: bool) -> NodePacket {
    NodePacket::EdgeVitals(EdgeVitals {
        node: NodeNumber(node),
        presence,
        fall: false,
        motion,
        breathing_rate_bpm: 0.0,
        heart_rate_bpm: 0.0,
        rssi_dbm: None,
        n_persons: 4,
        motion_energy: 1.0,
        presence_score: 1e9,
        uptime_ms: None,
    })
}

pub fn feature_state(node: u8) -> NodePacket {
    NodePacket::FeatureState(FeatureState {
        node: NodeNumber(node),
        mode: 0,
        seq: 0,
        node_ts_us: 0,
        motion_score: 1.0,
        presence_score: 1.0,
        respiration_bpm: 0.0,
        respiration_conf: 0.0,
        heartbeat_bpm: 0.0,
        heartbeat_conf: 0.0,
        anomaly_score: 0.0,
        env_shift_score: 0.0,
        node_coherence: 0.0,
        quality_flags: 0,
    })
}

pub fn feature_vector(node: u8) -> NodePacket {
    NodePacket::FeatureVector(FeatureVector { node: NodeNumber(node), seq: 0, features: [0.0; 8] })
}
