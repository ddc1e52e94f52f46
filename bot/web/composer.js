// Where the person writes: text, photos, a recording, a place.

import { at, icon, make, readyToWrite, say, toast, words } from "./dom.js";
import { canRecord, Recording } from "./voice.js";

const MOST_PHOTOS = 9;
const LOCATING = { enableHighAccuracy: true, timeout: 15_000, maximumAge: 30_000 };

export class Composer {
  #form = at("composer");
  #field = at("field");
  #photos = []; // {file, url}
  #recording = null;
  #reply = null;

  /** `send(message, files, voice)` puts a message in the queue. */
  constructor(send) {
    this.send = send;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    // A tap on the button leaves the cursor in the field, so that the keyboard of a phone stays open.
    at("send").addEventListener("pointerdown", (event) => event.preventDefault());
    this.#field.addEventListener("input", () => this.#grown());
    this.#field.addEventListener("keydown", (event) => this.#key(event));
    this.#field.addEventListener("paste", ({ clipboardData }) => this.#add(clipboardData.files));
    new MutationObserver(() => this.#grown()).observe(document.documentElement, { attributeFilter: ["data-size"] });
    this.#panel();
    this.#recorder();
    this.#field.value = sessionStorage.getItem("draft") ?? "";
    this.#grown();
  }

  /** Put a text into the field, to be changed. */
  write(text) {
    this.#field.value = text;
    this.#grown();
    this.#field.focus();
  }

  /** Have the next message answer this one. */
  replyTo(row) {
    this.#reply = row;
    at("quote").hidden = row === null;
    at("quoted").textContent = row ? say("replyTo", { text: row.text.split("\n", 1)[0].slice(0, 80) }) : "";
    if (row) this.#field.focus();
  }

  #panel() {
    const more = at("more");
    const open = (yes) => {
      at("panel").hidden = !yes;
      more.setAttribute("aria-expanded", yes);
    };
    more.addEventListener("click", () => open(at("panel").hidden));
    this.#form.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape" || at("panel").hidden) return;
      open(false);
      more.focus();
    });
    this.#field.addEventListener("focus", () => open(false));
    for (const [button, input] of [["camera", "shot"], ["gallery", "files"]]) {
      at(button).addEventListener("click", () => at(input).click());
      at(input).addEventListener("change", ({ target }) => {
        this.#add(target.files);
        target.value = "";
        open(false);
      });
    }
    at("place").addEventListener("click", () => {
      open(false);
      this.#locate();
    });
    at("menu").addEventListener("click", () => {
      open(false);
      this.send({ text: "/start", quiet: true });
    });
    at("unquote").addEventListener("click", () => this.replyTo(null));
  }

  #key(event) {
    // An input method confirms its suggestion with Enter; 229 is how Safari says so.
    const composing = event.isComposing || event.keyCode === 229;
    if (event.key !== "Enter" || event.shiftKey || composing) return;
    event.preventDefault();
    this.#submit();
  }

  #grown() {
    this.#field.style.height = "auto";
    this.#field.style.height = `${this.#field.scrollHeight}px`;
    sessionStorage.setItem("draft", this.#field.value);
    this.#offer();
  }

  /** The microphone where nothing is written, else the way to send. */
  #offer() {
    const written = this.#field.value.trim() !== "" || this.#photos.length > 0;
    const [shown, hidden] = written || !canRecord() ? ["send", "record"] : ["record", "send"];
    const focused = document.activeElement === at(hidden);
    at(shown).hidden = false;
    if (focused) at(shown).focus();
    at(hidden).hidden = true;
  }

  async #submit() {
    const text = this.#field.value.trim();
    const chosen = this.#photos;
    if (!text && !chosen.length) return;
    const message = this.#reply ? { text, reply_to: this.#reply.seq } : { text };
    this.clear();
    if (await this.send(message, chosen.map(({ file }) => file))) return;
    this.#photos = chosen; // the device is full: nothing that was entered is thrown away
    this.#preview();
    this.write(text);
  }

  /** Empty the field, with what hangs on it. */
  clear() {
    this.#field.value = "";
    this.#photos = [];
    this.replyTo(null);
    this.#preview();
    this.#grown();
    readyToWrite();
  }

  #add(files) {
    const images = [...files].filter((file) => file.type.startsWith("image/"));
    if (images.length < files.length) toast(words.onlyPhotos);
    const free = MOST_PHOTOS - this.#photos.length;
    if (images.length > free) toast(words.tooManyPhotos);
    this.#photos.push(...images.slice(0, free).map((file) => ({ file, url: URL.createObjectURL(file) })));
    this.#preview();
    this.#offer();
    if (images.length) readyToWrite();
  }

  #preview() {
    const drawn = this.#photos.map((photo, place) => {
      const remove = () => {
        this.#photos = this.#photos.filter((other) => other !== photo);
        URL.revokeObjectURL(photo.url);
        this.#preview();
        this.#offer();
        readyToWrite();
      };
      const label = say("removePhoto", { number: place + 1 });
      const button = make("button", { type: "button", className: "round", "aria-label": label, onclick: remove }, icon("close"));
      return make("div", { className: "preview" }, make("img", { src: photo.url, alt: say("photo", { number: place + 1 }) }), button);
    });
    at("previews").replaceChildren(...drawn);
    at("previews").hidden = drawn.length === 0;
  }

  #locate() {
    if (!navigator.geolocation) {
      toast(words.noLocation);
      return;
    }
    toast(words.locating);
    const found = ({ coords: { latitude, longitude, accuracy } }) => this.send({ location: { latitude, longitude, accuracy } });
    navigator.geolocation.getCurrentPosition(found, () => toast(words.noLocation), LOCATING);
  }

  #recorder() {
    const show = (seconds) => {
      const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
      at("elapsed").textContent = say("recordingFor", { time });
    };
    const finish = async (send) => {
      const recording = this.#recording;
      this.#recording = null;
      this.#recorderShown(false);
      const voice = await recording?.end();
      if (send && voice) this.send({}, [], voice);
    };
    at("record").addEventListener("click", async () => {
      try {
        this.#recording = await Recording.begin(show, () => finish(true));
      } catch {
        toast(words.noMicrophone);
        return;
      }
      show(0);
      this.#recorderShown(true);
    });
    at("finish").addEventListener("click", () => finish(true));
    at("discard").addEventListener("click", () => finish(false));
  }

  #recorderShown(yes) {
    at("recorder").hidden = !yes;
    at("line").hidden = yes;
    if (yes) at("finish").focus();
    else readyToWrite();
  }
}
