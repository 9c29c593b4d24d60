// A place for files: drop, or choose by mouse or keyboard.

import { failed, fresh, h } from "./dom.js";
import { dropped } from "./folder.js";

export function dropzone({ label, note, several = false, receive }) {
  const id = fresh("file");
  const input = h("input", { type: "file", id, multiple: several, class: "visually-hidden" });
  const status = h("span", { class: "file-state soft" }, note);
  const zone = h("div", { class: "drop" }, input, h("label", { for: id }, label), status);
  input.addEventListener("change", () => {
    if (input.files.length) receive([...input.files]);
    input.value = "";
  });
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  for (const name of ["dragleave", "drop"]) {
    zone.addEventListener(name, () => zone.classList.remove("over"));
  }
  zone.addEventListener("drop", async (event) => {
    event.preventDefault();
    status.classList.remove("refused");
    try {
      const files = await dropped(event.dataTransfer);
      if (files.length) receive(files);
    } catch (error) {
      failed(status, error);
    }
  });
  return { zone, input, status };
}

// A file that is dropped beside a zone must not replace the page.
for (const name of ["dragover", "drop"]) {
  window.addEventListener(name, (event) => event.preventDefault());
}
