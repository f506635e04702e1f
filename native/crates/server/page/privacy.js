// The privacy class and what it withholds, as the server's own table says.

import { byId, h, say } from "./dom.js";
import { CLASSES, field } from "./words.js";

export class Privacy {
  #connection;
  #asked = 0;

  constructor(connection) {
    this.#connection = connection;
    this.name = h("p", { class: "big" });
    this.meaning = h("p", {});
    this.count = h("summary", {});
    this.list = h("ul", { class: "withheld" });
    const where = "It is changed in Home Assistant, or in the server's configuration; never to a looser class than configured.";
    byId("privacy").append(
      h("h2", { id: "privacy-title" }, "Privacy"),
      this.name,
      this.meaning,
      h("details", { open: true }, this.count, this.list),
      h("p", { class: "hint" }, where),
    );
  }

  async use(privacyClass, privacyMode) {
    const [name, meaning] = CLASSES[privacyClass] ?? ["unknown", ""];
    const mode = privacyMode && privacyClass !== 3;
    say(this.name, `Class ${privacyClass}, ${name}${mode ? ", in privacy mode" : ""}`);
    say(this.meaning, mode ? "Nothing that is measured of a body leaves the server." : meaning);
    const asked = ++this.#asked;
    const { redacted_fields: withheld } = await this.#connection.http("api/v1/privacy");
    // A newer question is under way: its answer counts.
    if (asked !== this.#asked) return;
    say(this.count, `Withheld: ${withheld.length}`);
    this.list.replaceChildren(...withheld.map((key) => h("li", { "data-field": key }, field(key))));
  }
}
