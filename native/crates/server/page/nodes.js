// A card for each node: what it feels, how well it is heard, its curves and its calibration.

import { Calibration } from "./calibration.js";
import { Curve } from "./curve.js";
import { byId, h, say, show } from "./dom.js";
import { word } from "./words.js";

const EMPTY = {
  live:
    "No node has been heard yet. Flash an ESP32 with CSI firmware and let it send to UDP port 5005 of this machine, or name " +
    "a card in monitor mode in the configuration. A node appears here with its first packet.",
  simulated: "The simulation has not sent its first packet yet.",
  replay: "The recording has not begun yet.",
};

class Card {
  #id;
  #home;
  #facts = {};
  #curves = {};
  #calibration;

  constructor(device, home, connection) {
    this.#id = device.id;
    this.#home = home;
    this.#calibration = new Calibration(device.id, device.name, connection);
    this.presence = h("p", { class: "chip" });
    this.facts = h("dl", { class: "facts" });
    this.plots = h("div", {});
    const title = `node-${device.id}`;
    this.element = h(
      "article",
      { class: "card", "aria-labelledby": title, "data-node": device.id },
      h("div", { class: "row" }, h("h3", { id: title }, device.name), this.presence),
      h("p", { class: "hint" }, device.model ?? ""),
      this.plots,
      this.facts,
      this.#calibration.element,
    );
  }

  update(health, live) {
    const [home, id] = [this.#home, this.#id];
    const feedback = home.has(id, "bfld_presence");
    const presence = feedback ? "bfld_presence" : "presence";
    const motion = feedback ? "bfld_motion" : "motion";
    const silent = health?.silent === true || home.state(id, presence) === "unavailable";
    const there = home.state(id, presence);
    say(this.presence, silent ? "Silent" : (word(presence, there) ?? "Not known yet"));
    this.presence.dataset.tone = silent ? "bad" : there === "on" ? "on" : "off";

    this.#fact("Motion", word(motion, home.state(id, motion)));
    this.#fact("People", home.has(id, "person_count") && (word("person_count", home.state(id, "person_count")) ?? "–"));
    this.#fact("Packets", health ? `${health.packet_rate_hz} / s` : undefined);
    this.#fact("Quality", feedback ? unit(home.state(id, "bfld_confidence"), "%") : quality(health));
    this.#fact("Signal", home.has(id, "rssi") && (unit(home.state(id, "rssi"), "dBm") ?? "–"));
    this.#fact("Heart rate", home.has(id, "heart_rate") && (unit(home.state(id, "heart_rate"), "/ min") ?? "–"));
    this.#fact("Data", word("data_source", home.state(id, "data_source")));
    const duplicate = home.attributes(id, "data_source").duplicate_id === true;
    this.#fact("Attention", duplicate && "two nodes have this number");

    this.#curve("motion_level", { title: "Motion", unit: "%", low: 0, high: 100, ink: "motion" });
    this.#curve("bfld_motion", { title: "Motion (100 is yes)", unit: "%", low: 0, high: 100, ink: "motion" });
    this.#curve("breathing_rate", { title: "Breathing", unit: "breaths/min", low: 6, high: 30, ink: "breath" });
    show(this.#calibration.element, home.has(id, "calibration"));
    this.#calibration.update(home, live);
  }

  finished(data) {
    this.#calibration.finished(data);
  }

  remove() {
    for (const curve of Object.values(this.#curves)) curve.remove();
    this.element.remove();
  }

  /** Shows a value; what does not exist has no row. */
  #fact(name, text) {
    const fact = (this.#facts[name] ??= this.#newFact(name));
    show(fact.box, text !== undefined && text !== false);
    say(fact.value, text || "");
  }

  #newFact(name) {
    const value = h("dd", {});
    const box = h("div", { hidden: true }, h("dt", {}, name), value);
    this.facts.append(box);
    return { box, value };
  }

  /** A curve exists while its entity does. */
  #curve(key, options) {
    const exists = this.#home.has(this.#id, key);
    if (exists && !this.#curves[key]) {
      const curve = new Curve({ ...options, read: () => this.#home.series(this.#id, key) });
      curve.element.dataset.key = key;
      this.#curves[key] = curve;
      this.plots.append(curve.element);
    } else if (!exists && this.#curves[key]) {
      this.#curves[key].remove();
      delete this.#curves[key];
    }
  }
}

function unit(state, name) {
  const known = word("", state);
  return known === undefined ? undefined : `${known} ${name}`;
}

/** Packets a second that the detectors need at least, from the most modest on. */
const NEEDS = [
  [2.5, "too few packets"],
  [3, "too few packets for breathing"],
  [20, "good, but too few packets for falls"],
];

/** How well a node is heard: for what its packets suffice. */
function quality(health) {
  if (!health) return undefined;
  if (health.silent) return "nothing is heard";
  return NEEDS.find(([least]) => health.packet_rate_hz < least)?.[1] ?? "good";
}

export class Nodes {
  #cards = new Map();
  #home;
  #connection;

  constructor(home, connection) {
    this.#home = home;
    this.#connection = connection;
    this.list = byId("nodes-list");
    this.none = byId("nodes-none");
  }

  /** Adds and removes cards, in the order of the nodes' names. */
  arrange(source) {
    const nodes = this.#home.of("node");
    const known = new Set(nodes.map(({ id }) => id));
    for (const [id, card] of this.#cards) {
      if (known.has(id)) continue;
      card.remove();
      this.#cards.delete(id);
    }
    nodes.forEach((device, at) => {
      if (!this.#cards.has(device.id)) this.#cards.set(device.id, new Card(device, this.#home, this.#connection));
      const { element } = this.#cards.get(device.id);
      if (this.list.children[at] !== element) this.list.insertBefore(element, this.list.children[at] ?? null);
    });
    show(this.none, nodes.length === 0);
    say(this.none, EMPTY[source] ?? EMPTY.live);
  }

  update(health, live) {
    for (const [id, card] of this.#cards) card.update(health.get(id), live);
  }

  finished(node, data) {
    this.#cards.get(node)?.finished(data);
  }
}
