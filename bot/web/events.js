// Keeps up with the conversation: server-sent events, and questions where those do not come through.

import { history, openSession } from "./api.js";
import { config } from "./dom.js";

const RETRY = 3000; // milliseconds
const MISSED = 2500; // milliseconds after which an answer that did not come is asked for

export class Events {
  #source = null;
  #timer = 0;

  /** `on.message(row)` for each message in order; `on.connected(yes)` when the connection comes and goes. */
  constructor(on) {
    this.on = on;
    this.last = 0;
    document.addEventListener("visibilitychange", () => this.#seen());
    addEventListener("online", () => this.listen());
  }

  /** Listen from the last message on. */
  listen() {
    this.stop();
    const source = new EventSource(`api/chat/events?after=${this.last}`);
    this.#source = source;
    source.onopen = () => this.on.connected(true);
    source.onmessage = ({ data }) => this.take(JSON.parse(data));
    source.addEventListener("anew", () => location.reload()); // a backup was restored: what is shown is no more
    source.onerror = () => {
      this.on.connected(false);
      if (source.readyState === EventSource.CLOSED) this.#later();
    };
  }

  stop() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  /** A message, wherever it came from; each counts once. */
  take(row) {
    if (row.seq <= this.last) return;
    this.last = row.seq;
    this.on.message(row);
  }

  /** Ask once, in case events are held back on the way, as some proxies do. */
  expect() {
    const before = this.last;
    setTimeout(async () => {
      if (this.last !== before) return;
      const page = await history({ after: before }).catch(() => ({ messages: [] }));
      page.messages.forEach((row) => this.take(row));
    }, MISSED);
  }

  #later() {
    this.stop();
    this.#timer = setTimeout(async () => {
      await openSession(config.locale).catch(() => null);
      this.listen();
    }, RETRY);
  }

  /** Of the tabs that nobody looks at one goes on listening; a browser has few connections to one host. */
  #seen() {
    if (!document.hidden) {
      if (this.#source === null) this.listen();
      return;
    }
    if (!navigator.locks) {
      this.stop();
      return;
    }
    navigator.locks.request("docent-background", { ifAvailable: true }, (lock) => {
      if (lock === null) {
        this.stop();
        return null;
      }
      return new Promise((resolve) => {
        document.addEventListener("visibilitychange", resolve, { once: true });
      });
    });
  }
}
