// A rendition and its original in step, and curves that run along: a line stands at the moment in every figure over time,
// and a click on a curve goes there. The rendition leads; the original, where it is shown, follows.
"use strict";
(() => {
  const pair = document.getElementById("pair"), leader = document.getElementById("rendition");
  if (!pair || !leader) return;
  const follower = document.getElementById("original"), videos = [leader, follower].filter(Boolean);
  const [toggle, back, next, slider, clock, sound] = ["toggle", "back", "next", "slider", "clock", "sound"].map((id) => document.getElementById(id));
  const step = Number(pair.dataset.step), figures = [...document.querySelectorAll("[data-figure]")];
  const JUMP = 0.25, NUDGE = 0.5; // seconds apart that are made up at once; share of the rest that is made up in a second
  const shown = document.getElementById("lids"), lids = shown && JSON.parse(shown.textContent);
  const frames = (lids?.data.find((one) => one.x?.length > 2 && one.mode === "lines")?.x ?? []).filter((x) => x !== null);

  const last = () => (Number.isFinite(leader.duration) ? leader.duration : 0);

  function seek(seconds) {
    const at = Math.min(Math.max(seconds, 0), Math.max(last() - step / 2, 0));
    videos.forEach((video) => { video.currentTime = Math.min(at, video.duration || at); });
    show(at);
  }

  // The middle of a frame, so that rounding shows neither of its neighbours.
  function frameAt(number) {
    if (frames.length < 2) return (number + 0.5) * step;
    const place = Math.min(Math.max(number, 0), frames.length - 1);
    return frames[place] + (place + 1 < frames.length ? (frames[place + 1] - frames[place]) / 2 : step / 2);
  }

  function frameNow() {
    if (frames.length < 2) return Math.floor(leader.currentTime / step + 1e-3);
    let low = 0, high = frames.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (frames[middle] <= leader.currentTime + 1e-3) low = middle; else high = middle - 1;
    }
    return low;
  }

  function walk(n) {
    videos.forEach((video) => video.pause());
    seek(frameAt(frameNow() + n));
  }

  async function play() {
    if (leader.ended || leader.currentTime >= last() - step) seek(0);
    await Promise.all(videos.map((video) => video.play().catch(() => {})));
  }

  const flip = () => (leader.paused ? play() : videos.forEach((video) => video.pause()));

  function follow() {
    if (!follower || follower.readyState < 1) return;
    const ahead = follower.currentTime - leader.currentTime;
    if (leader.paused) {
      follower.pause();
      if (Math.abs(ahead) > 1e-3 && !follower.seeking) follower.currentTime = Math.min(leader.currentTime, follower.duration);
      return;
    }
    if (Math.abs(ahead) > JUMP) follower.currentTime = leader.currentTime;
    follower.playbackRate = leader.playbackRate * (Math.abs(ahead) > step / 2 ? 1 - Math.min(Math.max(ahead / NUDGE, -0.2), 0.2) : 1);
    if (follower.paused && !follower.ended) follower.play().catch(() => {});
  }

  function show(at = leader.currentTime) {
    slider.max = last();
    slider.value = at;
    const minutes = Math.floor(at / 60), text = `${minutes}:${(at - 60 * minutes).toFixed(2).padStart(5, "0")}`;
    clock.textContent = text;
    slider.setAttribute("aria-valuetext", text);
    figures.forEach((place) => lines(place, at));
  }

  // Lines of their own over the figures: Plotly needs ten times as long to move one of its shapes.
  function lines(place, at) {
    for (const name of place._fullLayout?.meta?.clock ?? []) {
      const x = place._fullLayout[name.replace("x", "xaxis")], y = place._fullLayout[`yaxis${name.slice(1)}`] ?? place._fullLayout.yaxis;
      if (!x) continue;
      let line = place.querySelector(`:scope > .moment[data-axis="${name}"]`);
      if (!line) {
        line = document.createElement("div");
        line.className = "moment";
        line.dataset.axis = name;
        place.append(line);
      }
      const pixel = x.c2p(at);
      line.hidden = pixel < 0 || pixel > x._length;
      line.style.transform = `translateX(${(x._offset + pixel).toFixed(1)}px)`;
      line.style.top = `${y._offset}px`;
      line.style.height = `${y._length}px`;
    }
  }

  function run() {
    follow();
    show();
    if (!leader.paused) requestAnimationFrame(run);
  }

  function state() {
    toggle.textContent = leader.paused ? toggle.dataset.play : toggle.dataset.pause;
    if (!leader.paused) requestAnimationFrame(run); else run();
  }

  function picked(event) {
    const place = event.target, axis = event.detail.points[0]?.xaxis;
    if (!place._fullLayout?.meta?.clock || !axis) return;
    const pixel = event.detail.event.clientX - place.getBoundingClientRect().left - axis._offset;
    seek(axis.p2c(pixel));
  }

  const keys = {
    " ": () => flip(),
    ArrowRight: (event) => (event.shiftKey ? seek(leader.currentTime + 1) : walk(1)),
    ArrowLeft: (event) => (event.shiftKey ? seek(leader.currentTime - 1) : walk(-1)),
    Home: () => seek(0),
    End: () => seek(last()),
  };

  document.addEventListener("keydown", (event) => {
    if (!(event.key in keys) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest(event.key === " " ? "button, a, summary, select, textarea" : "select, textarea, [role=region]")) return;
    event.preventDefault();
    keys[event.key](event);
  });
  ["play", "pause", "ended"].forEach((name) => leader.addEventListener(name, state));
  ["seeked", "timeupdate", "loadedmetadata"].forEach((name) => leader.addEventListener(name, () => { if (leader.paused) run(); }));
  videos.forEach((video) => video.addEventListener("loadedmetadata", () => { if (video === leader) seek(Number(pair.dataset.start)); else follow(); }));
  document.addEventListener("picked", picked);
  document.addEventListener("drawn", (event) => lines(event.target, leader.currentTime));
  figures.forEach((place) => new ResizeObserver(() => requestAnimationFrame(() => lines(place, leader.currentTime))).observe(place));
  toggle.addEventListener("click", flip);
  back.addEventListener("click", () => walk(-1));
  next.addEventListener("click", () => walk(1));
  slider.addEventListener("input", () => seek(Number(slider.value)));
  sound.addEventListener("click", () => {
    leader.muted = !leader.muted;
    sound.setAttribute("aria-pressed", String(!leader.muted));
  });
  if (leader.readyState >= 1) seek(Number(pair.dataset.start));
  show();
})();
