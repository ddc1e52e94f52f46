// What the person sets on the page: the size of the text, the colours, the language; and looking at a photo.

import { at, config, toast, words } from "./dom.js";

function toggle(button, name, on, off) {
  const show = () => button.setAttribute("aria-pressed", document.documentElement.dataset[name] === on);
  button.addEventListener("click", () => {
    window.look(name, document.documentElement.dataset[name] === on ? off : on);
    show();
  });
  new MutationObserver(show).observe(document.documentElement, { attributeFilter: [`data-${name}`] });
  show();
}

const show = (locale) => location.assign(`${location.pathname}?lang=${locale}`);

let showing = 0;

/** Show the page in a language, if it is another; of several wishes at once the last counts. */
export function speak(locale) {
  clearTimeout(showing);
  if (locale !== config.locale) showing = setTimeout(show, 100, locale);
}

/** Make the buttons of the header work; `send` tells the desk of another language. */
export function settings(send) {
  toggle(at("size"), "size", "large", "normal");
  toggle(at("theme"), "theme", "dark", "light");
  at("language").addEventListener("click", async () => {
    if (!navigator.onLine) {
      toast(words.needsNetwork);
      return;
    }
    await send({ text: `/language ${config.other}`, quiet: true, locale: config.other });
    show(config.other);
  });
  // Safari neither shrinks the page for its keyboard nor knows of `interactive-widget`.
  const seen = window.visualViewport;
  seen?.addEventListener("resize", () => {
    if (Math.abs(seen.scale - 1) < 0.01) document.documentElement.style.setProperty("--height", `${seen.height}px`);
  });
}

/** Show a photo as large as the screen. */
export function view(image) {
  const viewer = at("viewer");
  at("large").src = image.src;
  at("large").alt = image.alt;
  viewer.showModal();
}

at("shut").addEventListener("click", () => at("viewer").close());
at("viewer").addEventListener("click", ({ target }) => target.id !== "shut" && at("viewer").close());

/** Show no photo any more. */
export function unview() {
  at("viewer").close();
  at("large").removeAttribute("src");
}
