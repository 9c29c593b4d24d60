// Simulated twins: points that arrive one by one, until all are there or the reader stops them.

import { isStatic, query, stream } from "./api.js";
import { button } from "./controls.js";
import { $, say } from "./dom.js";
import { model, modelKeys } from "./model.js";
import { on, state } from "./state.js";

const LOADS = [0.1, 0.25, 0.5, 1, 2, 5, 10];
const REPLICATES = 20;

// Make the buttons; return a function that gives the points so far. `changed` follows each point.
export function simulation(changed) {
  let points = new Map();
  let running = null;
  let due = 0;
  let simulated = ""; // the model of the points
  const told = $("#simulation-state");
  const start = button({ label: "Start simulated twins", shortcut: "g", id: "simulate", act: () =>
    (running ? stop() : run()) });
  const clear = button({ label: "Clear the points", shortcut: "c", act: () => {
    stop();
    empty("");
  } });
  $("#blind-buttons").append(start, clear);
  if (isStatic()) {
    start.disabled = clear.disabled = true;
    say(told, "Simulated twins need the program: install twinseed and run twinseed explore.");
  }

  function empty(text) {
    points = new Map();
    say(told, text);
    changed();
  }
  function stop() {
    running?.abort();
  }
  function soon() {
    due ||= requestAnimationFrame(() => {
      due = 0;
      changed();
    });
  }
  async function run() {
    const mine = new AbortController();
    running = mine;
    points = new Map();
    changed();
    start.firstChild.textContent = "Stop the simulation";
    start.setAttribute("aria-pressed", "true");
    say(told, "The first twins are being drawn.");
    const s = state();
    simulated = JSON.stringify(model(s));
    const d = s.population === "pilot" ? 200 : s.d;
    const n = [...new Set(LOADS.map((load) => Math.max(Math.round(load * d), 4)))];
    let end = "all are there";
    try {
      await stream(query("simulate", { ...model(s), n: n.join(","), replicates: REPLICATES,
        seed: s.seed }), { signal: mine.signal }, (name, data) => {
        if (name === "mean") {
          points.set(data.n, data);
          say(told, `Replicate ${data.replicates} of ${REPLICATES}.`);
          soon();
        } else if (name === "error") end = [data.problem, data.remedy].join(". ");
      });
    } catch (error) {
      end = error.name === "AbortError" ? "stopped"
        : [error.message, error.remedy].filter(Boolean).join(". ");
    }
    if (running !== mine) return;
    running = null;
    start.firstChild.textContent = "Start simulated twins";
    start.setAttribute("aria-pressed", "false");
    const most = Math.max(0, ...[...points.values()].map((one) => one.replicates));
    say(told, points.size ? `${most} simulated pairs per point, with 95 % bars: ${end}.`
      : end === "all are there" ? "" : `${end}.`);
  }
  on(modelKeys(), () => {
    if ((!running && !points.size) || simulated === JSON.stringify(model())) return;
    stop();
    empty("The population changed: start the simulation again.");
  });
  window.addEventListener("pagehide", stop);
  return () => [...points.values()].sort((a, b) => a.n - b.n);
}
