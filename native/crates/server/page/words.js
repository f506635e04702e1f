// What values are called, for people.

const STATES = {
  presence: { on: "Somebody is there", off: "Nobody" },
  bfld_presence: { on: "Somebody is there", off: "Nobody" },
  motion: { on: "Moving", off: "Still" },
  bfld_motion: { on: "Moving", off: "Still" },
  zone_occupancy: { on: "Occupied", off: "Free" },
  room_active: { on: "Active", off: "Quiet" },
  calibration: {
    learning: "Learning the room",
    self_calibrated: "Learnt by itself",
    calibrating: "Calibrating",
    calibrated: "Calibrated",
  },
  data_source: { live: "Live", replay: "A recording", simulated: "Simulated", none: "Nothing" },
};

/** A state in words; undefined when nothing is known. */
export function word(key, state) {
  if (state === undefined || state === "unknown" || state === "unavailable") return undefined;
  return STATES[key]?.[state] ?? state;
}

export const CLASSES = {
  1: ["derived", "Research: CSI is served to programs on the server's own host that have the token."],
  2: ["anonymous", "For homes: what is felt of a room leaves the server, and nothing that tells who somebody is."],
  3: ["restricted", "For care homes, rentals and offices: nothing that is measured of a body leaves the server."],
};

const FIELDS = {
  breathing_rate: "Breathing rate",
  heart_rate: "Heart rate",
  someone_sleeping: "Whether someone sleeps",
  possible_distress: "Possible distress",
  pose_keypoints: "Poses",
  tracked_persons: "People as tracks",
  multi_room_transition: "Who goes from room to room",
  anomaly_score: "How unusual the channel is, as a number",
  env_shift_score: "How far the room has changed, as a number",
  node_coherence: "Coherence of a node's link",
  identity_risk_score: "How much the signal could identify somebody",
  identity_risk: "Identity risk, as an entity",
  rf_signature_hash: "The day's hash of the signal",
  identity_embedding: "What could identify a person",
  raw_bfi: "Beamforming feedback as it was received",
  compressed_angle_matrix: "The feedback's angles",
  soul_match_probability: "How well somebody matches a known person",
  downsampled_angle_matrix: "The feedback's angles, coarsened",
  amplitudes: "Amplitudes of the channel (CSI)",
};

export const field = (key) => FIELDS[key] ?? key.replaceAll("_", " ");

const REASONS = {
  motion: "something moved",
  micro_motion: "something moved a little, such as somebody who breathes",
  presence: "somebody was there",
  too_few_packets: "too few packets came",
  node_silent: "the node fell silent",
  forgotten: "the node was forgotten or its baseline reset",
};

const REFUSALS = {
  room_not_empty: "the room is not empty",
  node_silent: "the node sends nothing now",
  not_permitted: "this token is for reading only",
};

/** Why the server did not do what it was asked for, in words. */
export function refusal({ code, message, found }) {
  const because = code === "room_not_empty" ? reasons(found) : "";
  return `${REFUSALS[code] ?? message}${because ? ` (${because})` : ""}`;
}

/** Why a calibration ended as it did, in words. */
export function reasons(reason) {
  const all = Array.isArray(reason) ? reason : reason ? [reason] : [];
  return all.map((one) => REASONS[one] ?? String(one).replaceAll("_", " ")).join(", ");
}
