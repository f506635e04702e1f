// Amplitudes of the channel over time, where the server serves them: at class 1 (research), to its own host. Everywhere else
// nothing is asked for, and the page says why.

import { byId, h, say, show } from "./dom.js";
import { CLASSES } from "./words.js";

const PERIOD_MS = 250;
const COLUMNS = 160;
const SUBCARRIERS = 56;
/** The amplitude that has the brightest colour; the mean of a frame is 1. */
const BRIGHTEST = 2;
const SHADES = [
  [13, 8, 60],
  [84, 20, 120],
  [176, 50, 110],
  [240, 120, 60],
  [252, 230, 140],
];

/** Colours from dark to bright, made once. */
const PALETTE = Array.from({ length: 256 }, (_, at) => {
  const place = (at / 255) * (SHADES.length - 1);
  const low = Math.min(Math.floor(place), SHADES.length - 2);
  return SHADES[low].map((from, channel) => Math.round(from + (SHADES[low + 1][channel] - from) * (place - low)));
});

export class HeatMap {
  #connection;
  #class;
  #timer;
  #last;
  #context;

  constructor(connection) {
    this.#connection = connection;
    this.canvas = h("canvas", { width: COLUMNS, height: SUBCARRIERS, role: "img", hidden: true });
    this.canvas.setAttribute("aria-label", "Amplitudes of 56 subcarriers over the last 40 seconds");
    this.caption = h("p", { class: "hint", hidden: true });
    this.why = h("p", { class: "empty" });
    byId("heatmap").append(h("h2", { id: "heatmap-title" }, "CSI amplitudes"), this.canvas, this.caption, this.why);
    this.#context = this.canvas.getContext("2d");
  }

  /** Begins, or ends and forgets; `privacyClass` is undefined while there is no connection. */
  use(privacyClass) {
    this.#class = privacyClass;
    clearTimeout(this.#timer);
    this.#clear();
    if (privacyClass === 1) this.#ask();
    else if (privacyClass !== undefined) {
      const [name] = CLASSES[privacyClass] ?? ["unknown"];
      this.#refuse(
        `Not shown: CSI stays inside the server at privacy class ${privacyClass} (${name}), because whoever has it can watch a ` +
          "body. Only class 1 (derived) in research mode serves it, and only to the server's own host.",
      );
    }
  }

  async #ask() {
    try {
      const answer = await this.#connection.http("api/v1/sensing/latest");
      if (this.#class === 1) this.#draw(answer);
    } catch (error) {
      if (this.#class !== 1) return;
      this.#clear();
      this.#refuse(`Not shown: ${error.message}.`);
      // What is not permitted now will not be in a moment.
      if (error.status === 403) return;
    }
    if (this.#class === 1) this.#timer = setTimeout(() => this.#ask(), PERIOD_MS);
  }

  #draw({ captured_at, node_id, window: { amplitudes } }) {
    show(this.canvas, true);
    show(this.caption, true);
    show(this.why, false);
    say(this.caption, `${node_id}: subcarriers −28 to 28 from top to bottom, the last 40 s or more from left to right. Brighter is stronger.`);
    if (captured_at === this.#last) return;
    this.#last = captured_at;
    const context = this.#context;
    context.drawImage(this.canvas, -1, 0);
    const column = context.createImageData(1, SUBCARRIERS);
    amplitudes.forEach((row, at) => {
      const shade = Math.max(0, Math.min(255, Math.round((row.at(-1) / BRIGHTEST) * 255)));
      column.data.set([...PALETTE[shade], 255], at * 4);
    });
    context.putImageData(column, COLUMNS - 1, 0);
  }

  #refuse(text) {
    show(this.canvas, false);
    show(this.caption, false);
    show(this.why, true);
    say(this.why, text);
  }

  #clear() {
    this.#last = undefined;
    this.#context.clearRect(0, 0, COLUMNS, SUBCARRIERS);
  }
}
