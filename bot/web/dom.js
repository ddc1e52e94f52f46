// The page's own words, and short ways to make elements.

export const config = JSON.parse(document.getElementById("config").textContent);
export const words = config.strings;

export const at = (id) => document.getElementById(id);

/** A string of the page with its {gaps} filled. */
export function say(name, gaps = {}) {
  return words[name].replace(/\{(\w+)\}/g, (all, gap) => gaps[gap] ?? all);
}

/** An element with properties (`aria-…`, `data-…`, `role` and the like as attributes) and children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined) continue;
    if (name in element && !name.includes("-")) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** One of the pictures at the top of the page; with a label it is read out. */
export function icon(name, label) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("class", "icon");
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else {
    svg.setAttribute("aria-hidden", "true");
  }
  svg.append(use);
  return svg;
}

const mouse = matchMedia("(hover: hover) and (pointer: fine)");

/** Put the cursor where one writes, but not on a phone, where a keyboard would cover half the screen. */
export function readyToWrite() {
  if (mouse.matches) at("field").focus();
}

let fading;

/** A short notice over the composer, read out politely. */
export function toast(text) {
  const place = at("toast");
  clearTimeout(fading);
  place.textContent = text;
  place.classList.add("shown");
  fading = setTimeout(() => {
    place.classList.remove("shown");
    place.textContent = "";
  }, 2500 + 60 * text.length);
}
