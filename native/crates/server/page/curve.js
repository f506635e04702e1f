// One curve of the last minutes, with what it shows in words beside it: for people who do not see it.

import { h, say } from "./dom.js";
import { WINDOW_S } from "./home.js";

const HEIGHT = 92;
const MINUTE = 60;
/** Curves are redrawn this often, so that they move on. */
const PERIOD_MS = 250;
/** What of a frame drawing may take. */
const BUDGET_MS = 5;

const dark = matchMedia("(prefers-color-scheme: dark)");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const visible = new Set();
const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) visible.add(target.curve);
    else visible.delete(target.curve);
  }
});
const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) target.curve.resize();
});
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export class Curve {
  #plot;
  #read;
  #options;
  #drawn = 0;

  /** `read` returns the columns to draw. */
  constructor({ title, unit, low, high, ink, read }) {
    this.#options = { title, unit, low, high, ink };
    this.#read = read;
    this.value = h("span", { class: "value" });
    this.box = h("div", { class: "plot", role: "img", "aria-label": title });
    this.box.curve = this;
    this.element = h("figure", { class: "curve" }, h("figcaption", {}, title, " ", this.value), this.box);
    watcher.observe(this.box);
    resized.observe(this.box);
  }

  /** Whether it is time to draw it again. */
  isDue(now) {
    return now - this.#drawn >= (calm.matches ? 1000 : PERIOD_MS);
  }

  draw(now) {
    this.#drawn = now;
    const { title, unit } = this.#options;
    const { times, values } = this.#read();
    const last = values.at(-1) ?? null;
    const text = last === null ? "not known" : `${Math.round(last)} ${unit}`;
    say(this.value, text);
    const known = values.filter((value) => value !== null);
    const range = known.length ? `, from ${Math.round(Math.min(...known))} to ${Math.round(Math.max(...known))}` : "";
    this.box.setAttribute("aria-label", `${title} in the last 5 minutes: ${text}${range}`);
    this.#plot ??= this.#build();
    // The value counts until another one comes.
    this.#plot.setData([[...times, Date.now() / 1000], [...values, last]]);
  }

  resize() {
    const width = this.box.clientWidth;
    if (this.#plot && width && this.#plot.width !== width) this.#plot.setSize({ width, height: HEIGHT });
  }

  /** Colours are read when the plot is made. */
  repaint() {
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  remove() {
    watcher.unobserve(this.box);
    resized.unobserve(this.box);
    visible.delete(this);
    this.#plot?.destroy();
    this.element.remove();
  }

  #build() {
    const { low, high, ink } = this.#options;
    const axis = { stroke: colour("muted"), font: "11px system-ui", ticks: { show: false }, gap: 2 };
    const grid = { stroke: colour("line"), width: 1 };
    const now = () => Date.now() / 1000;
    return new globalThis.uPlot(
      {
        width: this.box.clientWidth || 300,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        padding: [8, 14, 0, 0],
        scales: {
          x: { time: false, range: () => [now() - WINDOW_S, now()] },
          y: { range: (_, least, most) => [Math.min(low, least ?? low), Math.max(high, most ?? high)] },
        },
        axes: [
          {
            ...axis,
            size: 18,
            grid: { show: false },
            splits: () => [4, 3, 2, 1, 0].map((minutes) => now() - minutes * MINUTE),
            values: () => ["−4 min", "−3", "−2", "−1", "now"],
          },
          { ...axis, size: 30, grid, splits: (_, __, least, most) => [least, (least + most) / 2, most] },
        ],
        series: [
          {},
          {
            stroke: colour(ink),
            fill: colour(`${ink}-fill`),
            width: 1.5,
            points: { show: false },
            paths: globalThis.uPlot.paths.stepped({ align: 1 }),
          },
        ],
      },
      [[], []],
      this.box,
    );
  }
}

/** Draws every curve at once, seen or not: what was taken back may not stay on any. */
export function drawAllCurves() {
  for (const { curve } of document.querySelectorAll(".plot")) curve.draw(performance.now());
}

/** Draws the curves that can be seen, the longest waiting first, and never so much that a frame is late. */
export function drawCurves(now) {
  const end = performance.now() + BUDGET_MS;
  for (const curve of visible) {
    if (!curve.isDue(now)) continue;
    curve.draw(now);
    // To the end of the row.
    visible.delete(curve);
    visible.add(curve);
    if (performance.now() > end) break;
  }
}

dark.addEventListener("change", () => {
  for (const { curve } of document.querySelectorAll(".plot")) curve.repaint();
});
