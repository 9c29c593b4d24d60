// A chart: drawing, handle that can be dragged, legend, sentence, and the tools below the chart.

import { fresh, h, svg } from "./dom.js";
import { standalone, tools } from "./tools.js";

export const STYLES = {
  copied: { colour: "var(--copied)", dashes: "2.4 2.4", marker: "square" },
  agree: { colour: "var(--agree)", dashes: "8 2.6", marker: "circle" },
  learned: { colour: "var(--learned)", dashes: "", marker: "triangle" },
};
// One look per category, as in the figures: colour and dashes.
export const LOOKS = [["var(--look-1)", ""], ["var(--look-2)", "8 2.6"],
  ["var(--look-3)", "4.8 2 1.6 2"], ["var(--look-4)", "2 2"], ["var(--look-5)", "11 2 1.6 2 1.6 2"],
  ["var(--look-6)", "4 1.6"]].map(([colour, dashes]) => ({ colour, dashes }));

export const line = (data, x, y, { colour, dashes }, more = {}) => window.Plot.line(data, {
  x, y, curve: "monotone-x", stroke: colour, strokeDasharray: dashes || undefined, strokeWidth: 1.9,
  ...more });

export class Chart {
  constructor(place, { title, ends, label, height = 250, question }) {
    const id = fresh("chart");
    this.question = question; // () => [endpoint, parameters]
    this.label = label;
    this.height = height;
    this.title = title;
    this.handles = [];
    this.legend = h("ul", { class: "legend", "aria-hidden": "true" });
    this.canvas = h("div", { class: "canvas" });
    this.code = h("pre", { class: "code", hidden: true, tabindex: "0", "aria-label": "Python code" });
    this.figure = h("figure", { class: "chart", "aria-labelledby": id },
      h("h3", { id }, title), h("p", { class: "ends" }, ends), this.canvas, this.legend,
      tools(this), this.code);
    place.append(this.figure);
    new ResizeObserver(() => this.options && this.width !== this.canvas.clientWidth && this.paint())
      .observe(this.canvas);
  }

  // Draw; `options` is a function of the width that returns the options of a plot.
  draw(options, answer, keys = []) {
    this.options = options;
    this.answer = answer;
    this.code.textContent = answer?.python ?? "";
    this.keys(keys);
    this.paint();
  }

  paint() {
    this.width = this.canvas.clientWidth;
    if (!this.width) return;
    const { height = this.height, ...options } = this.options(this.width);
    const drawn = window.Plot.plot({ width: this.width, height, marginLeft: 46, marginRight: 14,
      marginTop: 12, marginBottom: 40, ...options,
      ariaLabel: this.label, style: { fontSize: "12px", background: "transparent" } });
    drawn.setAttribute("role", "img");
    for (const part of drawn.querySelectorAll("g[aria-label]")) { // one name for the whole picture
      part.dataset.mark = part.getAttribute("aria-label");
      part.removeAttribute("aria-label");
    }
    this.drawn?.remove();
    this.canvas.prepend(drawn);
    this.drawn = drawn;
    this.place();
    this.mark();
  }

  // For measurements: when this chart was drawn, or its dot was moved.
  mark() {
    performance.clearMarks(`painted ${this.title}`);
    performance.mark(`painted ${this.title}`);
  }

  keys(items) {
    this.legend.replaceChildren(...items.map(({ colour, dashes, text, dot, fill }) => h("li", {},
      fill ? svg("svg", { width: 22, height: 12 }, svg("rect", { width: 22, height: 12, fill }))
        : dot ? svg("svg", { width: 14, height: 12 },
          svg("circle", { cx: 7, cy: 6, r: 4, fill: dot === "hollow" ? "none" : colour,
            stroke: colour, "stroke-width": 1.5 }))
          : svg("svg", { width: 28, height: 12 }, svg("line", { x1: 0, x2: 28, y1: 6, y2: 6,
            stroke: colour, "stroke-width": 2, "stroke-dasharray": dashes || "none" })), text)));
  }

  // A handle: `at()` gives {x, y} in data; `move(x, y)` receives data; `step(dx, dy)` is a key press.
  handle({ label, at, move, step, speak, bounds, line: ruled = true }) {
    const knob = h("div", { class: ruled ? "handle ruled" : "handle", role: "slider", tabindex: "0",
      "aria-label": label, hidden: true });
    const drag = (event) => {
      const box = this.drawn.getBoundingClientRect();
      const [x, y] = ["x", "y"].map((axis, i) => {
        const scale = this.drawn.scale(axis);
        const pixel = (i ? event.clientY - box.top : event.clientX - box.left);
        const [a, b] = [Math.min(...scale.range), Math.max(...scale.range)];
        return scale.invert(Math.min(Math.max(pixel, a), b));
      });
      move(x, y);
    };
    const begin = (event) => {
      if (event.button || !this.drawn) return;
      event.preventDefault();
      event.stopPropagation();
      knob.focus({ preventScroll: true });
      this.canvas.setPointerCapture(event.pointerId);
      drag(event);
      this.canvas.onpointermove = drag;
      const end = () => (this.canvas.onpointermove = null);
      this.canvas.addEventListener("pointerup", end, { once: true });
      this.canvas.addEventListener("pointercancel", end, { once: true });
    };
    knob.addEventListener("pointerdown", begin);
    this.canvas.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "mouse") begin(event);
    });
    knob.addEventListener("keydown", (event) => {
      const by = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1],
        PageUp: [10, 0], PageDown: [-10, 0] }[event.key];
      if (!by) return;
      event.preventDefault();
      step(...by);
    });
    this.canvas.append(knob);
    this.handles.push({ knob, at, speak, bounds, ruled });
    this.place();
  }

  place() {
    if (!this.drawn) return;
    for (const { knob, at, speak, bounds, ruled } of this.handles) {
      const here = at();
      const [x, y] = [this.drawn.scale("x"), this.drawn.scale("y")];
      const left = x.apply(here.x);
      const within = left >= Math.min(...x.range) - 1 && left <= Math.max(...x.range) + 1;
      knob.hidden = !within || here.y === null || here.y === undefined;
      if (knob.hidden) continue;
      const [top, bottom] = [Math.min(...y.range), Math.max(...y.range)];
      const high = Math.min(Math.max(y.apply(here.y), top), bottom);
      knob.style.setProperty("--x", `${left}px`);
      knob.style.setProperty("--y", `${high}px`);
      if (ruled) {
        knob.style.setProperty("--top", `${top - high}px`);
        knob.style.setProperty("--bottom", `${bottom - high}px`);
      }
      const [least, most] = bounds();
      knob.setAttribute("aria-valuemin", least);
      knob.setAttribute("aria-valuemax", most);
      knob.setAttribute("aria-valuenow", here.now ?? here.x);
      knob.setAttribute("aria-valuetext", speak());
    }
  }

  source() {
    return standalone(this.drawn);
  }
}
