// What the server has told: devices, entities, states, and the last minutes of what is drawn. Whatever the server takes back
// is gone from here at once, and with it from the page.

/** Seconds that curves show. */
export const WINDOW_S = 300;

/** Values over a body. When the privacy class changes they go first, and come back only if the server tells them again. */
const OF_A_BODY = new Set([
  "breathing_rate",
  "heart_rate",
  "someone_sleeping",
  "possible_distress",
  "pose",
  "tracked_person",
  "multi_room_transition",
  "bfld_identity_risk",
]);

const DRAWN = {
  motion_level: Number,
  breathing_rate: Number,
  bfld_motion: (state) => ({ on: 100, off: 0 })[state] ?? NaN,
};

const byName = (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true });

export class Home {
  devices = new Map();
  #entities = new Map();
  #states = new Map();
  #series = new Map();

  /** Takes in an event of the subscription; whether devices or entities came or went. */
  apply(event) {
    switch (event.type) {
      case "snapshot":
        this.#snapshot(event);
        return true;
      case "state_changed":
        this.#state(event.entity_id, event.state);
        return false;
      case "device_registry_updated":
        if (event.device) this.devices.set(event.device_id, event.device);
        else this.devices.delete(event.device_id);
        return true;
      case "entity_registry_updated":
        if (event.entity) this.#add(event.entity);
        else this.#forget(event.entity_id);
        return true;
      case "config_updated":
        for (const [id, { key }] of this.#entities) if (OF_A_BODY.has(key)) this.#forget(id, true);
        return true;
      default:
        return false;
    }
  }

  of(kind) {
    return [...this.devices.values()].filter((device) => device.kind === kind).sort(byName);
  }

  parts(of, kind) {
    return this.of(kind).filter((device) => device.via_device_id === of);
  }

  /** Whether a device has this entity: what the privacy class withholds does not exist. */
  has(device, key) {
    return this.#find(device, key) !== undefined;
  }

  state(device, key) {
    return this.#states.get(this.#find(device, key))?.state;
  }

  attributes(device, key) {
    return this.#states.get(this.#find(device, key))?.attributes ?? {};
  }

  /** The last minutes of an entity as two columns: seconds, and values or null. */
  series(device, key) {
    return this.#series.get(this.#find(device, key)) ?? { times: [], values: [] };
  }

  /** Nothing is known any more: a gap in every curve. */
  lost() {
    for (const { times, values } of this.#series.values()) {
      if (values.at(-1) === null) continue;
      times.push(Date.now() / 1000);
      values.push(null);
    }
  }

  #index = new Map();

  #find(device, key) {
    return this.#index.get(`${device}/${key}`);
  }

  #add(entity) {
    this.#entities.set(entity.entity_id, entity);
    this.#index.set(`${entity.device_id}/${entity.key}`, entity.entity_id);
  }

  #snapshot({ devices, entities, states }) {
    this.devices = new Map(devices.map((device) => [device.id, device]));
    this.#entities.clear();
    this.#index.clear();
    this.#states.clear();
    entities.forEach((entity) => this.#add(entity));
    for (const id of this.#series.keys()) if (!this.#entities.has(id)) this.#series.delete(id);
    for (const state of states) this.#state(state.entity_id, state);
  }

  /** Takes away what is known of an entity; unless it comes back, the entity too. */
  #forget(id, comesBack = false) {
    this.#states.delete(id);
    this.#series.delete(id);
    const entity = this.#entities.get(id);
    if (comesBack || !entity) return;
    this.#entities.delete(id);
    this.#index.delete(`${entity.device_id}/${entity.key}`);
  }

  #state(id, state) {
    if (state === null) {
      this.#forget(id, true);
      return;
    }
    this.#states.set(id, state);
    const value = DRAWN[this.#entities.get(id)?.key];
    if (value) this.#record(id, value(state.state));
  }

  #record(id, value) {
    const now = Date.now() / 1000;
    const { times, values } = this.#series.get(id) ?? this.#series.set(id, { times: [], values: [] }).get(id);
    // One point before the window, so that the line begins at its edge.
    while (times.length > 1 && times[1] < now - WINDOW_S) {
      times.shift();
      values.shift();
    }
    times.push(now);
    values.push(Number.isFinite(value) ? value : null);
  }
}
