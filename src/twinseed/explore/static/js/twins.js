// Scene 1: one seed through model A and model B, with the training image nearest to A's picture.

import { isStatic, latest, upload } from "./api.js";
import { button, menu } from "./controls.js";
import { $, failed, h, notice, say, svg, whenSeen } from "./dom.js";
import { meters } from "./dock.js";
import { known } from "./model.js";
import { on, set, state } from "./state.js";
import { standalone, tools } from "./tools.js";
import { count, twins as sentence } from "./words.js";

const KEYS = ["n", "data", "twins", "seed", "swap", "pairing"];
const ROWS = [["a", "model A"], ["b", "model B"], ["nearest", "nearest training image of A"]];
const question = (s = state()) => ["twins", { data: s.data, n: s.n, seeds: 4, seed: s.seed,
  pairing: s.pairing, model: s.twins, swap: s.swap }];

export function twins() {
  const scene = $("#twins");
  const grid = $("#pictures");
  const told = $("#twins-sentence");
  const canvases = pictures(grid);
  const shown = { title: "Two models, one seed", answer: null, code: h("pre", { class: "code",
    hidden: true, tabindex: "0", "aria-label": "Python code" }), question,
  source: () => asSvg(shown.answer) };
  $("#twins-tools").append(tools(shown), shown.code);
  controls();

  const ask = whenSeen(scene, async () => {
    try {
      const answer = await latest("twins", ...question());
      if (!answer) return;
      shown.answer = answer;
      shown.code.textContent = answer.python ?? "";
      draw(canvases, answer);
      told.classList.remove("refused");
      say(told, sentence({ ...answer, pairing: state().pairing, model: state().twins }));
      say($("#twins-note"), answer.n_used !== state().n
        ? `These pictures use ${count(answer.n_used)} training images of each model: `
          + (state().twins === "network" ? "networks were trained at these sizes alone."
            : "the data set has no more.") : "");
      meters("twins", answer.meters, `measured on ${label(state().data)}`);
    } catch (error) {
      failed(told, error);
    }
  });
  on(KEYS, ask);
}

const label = (name) => known().data.find((one) => one.name === name)?.label ?? "your file";

function controls() {
  const own = { name: "file", label: "your own file …" };
  const file = h("input", { type: "file", class: "hidden", tabindex: "-1", "aria-label":
    "File with rows or images of your own" });
  file.addEventListener("change", async () => {
    if (!file.files.length) return;
    try {
      notice(`Reading ${file.files[0].name} …`);
      const answer = await upload(file.files[0]);
      set({ data: answer.token, twins: "linear" });
      notice(`${count(answer.rows)} rows of ${count(answer.columns)} columns are read.`);
    } catch (error) {
      notice([error.message, error.remedy].join(" "));
    }
  });
  const data = menu({ key: "data", label: "Images", shortcut: "x",
    options: [...known().data, ...(isStatic() ? [] : [own])],
    change: (value) => {
      if (value === "file") {
        data.querySelector("select").value = state().data;
        file.click();
      } else {
        const network = known().data.find(({ name }) => name === value)?.network;
        set({ data: value, twins: network ? state().twins : "linear" });
      }
    } });
  const kind = menu({ key: "twins", label: "Kind of model", shortcut: "m", options: [
    { name: "linear", label: "linear model, computed now" },
    { name: "network", label: "trained network (shipped)" }], change: (value) => set({ twins: value,
    ...(value === "network" ? { swap: 0, pairing: state().pairing === "same" ? "disjoint"
      : state().pairing } : {}) }) });
  const show = () => (kind.hidden = !known().data.find(({ name }) => name === state().data)?.network);
  on(["data"], show);
  show();
  $("#twins-controls").append(data, kind, file);
  // No pair of networks on swapped or on the same images is shipped.
  const linear = (element) => {
    const show = () => (element.disabled = state().twins === "network");
    on(["twins"], show);
    show();
    return element;
  };
  const pair = (name, text, key) => button({ label: text, shortcut: key, pressed: (s) =>
    s.pairing === name, act: () => set({ pairing: state().pairing === name ? "disjoint" : name }) });
  $("#twins-buttons").append(
    button({ label: "Another seed", shortcut: "s", act: () => set({ seed: state().seed + 1 }) }),
    linear(button({ label: "Swap B's data", shortcut: "b", pressed: (s) => s.swap, act: () =>
      set({ swap: 1 - state().swap, pairing: "disjoint" }) })),
    linear(pair("same", "Same data for both", "e")),
    pair("shuffled", "Shuffle B's seeds", "h"));
}

function pictures(grid) {
  grid.append(h("span", { class: "corner" }),
    ...ROWS.map(([, text]) => h("span", { class: "head" }, text)));
  return Array.from({ length: 4 }, (_, i) => {
    grid.append(h("span", { class: "row" }, `seed ${i + 1}`));
    return ROWS.map(([, text]) => {
      const canvas = h("canvas", { width: 1, height: 1, role: "img",
        "aria-label": `Seed ${i + 1}: ${text}` });
      grid.append(canvas);
      return canvas;
    });
  });
}

function draw(canvases, answer) {
  const [high, wide] = answer.shape;
  canvases.forEach((row, i) => row.forEach((canvas, j) => {
    const pixels = answer[ROWS[j][0]][i];
    if (canvas.width !== wide || canvas.height !== high) {
      Object.assign(canvas, { width: wide, height: high });
    }
    const image = new ImageData(wide, high);
    for (let k = 0; k < pixels.length; k += 1) {
      image.data.set([pixels[k], pixels[k], pixels[k], 255], 4 * k);
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
  }));
}

// The pictures as squares of an SVG file.
function asSvg(answer) {
  const [high, wide] = answer.shape;
  const root = svg("svg", { viewBox: `0 0 ${3 * (wide + 1)} ${4 * (high + 1)}`,
    "shape-rendering": "crispEdges" });
  ROWS.forEach(([name], j) => answer[name].forEach((pixels, i) => pixels.forEach((value, k) =>
    root.append(svg("rect", { x: j * (wide + 1) + (k % wide), y: i * (high + 1) + Math.floor(k / wide),
      width: 1, height: 1, fill: `rgb(${value},${value},${value})` })))));
  return standalone(root);
}
