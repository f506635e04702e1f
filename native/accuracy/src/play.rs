//! One run: an engine of its own hears one node, and what homecore then holds is noted at the end of every second.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use homecore::{CoreEvent, HomeCore, Receiver, TryRecvError};
use ruview_capture::{CaptureEvent, Captured};
use ruview_core::{CsiFrame, DataSource, NodePacket, StreamTime};
use ruview_engine::{Engine, EngineConfig, NodeId, Source, SourceName, stream_clock};
use ruview_recordings::{NODE, RecordingError};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::plan::Run;
use crate::stream::{JOINT_S, Piece, join};

/// When a stream begins: any day would do.
const EPOCH: StreamTime = StreamTime::from_micros(1_700_000_000_000_000);
/// The length of a requested calibration: what the button asks for.
const CALIBRATION: Duration = Duration::from_secs(10);
/// A second of a piece counts when so much of it was recorded: most recordings of "10 s" end some packets earlier.
const ENOUGH_OF_A_SECOND: f64 = 0.9;

const SOURCE: Source = Source { index: 0, kind: DataSource::Replay, name: SourceName::RECORDING };

/// A run that could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// One of its files is no recording.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// More changed in a second than homecore keeps for a slow reader, so events are missing.
    #[error("{missed} changes were missed")]
    Missed {
        /// How many.
        missed: u64,
    },
}

/// What homecore held at the end of a second of a piece.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Second {
    /// The piece, counted from 0.
    pub piece: usize,
    /// The second of the piece, counted from 1; 0 for what came after the last piece's end.
    pub second: u32,
    /// The node's entities by their key in the catalog.
    pub states: BTreeMap<String, String>,
    /// What was fired in that second.
    pub events: Vec<Fired>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fired {
    /// Its type.
    pub event_type: String,
    /// When it was fired: seconds from the beginning of the piece.
    pub at_s: f64,
    /// What was said of it.
    pub data: Map<String, Value>,
}

/// All that a run showed.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Played {
    /// The length of each piece in seconds.
    pub lengths_s: Vec<f64>,
    /// What the engine refused.
    pub refusals: Vec<String>,
    /// In order.
    pub seconds: Vec<Second>,
}

/// Plays a run.
///
/// # Errors
/// [`PlayError`] says why it could not be judged.
pub fn play(run: &Run) -> Result<Played, PlayError> {
    let pieces = join(&run.segments)?;
    let mut player = Player::new();
    for (index, piece) in pieces.into_iter().enumerate() {
        player.piece(index, piece)?;
    }
    player.end()?;
    Ok(player.played)
}

struct Player {
    core: Arc<HomeCore>,
    engine: Engine,
    changes: Receiver<CoreEvent>,
    played: Played,
    /// The piece that is played, and the time of the stream at which it began and ended.
    piece: usize,
    from_s: f64,
    to_s: f64,
}

impl Player {
    fn new() -> Self {
        let core = Arc::new(HomeCore::default());
        let config = EngineConfig::new("accuracy", "RuView", env!("CARGO_PKG_VERSION"));
        let engine = Engine::new(config, Arc::clone(&core), stream_clock());
        let (_, changes) = core.snapshot_and_subscribe();
        Self { core, engine, changes, played: Played::default(), piece: 0, from_s: 0.0, to_s: 0.0 }
    }

    fn piece(&mut self, index: usize, piece: Piece) -> Result<(), PlayError> {
        (self.piece, self.from_s, self.to_s) = (index, piece.from_s, piece.to_s);
        self.played.lengths_s.push(piece.to_s - piece.from_s);
        let mut second = 1;
        for (number, timed) in piece.frames.into_iter().enumerate() {
            while self.from_s + f64::from(second) <= timed.at_s {
                self.second(second)?;
                second += 1;
            }
            self.hear(timed.at_s, timed.frame);
            if piece.calibrate && number == 0 {
                self.calibrate();
            }
        }
        let unfinished = self.to_s - self.from_s - f64::from(second - 1);
        if unfinished >= ENOUGH_OF_A_SECOND {
            self.second(second)?;
        }
        Ok(())
    }

    /// A last second without frames, in which the engine can still tell what it concluded.
    fn end(&mut self) -> Result<(), PlayError> {
        self.tick(self.to_s + 1.0);
        self.note(0)
    }

    fn hear(&mut self, at_s: f64, frame: CsiFrame) {
        let event = CaptureEvent::Packet(NodePacket::Csi(frame));
        self.engine.handle(&SOURCE, &Captured { at: at(at_s), event });
    }

    fn calibrate(&mut self) {
        if let Err(error) = self.engine.calibrate(&NodeId::Esp32(NODE), CALIBRATION) {
            self.played.refusals.push(format!("piece {}: {error}", self.piece));
        }
    }

    /// The end of a second of the piece. A last one that was cut short ends before the next piece begins.
    fn second(&mut self, second: u32) -> Result<(), PlayError> {
        self.tick((self.from_s + f64::from(second)).min(self.to_s + JOINT_S / 2.0));
        self.note(second)
    }

    fn tick(&mut self, at_s: f64) {
        self.engine.handle(&SOURCE, &Captured { at: at(at_s), event: CaptureEvent::Tick });
    }

    fn note(&mut self, second: u32) -> Result<(), PlayError> {
        let events = self.fired()?;
        let node = NodeId::Esp32(NODE).to_string();
        let snapshot = self.core.snapshot();
        let of_node = snapshot.entities.iter().filter(|entity| entity.device_id.as_deref() == Some(node.as_str()));
        let states = of_node
            .filter_map(|entity| {
                let state = self.core.states().get(entity.entity_id.as_str())?;
                Some((entity.key.clone(), state.state.clone()))
            })
            .collect();
        self.played.seconds.push(Second { piece: self.piece, second, states, events });
        Ok(())
    }

    fn fired(&mut self) -> Result<Vec<Fired>, PlayError> {
        let mut fired = Vec::new();
        loop {
            match self.changes.try_recv() {
                Ok(CoreEvent::Fired(event)) => fired.push(Fired {
                    event_type: event.event_type.clone(),
                    at_s: event.time_fired.as_microsecond().saturating_sub(at(self.from_s).as_micros()) as f64 / 1e6,
                    data: event.data.clone(),
                }),
                Ok(_) => {}
                Err(TryRecvError::Lagged(missed)) => return Err(PlayError::Missed { missed }),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return Ok(fired),
            }
        }
    }
}

/// A time of the stream.
fn at(seconds: f64) -> StreamTime {
    EPOCH + Duration::from_secs_f64(seconds.max(0.0))
}
