//! What interfaces ask the engine about now: which nodes there are, and, for research, what one of them measures.

use jiff::Timestamp;
use ruview_bfld::policy::{Field, Outlet, Terms};
use ruview_core::DataSource;
use ruview_signal::CANONICAL_BINS;

use crate::engine::Engine;
use crate::node::{Frames, Node};

/// Frames of a window.
pub const WINDOW_FRAMES: usize = 20;

/// From what a node knows its surroundings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// It measures the channel.
    Csi,
    /// It overhears beamforming feedback.
    Bfi,
}

/// A node now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeNow {
    /// Its id, which is that of its device.
    pub id: String,
    /// From what it knows its surroundings.
    pub kind: NodeKind,
    /// Where its data originates.
    pub source: DataSource,
    /// Nothing came for too long.
    pub silent: bool,
    /// When it was last heard.
    pub last_heard: Timestamp,
    /// The device that tells the named events: the node's own, or that of its room of several nodes.
    pub speaker: String,
}

/// What a node measured last.
#[derive(Debug, Clone, PartialEq)]
pub struct CsiWindow {
    /// The node.
    pub node: String,
    /// When its last frame came.
    pub at: Timestamp,
    /// Receive antennas of its radio; the frames are of the first.
    pub antennas: u8,
    /// Amplitudes on the canonical grid relative to each frame's mean: `[WINDOW_FRAMES][CANONICAL_BINS]`, oldest first.
    pub frames: Vec<[f32; CANONICAL_BINS]>,
}

impl Engine {
    /// The nodes, in the order of their ids.
    pub fn nodes_now(&self) -> Vec<NodeNow> {
        let now = |node: &Node| NodeNow {
            id: node.device().to_owned(),
            kind: node.kind(),
            source: node.source().kind,
            silent: node.is_silent(),
            last_heard: node.last_heard(),
            speaker: self.rooms.speaker(node.device()),
        };
        self.nodes.values().map(now).collect()
    }

    /// What the first node measures that measures now. `None` unless the privacy class permits that frames are kept.
    pub fn csi_window(&self) -> Option<CsiWindow> {
        let research = Terms { outlet: Outlet::Research, ..self.publisher.privacy() };
        if !research.permit(Field::Amplitudes) {
            return None;
        }
        self.nodes.values().find_map(|node| {
            let Frames { antennas, amplitudes } = node.window()?;
            let (node, at) = (node.device().to_owned(), node.last_heard());
            Some(CsiWindow { node, at, antennas, frames: amplitudes })
        })
    }
}
