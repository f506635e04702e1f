//! The table itself: every field that any sink can emit, once.

use serde::Serialize;

/// Under which circumstances a class may carry a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// It may.
    Always,
    /// Unless the user turned on `privacy_mode`.
    UnlessPrivacyMode,
    /// Only where the user asked for it.
    OptIn,
    /// Only as a diagnostic entity.
    DiagnosticOnly,
    /// Only on research topics and endpoints.
    ResearchOnly,
    /// It must not.
    Never,
}

/// What the table says about one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The field's name: the key in JSON, the entity, the topic.
    pub key: &'static str,
    /// Classes 1, 2 and 3. Nothing leaves at class 0.
    pub classes: [Permission; 3],
    /// It says something about a body or about who somebody is.
    pub biometric: bool,
}

macro_rules! fields {
    ($($(#[$doc:meta])* $field:ident $key:literal: $one:ident, $two:ident, $three:ident, $biometric:literal;)+) => {
        /// A field that has a row in the table. There is no other way to name one.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field {
            $($(#[$doc])* $field,)+
        }

        impl Field {
            /// Every field, in the table's order.
            pub const ALL: &[Self] = &[$(Self::$field,)+];

            /// The field's row.
            pub const fn row(self) -> &'static Row {
                match self {
                    $(Self::$field => &Row {
                        key: $key,
                        classes: [Permission::$one, Permission::$two, Permission::$three],
                        biometric: $biometric,
                    },)+
                }
            }

            /// The field of this name.
            pub fn from_key(key: &str) -> Option<Self> {
                match key {
                    $($key => Some(Self::$field),)+
                    _ => None,
                }
            }
        }
    };
}

// field, key: class 1, class 2, class 3, biometric
fields! {
    /// Somebody is there.
    Presence "presence": Always, Always, Always, false;
    /// Somebody moves.
    Motion "motion": Always, Always, Always, false;
    /// Amount of motion, 0 to 100 %.
    MotionLevel "motion_level": Always, Always, Always, false;
    /// Energy of the motion.
    MotionEnergy "motion_energy": Always, Always, Always, false;
    /// How sure presence is, 0 to 1.
    PresenceScore "presence_score": Always, Always, Always, false;
    /// How many people are there.
    PersonCount "person_count": Always, Always, Always, false;
    /// Which zones are occupied.
    ZoneOccupancy "zone_occupancy": Always, Always, Always, false;
    /// In which zones there is activity.
    ZoneActivity "zone_activity": Always, Always, Always, false;
    /// Received signal strength.
    Rssi "rssi": Always, Always, Always, false;
    /// Somebody fell.
    Fall "fall": Always, Always, Always, false;
    /// How sure a value is.
    Confidence "confidence": Always, Always, Always, false;

    /// The room is in use.
    RoomActive "room_active": Always, Always, Always, false;
    /// Somebody is there and has not moved for long.
    NoMovement "no_movement": Always, Always, Always, false;
    /// Still for longer than usual.
    ElderlyInactivityAnomaly "elderly_inactivity_anomaly": Always, Always, Always, false;
    /// Several people sit together.
    MeetingInProgress "meeting_in_progress": Always, Always, Always, false;
    /// Somebody is in the bathroom.
    BathroomOccupied "bathroom_occupied": Always, Always, Always, false;
    /// Near-falls and gait suggest care.
    FallRiskElevated "fall_risk_elevated": Always, Always, Always, false;
    /// Somebody left the bed at night.
    BedExit "bed_exit": Always, Always, Always, false;

    /// Presence that no linked person explains.
    UnknownPresence "unknown_presence": Always, Always, Always, false;
    /// Presence outside the schedule.
    UnexpectedOccupancy "unexpected_occupancy": Always, Always, Always, false;
    /// Activity that this home has not shown before.
    UnrecognizedActivityPattern "unrecognized_activity_pattern": Always, Always, Always, false;

    /// Breaths per minute.
    BreathingRate "breathing_rate": Always, UnlessPrivacyMode, Never, true;
    /// Heart beats per minute.
    HeartRate "heart_rate": Always, UnlessPrivacyMode, Never, true;
    /// Inferred from vitals.
    SomeoneSleeping "someone_sleeping": Always, UnlessPrivacyMode, Never, true;
    /// Inferred from vitals.
    PossibleDistress "possible_distress": Always, UnlessPrivacyMode, Never, true;

    /// The points of a pose.
    PoseKeypoints "pose_keypoints": Always, OptIn, Never, true;
    /// People as tracks.
    TrackedPersons "tracked_persons": Always, OptIn, Never, true;
    /// One track from room to room.
    MultiRoomTransition "multi_room_transition": Always, OptIn, Never, true;

    /// How unusual the channel is.
    AnomalyScore "anomaly_score": Always, Always, Never, false;
    /// How far the room has changed.
    EnvShiftScore "env_shift_score": Always, Always, Never, false;
    /// Coherence of a node's link.
    NodeCoherence "node_coherence": Always, Always, Never, false;

    /// How much the feedback could identify somebody.
    IdentityRiskScore "identity_risk_score": Always, DiagnosticOnly, Never, false;
    /// The same as a topic.
    IdentityRisk "identity_risk": Always, DiagnosticOnly, Never, false;
    /// The site's hash of a day's features.
    RfSignatureHash "rf_signature_hash": Always, Never, Never, true;

    /// What could identify a person.
    IdentityEmbedding "identity_embedding": Never, Never, Never, true;
    /// Beamforming feedback as it was received.
    RawBfi "raw_bfi": Never, Never, Never, true;
    /// The feedback's angles.
    AngleMatrix "compressed_angle_matrix": Never, Never, Never, true;
    /// How well somebody matches an enrolled person.
    SoulMatchProbability "soul_match_probability": Never, Never, Never, true;
    /// Angles of a few tones in 8 bits.
    DownsampledAngleMatrix "downsampled_angle_matrix": ResearchOnly, Never, Never, true;
    /// Relative amplitudes of the channel on the canonical grid. Whoever has them can watch a body.
    Amplitudes "amplitudes": ResearchOnly, Never, Never, true;
}
