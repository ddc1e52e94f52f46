// Records a voice message where the browser can.

const LONGEST = 300; // seconds
const TYPES = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus", "audio/mp4"];

export const canRecord = () => Boolean(window.MediaRecorder && navigator.mediaDevices?.getUserMedia);

export class Recording {
  #recorder;
  #chunks = [];
  #clock;

  /** Ask for the microphone and begin; `ticked(seconds)` each second, `full()` when it is long enough. */
  static async begin(ticked, full) {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    return new Recording(stream, ticked, full);
  }

  constructor(stream, ticked, full) {
    const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
    this.#recorder = new MediaRecorder(stream, mimeType ? { mimeType } : {});
    this.#recorder.ondataavailable = ({ data }) => this.#chunks.push(data);
    this.#recorder.start();
    let seconds = 0;
    this.#clock = setInterval(() => {
      seconds += 1;
      ticked(seconds);
      if (seconds >= LONGEST) full();
    }, 1000);
  }

  /** End; resolves with the recording as {type, bytes}. */
  async end() {
    clearInterval(this.#clock);
    const stopped = new Promise((resolve) => (this.#recorder.onstop = resolve));
    this.#recorder.stop();
    await stopped;
    this.#recorder.stream.getTracks().forEach((track) => track.stop());
    const type = this.#recorder.mimeType.split(";")[0];
    return { type, bytes: await new Blob(this.#chunks).arrayBuffer() };
  }
}
