// One file on its way to the server by tus 1.0: pieces with checksums, resumed from wherever the server says it is.
const VERSION = "1.0.0", PIECE = 8 << 20, MEMORY_MS = 10_000;
const SOON_MS = 1000, LATEST_MS = 30_000;

class Stop extends Error {}           // asked for by the user
export class Unreadable extends Error {}

/** Run a job of hashing.js beside the page. */
export const hashed = (script, job, file) => new Promise((resolve, reject) => {
  const worker = new Worker(script);
  const over = (settle, value) => { worker.terminate(); settle(value); };
  worker.onmessage = ({ data }) => (data.hex ? over(resolve, data.hex) : over(reject, new Unreadable(data.error)));
  worker.onerror = (event) => over(reject, new Unreadable(event.message));
  worker.postMessage({ job, file });
});

const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
const csrf = () => (document.cookie.match(/(?:^|; )csrftoken=([^;]*)/) || ["", ""])[1];
const encoded = (facts) => Object.entries(facts).map(([key, value]) => `${key} ${base64(new TextEncoder().encode(value))}`).join(",");

export class Transfer {
  /** `changed(transfer)` is called whenever state, offset or words change. */
  constructor({ file, create, script, url, idle = 30, changed }) {
    Object.assign(this, { file, create, script, url, idle, changed });
    this.state = "waiting"; this.words = ""; this.offset = 0; this.sent = 0; this.samples = [];
    this.resumed = Boolean(url); this.stopped = false; this.patience = 0;
  }

  get done() { return this.state === "done"; }

  tell(state, words = "") { this.state = state; this.words = words; this.changed(this); }

  /** Bytes per second over the last ten seconds; null while unknown. */
  get speed() {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    return first && last.at - first.at > 500 ? 1000 * (last.bytes - first.bytes) / (last.at - first.at) : null;
  }

  get secondsLeft() { return this.speed ? (this.file.size - this.sent) / this.speed : null; }

  came(bytes) {
    const at = performance.now();
    this.sent = bytes;
    this.samples.push({ at, bytes });
    while (at - this.samples[0].at > MEMORY_MS) this.samples.shift();
    this.changed(this);
  }

  pause() { this.halt(); this.tell("paused"); }

  halt() { this.stopped = true; this.request?.abort(); this.wake?.(); this.samples = []; }

  /** Stop and forget; false when all of it had come already, so that there is a verdict instead. */
  async cancel() {
    this.halt();
    this.tell("cancelled");
    for (let attempt = 0; this.url && attempt < 120; attempt += 1) {  // 423: the server still waits for the last piece
      const answer = await this.ask("DELETE", this.url).catch(() => ({}));
      if (answer.status === 204) return true;
      if (answer.status === 410) return false;
      await new Promise((resolve) => { setTimeout(resolve, SOON_MS); });
    }
    return true;
  }

  /** Until it is sent, stopped or failed. A loop that was stopped ends before the next begins. */
  async run() {
    await this.running;
    this.stopped = false; this.state = "sending";
    this.running = this.loop();
    return this.running;
  }

  async loop() {
    this.whole ??= hashed(this.script, "whole", this.file);
    this.whole.catch(() => {});  // told when it is needed
    while (!this.stopped && !this.done && this.state !== "failed") {
      try { await this.go(); } catch (problem) { await this.recover(problem); }
    }
  }

  async go() {
    this.tell("sending");
    if (!this.url) await this.begin(); else this.offset = await this.locate();
    this.came(this.offset);
    do await this.piece(); while (this.offset < this.file.size);
    this.tell("done");
  }

  async begin() {
    const answer = await this.ask("POST", this.create, { "Upload-Length": this.file.size, "Upload-Metadata": encoded(this.metadata) });
    if (answer.status !== 201) throw answer;
    this.url = new URL(answer.header("Location"), location.href).pathname;
    this.offset = 0;
  }

  async locate() {
    const answer = await this.ask("HEAD", this.url);
    if (answer.status !== 200) throw answer;
    return Number(answer.header("Upload-Offset"));
  }

  async piece() {
    const end = Math.min(this.offset + PIECE, this.file.size);
    const bytes = await this.file.slice(this.offset, end).arrayBuffer().catch((error) => { throw new Unreadable(String(error)); });
    const headers = { "Content-Type": "application/offset+octet-stream", "Upload-Offset": this.offset };
    // Only in a secure context; the hash of the whole file is compared in any case.
    if (crypto.subtle) headers["Upload-Checksum"] = `sha256 ${base64(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)))}`;
    if (end === this.file.size) {
      this.tell("hashing");
      headers["Upload-Sha256"] = await this.whole;
    }
    if (this.stopped) throw new Stop();
    if (this.state !== "sending") this.tell("sending");
    const answer = await this.ask("PATCH", this.url, headers, bytes);
    if (answer.status !== 204) throw answer;
    this.offset = Number(answer.header("Upload-Offset"));
    this.patience = 0; this.resumed = false;
    this.came(this.offset);
  }

  /** After a problem: wait and go on, or stop with the server's words. */
  async recover(problem) {
    if (this.stopped || problem instanceof Stop) return;
    if (problem instanceof Unreadable) { this.whole = null; this.tell("failed", "unreadable"); return; }
    const { status = 0, text = "" } = problem;
    if (status === 0 && !("text" in problem)) throw problem;  // a mistake of this script, not of the network
    if (problem.signedOut || status === 401 || status === 403) { this.stopped = true; this.tell("paused", "signed_out"); return; }
    if ((status === 404 || status === 410) && this.resumed) { this.url = null; this.resumed = false; return; }
    if (status >= 400 && status < 500 && ![408, 409, 423, 429, 460].includes(status)) { this.tell("failed", text); return; }
    const delay = [409, 460].includes(status) && !this.patience ? 0 : Math.min(SOON_MS * 2 ** this.patience, LATEST_MS);
    this.patience += 1; this.samples = [];
    this.tell("retrying", [423, 507].includes(status) ? text : "");
    await new Promise((resolve) => { this.wake = resolve; setTimeout(resolve, delay); });
  }

  /** A request with the protocol's headers; status 0 when nothing answered. */
  ask(method, url, headers = {}, body = null) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      this.request = request;
      request.open(method, url);
      for (const [name, value] of Object.entries({ "Tus-Resumable": VERSION, "X-CSRFToken": csrf(), ...headers })) request.setRequestHeader(name, value);
      // A connection may die without a word; then neither side waits longer than `idle` seconds.
      let silence, stalled = false;
      const alive = () => { clearTimeout(silence); silence = setTimeout(() => { stalled = true; request.abort(); }, 1000 * this.idle); };
      const answered = () => resolve({
        status: request.status, text: request.getResponseHeader("Content-Type")?.startsWith("text/plain") ? request.responseText : "",
        header: (name) => request.getResponseHeader(name),
        signedOut: Boolean(request.responseURL) && new URL(request.responseURL).pathname !== new URL(url, location.href).pathname,
      });
      request.onload = answered; request.onerror = answered;
      request.onabort = () => (stalled ? answered() : reject(new Stop()));
      request.onloadend = () => clearTimeout(silence);
      if (body) request.upload.onprogress = ({ loaded }) => { alive(); this.came(this.offset + Math.min(loaded, body.byteLength)); };
      alive();
      request.send(body);
    });
  }
}
