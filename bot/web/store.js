// What is kept on the device: messages not sent yet, and the last part of the conversation.
// IndexedDB where there is one, else memory, which lasts as long as the page.

const STORES = { queue: { keyPath: "order", autoIncrement: true }, media: {}, kept: {} };

/** As much of an object store as is used here, in memory. */
class Memory {
  #values = new Map();
  #last = 0;

  add(value) {
    this.#last += 1;
    this.#values.set(this.#last, { ...value, order: this.#last });
    return this.#last;
  }

  put(value, key = value.order) {
    this.#values.set(key, value);
  }

  get(key) {
    return this.#values.get(key);
  }

  getAll() {
    return [...this.#values.values()];
  }

  delete(key) {
    this.#values.delete(key);
  }

  clear() {
    this.#values.clear();
  }
}

const memory = Object.fromEntries(Object.keys(STORES).map((name) => [name, new Memory()]));

const database = new Promise((resolve) => {
  let request;
  try {
    request = indexedDB.open("docent", 1);
  } catch {
    resolve(null);
    return;
  }
  request.onupgradeneeded = () => {
    for (const [name, options] of Object.entries(STORES)) request.result.createObjectStore(name, options);
  };
  request.onsuccess = () => resolve(request.result);
  request.onerror = request.onblocked = () => resolve(null);
});

function asked(request) {
  if (!(request instanceof IDBRequest)) return request;
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Run `work` on all stores in one transaction; what it changed is on the disk when this resolves. */
async function within(mode, work) {
  const opened = await database;
  if (opened === null) return work(memory);
  const transaction = opened.transaction(Object.keys(STORES), mode);
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  const stores = Object.fromEntries(Object.keys(STORES).map((name) => [name, transaction.objectStore(name)]));
  const [result] = await Promise.all([work(stores), done]);
  return result;
}

/** The messages not sent yet, the oldest first, without what is attached to them. */
export const queued = () => within("readonly", ({ queue }) => asked(queue.getAll()));

/** What is attached to a message: {photos, voice}. */
export const attachedTo = (order) => within("readonly", ({ media }) => asked(media.get(order)));

export const attach = (order, attached) => within("readwrite", ({ media }) => asked(media.put(attached, order)));

/** Put a message with its attachments at the end of the queue. */
export const enqueue = (item, attached) =>
  within("readwrite", async ({ queue, media }) => {
    const order = await asked(queue.add(item));
    await asked(media.put(attached, order));
  });

export const update = (item) => within("readwrite", ({ queue }) => asked(queue.put(item)));

export const dequeue = (order) =>
  within("readwrite", async ({ queue, media }) => {
    await asked(media.delete(order));
    await asked(queue.delete(order));
  });

export const keep = (name, value) => within("readwrite", ({ kept }) => asked(kept.put(value, name)));

export const kept = (name) => within("readonly", ({ kept: store }) => asked(store.get(name)));

/** Wipe everything, once for each `moment` (ISO 8601): a tab that hears of it late spares what came since. */
export const wipe = (moment) =>
  within("readwrite", async ({ queue, media, kept: store }) => {
    if (((await asked(store.get("wiped"))) ?? "") >= moment) return;
    for (const one of [queue, media, store]) one.clear();
    await asked(store.put(moment, "wiped"));
  });
