// The chat page: joins the conversation, the queue, and the place to write.

import { blob, history, openSession } from "./api.js";
import { Composer } from "./composer.js";
import { at, config, say, toast, words } from "./dom.js";
import { Events } from "./events.js";
import { Outgoing } from "./outgoing.js";
import { attachedTo, keep, kept } from "./store.js";
import { Transcript } from "./transcript.js";

const PAGE = 50; // messages
const FILLED = 12; // messages on the screen that are enough to begin with
const KEPT = 100; // messages kept on the device
const LINKS = { p: "p", hall: "h", i: "i" }; // what the address may carry: a point, a hall, an invite

let rows = []; // the last messages, as they came
let mayHaveOlder = false;
let online = navigator.onLine;
let unread = 0;
let saving = 0;
let answering = 0;

const transcript = new Transcript({
  tap: (button, row) => {
    if (button.getAttribute("aria-busy")) return;
    send({ data: button.dataset.data, tapped: transcript.original(row.seq) });
  },
  command: (text) => send({ text }),
  reply: (row) => composer.replyTo(row),
  open: view,
  retry: (item) => outgoing.retry(item),
  remove: (item) => outgoing.remove(item),
  attach: showAttached,
  wantsOlder: () => older(),
});

const outgoing = new Outgoing({
  changed: (items, gone) => transcript.waiting(items, gone, outgoing.current, online),
  sending: () => awaitAnswer(60_000),
  sent: (_item, { toast: word }) => {
    connected(true);
    if (word) toast(word);
    awaitAnswer(1500);
    events.expect();
  },
  stuck: () => {
    awaitAnswer(0);
    connected(false);
  },
});

const events = new Events({
  message: (row) => {
    rows = [...rows, row].slice(-KEPT);
    transcript.take(row);
    save();
    if (row.kind !== "message") return;
    awaitAnswer(0);
    if (document.hidden) unread += 1;
    title();
  },
  connected,
});

const composer = new Composer(send);

/** Put a message in the queue; false if the device has no room for it. */
async function send(message, photos = [], voice = null) {
  transcript.toEnd();
  try {
    await outgoing.add(message, photos, voice);
    return true;
  } catch {
    toast(words.full);
    return false;
  }
}

/** Show that the desk writes, at most so many milliseconds; 0 ends it. */
function awaitAnswer(milliseconds) {
  clearTimeout(answering);
  transcript.typing(milliseconds > 0 && online);
  if (milliseconds) answering = setTimeout(() => transcript.typing(false), milliseconds);
}

async function showAttached(item) {
  const { photos, voice } = (await attachedTo(item.order)) ?? { photos: [], voice: null };
  const url = (attached) => URL.createObjectURL(blob(attached));
  const file = voice && { name: "", mime: voice.type, url: url(voice) };
  transcript.attach(item, photos.map((photo) => ({ url: url(photo) })), file);
}

function connected(yes) {
  online = yes && navigator.onLine;
  at("banner").textContent = navigator.onLine ? "" : words.offline;
  at("status").textContent = online || !navigator.onLine ? words.desk : words.connecting;
}

function title() {
  document.title = unread ? `(${unread}) ${config.museum}` : config.museum;
}

function save() {
  clearTimeout(saving);
  saving = setTimeout(() => keep("conversation", { id: session, rows }).catch(() => null), 300);
}

async function older() {
  if (!mayHaveOlder || transcript.first === Infinity) return;
  mayHaveOlder = false;
  const page = await history({ before: transcript.first, limit: PAGE }).catch(() => null);
  if (page === null) {
    mayHaveOlder = true;
    return;
  }
  transcript.takeOlder(page.messages);
  mayHaveOlder = page.more;
  at("earlier").hidden = !page.more;
}
