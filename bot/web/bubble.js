// Draws one message: what was said, what hangs on it, and the buttons below.

import { config, icon, make, say, words } from "./dom.js";

// Addresses, and commands such as /help, which can be tapped.
const LIVE = /(https?:\/\/[^\s<>"'，。；、（）《》“”]+[^\s<>"'，。；、（）《》“”.,;:!?)])|(^|\s)(\/[a-z]{2,20})(?![\w/])/gm;
const SHORT_LABEL = 8; // letters; up to here a label stays on one line, but for a picture that may stand above
const LONG_LABEL = 12; // letters; from here on it may break anywhere

const PICTURE = /^(\p{Emoji_Presentation}|.\uFE0F)/u;

const language = config.locale.replace("_", "-");
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const date = new Intl.DateTimeFormat(language, { month: "short", day: "numeric", weekday: "short" });
const near = new Intl.RelativeTimeFormat(language, { numeric: "auto" });

/** The time over a group of messages: today only the hour, else the day too. */
export function whenGroup(moment) {
  const days = Math.round((new Date(moment).setHours(0, 0, 0, 0) - new Date().setHours(0, 0, 0, 0)) / 86_400_000);
  const time = clock.format(moment);
  if (days === 0) return time;
  return days === -1 ? `${near.format(-1, "day")} ${time}` : `${date.format(moment)} ${time}`;
}

/** The element of a message in which `draw` puts its content. */
export function frame(kind) {
  return make("div", { className: `message ${kind === "echo" ? "mine" : "desk"}` });
}

/**
 * Draw `row` into its element, in place of what is there. `on` has tap(button, row), reply(row),
 * command(text), open(image). `state` is drawn on the person's own messages.
 */
export function draw(element, row, on, state = null) {
  const speaker = row.kind === "echo" ? words.youSaid : words.deskSaid;
  const bubble = make("div", { className: "bubble", dir: "auto" }, make("span", { className: "heard" }, `${speaker} `));
  if (row.photos.length) bubble.append(photos(row, on, element.querySelector(".photos")));
  if (row.file) bubble.append(file(row.file));
  const text = row.text.trimEnd();
  if (text) bubble.append(make("p", { className: "text" }, ...(row.kind === "echo" ? [text] : live(text, on))));
  bubble.append(meta(row, state));
  const parts = [bubble];
  if (row.rows.length) parts.push(buttons(row, on));
  if (row.answerable) parts.push(replyButton(row, on));
  if (state?.actions) parts.push(state.actions);
  element.classList.toggle("asks", row.rows.length > 0);
  element.replaceChildren(...parts);
}

/** The photos of a message; those `shown` already stay, so that they neither flicker nor lose their place. */
function photos(row, on, shown) {
  const addresses = row.photos.map(({ url }) => url).join(" ");
  if (shown?.dataset.of === addresses) return shown;
  const drawn = row.photos.map(({ url, alt }, place) => {
    const label = alt || say("photo", { number: place + 1 });
    const image = make("img", { src: url, alt: label });
    return make("button", { type: "button", className: "photo", onclick: () => on.open(image) }, image);
  });
  const count = drawn.length > 2 ? "several" : ["one", "two"][drawn.length - 1];
  return make("div", { className: `photos ${count}`, "data-of": addresses }, ...drawn);
}

function file({ name, mime, url }) {
  if (mime.startsWith("audio/")) {
    return make("audio", { controls: true, preload: "none", src: url, "aria-label": words.recording });
  }
  const label = say("download", { name });
  return make("a", { className: "file", href: url, download: name, "aria-label": label }, icon("file"), make("b", {}, name));
}

function* live(text, on) {
  let from = 0;
  for (const found of text.matchAll(LIVE)) {
    const [whole, address, space, command] = found;
    yield text.slice(from, found.index) + (space ?? "");
    if (address) yield make("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, address);
    else yield make("button", { type: "button", className: "command", onclick: () => on.command(command) }, command);
    from = found.index + whole.length;
  }
  yield text.slice(from);
}

function meta(row, state) {
  const time = make("time", { dateTime: row.at }, clock.format(new Date(row.at)));
  return make("span", { className: "meta" }, time, row.kind === "echo" ? icon(state?.icon ?? "check", state?.label ?? words.sent) : null);
}

function replyButton(row, on) {
  return make("button", { type: "button", className: "reply", onclick: () => on.reply(row) }, icon("reply"), words.reply);
}

function buttons(row, on) {
  const rows = row.rows.map((line) => make("div", { className: "row" }, ...line.map((button) => buttonOf(button, row, on))));
  return make("div", { className: "rows", role: "group", "aria-label": words.choices }, ...rows);
}

function buttonOf({ label, data, style, url }, row, on) {
  const length = label.length > LONG_LABEL ? "long" : label.length <= SHORT_LABEL && !PICTURE.test(label) ? "short" : "";
  const className = `choice ${style} ${length}`.trim();
  if (/^https?:\/\//.test(url)) {
    return make("a", { className, href: url, target: "_blank", rel: "noopener noreferrer" }, label);
  }
  return make("button", { type: "button", className, "data-data": data, onclick: ({ currentTarget }) => on.tap(currentTarget, row) }, label);
}
