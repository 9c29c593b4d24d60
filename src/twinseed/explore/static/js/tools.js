// The tools below each chart: its numbers as JSON and CSV, its picture, and the Python that makes it.

import { isStatic, query } from "./api.js";
import { copy, download, h, notice } from "./dom.js";

// `chart` has title, answer, code (an element), question() and source(), the text of an SVG file.
export function tools(chart) {
  const name = chart.title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  const of = `of ${chart.title}`;
  const python = h("button", { type: "button", class: "quiet", "aria-expanded": "false",
    "aria-label": `In Python: ${chart.title}`, onclick: () => {
      chart.code.hidden = !chart.code.hidden;
      python.setAttribute("aria-expanded", String(!chart.code.hidden));
      if (!chart.code.hidden) {
        copy(chart.code.textContent).then((done) => notice(done
          ? "The Python lines are copied." : "The Python lines are shown below the chart."));
      }
    } }, "in Python");
  const tool = (text, described, act) => h("button", { type: "button", class: "quiet",
    "aria-label": described, onclick: () => chart.answer && act() }, text);
  return h("div", { class: "tools", role: "group", "aria-label": `Tools ${of}` },
    h("span", { class: "soft" }, "numbers:"),
    tool("JSON", `Numbers ${of} as JSON`, () =>
      download(`${name}.json`, JSON.stringify(chart.answer, null, 1), "application/json")),
    tool("CSV", `Numbers ${of} as CSV`, () => csv(chart, name)),
    h("span", { class: "soft" }, "picture:"),
    tool("SVG", `Picture ${of} as SVG`, () =>
      download(`${name}.svg`, chart.source(), "image/svg+xml")),
    python);
}

async function csv(chart, name) {
  if (isStatic() || !chart.question) {
    download(`${name}.csv`, table(chart.answer), "text/csv");
    return;
  }
  const response = await fetch(query(...chart.question(), { format: "csv" }));
  const csvs = response.ok && (response.headers.get("content-type") ?? "").includes("csv");
  download(`${name}.csv`, csvs ? await response.text() : table(chart.answer), "text/csv");
}

// A drawing as a file of its own: colours written out, with a background.
export function standalone(drawing) {
  const root = getComputedStyle(document.documentElement);
  const colour = (name) => root.getPropertyValue(name).trim();
  const drawn = drawing.cloneNode(true);
  drawn.removeAttribute("style");
  drawn.setAttribute("color", colour("--ink"));
  drawn.setAttribute("font-family", "system-ui, sans-serif");
  drawn.setAttribute("font-size", "12");
  const ground = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [key, value] of [["width", "100%"], ["height", "100%"], ["fill", colour("--card")]]) {
    ground.setAttribute(key, value);
  }
  drawn.prepend(ground);
  return new XMLSerializer().serializeToString(drawn)
    .replace(/var\((--[\w-]+)\)/g, (_, variable) => colour(variable));
}

// The lists of an answer as columns.
export function table(answer) {
  const columns = {};
  for (const [name, value] of Object.entries(answer)) {
    if (Array.isArray(value) && typeof value[0] !== "object") columns[name] = value;
    else if (value && typeof value === "object" && !Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value)) {
        if (Array.isArray(inner)) columns[`${name}_${key}`] = inner;
      }
    }
  }
  const rows = Math.max(0, ...Object.values(columns).map((column) => column.length));
  const lines = [Object.keys(columns).join(",")];
  for (let i = 0; i < rows; i += 1) {
    lines.push(Object.values(columns).map((column) => column[i] ?? "").join(","));
  }
  return `${lines.join("\n")}\n`;
}
