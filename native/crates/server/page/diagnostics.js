// How the server is: plugins, and a file for whoever helps.

import { byId, h, say } from "./dom.js";

export class Diagnostics {
  #connection;

  constructor(connection) {
    this.#connection = connection;
    this.plugins = h("p", {});
    this.save = h("button", { type: "button", onclick: () => this.#download() }, "Download diagnostics");
    this.said = h("p", { class: "hint", role: "status" });
    byId("diagnostics").append(
      h("h2", { id: "diagnostics-title" }, "Plugins and diagnostics"),
      this.plugins,
      h("p", {}, "Counters and nodes, for a report: never CSI, feedback, addresses or tokens."),
      this.save,
      this.said,
    );
  }

  async update() {
    const { registry } = await this.#connection.http("api/v1/edge/registry");
    const names = registry.cogs.map(({ name }) => name);
    say(this.plugins, names.length ? `Plugins: ${names.join(", ")}` : "No plugin is installed.");
  }

  enable(live) {
    this.save.disabled = !live;
  }

  async #download() {
    try {
      const [config, diagnostics] = await Promise.all(["get_config", "get_diagnostics"].map((name) => this.#connection.command(name)));
      const file = new Blob([JSON.stringify({ config, diagnostics }, null, 2)], { type: "application/json" });
      const address = URL.createObjectURL(file);
      const day = new Date().toISOString().slice(0, 10);
      h("a", { href: address, download: `ruview-diagnostics-${day}.json` }).click();
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
      say(this.said, "Saved.");
    } catch (error) {
      say(this.said, `That did not work: ${error.message}`);
    }
  }
}
