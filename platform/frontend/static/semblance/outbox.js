// Answers on their way to the server. Each is kept in this browser before it is sent, and stays until the server has it:
// through reloads, closed tabs, hours without a network, and sign-outs. One tab sends, in order; what was kept for one
// user is neither sent nor shown for another. A repeat carries the same body, so the server keeps one row of it.

const STORE = "entries";
const FIRST = 1000, MOST = 15000, TIMEOUT = 15000; // milliseconds

export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID is missing without HTTPS
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

// Read each time: signing in again changes it.
export const csrf = () => (document.cookie.match(/(?:^|; )csrftoken=([^;]*)/) || ["", ""])[1];

const JSON_POST = () => ({ method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": csrf() }, redirect: "error" });

// The id of the user who is signed in: null for nobody, undefined when the server cannot be asked.
export async function whoIs(address) {
  try {
    const response = await fetch(address, { redirect: "error", cache: "no-store", signal: AbortSignal.timeout(TIMEOUT) });
    if (response.ok) return (await response.json()).user;
    return response.status === 401 || response.status === 403 ? null : undefined;
  } catch {
    return undefined;
  }
}

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

// The browser's database, or this page's memory where there is none.
class Kept {
  static async open() {
    const kept = new Kept();
    kept.memory = new Map();
    try {
      const opening = indexedDB.open("semblance-outbox", 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "place", autoIncrement: true });
      kept.database = await done(opening);
    } catch {
      kept.database = null;
    }
    return kept;
  }

  async add(entry) {
    if (this.database) {
      try {
        const change = this.database.transaction(STORE, "readwrite", { durability: "strict" });
        const written = new Promise((resolve, reject) => {
          change.oncomplete = resolve;
          change.onabort = () => reject(change.error);
        });
        change.objectStore(STORE).add(entry);
        await written;
        return true;
      } catch {
        // No room, or the database went away: this page remembers it, and says so.
      }
    }
    const place = `memory-${this.memory.size + 1}-${uuid()}`;
    this.memory.set(place, { ...entry, place, volatile: true });
    return false;
  }

  // Oldest first, answers before what can wait.
  async of(user) {
    let stored = [];
    if (this.database) stored = await done(this.database.transaction(STORE).objectStore(STORE).getAll()).catch(() => []);
    const own = [...stored, ...this.memory.values()].filter((entry) => entry.user === user);
    return own.sort((one, other) => (other.first - one.first) || (one.at - other.at));
  }

  async remove(place) {
    if (this.memory.delete(place)) return;
    await done(this.database.transaction(STORE, "readwrite").objectStore(STORE).delete(place));
  }
}

// Events: "entries" (what waits; of all tabs), "result" (what became of one entry), "state": "", "sending", "retrying",
// "signed_out" or "other_user".
export class Outbox extends EventTarget {
  #running = false;
  #wake = null;
  #state = "";
  #last = 0;

  constructor({ user, who }) {
    super();
    this.user = user;
    this.who = who;
    this.entries = [];
  }

  async start() {
    this.kept = await Kept.open();
    this.channel = "BroadcastChannel" in window ? new BroadcastChannel("semblance-outbox") : null;
    this.channel?.addEventListener("message", ({ data }) => data.user === this.user && this.#hear(data));
    for (const event of ["online", "focus"]) addEventListener(event, () => this.retry());
    await this.#changed();
    this.#kick();
  }

  // Keep an answer, then send it. `about` says what it belongs to; what is not `first` waits behind all that is. False
  // when only this page keeps it.
  async put({ url, body, about, first = true }) {
    this.#last = Math.max(Date.now(), this.#last + 1); // two in one millisecond keep their order
    const stored = await this.kept.add({ user: this.user, url, body, about, first: Number(first), at: this.#last });
    await this.#changed();
    this.#say({ kind: "put" });
    this.#kick();
    return stored;
  }

  // What can no longer be kept in order, because the page goes away: sent at once, the copy that is kept is a repeat.
  hurry({ url, body }) {
    fetch(url, { ...JSON_POST(), body: JSON.stringify(body), keepalive: true }).catch(() => {});
  }

  // Try at once: the network or the user came back.
  retry() {
    this.#wake?.();
    this.#say({ kind: "retry" });
    this.#kick();
  }

  waiting(about) {
    return this.entries.filter((entry) => entry.first && (about === undefined || entry.about === about));
  }

  #say(message) {
    this.channel?.postMessage({ user: this.user, ...message });
  }

  #hear({ kind, detail }) {
    if (kind === "result" || kind === "state") this.dispatchEvent(new CustomEvent(kind, { detail }));
    else this.#wake?.();
    this.#changed().then(() => this.#kick()); // the other tab may be closed before it has sent
  }

  #tell(kind, detail) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
    this.#say({ kind, detail });
  }

  #set(state) {
    if (this.#state === state) return;
    this.#state = state;
    this.#tell("state", state);
  }

  async #changed() {
    this.entries = await this.kept.of(this.user);
    this.dispatchEvent(new CustomEvent("entries", { detail: this.entries }));
  }

  // One tab of this browser sends; the others wait for the lock, and take over when that tab is closed.
  async #kick() {
    if (this.#running) return;
    this.#running = true;
    try {
      if (navigator.locks) await navigator.locks.request(`semblance-outbox-${this.user}`, () => this.#drain());
      else await this.#drain(); // without HTTPS: two tabs may send the same, which is one row
    } finally {
      this.#running = false;
    }
    if (this.entries.length) this.#kick();
  }

  async #drain() {
    let wait = FIRST;
    for (let entries; (entries = await this.kept.of(this.user)).length; ) {
      if (wait === FIRST) this.#set("sending");
      const told = await this.#send(entries[0]);
      if (told.again) {
        this.#set(told.again);
        await this.#pause(wait);
        wait = Math.min(2 * wait, MOST);
        continue;
      }
      wait = FIRST;
      await this.kept.remove(entries[0].place);
      await this.#changed();
      this.#tell("result", { entry: entries[0], ...told });
    }
    this.#set("");
  }

  #pause(milliseconds) {
    return new Promise((go) => {
      const timer = setTimeout(go, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        go();
      };
    }).finally(() => (this.#wake = null));
  }

  async #send({ url, body }) {
    try {
      const response = await fetch(url, { ...JSON_POST(), body: JSON.stringify(body), signal: AbortSignal.timeout(TIMEOUT) });
      if (response.ok) return { saved: await response.json() };
      if (response.status === 429 || response.status >= 500) return { again: "retrying" };
      if ([401, 403, 404].includes(response.status)) {
        const unfit = await this.#unfit();
        if (unfit) return { again: unfit };
        if (response.status !== 404) return { again: "retrying" }; // such as a token that changed meanwhile
      }
      const why = await response.json().catch(() => ({}));
      const detail = Object.entries(why).filter(([key]) => key !== "code" && key !== "current").flatMap(([, words]) => words).join(" ");
      return { refused: { code: why.code ?? "", current: why.current ?? null, detail, status: response.status } };
    } catch {
      return { again: "retrying" };
    }
  }

  // Why nothing of this user can be sent now.
  async #unfit() {
    const user = await whoIs(this.who);
    if (user === undefined) return "retrying";
    if (user === null) return "signed_out";
    return user === this.user ? "" : "other_user";
  }
}
