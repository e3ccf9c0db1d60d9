// The rater's desk: play, score by key or touch, and keep each answer at once. What the server has not confirmed is
// never called saved.
"use strict";
(() => {
  const desk = document.getElementById("desk");
  const words = desk.dataset;
  const video = document.getElementById("video");
  const play = document.getElementById("play");
  const next = document.getElementById("next");
  const status = document.getElementById("status");
  const items = [...desk.querySelectorAll("[data-item]")];
  const queue = []; // answers that the server has not confirmed, oldest first
  const RETRY_FIRST = 1000, RETRY_MOST = 15000, TIMEOUT = 15000; // milliseconds
  let sending = false, leaving = false;

  function say(text, tone) {
    status.textContent = text;
    status.className = tone;
  }

  // --- items
  function paint(item) {
    for (const button of item.querySelectorAll("[data-key]")) {
      button.setAttribute("aria-pressed", String(button.dataset.key === item.dataset.answer));
    }
    next.disabled = !complete();
  }
  const complete = () => items.every((item) => item.dataset.answer !== "");
  const marked = () => Math.max(items.findIndex((item) => item.classList.contains("marked")), 0);

  function mark(place, { focus = true } = {}) {
    const item = items[Math.min(Math.max(place, 0), items.length - 1)];
    items.forEach((other) => other.classList.toggle("marked", other === item));
    if (focus && item) item.focus({ preventScroll: true });
  }

  function answer(item, key) {
    if (item.dataset.answer !== key) {
      item.dataset.answer = key;
      paint(item);
      queue.push({
        item,
        key,
        body: JSON.stringify({
          item: item.dataset.item,
          score: key === "n" ? null : Number(key),
          not_sure: key === "n",
          client_id: uuid(), // the same for every retry: the server keeps one row of it
        }),
      });
      drain();
    }
    mark(items.indexOf(item) + 1);
  }

  // --- saving
  function uuid() {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID is missing without HTTPS
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  // Read each time: signing in again in another tab changes it.
  const csrf = () => (document.cookie.match(/(?:^|; )csrftoken=([^;]*)/) || ["", ""])[1];

  async function post(body) {
    try {
      const response = await fetch(words.save, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrf() },
        body,
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT),
      });
      if (response.ok) return { saved: (await response.json()).saved_at };
      if (response.status === 401 || response.status === 403) return { again: words.signedOut };
      if (response.status === 429 || response.status >= 500) return { again: words.retrying };
      const why = await response.json().catch(() => ({}));
      return { refused: Object.values(why).flat().join(" ") };
    } catch {
      return { again: words.retrying };
    }
  }

  const pause = (milliseconds) =>
    new Promise((go) => {
      setTimeout(go, milliseconds);
      addEventListener("online", go, { once: true });
    });

  async function drain() {
    if (sending) return;
    sending = true;
    let wait = RETRY_FIRST;
    while (queue.length) {
      const first = queue[0];
      if (wait === RETRY_FIRST) say(words.saving, "busy");
      const result = await post(first.body);
      if (result.again) {
        say(result.again, "bad");
        await pause(wait);
        wait = Math.min(2 * wait, RETRY_MOST);
        continue;
      }
      wait = RETRY_FIRST;
      queue.shift();
      if (result.saved) {
        first.item.dataset.saved = first.key;
        const time = new Date(result.saved).toLocaleTimeString([], { hourCycle: "h23" });
        if (!queue.length) say(`${words.saved} ${time}`, "good");
      } else {
        refuse(first, result.refused);
        break;
      }
    }
    sending = false;
    if (queue.length) drain();
    else if (leaving) location.assign(words.next);
  }

  // Show what the server holds, not what was pressed.
  function refuse(entry, why) {
    leaving = false;
    if (!queue.some((later) => later.item === entry.item)) {
      entry.item.dataset.answer = entry.item.dataset.saved;
      paint(entry.item);
    }
    say(`${words.refused}: ${why}`, "bad");
  }

  function goOn() {
    if (!complete()) return;
    leaving = true;
    if (queue.length) drain();
    else location.assign(words.next);
  }

  // --- video
  function toggle() {
    if (video.paused) video.play().catch(() => {});
    else video.pause();
  }
  const label = () => (play.textContent = video.paused ? words.play : words.pause);
  for (const event of ["play", "pause", "ended"]) video.addEventListener(event, label);
  video.addEventListener("error", () => say(words.broken, "bad"));

  // --- hands
  play.addEventListener("click", toggle);
  next.addEventListener("click", goOn);
  items.forEach((item, place) => {
    item.tabIndex = -1;
    item.dataset.saved = item.dataset.answer;
    item.addEventListener("focusin", () => mark(place, { focus: false }));
    item.addEventListener("click", (event) => {
      const button = event.target.closest("[data-key]");
      if (button) answer(item, button.dataset.key);
    });
    paint(item);
  });

  const steps = { arrowleft: -1, arrowup: -1, arrowright: 1, arrowdown: 1 };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const key = event.key.toLowerCase();
    const onControl = event.target.closest("button, a"); // these keep what space and Enter mean to them
    if (/^[0-4n]$/.test(key) && items.length) answer(items[marked()], key);
    else if (key === " " && !onControl) toggle();
    else if (key in steps && event.target !== video) mark(marked() + steps[key]);
    else if (key === "enter" && !onControl) goOn();
    else return;
    event.preventDefault();
  }, { capture: true });

  addEventListener("beforeunload", (event) => {
    if (queue.length) event.preventDefault();
  });

  mark(Math.max(items.findIndex((item) => item.dataset.answer === ""), 0));
})();
