// The chat page: joins the conversation, the queue, and the place to write.

import { blob, history, openSession } from "./api.js";
import { Composer } from "./composer.js";
import { at, config, readyToWrite, toast, words } from "./dom.js";
import { Events } from "./events.js";
import { Outgoing } from "./outgoing.js";
import { settings, speak, unview, view } from "./settings.js";
import { attachedTo, keep, kept } from "./store.js";
import { Transcript } from "./transcript.js";

const PAGE = 50; // messages
const FILLED = 12; // messages on the screen that are enough to begin with
const KEPT = 100; // messages kept on the device
const LINKS = { p: "p", hall: "h", i: "i", l: "l" }; // in the address: a point, a hall, an invite, a code that links

const CODE = /^[A-Za-z0-9_-]{1,60}$/;

let rows = []; // the last messages, as they came
let session = null; // whose conversation this is
let oldest = Infinity; // the first message that was read
let mayHaveOlder = false;
let online = navigator.onLine;
let unread = 0;
let saving = 0;
let answering = 0;
let answered = false; // since the last message went out

const transcript = new Transcript({
  tap: (button, row) => {
    if (button.getAttribute("aria-busy")) return;
    send({ data: button.dataset.data, tapped: transcript.original(row.seq) });
  },
  command: (text) => send({ text }),
  reply: (row) => composer.replyTo(row),
  open: view,
  retry: (item) => outgoing.retry(item),
  edit: (item) => {
    composer.write(item.message.text);
    outgoing.remove(item);
  },
  remove: (item) => {
    outgoing.remove(item);
    readyToWrite();
  },
  attach: showAttached,
  wantsOlder: () => older(),
});

const outgoing = new Outgoing({
  changed: (items, gone) => transcript.waiting(items, gone, outgoing.current, online),
  sending: () => {
    answered = false;
    awaitAnswer(60_000);
  },
  sent: ({ toast: word }) => {
    connected(true);
    if (word) toast(word);
    if (answered) return;
    awaitAnswer(1500);
    events.expect();
  },
  refused: (shown, sentence) => {
    awaitAnswer(0);
    if (!shown) toast(sentence);
  },
  stuck: () => {
    awaitAnswer(0);
    connected(false);
  },
});

const events = new Events({
  message: (row) => {
    if (row.device?.forget) forget(row.at);
    if (row.device?.locale) speak(row.device.locale);
    rows = [...rows, row].slice(-KEPT);
    transcript.take(row);
    save();
    if (row.kind !== "message") return;
    answered = true;
    awaitAnswer(0);
    if (document.hidden) unread += 1;
    title();
  },
  connected,
});

const composer = new Composer(send);

/** Put a message in the queue; false if the device has no room for it. */
async function send(message, files = [], voice = null) {
  transcript.toEnd();
  try {
    await outgoing.add(message, files, voice);
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
  if (milliseconds) answering = setTimeout(() => awaitAnswer(0), milliseconds);
  at("status").textContent = milliseconds > 0 && online ? words.typing : words.desk;
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
  if (!online) at("status").textContent = navigator.onLine ? words.connecting : words.desk;
  else if (at("status").textContent !== words.typing) at("status").textContent = words.desk;
}

function title() {
  document.title = unread ? `(${unread}) ${config.museum}` : config.museum;
}

function save() {
  clearTimeout(saving);
  saving = setTimeout(() => keep("conversation", { id: session, rows }).catch(() => null), 300);
}

/** Begin anew, as the person asked: nothing from before `moment` stays on this device. */
function forget(moment) {
  transcript.clear();
  transcript.toEnd();
  composer.clear();
  unview();
  rows = [];
  oldest = Infinity;
  mayHaveOlder = false;
  at("earlier").hidden = true;
  outgoing.forget(moment).catch(() => null);
}

async function older() {
  if (!mayHaveOlder) return;
  mayHaveOlder = false;
  const page = await history({ before: oldest, limit: PAGE }).catch(() => ({ messages: [], more: true }));
  oldest = Math.min(oldest, ...page.messages.map((row) => row.seq));
  transcript.takeOlder(page.messages);
  mayHaveOlder = page.more;
  at("earlier").hidden = !page.more;
  if (page.more && page.messages.length && transcript.bubbles < FILLED) await older();
}

/** Show what the desk has: on top of what was kept here, or instead where the two do not meet. */
function agree(page) {
  const theirs = new Set(page.messages.map((row) => row.seq));
  const first = page.messages[0]?.seq ?? Infinity;
  const meet = rows.some((row) => theirs.has(row.seq)) && rows.every((row) => row.seq < first || theirs.has(row.seq));
  if (!meet) {
    transcript.clear();
    rows = [];
  }
  const known = new Set(rows.map((row) => row.seq));
  const fresh = page.messages.filter((row) => !known.has(row.seq));
  transcript.takeOlder(fresh);
  rows = [...rows, ...fresh].slice(-KEPT);
  oldest = rows[0]?.seq ?? Infinity;
  events.last = rows[rows.length - 1]?.seq ?? 0;
  mayHaveOlder = page.more;
  at("earlier").hidden = !page.more;
  transcript.toEnd();
}

/** What the address asks for, once: a reload does not ask again. */
function linked() {
  const query = new URLSearchParams(location.search);
  const [name] = Object.keys(LINKS).filter((known) => query.has(known));
  if (location.search) window.history.replaceState(null, "", location.pathname);
  if (!name || !CODE.test(query.get(name))) return false;
  send({ link: `${LINKS[name]}_${query.get(name)}`, quiet: true });
  return true;
}

async function showKept() {
  const saved = await kept("conversation").catch(() => null);
  if (!saved) return null;
  rows = saved.rows;
  transcript.takeOlder(rows);
  transcript.toEnd();
  return saved.id;
}

/** Open the session and read the conversation, as soon as there is a network. */
async function begin() {
  for (let seconds = 1; ; seconds = Math.min(2 * seconds, 30)) {
    try {
      session = (await openSession(config.locale)).id;
      return await history({ limit: PAGE });
    } catch {
      connected(false);
      await networkOr(seconds);
    }
  }
}

function networkOr(seconds) {
  return new Promise((resolve) => {
    addEventListener("online", resolve, { once: true });
    setTimeout(resolve, 1000 * seconds);
  });
}

async function start() {
  const keptFor = await showKept();
  const asked = linked();
  await outgoing.show();
  const page = await begin();
  connected(true);
  if (keptFor !== session) rows = [];
  agree(page);
  save();
  if (!page.messages.length && !asked && !outgoing.waits) greet();
  outgoing.drain();
  events.listen();
  if (transcript.bubbles < FILLED) await older();
}

/** Say hello for who is here for the first time; two tabs say it once. */
function greet() {
  const day = new Date().toISOString().slice(0, 10);
  send({ text: "/start", quiet: true, client_id: `hello-${day}` });
}

at("earlier").addEventListener("click", older);
addEventListener("online", () => connected(true));
addEventListener("offline", () => connected(false));
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  unread = 0;
  title();
});
settings(send);
connected(true);
readyToWrite();
if ("serviceWorker" in navigator) navigator.serviceWorker.register("sw.js").catch(() => null);
start();
