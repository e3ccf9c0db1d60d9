// Review page: the strip of frame states follows the player and leads it, by mouse, touch and keyboard.
"use strict";
(() => {
  const player = document.getElementById("player"), strip = document.getElementById("strip"), now = document.getElementById("now");
  if (!player || !strip) return; // a destroyed rendition has no player
  const runs = [...strip.querySelectorAll("rect")].map((rect) => ({ x: Number(rect.getAttribute("x")), word: rect.dataset.word }));

  function mark() {
    const x = player.duration ? 100 * player.currentTime / player.duration : 0;
    now.setAttribute("x1", x);
    now.setAttribute("x2", x);
    const run = runs.findLast((one) => one.x <= x + 0.01);
    strip.setAttribute("aria-valuenow", Math.round(x));
    strip.setAttribute("aria-valuetext", `${player.currentTime.toFixed(1)} s: ${run ? run.word : ""}`);
  }

  const seek = (share) => { if (player.duration) player.currentTime = player.duration * Math.min(Math.max(share, 0), 1); };
  const place = () => (player.duration ? 100 * player.currentTime / player.duration : 0);
  const to = (run) => { if (run) seek(run.x / 100 + 1e-4); };
  const keys = {
    ArrowRight: () => to(runs.find((run) => run.x > place() + 0.1)),
    ArrowLeft: () => to(runs.findLast((run) => run.x < place() - 0.5)),
    Home: () => seek(0),
    End: () => to(runs.at(-1)),
  };

  player.addEventListener("timeupdate", mark);
  player.addEventListener("seeked", mark);
  strip.addEventListener("click", (event) => {
    const box = strip.getBoundingClientRect();
    seek((event.clientX - box.left) / box.width);
  });
  strip.addEventListener("keydown", (event) => {
    if (!(event.key in keys) || event.ctrlKey || event.metaKey || event.altKey) return;
    keys[event.key]();
    event.preventDefault();
  });
  document.querySelectorAll(".seek").forEach((button) =>
    button.addEventListener("click", () => { player.currentTime = Number(button.dataset.seconds); player.focus(); }));
})();
