//! What a card in monitor mode measures from beamforming feedback alone.

use ruview_bfld::policy::Field;

use super::kind::{EntityKind, OCCUPANCY, PERCENT, binary, measured};

/// Somebody is there, from beamforming feedback alone.
pub const BFLD_PRESENCE: EntityKind = binary("bfld_presence", &[Field::Presence], OCCUPANCY);

/// Somebody moves, from beamforming feedback alone.
pub const BFLD_MOTION: EntityKind = binary("bfld_motion", &[Field::Motion], Some("motion"));

/// How good the feedback is that the other two are made of.
pub const BFLD_CONFIDENCE: EntityKind = measured("bfld_confidence", &[Field::Confidence], PERCENT).diagnostic();

/// How much the feedback could identify somebody, 0 to 1.
pub const BFLD_IDENTITY_RISK: EntityKind = measured("bfld_identity_risk", &[Field::IdentityRisk], None).diagnostic();
