// Calibration of a node: begin it, see how far it is, cancel it, and be told how it ended.

import { h, say, show } from "./dom.js";
import { reasons, refusal, word } from "./words.js";

const DURATIONS = [10, 30, 60];

export class Calibration {
  #node;
  #begin;
  #cancel;
  #duration;
  #bar;
  #state;
  #end;

  constructor(node, name, connection) {
    this.#node = node;
    const options = DURATIONS.map((seconds) => h("option", { value: seconds }, `${seconds} s`));
    this.#duration = h("select", { "aria-label": `How long ${name} is calibrated` }, ...options);
    this.#begin = h("button", { type: "button", onclick: () => this.#start(connection), "aria-label": `Calibrate ${name}` });
    this.#begin.append("Calibrate");
    const cancel = () => this.#ask(connection, "cancel_calibration", {});
    this.#cancel = h("button", { type: "button", class: "quiet", onclick: cancel, hidden: true }, "Cancel");
    this.#cancel.setAttribute("aria-label", `Cancel the calibration of ${name}`);
    this.#bar = h("progress", { max: 100, value: 0, hidden: true, "aria-label": `Progress of the calibration of ${name}` });
    this.#state = h("span", { class: "state" });
    this.#end = h("p", { class: "hint", role: "status" }, "");
    this.element = h(
      "div",
      { class: "calibration" },
      h("div", { class: "row" }, h("span", { class: "label" }, "Calibration"), this.#state),
      this.#bar,
      h("div", { class: "row" }, this.#begin, this.#duration, this.#cancel),
      this.#end,
    );
  }

  update(home, live) {
    const state = home.state(this.#node, "calibration");
    const { progress } = home.attributes(this.#node, "calibration");
    const running = state === "calibrating";
    const moving = running || state === "learning";
    say(this.#state, (word("calibration", state) ?? "not known") + (moving && progress !== undefined ? ` ${progress} %` : ""));
    show(this.#bar, moving && progress !== undefined);
    this.#bar.value = progress ?? 0;
    const focused = document.activeElement;
    show(this.#begin, !running);
    show(this.#duration, !running);
    show(this.#cancel, running);
    // The button that was pressed is gone; its counterpart is where the keyboard goes on.
    if (running && focused === this.#begin) this.#cancel.focus();
    if (!running && focused === this.#cancel) this.#begin.focus();
    this.#begin.disabled = this.#cancel.disabled = !live || state === undefined || state === "unavailable";
  }

  /** Tells how it ended. */
  finished({ outcome, reason, version }) {
    const because = reasons(reason);
    const ends = {
      learnt: `Done: the empty room is known (version ${version}).`,
      refused: `Not calibrated: ${because}. Leave the room and try again.`,
      aborted: `Ended early: ${because}.`,
      cancelled: "Cancelled: what was known before still counts.",
    };
    say(this.#end, ends[outcome] ?? outcome);
  }

  #start(connection) {
    say(this.#end, "Leave the room until it is done.");
    this.#ask(connection, "calibrate", { duration_s: Number(this.#duration.value) });
  }

  async #ask(connection, service, data) {
    try {
      await connection.service(service, { node_id: this.#node, ...data });
    } catch (error) {
      say(this.#end, `That did not work: ${refusal(error)}.`);
    }
  }
}
