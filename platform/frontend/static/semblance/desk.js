// The rater's desk: it brings the video, the items, the outbox and the keys together. What the server has not confirmed is
// never called saved.
import { Outbox, uuid } from "./outbox.js";
import { SignIn } from "./signin.js";
import { Prompt } from "./desk_prompt.js";
import { Player } from "./desk_player.js";
import { Evidence } from "./desk_evidence.js";
import { Items } from "./desk_items.js";

const part = (id) => document.getElementById(id);
const desk = part("desk"), words = desk.dataset, status = part("status"), next = part("next"), help = part("help");
const told = JSON.parse(part("desk-state").textContent);
const practice = Boolean(words.reference);
const about = words.save;
const outbox = new Outbox({ user: words.user, who: words.who });
const prompt = new Prompt(part("prompt"), part("working"));
const player = new Player(desk);
const items = new Items(desk, { prompt, outbox, url: words.save, about, words, lists: told, answers: told.answers });
const evidence = words.viewing ? new Evidence(player, outbox, { url: words.viewing, about, sound: !player.video.muted }) : null;
const signIn = new SignIn(part("sign-in"), { user: words.user, who: words.who, onback: () => outbox.retry() });
let leaving = false, known = practice, state = "", trouble = "", savedAt = "", results = 0;

// --- what is true of saving, in words
function say() {
  const n = outbox.waiting().length;
  const keeping = outbox.entries.some((entry) => entry.volatile) ? words.onlyHere : words.kept;
  const away = state === "signed_out" || state === "other_user";
  const text = trouble || (n ? `${keeping} (${n})${away ? ` · ${words.signedOut}` : ""}` : savedAt && `${words.saved} ${savedAt}`);
  status.textContent = text;
  status.className = trouble || (n && state !== "sending") ? "bad" : n ? "busy" : "good";
}

function result({ detail }) {
  const { entry, saved } = detail;
  if (!entry.first) return;
  results += 1;
  const why = items.result(detail);
  if (why) [leaving, trouble] = [false, why];
  else if (!outbox.waiting().some((other) => other.body.item === entry.body.item)) trouble = "";
  if (saved?.saved_at) savedAt = new Date(saved.saved_at).toLocaleTimeString([], { hourCycle: "h23" });
  if (saved?.feedback) reference(entry.body.item, saved.feedback);
  if (entry.about === about && "seen_before" in entry.body) known = Boolean(saved);
  say();
  leave();
}

// Of practice: the server tells the reference once the answer is kept.
function reference(code, { score, word, explanation }) {
  desk.querySelector(`[data-item="${code}"] .reference`).textContent = `${words.reference}: ${score} ${word}`;
  part("explanation").textContent = explanation;
}

// What the server holds now: after a reload, a way back, or a look from another device.
async function sync() {
  const before = results;
  try {
    const response = await fetch(words.save, { redirect: "error", cache: "no-store" });
    if (!response.ok) return;
    if (results !== before) return sync(); // it may tell less than is known meanwhile
    const { answers, locked, seen_before: seen } = await response.json();
    if (typeof seen === "boolean") known = true;
    items.sync(answers);
    if (locked) trouble = words.locked;
    say();
  } catch {
    // Without the server the page shows what it has.
  }
}

// --- going on
async function goOn() {
  if (!items.complete || (practice && outbox.waiting(about).length)) return; // practice is left once its reference was told
  if (!known) {
    const seen = await prompt.choose(words.seenBefore, told.known);
    if (seen === null) return;
    known = true;
    await outbox.put({ url: words.acquaintance, body: { client_id: uuid(), seen_before: seen === "yes" }, about });
  }
  leaving = true;
  evidence?.send();
  say();
  leave();
}

function leave() {
  if (leaving && !outbox.waiting().length) location.assign(words.next);
}

// --- hands
const steps = { arrowleft: -1, arrowup: -1, arrowright: 1, arrowdown: 1 };
const tools = { l: "loop", "-": "slower", "+": "faster", ",": "back", ".": "forth" };

function act(key, target) {
  const onControl = target.closest("button, a, summary"); // these keep what space and Enter mean to them
  if (/^[0-4n]$/.test(key)) items.answer(items.marked, key);
  else if (key === " " && !onControl) player.toggle();
  else if (key in steps) items.mark(items.marked + steps[key]);
  else if (key === "enter" && !onControl) goOn();
  else if (key === "f") player.fullScreen();
  else if (key === "c") items.note(items.marked);
  else if (key === "?") help.showModal();
  else return key in tools && player.tool(tools[key]);
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
  if (document.querySelector("dialog[open]")) return;
  const key = event.key.toLowerCase();
  const typing = event.target.matches("textarea, input");
  if (prompt.open ? prompt.press(event, key) : !typing && act(key, event.target)) event.preventDefault();
}, { capture: true });

addEventListener("beforeunload", (event) => {
  if (outbox.entries.some((entry) => entry.volatile)) event.preventDefault();
});
addEventListener("pageshow", (event) => event.persisted && sync());
document.addEventListener("visibilitychange", () => document.hidden || sync());
next.addEventListener("click", goOn);
part("help-open").addEventListener("click", () => help.showModal());
desk.addEventListener("painted", () => {
  next.disabled = !items.complete;
  part("gate").hidden = items.opened;
});
player.addEventListener("open", () => items.open({ opened: true }));
player.addEventListener("trouble", ({ detail }) => {
  items.open({ troubled: true });
  part("gate").textContent = detail;
});
outbox.addEventListener("entries", () => {
  items.overlay();
  say();
});
outbox.addEventListener("result", result);
outbox.addEventListener("state", ({ detail }) => {
  state = detail;
  signIn.show(detail);
  say();
});

items.open({ opened: player.opened });
await outbox.start();
await sync();
desk.dataset.ready = "";
