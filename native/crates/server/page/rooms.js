// Rooms of several nodes and their zones: what is known of each.

import { byId, h } from "./dom.js";
import { word } from "./words.js";

export class Rooms {
  #home;
  #shown;

  constructor(home) {
    this.#home = home;
    this.list = h("div", {});
    byId("rooms").append(h("h2", { id: "rooms-title" }, "Rooms and zones"), this.list);
  }

  update() {
    const rooms = this.#home.of("room").map((room) => ({
      name: room.name,
      state: this.#state(room.id, "presence"),
      facts: this.#facts(room.id),
      zones: this.#home.parts(room.id, "zone").map(({ id, name }) => ({ name, state: this.#state(id, "zone_occupancy") })),
    }));
    const shown = JSON.stringify(rooms);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const none = "No room of several nodes is described. Rooms and zones are described in Home Assistant, where RuView is set up.";
    this.list.replaceChildren(...(rooms.length ? rooms.map(roomElement) : [h("p", { class: "empty" }, none)]));
  }

  #state(device, key) {
    return this.#home.state(device, key) ?? "unknown";
  }

  #facts(device) {
    const home = this.#home;
    const people = word("person_count", home.state(device, "person_count"));
    return [
      word("motion", home.state(device, "motion")),
      people === undefined ? undefined : `${people} ${people === "1" ? "person" : "people"}`,
      word("room_active", home.state(device, "room_active")),
    ].filter((fact) => fact !== undefined);
  }
}

const chip = (key, state) =>
  h("span", { class: "chip", "data-tone": state === "on" ? "on" : "off" }, word(key, state) ?? "Not known");

function roomElement({ name, state, facts, zones }) {
  const rows = zones.map((zone) => h("li", {}, zone.name, " ", chip("zone_occupancy", zone.state)));
  return h(
    "div",
    { class: "room" },
    h("div", { class: "row" }, h("h3", {}, name), chip("presence", state)),
    facts.length > 0 && h("p", { class: "hint" }, facts.join(" · ")),
    rows.length > 0 && h("ul", { class: "zones", "aria-label": `Zones of ${name}` }, ...rows),
  );
}
