// The conversation on the screen: messages in their order, edited in place, and those still on their way.

import { draw, frame, whenGroup } from "./bubble.js";
import { at, icon, make, readyToWrite, say, words } from "./dom.js";
import { ALL } from "./outgoing.js";

const GAP = 10 * 60 * 1000; // milliseconds of silence that set a group of messages apart
const NEAR = 80; // pixels from the end that count as being there

export class Transcript {
  #log = at("log");
  #list = at("messages");
  #typing = at("typing");
  #newest = at("newest");
  #shown = new Map(); // seq -> {element, row}
  #same = new Map(); // seq of an edit -> seq of the message it edits
  #edits = new Map(); // seq of a message not loaded yet -> its last edit
  #mine = new Map(); // client id -> {element, item} of a message on its way
  #back = new Set(); // client ids of those that came back, which the queue may hold a little longer
  #behind = 0;
  #stick = true; // to the end, as it moves
  #top = 0; // where the view was last

  /**
   * `on` is that of bubble.js, with retry(item), edit(item), remove(item), and attach(item), which
   * is asked for the attachments of a message on its way; wantsOlder() when the beginning comes into sight.
   */
  constructor(on) {
    this.on = on;
    this.#log.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#newest.addEventListener("click", () => this.toEnd());
    // What grows (a photo that arrives, a keyboard that opens) must not push the end out of sight.
    const sizes = new ResizeObserver(() => this.#stick && this.toEnd());
    sizes.observe(this.#list);
    sizes.observe(this.#log);
  }

  get bubbles() {
    return this.#shown.size;
  }

  /** Show a message of the conversation: a new one, an edit of an older one, or one's own coming back. */
  take(row, { old = false } = {}) {
    if (this.#same.has(row.seq) || this.#shown.has(row.seq)) return;
    if (row.replaces !== null) {
      this.#edit(row);
      return;
    }
    const own = this.#mine.get(row.client_id);
    this.#mine.delete(row.client_id);
    this.#back.add(row.client_id);
    if (own?.row.photos.length) row = { ...row, photos: own.row.photos }; // here already: no need to load them
    const element = own?.element ?? frame(row.kind);
    const edited = this.#edits.get(row.seq);
    this.#shown.set(row.seq, { element, row });
    this.#place(element, row.seq);
    this.#draw(row.seq, edited ?? row);
    if (!old && row.kind === "message") this.#arrived();
  }

  /** Show messages from before; nobody is told of them, and what is being read stays where it is. */
  takeOlder(rows) {
    const height = this.#log.scrollHeight;
    this.#log.setAttribute("aria-busy", "true");
    [...rows].reverse().forEach((row) => this.take(row, { old: true }));
    this.#separate();
    if (!this.#stick) this.#log.scrollTop += this.#log.scrollHeight - height;
    requestAnimationFrame(() => this.#log.removeAttribute("aria-busy"));
  }

  /** Forget everything but what is on its way. */
  clear() {
    this.#shown.forEach(({ element }) => element.remove());
    [this.#shown, this.#same, this.#edits].forEach((map) => map.clear());
  }

  /** Show the queue: messages on their way, and buttons that were tapped. `gone` was taken back. */
  waiting(items, gone, sending, online) {
    this.#list.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
    const ids = new Set(items.map((item) => item.message.client_id));
    for (const [id, { element }] of this.#mine) {
      const taken = id === gone || (gone === ALL && !ids.has(id));
      if (taken) element.remove();
      if (taken) this.#mine.delete(id);
      else if (!ids.has(id)) this.#drawMine(id, { icon: "check", label: words.sent });
    }
    for (const item of items) {
      if (item.message.data !== undefined) this.#tapped(item.message);
      else if (!item.message.quiet && !this.#back.has(item.message.client_id)) this.#way(item, this.#state(item, sending, online));
    }
    this.#separate();
    if (this.#stick) this.toEnd();
  }

  /** The attachments of a message on its way, once they are read from the device. */
  attach(item, photos, file) {
    const mine = this.#mine.get(item.message.client_id);
    if (!mine) return;
    Object.assign(mine.row, { photos, file });
    this.#drawMine(item.message.client_id, mine.state);
  }

  /** Whether the desk is about to answer. */
  typing(yes) {
    this.#typing.hidden = !yes;
    if (yes && this.#stick) this.toEnd();
  }

  toEnd() {
    this.#stick = true;
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#behind = 0;
    this.#newest.hidden = true;
  }

  /** The message that `seq` is an edit of, or an edit of an edit. */
  original(seq) {
    while (this.#same.has(seq)) seq = this.#same.get(seq);
    return seq;
  }

  #edit(row) {
    this.#same.set(row.seq, row.replaces);
    const original = this.original(row.replaces);
    const shown = this.#shown.get(original);
    if (shown) {
      if (shown.row.seq < row.seq) this.#draw(original, row);
      return;
    }
    const known = this.#edits.get(original) ?? this.#edits.get(row.seq);
    this.#edits.set(original, known && known.seq > row.seq ? known : row);
  }

  /** Draw a message; focus on one of its buttons goes to the same button of the new ones. */
  #draw(seq, row) {
    const shown = this.#shown.get(seq);
    const focus = place(shown.element);
    // An edit is of words and buttons; the photos under them stay, as in other chat apps.
    if (shown.row.kind === "message" && !row.photos.length) row = { ...row, photos: shown.row.photos };
    shown.row = row;
    draw(shown.element, row, this.on);
    shown.element.dataset.seq = seq;
    this.#stamp(shown.element, row.at);
    if (focus) refocus(shown.element, focus);
    this.#separate();
  }

  #place(element, seq) {
    const later = [...this.#shown.keys()].filter((other) => other > seq);
    const next = this.#shown.get(Math.min(...later)) ?? [...this.#mine.values()].find(({ item }) => !item.failed);
    this.#list.insertBefore(element, next?.element ?? null);
  }

  #way(item, state) {
    const { message } = item;
    const id = message.client_id;
    if (!this.#mine.has(id)) {
      const text = message.text || (message.location ? "📍" : "");
      const row = { kind: "echo", text, rows: [], photos: [], file: null, at: new Date(item.at).toISOString() };
      this.#mine.set(id, { element: frame("echo"), row, item });
      this.#list.append(this.#mine.get(id).element);
      if (item.attached) this.on.attach(item);
    }
    this.#mine.get(id).item = item;
    this.#drawMine(id, state);
  }

  #drawMine(id, state) {
    const mine = this.#mine.get(id);
    mine.state = state;
    draw(mine.element, mine.row, this.on, state);
    mine.element.classList.toggle("failed", state.icon === "warning");
    this.#stamp(mine.element, mine.row.at);
  }

  #state(item, sending, online) {
    if (item.failed) return { icon: "warning", label: words.failed, actions: this.#amends(item) };
    const label = item.order === sending && online ? words.sending : words.waiting;
    return { icon: "clock", label };
  }

  /** What can be done about a message that was refused. */
  #amends(item) {
    const button = (style, label, onclick) => make("button", { type: "button", className: `choice ${style}`, onclick }, label);
    return make(
      "div",
      { className: "amends" },
      make("p", {}, icon("warning"), item.failed),
      item.attached
        ? button("plain", words.retry, () => this.on.retry(item))
        : button("plain", words.edit, () => this.on.edit(item)),
      button("quiet", words.remove, () => this.on.remove(item)),
    );
  }

  #tapped({ tapped, data }) {
    const button = this.#shown.get(this.original(tapped))?.element.querySelector(`[data-data="${CSS.escape(data)}"]`);
    button?.setAttribute("aria-busy", "true");
  }

  #stamp(element, moment) {
    element.dataset.at = Date.parse(moment);
  }

  /** Set the time over every group of messages. */
  #separate() {
    let last = 0;
    for (const element of this.#list.children) {
      const moment = Number(element.dataset.at);
      const gap = element.querySelector(":scope > .gap");
      if (moment - last > GAP && !gap) {
        element.prepend(make("time", { className: "gap", dateTime: new Date(moment).toISOString() }, whenGroup(moment)));
      } else if (moment - last <= GAP) {
        gap?.remove();
      }
      last = moment;
    }
  }

  #arrived() {
    if (this.#stick) {
      this.toEnd();
      return;
    }
    this.#behind += 1;
    at("unread").textContent = this.#behind;
    this.#newest.setAttribute("aria-label", say("newest"));
    this.#newest.hidden = false;
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    const up = scrollTop < this.#top; // only people scroll up; the end moves away by itself when something grows
    this.#top = scrollTop;
    if (scrollHeight - scrollTop - clientHeight < NEAR) this.#stick = true;
    else if (up) this.#stick = false;
    this.#newest.hidden = this.#stick;
    if (this.#stick) this.#behind = 0;
    at("unread").textContent = this.#behind || "";
    if (scrollTop < NEAR) this.on.wantsOlder();
  }
}

/** Which button of a message has the focus: its label, and its place among the others. */
function place(element) {
  const buttons = [...element.querySelectorAll("button, a")];
  const index = buttons.indexOf(document.activeElement);
  return index < 0 ? null : { index, label: document.activeElement.textContent };
}

function refocus(element, { index, label }) {
  const buttons = [...element.querySelectorAll("button, a")];
  const same = buttons.find((button) => button.textContent === label);
  const target = same ?? buttons[Math.min(index, buttons.length - 1)];
  if (target) target.focus({ preventScroll: true });
  else readyToWrite();
}
