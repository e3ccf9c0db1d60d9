// The video: as large as it goes or at the study's scale, played by own controls, watched for stalls. Scoring opens
// after one full play.

const WHOLE = 0.98; // share of the video that is a full play: the last frames have no time of their own
const STALL = 8000; // milliseconds of waiting after which the video may be reported

export class Played {
  #parts = [];

  add(from, to) {
    if (to > from) this.#parts.push([from, to]);
  }

  share(length) {
    let reached = 0, total = 0;
    for (const [from, to] of [...this.#parts].sort(([one], [other]) => one - other)) {
      total += Math.max(to - Math.max(from, reached), 0);
      reached = Math.max(reached, to);
    }
    return length > 0 ? total / length : 0;
  }
}

// Events: "part" {from, to, speed} while it plays, "open" once scoring may begin, "trouble" when it may be reported.
export class Player extends EventTarget {
  constructor(desk) {
    super();
    this.desk = desk;
    this.words = desk.dataset;
    this.video = desk.querySelector("#video");
    this.stage = desk.querySelector(".stage");
    this.play = desk.querySelector("#play");
    this.seek = desk.querySelector("#seek");
    this.played = new Played();
    this.opened = "seen" in this.words;
    this.troubled = false;
    this.#watch();
    this.#controls();
    this.#scale();
  }

  toggle() {
    if (!this.video.paused) return this.video.pause();
    if (this.video.error) this.#renew();
    this.video.play().catch(() => {});
  }

  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.desk.requestFullscreen?.().catch(() => {});
  }

  // Only with the tools that the protocol enables: their buttons are on the page.
  tool(name) {
    const button = this.desk.querySelector(`[data-tool="${name}"]`);
    if (!button) return false;
    button.click();
    return true;
  }

  #watch() {
    const { video } = this;
    let from = null, last = 0, speed = 1;
    const close = () => {
      if (from !== null) this.#part(from, last, speed);
      from = null;
    };
    const begin = () => {
      close();
      if (!video.paused && !video.seeking) [from, last, speed] = [video.currentTime, video.currentTime, video.playbackRate];
    };
    const move = () => {
      if (from === null) return begin();
      last = Math.max(last, video.currentTime);
      this.#part(from, last, speed);
      from = last;
    };
    video.addEventListener("playing", begin);
    video.addEventListener("seeked", begin);
    video.addEventListener("seeking", close);
    video.addEventListener("ratechange", () => (video.paused ? null : (move(), begin())));
    video.addEventListener("timeupdate", () => !video.seeking && !video.paused && move());
    video.addEventListener("pause", () => !video.seeking && from !== null && (move(), close()));
    video.addEventListener("ended", () => {
      if (from !== null) [last] = [Math.max(last, video.duration)];
      close();
      this.dispatchEvent(new Event("ended"));
    });
    video.addEventListener("waiting", () => (this.stalled ??= setTimeout(() => this.#trouble(this.words.stalls), STALL)));
    for (const event of ["playing", "pause", "timeupdate"]) video.addEventListener(event, () => this.#flows());
    video.addEventListener("error", () => this.#broken());
    if (video.error) this.#broken(); // before this script came
  }

  #flows() {
    clearTimeout(this.stalled);
    this.stalled = null;
  }

  #part(from, to, speed) {
    if (to <= from) return;
    this.played.add(from, to);
    this.dispatchEvent(new CustomEvent("part", { detail: { from, to, speed } }));
    if (!this.opened && this.played.share(this.video.duration) >= WHOLE) {
      this.opened = true;
      this.dispatchEvent(new Event("open"));
    }
  }

  // Links to videos end with the session and with time: ask for a fresh one before giving up.
  async #renew() {
    const { video } = this, at = video.currentTime;
    try {
      const page = await (await fetch(location.href, { redirect: "error" })).text();
      const fresh = new DOMParser().parseFromString(page, "text/html").getElementById("video");
      if (!fresh) return false;
      video.src = fresh.getAttribute("src");
      video.addEventListener("loadedmetadata", () => (video.currentTime = at), { once: true });
      return true;
    } catch {
      return false;
    }
  }

  async #broken() {
    const wanted = !this.renewed;
    this.renewed = true;
    if (wanted && (await this.#renew())) return;
    this.#trouble(this.words.broken);
  }

  #trouble(words) {
    this.troubled = true;
    this.dispatchEvent(new CustomEvent("trouble", { detail: words }));
  }

  #controls() {
    const { video, play, seek } = this;
    const label = () => (play.textContent = video.paused ? this.words.play : this.words.pause);
    for (const event of ["play", "pause", "ended"]) video.addEventListener(event, label);
    play.addEventListener("click", () => this.toggle());
    video.addEventListener("click", () => this.toggle());
    video.addEventListener("timeupdate", () => (seek.value = video.duration ? String((1000 * video.currentTime) / video.duration) : "0"));
    seek.addEventListener("input", () => video.duration && (video.currentTime = (seek.value * video.duration) / 1000));
    this.desk.querySelector("#full").addEventListener("click", () => this.fullScreen());
    for (const button of this.desk.querySelectorAll("[data-tool]")) button.addEventListener("click", () => this.#use(button));
    video.addEventListener("ended", () => {
      if (!this.looping) return;
      this.dispatchEvent(new Event("loop"));
      video.play().catch(() => {});
    });
  }

  #use(button) {
    const { video } = this, frame = 1 / Number(this.words.rate || 25);
    const { tool } = button.dataset;
    if (tool === "loop") button.setAttribute("aria-pressed", String((this.looping = !this.looping)));
    if (tool === "slower" || tool === "faster") {
      const speeds = [0.25, 0.5, 1], place = speeds.indexOf(video.playbackRate) + (tool === "faster" ? 1 : -1);
      video.playbackRate = speeds[Math.min(Math.max(place, 0), speeds.length - 1)];
      this.desk.querySelector("#speed").textContent = `${video.playbackRate}×`;
    }
    if (tool === "back" || tool === "forth") {
      video.pause();
      video.currentTime = Math.max(video.currentTime + (tool === "forth" ? frame : -frame), 0);
    }
  }

  // The same screen pixels for a pixel of every video, with a bar that shows how long a hundred of them are.
  #scale() {
    const percent = Number(this.words.scale || 0);
    if (!percent) return;
    const { video, stage } = this, bar = stage.querySelector(".scale-bar"), small = stage.querySelector(".too-small");
    const fit = () => {
      const each = percent / 100 / devicePixelRatio, width = video.videoWidth * each, height = video.videoHeight * each;
      video.style.width = `${width}px`;
      video.style.height = `${height}px`;
      bar.style.width = `${100 * each}px`;
      small.hidden = width <= stage.clientWidth && height <= stage.clientHeight;
    };
    video.addEventListener("loadedmetadata", fit);
    new ResizeObserver(fit).observe(stage);
  }
}
