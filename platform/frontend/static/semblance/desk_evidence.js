// What this browser saw of a look at the video, told to the server in batches: parts played and their speed, and what may
// have kept the rater from seeing.
import { uuid } from "./outbox.js";

const EVERY = 15000; // milliseconds between batches
const MOST_PARTS = 200;
const nothing = () => ({ played: [], plays: 0, loops: 0, hidden: 0, stalls: 0, stalled: 0, silent: 0, full_screen: 0, failed: false });

export class Evidence {
  constructor(player, outbox, { url, about, sound }) {
    Object.assign(this, { player, outbox, url, about, sound, look: uuid(), sequence: 0 });
    this.video = player.video;
    this.since = nothing();
    this.frames = this.dropped = 0;
    player.addEventListener("part", ({ detail }) => this.#part(detail));
    player.addEventListener("ended", () => (this.since.plays += 1));
    player.addEventListener("loop", () => (this.since.loops += 1));
    player.addEventListener("trouble", () => (this.since.failed = Boolean(this.video.error)));
    this.video.addEventListener("waiting", () => this.#stall());
    for (const event of ["playing", "pause"]) this.video.addEventListener(event, () => this.#flow());
    setInterval(() => this.send(), EVERY);
    document.addEventListener("visibilitychange", () => document.hidden && this.send());
    addEventListener("pagehide", () => this.send(true));
  }

  #part({ from, to, speed }) {
    const { since, video } = this, took = (1000 * (to - from)) / speed;
    const [start, stop, percent] = [Math.round(1000 * from), Math.round(1000 * to), Math.round(100 * speed)];
    const last = since.played.at(-1);
    if (last && last[1] === start && last[2] === percent) last[1] = stop;
    else if (stop > start && since.played.length < MOST_PARTS) since.played.push([start, stop, percent]);
    if (document.hidden) since.hidden += took;
    if (this.sound && (video.muted || video.volume === 0)) since.silent += took;
    if (document.fullscreenElement) since.full_screen += took;
  }

  #stall() {
    if (this.stalling || this.video.currentTime === 0) return; // the first loading is no stall
    this.stalling = performance.now();
    this.since.stalls += 1;
  }

  #flow() {
    if (this.stalling) this.since.stalled += performance.now() - this.stalling;
    this.stalling = null;
  }

  #batch() {
    if (this.stalling) {
      this.#flow();
      this.stalling = performance.now();
    }
    const { totalVideoFrames: frames = 0, droppedVideoFrames: dropped = 0 } = this.video.getVideoPlaybackQuality?.() ?? {};
    const told = { ...this.since, frames: Math.max(frames - this.frames, 0), dropped: Math.max(dropped - this.dropped, 0) };
    [this.frames, this.dropped, this.since] = [frames, dropped, nothing()];
    for (const name of ["hidden", "stalled", "silent", "full_screen"]) told[name] = Math.round(told[name]);
    return {
      ...told,
      client_id: this.look,
      sequence: (this.sequence += 1),
      length: Math.round(1000 * (Number.isFinite(this.video.duration) ? this.video.duration : 0)),
      window_width: innerWidth,
      window_height: innerHeight,
    };
  }

  // Where nothing happened, nothing is told.
  send(leaving = false) {
    const { since } = this;
    if (!since.played.length && !since.stalls && !since.failed && !this.stalling) return;
    const entry = { url: this.url, body: this.#batch(), about: this.about, first: false };
    if (leaving) this.outbox.hurry(entry);
    this.outbox.put(entry);
  }
}
