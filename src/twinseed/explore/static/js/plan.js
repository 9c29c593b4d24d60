// Your data, first half: drop a pilot; the curves, the table, and the rows that a target needs.

import { isStatic, latest, upload } from "./api.js";
import { Chart, STYLES, line } from "./chart.js";
import { button, slider } from "./controls.js";
import { $, failed, h, say, whenSeen } from "./dom.js";
import { dropzone } from "./drop.js";
import { on, set, state } from "./state.js";
import { count, unit } from "./words.js";

const question = () => ["plan", { upload: state().pilot, convergence: state().target }];

export function plan() {
  const told = $("#plan-sentence");
  if (isStatic()) {
    say(told, "Planning needs the program: install twinseed and run twinseed explore.");
    return;
  }
  const drop = dropzone({ label: "Choose a pilot file, or drop it here",
    note: "A few rows of your data (40 or more), one sample per row: .npy, .csv, .parquet …",
    receive: async ([file]) => {
      say(told, `Reading ${file.name} …`);
      try {
        const answer = await upload(file);
        say(drop.status, `${file.name}: ${count(answer.rows)} rows, ${count(answer.columns)} columns. `
          + (answer.notes ?? []).join(" "));
        set({ pilot: answer.token });
      } catch (error) {
        failed(told, error);
      }
    } });
  $("#plan-controls").append(drop.zone,
    slider({ key: "target", label: "Agreement that you want", low: 0.5, high: 0.99, log: false,
      shortcut: "u", speak: (value) => `agreement ${unit(value)}` }),
    button({ label: "Use the pilot in the scenes above", act: () => set({ population: "pilot" }),
      pressed: (s) => s.population === "pilot", id: "use-pilot" }));
  const use = $("#use-pilot");
  let chart = null;
  const ask = whenSeen($("#plan"), async () => {
    use.disabled = !state().pilot;
    if (!state().pilot) return;
    if (!chart) say(told, "Planning: the spectrum of the data is estimated from the pilot …");
    try {
      const answer = await latest("plan", ...question(), 30000);
      if (!answer) return;
      chart ??= new Chart($("#plan-charts"), { title: "Your plan: the three numbers", question,
        height: 300, ends: "lines: planned; shaded: 90 % bands",
        label: "Planned agreement, copying and recovery over training rows" });
      chart.draw((width) => panel(answer, width), answer, [
        { ...STYLES.agree, text: "agree (convergence)" },
        { ...STYLES.copied, text: "copied (share closer to training)" },
        { ...STYLES.learned, text: "learned (recovery of factor 1)" }]);
      $("#plan-table").replaceChildren(table(answer.table), notes(answer.sentences));
      told.classList.remove("refused");
      say(told, said(answer));
    } catch (error) {
      failed(told, error);
    }
  });
  on(["pilot", "target"], ask);
}

function said({ targets = [] }) {
  return targets.map(({ name, target, n, low, high, status }) => (Number.isFinite(n)
    ? `For ${name} ${target} each model needs about ${count(n)} training rows`
      + (Number.isFinite(low) && Number.isFinite(high) ? ` (${count(low)} to ${count(high)})` : "")
      + (status && status !== "ok" ? `; status: ${status}` : "") + "."
    : `No number of rows is known to reach ${name} ${target}${status ? `: ${status}` : ""}.`)).join(" ");
}

// What the plan assumes and found, for those who want to know.
function notes(sentences = []) {
  return sentences.length ? h("details", {}, h("summary", {}, "How this was planned"),
    h("ul", {}, ...sentences.map((one) => h("li", {}, one)))) : "";
}

function panel({ n, convergence, memorisation_share: share, recovery }, width) {
  const { Plot } = window;
  const rows = (band) => (band?.value ?? []).flatMap((y, i) => (y === null ? []
    : [{ n: n[i], y, low: band.low?.[i] ?? y, high: band.high?.[i] ?? y }]));
  const parts = [[share, STYLES.copied], [recovery?.["1"], STYLES.learned],
    [convergence, STYLES.agree]];
  return { x: { type: "log", label: "training rows of each model, n", labelAnchor: "center",
    labelArrow: "none", tickFormat: count, ticks: width < 480 ? 3 : 6 },
  y: { domain: [0, 1], label: null }, marks: [
    Plot.gridY({ stroke: "var(--grid)", strokeOpacity: 1 }),
    Plot.ruleY([state().target], { stroke: "var(--agree)", strokeDasharray: "1.5 3" }),
    ...parts.map(([band, look]) => Plot.areaY(rows(band), { x: "n", y1: "low", y2: "high",
      fill: look.colour, fillOpacity: 0.14 })),
    ...parts.map(([band, look]) => line(rows(band), "n", "y", look))] };
}

function table(rows = []) {
  if (!rows.length) return "";
  const names = Object.keys(rows[0]);
  const head = (name) => name.replaceAll("_", " ");
  return h("table", {}, h("caption", {}, "The plan as a table; intervals are 90 % bands"),
    h("thead", {}, h("tr", {}, ...names.map((name) => h("th", { scope: "col" }, head(name))))),
    h("tbody", {}, ...rows.map((row) => h("tr", {}, ...names.map((name) => h("td", {},
      typeof row[name] === "number" ? count(row[name]) : row[name] ?? "–"))))));
}
