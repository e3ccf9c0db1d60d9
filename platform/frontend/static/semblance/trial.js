// The judge's trial: six faces at one instant, two picks or none, how sure, and the answer kept until the server has it.
// What the server has not confirmed is never called saved.
import { Outbox, uuid } from "./outbox.js";
import { SignIn } from "./signin.js";

const part = (id) => document.getElementById(id);
const trial = part("trial"), words = trial.dataset, status = part("status"), six = part("six");
const none = part("none"), go = part("go"), ask = part("ask");
const faces = [...six.querySelectorAll("[data-face]")];
const sure = [...trial.querySelectorAll("[data-sure]")];
const about = words.save;
const outbox = new Outbox({ user: words.user, who: words.who });
const signIn = new SignIn(part("sign-in"), { user: words.user, who: words.who, onback: () => outbox.retry() });

let picks = [], noTwo = false, confidence = 0;
let shownAt = 0, decidedAt = 0; // by the clock that never jumps
let given = false, done = false, state = "", trouble = "", savedAt = "";

const decided = () => noTwo || picks.length === 2;
const open = () => Boolean(shownAt) && !given;

// --- what is true of saving, in words
function say() {
  const n = outbox.waiting().length;
  const keeping = outbox.entries.some((entry) => entry.volatile) ? words.onlyHere : words.kept;
  const away = state === "signed_out" || state === "other_user";
  const text = trouble || (n ? `${keeping} (${n})${away ? ` · ${words.signedOut}` : ""}` : savedAt && `${words.saved} ${savedAt}`);
  status.textContent = text;
  status.className = trouble || (n && state !== "sending") ? "bad" : n ? "busy" : "good";
}

function paint() {
  for (const face of faces) {
    const picked = picks.includes(Number(face.dataset.face));
    face.setAttribute("aria-pressed", String(picked));
    face.disabled = !open() || (picks.length === 2 && !picked);
  }
  none.setAttribute("aria-pressed", String(noTwo));
  none.disabled = !open();
  for (const button of sure) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.sure) === confidence));
    button.disabled = !open() || !decided();
  }
  go.disabled = !(done || (open() && decided() && confidence));
  if (!open()) ask.textContent = "";
  else if (!decided()) ask.textContent = picks.length ? words.oneMore : words.choose;
  else ask.textContent = confidence ? words.go : words.sure;
}

// --- showing
async function show() {
  const picture = new Image();
  picture.alt = "";
  picture.draggable = false;
  picture.src = six.dataset.picture;
  try {
    await picture.decode();
  } catch {
    trouble = words.broken;
    return say();
  }
  six.prepend(picture);
  // One picture holds all six, and is decoded: they appear in one frame of the screen. Hidden tabs draw no frames.
  requestAnimationFrame(() => {
    six.classList.add("shown");
    requestAnimationFrame(() => {
      shownAt = performance.now();
      paint();
      trial.dataset.ready = "";
    });
  });
}

// --- choosing
function choose(number) {
  if (!open()) return;
  noTwo = false;
  if (picks.includes(number)) picks = picks.filter((pick) => pick !== number);
  else if (picks.length < 2) picks = [...picks, number];
  settle();
}

function chooseNone() {
  if (!open()) return;
  noTwo = !noTwo;
  picks = [];
  settle();
}

function again() {
  if (!open()) return;
  picks = [];
  noTwo = false;
  settle();
}

function settle() {
  if (decided()) decidedAt = performance.now();
  else confidence = 0;
  paint();
}

function howSure(level) {
  if (!open() || !decided()) return;
  confidence = level;
  paint();
}

// --- saving
async function goOn() {
  if (done) return void location.assign(words.next);
  if (!open() || !decided() || !confidence) return;
  given = true;
  paint();
  const body = { client_id: uuid(), picks, confidence, response_ms: Math.round(decidedAt - shownAt) };
  await outbox.put({ url: words.save, body, about });
}

function result({ detail: { entry, saved, refused } }) {
  if (entry.about !== about) return say();
  done = true; // nothing more is taken for this trial: the way on is open, whatever became of the answer
  if (refused) trouble = `${words.refused}: ${refused.detail}`;
  if (saved) savedAt = new Date(saved.saved_at).toLocaleTimeString([], { hourCycle: "h23" });
  say();
  if (saved && !saved.feedback) return void location.assign(words.next);
  if (saved) tell(saved.feedback);
  paint();
  go.focus();
}

// Of practice: the server tells the answer once the judge's is kept.
function tell({ pair, words: sentence }) {
  for (const face of faces) face.classList.toggle("known", pair.includes(Number(face.dataset.face)));
  part("feedback").textContent = sentence;
}

// --- hands
for (const face of faces) face.addEventListener("click", () => choose(Number(face.dataset.face)));
for (const button of sure) button.addEventListener("click", () => howSure(Number(button.dataset.sure)));
none.addEventListener("click", chooseNone);
go.addEventListener("click", goOn);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
  if (document.querySelector("dialog[open]")) return;
  const key = event.key;
  const onControl = event.target.closest("a, #go"); // these keep what Enter means to them
  if (decided() && /^[1-4]$/.test(key)) howSure(Number(key));
  else if (!decided() && /^[1-6]$/.test(key)) choose(Number(key));
  else if (key === "0") chooseNone();
  else if (key === "Backspace" || key === "Escape") again();
  else if (key === "Enter" && !onControl) goOn();
  else return;
  event.preventDefault();
}, { capture: true });

addEventListener("beforeunload", (event) => {
  if (outbox.entries.some((entry) => entry.volatile)) event.preventDefault();
});
outbox.addEventListener("entries", say);
outbox.addEventListener("result", result);
outbox.addEventListener("state", ({ detail }) => {
  state = detail;
  signIn.show(detail);
  say();
});

// An answer that was given before this page was left or reloaded stands: the faces are not shown again.
await outbox.start();
given = given || done || outbox.waiting(about).length > 0;
if (!given) show();
paint();
