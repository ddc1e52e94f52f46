// Lets the page open without a network: the page and what it loads are kept from the last visit.
// Messages never pass through here; they wait in the page's own queue.

const SHELL = "docent-shell";
const PATIENCE = 3000; // milliseconds before the kept page is shown instead of a slow one
const NAMED = /"((?:static\/|manifest)[^"]+)"/g;

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(fetch("chat").then((response) => remember(response)));
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const path = url.slice(self.registration.scope.length).split("?")[0];
  if (method !== "GET" || !url.startsWith(self.registration.scope)) return;
  if (mode === "navigate" && path === "chat") event.respondWith(page(event));
  else if (path.startsWith("static/")) event.respondWith(file(event.request));
});

/** The page from the network, or the kept one where that takes too long. */
async function page(event) {
  const fresh = fetch(event.request).then((response) => {
    if (response.ok) event.waitUntil(remember(response.clone()));
    return response;
  });
  event.waitUntil(fresh.catch(() => null));
  const shell = await caches.open(SHELL);
  const kept = await shell.match("chat", { ignoreVary: true });
  if (!kept) return fresh;
  const slow = new Promise((resolve) => setTimeout(resolve, PATIENCE, kept));
  return Promise.race([fresh.catch(() => kept), slow]);
}

/** A file by its versioned address: what is kept is right for ever. */
async function file(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

/** Keep a page with all it names, and nothing of an older one. */
async function remember(response) {
  if (!response.ok) return;
  const names = [...(await response.clone().text()).matchAll(NAMED)].map(([, name]) => new URL(name, self.registration.scope).href);
  const shell = await caches.open(SHELL);
  const kept = (await shell.keys()).map(({ url }) => url);
  await shell.addAll(names.filter((name) => !kept.includes(name)));
  await shell.put("chat", response);
  const stale = kept.filter((url) => !names.includes(url) && url !== new URL("chat", self.registration.scope).href);
  await Promise.all(stale.map((url) => shell.delete(url)));
}
