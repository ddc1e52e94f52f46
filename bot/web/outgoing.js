// Sends what the person wrote: each message once, in order, when there is a network.
//
// Messages wait in a queue on the device that all tabs share. Each has a client id, so one that went out
// twice, because the answer was lost on the way, still counts once.

import { openSession, post, Refusal } from "./api.js";
import { config } from "./dom.js";
import { fitted } from "./photo.js";
import { attach, attachedTo, dequeue, enqueue, queued, update, wipe } from "./store.js";

const LONGEST_WAIT = 30; // seconds between attempts
const NOTHING = { photos: [], voice: null };
const MOST_FAULTS = 5; // times the desk may fail over one message before the next gets its turn

/** In place of the client id of what was taken back: everything that waited. */
export const ALL = "*";

const tabs = "BroadcastChannel" in window ? new BroadcastChannel("docent") : null;

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Outgoing {
  #busy = false;
  #again = false;
  #attempts = 0;
  #timer = 0;
  #line = Promise.resolve(); // those who put something into the queue, one behind the other
  #faults = new Map(); // place in the queue -> how often the desk failed over it

  /**
   * `on` has changed(items, gone), which draws the queue; sending() and sent(answer), which tell of one
   * message; refused(shown, sentence) for one that is not taken; stuck() when it has to wait.
   */
  constructor(on) {
    this.on = on;
    this.current = null; // the place in the queue of the message that is going out
    this.waits = false;
    addEventListener("online", () => this.drain());
    if (tabs) tabs.onmessage = ({ data }) => this.show(data.gone);
  }

  /** Put a message in the queue, behind those before it; resolves when it is safe on the device. */
  add(message, files = [], voice = null) {
    const put = this.#line.then(() => this.#put(message, files, voice));
    this.#line = put.catch(() => null);
    return put;
  }

  /** Draw what waits; `gone` was taken back. */
  async show(gone = null) {
    const items = await queued();
    this.waits = items.length > 0;
    this.on.changed(items, gone);
  }

  /** Try a message again that was refused. */
  async retry(item) {
    await update({ ...item, failed: null });
    await this.#changed();
    this.drain();
  }

  /** Take back a message that was not sent. */
  async remove(item) {
    await dequeue(item.order);
    await this.#changed(item.message.client_id);
  }

  /** Take back all that waits, and wipe the device; see `wipe` for `moment`. */
  async forget(moment) {
    await wipe(moment);
    await this.#changed(ALL);
  }

  async #put(message, files, voice) {
    const named = { client_id: newId(), locale: config.locale, ...message };
    const photos = await Promise.all(files.map(async (file) => ({ type: file.type, bytes: await file.arrayBuffer() })));
    const attached = photos.length > 0 || voice !== null;
    await enqueue({ message: named, attached, at: Date.now() }, { photos, voice });
    await this.#changed();
    this.drain();
  }

  /** Send what waits. One tab does it at a time; where the browser has no locks, the client ids must do. */
  async drain() {
    clearTimeout(this.#timer);
    this.#again = true;
    if (this.#busy) return;
    this.#busy = true;
    while (this.#again) {
      this.#again = false;
      if (navigator.locks) await navigator.locks.request("docent-send", () => this.#sendAll());
      else await this.#sendAll();
    }
    this.#busy = false;
  }

  async #sendAll() {
    let item;
    while ((item = (await queued()).find((one) => !one.failed))) {
      try {
        await this.#send(item);
        this.#attempts = 0;
      } catch (error) {
        const refused = error instanceof Refusal && (!error.later || this.#faulty(item, error));
        this.current = null;
        if (!refused) {
          await this.#changed();
          this.#wait(error);
          return;
        }
        await this.#refused(item, error.message);
      }
    }
  }

  /** Whether this message, and not the network or the load, is what the desk fails over. */
  #faulty({ order }, { status }) {
    if (status !== 500) return false;
    this.#faults.set(order, (this.#faults.get(order) ?? 0) + 1);
    return this.#faults.get(order) >= MOST_FAULTS;
  }

  /** A message that the desk does not take stays, to be mended; of what shows no message there is only word. */
  async #refused(item, sentence) {
    const shown = !item.message.quiet && item.message.data === undefined;
    if (shown) await update({ ...item, failed: sentence });
    else await dequeue(item.order);
    this.on.refused(shown, sentence);
    await this.#changed();
  }

  async #send(item) {
    this.current = item.order;
    await this.show();
    this.on.sending();
    const answer = await this.#posted(item);
    await dequeue(item.order);
    this.current = null;
    this.on.sent(answer);
    await this.#changed();
  }

  async #posted({ message, order, attached }) {
    const { photos, voice } = attached ? await this.#attached(order) : NOTHING;
    try {
      return await post(message, photos, voice);
    } catch (error) {
      if (error.status !== 401) throw error;
      await openSession(config.locale);
      return post(message, photos, voice);
    }
  }

  /** What is attached to a message, the photos made to fit: one by one, a phone has little memory. */
  async #attached(order) {
    const attached = (await attachedTo(order)) ?? NOTHING; // another tab may just have sent it
    if (attached.photos.every((photo) => photo.fits)) return attached;
    const photos = [];
    for (const photo of attached.photos) photos.push(await fitted(photo));
    await attach(order, { ...attached, photos });
    return { ...attached, photos };
  }

  #wait(error) {
    this.on.stuck();
    this.#attempts += 1;
    const seconds = error.seconds || Math.min(2 ** (this.#attempts - 1), LONGEST_WAIT);
    this.#timer = setTimeout(() => this.drain(), 1000 * seconds * (0.75 + Math.random() / 2));
  }

  async #changed(gone = null) {
    await this.show(gone);
    tabs?.postMessage({ gone });
  }

}
