// Small helpers for elements.

let last = 0;
export const fresh = (name) => `${name}-${(last += 1)}`;

// Make an element: h("p", { class: "soft", onclick: f, "aria-label": "x" }, "text", child).
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

export const $ = (selector, root = document) => root.querySelector(selector);

// Write a sentence only if it changed, so that a screen reader does not repeat it.
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Call a function when an element comes near the window, and again at each later call of what this
// returns: at once for the scene in the middle of the window, when the controls rest for others.
export function whenSeen(element, call) {
  let seen = false;
  let waiting = true;
  let timer = 0;
  new IntersectionObserver((entries) => {
    seen = entries.at(-1).isIntersecting;
    if (seen && waiting) {
      waiting = false;
      call();
    }
  }, { rootMargin: "300px 0px" }).observe(element);
  return () => {
    waiting = !seen;
    clearTimeout(timer);
    if (!seen) return;
    const { top, bottom } = element.getBoundingClientRect();
    const middle = window.innerHeight / 2;
    if (top < middle && bottom > middle) call();
    else timer = setTimeout(call, 300);
  };
}

export function near(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > -300 && top < window.innerHeight + 300;
}

export function download(name, text, type) {
  const link = h("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

// Tell something once, to the eye and to a screen reader.
export function notice(text) {
  const box = $("#notice");
  box.textContent = text;
  box.classList.add("shown");
  clearTimeout(notice.timer);
  notice.timer = setTimeout(() => box.classList.remove("shown"), 4000);
}

export function failed(element, error) {
  if (error?.name === "AbortError") return;
  say(element, [error.message, error.remedy].filter(Boolean).join(". ").replaceAll("..", "."));
  element.classList.add("refused");
}
