// The desk's API (docs/api.md), as the page uses it.

const JSON_SECONDS = 30;
const MEDIA_SECONDS = 300;

/** An answer other than yes: what it says, and whether the same request may work later. */
export class Refusal extends Error {
  constructor(status, sentence, seconds) {
    super(sentence);
    this.status = status;
    this.later = status === 401 || status === 408 || status === 429 || status >= 500;
    this.seconds = seconds;
  }
}

let opening = null;

/** Begin or go on with the session, which lives in a cookie; one at a time, lest two be begun. */
export function openSession(locale) {
  const open = () => call("api/chat/session", { json: { locale } });
  opening ??= (navigator.locks ? navigator.locks.request("docent-session", open) : open()).finally(() => {
    opening = null;
  });
  return opening;
}

/** A page of the conversation, such as {limit: 50} or {before: 12}. */
export const history = (query) => call(`api/chat/history?${new URLSearchParams(query)}`, {});

/** Hand a message in; `photos` and `voice` are {type, bytes}. */
export function post(message, photos, voice) {
  if (!photos.length && !voice) return call("api/chat/messages", { json: message });
  const form = new FormData();
  form.append("message", blob({ type: "application/json", bytes: JSON.stringify(message) }));
  for (const photo of photos) form.append("photo", blob(photo), "photo");
  if (voice) form.append("voice", blob(voice), "voice");
  return call("api/chat/messages", { form });
}

export const blob = ({ type, bytes }) => new Blob([bytes], { type });

async function call(address, { json, form }) {
  const options = { credentials: "same-origin", cache: "no-store" };
  if (json) {
    Object.assign(options, { method: "POST", body: JSON.stringify(json), headers: { "Content-Type": "application/json" } });
  } else if (form) {
    Object.assign(options, { method: "POST", body: form });
  }
  const patience = new AbortController();
  const clock = setTimeout(() => patience.abort(), 1000 * (form ? MEDIA_SECONDS : JSON_SECONDS));
  try {
    const response = await fetch(address, { ...options, signal: patience.signal });
    const answer = await response.json().catch(() => ({}));
    if (response.ok) return answer;
    throw new Refusal(response.status, answer.error || response.statusText, Number(response.headers.get("Retry-After")));
  } finally {
    clearTimeout(clock);
  }
}
