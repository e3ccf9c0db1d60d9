// The upload page: files chosen or dropped become rows; each row leads one Transfer (tus.js) and shows how it goes.
import { Transfer, Unreadable, hashed } from "./tus.js";

const AT_ONCE = 2;
const root = document.getElementById("uploader"), list = document.getElementById("files"), start = document.getElementById("start");
const texts = JSON.parse(document.getElementById("upload-texts").textContent);
const codes = JSON.parse(document.getElementById("upload-codes").textContent);
const rows = [];

root.hidden = false;
document.getElementById("plain").remove();

const size = (bytes) => (bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : bytes >= 1e5 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} kB`);
const time = (seconds) => (seconds >= 3600 ? `${Math.floor(seconds / 3600)} h ${Math.round(seconds % 3600 / 60)} min`
  : seconds >= 60 ? `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s` : `${Math.ceil(seconds)} s`);

// ---- what a file's name suggests -------------------------------------------------------------------------------
const CAMERAS = new Set(["IMG", "VID", "MOV", "MVI", "DSC", "DSCN", "GOPR", "GH", "GX", "PXL", "CLIP", "VIDEO", "FILM", "TAKE"]);
const bare = (text) => text.toUpperCase().replace(/[^A-Z0-9]/g, "");

const taskOf = (name, options) => {
  const text = name.toLowerCase();
  const fits = (option) => option.value.split("_").some((word) => word.length > 3 && text.includes(word))
    || [...option.text.matchAll(/\b3\.\d+\w?\b/g)].some(([item]) => new RegExp(`(^|[^\\d.])${item.replace(".", "\\.")}([^\\d]|$)`).test(text));
  const found = options.filter((option) => option.value && fits(option));
  return found.length === 1 ? found[0].value : "";
};

const codeOf = (name, options) => {
  const stem = name.replace(/\.[^.]*$/, "");
  const known = codes.filter((code) => new RegExp(`(^|[^A-Z0-9])${code.replace("-", "[-_ ]?")}([^0-9]|$)`).test(stem.toUpperCase()));
  if (known.length) return known.sort((a, b) => b.length - a.length)[0];
  const words = new Set(options.flatMap((option) => option.value.split("_").map(bare)));
  for (const [, letters, joint, digits] of stem.toUpperCase().matchAll(/(?<![A-Z0-9])([A-Z]{1,6})([-_ ]?)(\d{1,6})(?!\d)/g)) {
    if (!CAMERAS.has(letters) && !words.has(letters)) return `${letters}${joint ? "-" : ""}${digits}`;
  }
  return "";
};

// ---- rows ------------------------------------------------------------------------------------------------------
class Row {
  constructor(file) {
    this.file = file; this.error = ""; this.state = "reading"; this.wanted = false;
    this.element = document.getElementById("file-row").content.firstElementChild.cloneNode(true);
    const part = (name) => this.element.querySelector(`[data-part="${name}"]`);
    this.parts = Object.fromEntries(["name", "size", "code", "task", "progress", "state", "figures", "error", "verdict", "fields", "pause", "resume", "cancel"].map((name) => [name, part(name)]));
    this.parts.name.textContent = file.name; this.parts.size.textContent = size(file.size);
    const options = [...this.parts.task.options];
    this.parts.code.value = codeOf(file.name, options); this.parts.task.value = taskOf(file.name, options);
    const id = `file-${(Row.made = (Row.made ?? 0) + 1)}`;
    this.parts.name.id = `${id}-name`;
    for (const button of this.element.querySelectorAll("button")) button.setAttribute("aria-describedby", this.parts.name.id);
    for (const field of ["code", "task"]) { this.parts[field].id = `${id}-${field}`; this.parts[field].closest(".field").querySelector("label").htmlFor = `${id}-${field}`; }
    for (const field of ["code", "task"]) this.parts[field].addEventListener("input", () => { if (this.state === "failed") this.state = "ready"; this.error = ""; draw(this); });
    this.parts.pause.addEventListener("click", () => { this.wanted = false; if (this.transfer) this.transfer.pause(); else this.state = "ready"; draw(this); });
    this.parts.resume.addEventListener("click", () => { this.wanted = true; this.state = "waiting"; work(); });
    this.parts.cancel.addEventListener("click", () => this.cancel());
    list.append(this.element);
  }

  get complete() { return this.parts.code.checkValidity() && this.parts.task.checkValidity(); }
  get busy() { return ["sending", "retrying", "hashing"].includes(this.state); }

  async prepare() {
    if (!this.file.size || this.file.size > Number(root.dataset.most)) { this.refuse(this.file.size ? texts.too_large : texts.empty); return; }
    try { this.fingerprint = await hashed(root.dataset.hashing, "fingerprint", this.file); } catch { this.refuse(texts.unreadable); return; }
    if (rows.some((row) => row !== this && row.fingerprint === this.fingerprint && !["failed", "cancelled"].includes(row.state))) { this.refuse(texts.twice); return; }
    this.state = "ready";
    const begun = document.querySelector(`[data-fingerprint="${this.fingerprint}"]`);
    if (begun) this.goOn(begun);
    draw(this);
  }

  /** This very file was begun before: participant and task are known, it goes on by itself. */
  goOn(begun) {
    this.url = begun.dataset.url; this.parts.code.value = begun.dataset.code; this.parts.task.value = begun.dataset.task;
    begun.remove();
    const panel = document.getElementById("unfinished");
    if (!panel.querySelector("tbody tr")) panel.remove();
    this.wanted = true; this.state = "waiting"; work();
  }

  refuse(words) { this.state = "failed"; this.error = words; draw(this); }

  async run() {
    this.transfer ??= this.made();
    this.transfer.metadata = { participant: this.parts.code.value.trim(), task: this.parts.task.value, fingerprint: this.fingerprint };
    await this.transfer.run();
    if (this.transfer.done) this.showVerdict();
  }

  follow(transfer) {
    this.state = transfer.state;
    this.error = ["failed", "retrying", "paused"].includes(transfer.state) ? texts[transfer.words] || transfer.words : "";
    if (transfer.state === "failed" || transfer.words === "signed_out") this.wanted = false;
    if (transfer.state === "failed" && !transfer.url) this.transfer = null;  // nothing was begun: the fields can be mended
    draw(this, transfer);
  }

  async cancel() {
    this.wanted = false; this.parts.cancel.disabled = true;
    if (this.url) this.transfer ??= this.made();
    const gone = !this.transfer || await this.transfer.cancel();
    if (gone) { this.state = "cancelled"; this.element.remove(); rows.splice(rows.indexOf(this), 1); work(); return; }
    this.transfer.tell("done"); this.showVerdict();
  }

  made() {
    return new Transfer({
      file: this.file, create: root.dataset.create, script: root.dataset.hashing, url: this.url, idle: Number(root.dataset.idle),
      changed: (transfer) => this.follow(transfer),
    });
  }

  /** The worker's verdict, beside the file; htmx asks until there is one. */
  showVerdict() {
    this.parts.verdict.setAttribute("hx-get", this.transfer.url.replace(/content$/, ""));
    this.parts.verdict.setAttribute("hx-trigger", "load, every 1s");
    window.htmx.process(this.parts.verdict);
  }
}

const shown = (element, yes) => { element.hidden = !yes; };
const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };

const draw = (row, transfer = row.transfer) => {
  const { parts, state } = row, begun = Boolean(transfer?.url || row.url);
  const sent = transfer?.sent ?? 0;
  parts.progress.max = row.file.size || 1; parts.progress.value = sent;
  put(parts.state, texts[state] ?? "");
  const speed = state === "sending" ? transfer?.speed : null;
  put(parts.figures, begun && state !== "done" ? [
    `${Math.floor(100 * sent / row.file.size)} % · ${size(sent)} / ${size(row.file.size)}`,
    speed ? `${(speed / 1e6).toFixed(1)} MB/s` : "", speed ? texts.left.replace("%s", time(transfer.secondsLeft)) : "",
  ].filter(Boolean).join(" · ") : "");
  put(parts.error, row.error); shown(parts.error, Boolean(row.error));
  parts.code.disabled = parts.task.disabled = begun || row.busy || state === "done";
  shown(parts.progress, begun || row.busy); shown(parts.pause, row.busy || state === "waiting"); shown(parts.resume, state === "paused" || (state === "failed" && begun));
  shown(parts.cancel, state !== "done");
  const ready = rows.filter((one) => one.state === "ready").length;
  shown(start, ready > 0); put(start, ready === 1 ? texts.start_one : texts.start_many.replace("%d", ready));
};

const work = () => {
  for (const row of rows.filter((one) => one.wanted && !one.busy && one.state === "waiting")) {
    if (rows.filter((one) => one.busy).length >= AT_ONCE) break;
    row.state = "sending";
    row.run().catch((error) => row.refuse(error instanceof Unreadable ? texts.unreadable : String(error))).finally(work);
  }
  for (const row of rows) draw(row);
  if (!rows.length) shown(start, false);
};

const add = (files) => {
  for (const file of files) { const row = new Row(file); rows.push(row); draw(row); row.prepare(); }
};

// ---- what the user does ----------------------------------------------------------------------------------------
const chooser = document.getElementById("chooser"), drop = document.getElementById("drop");
chooser.addEventListener("change", () => { add([...chooser.files]); chooser.value = ""; });
for (const kind of ["dragenter", "dragover"]) drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => { event.preventDefault(); add([...event.dataTransfer.files]); });
for (const kind of ["dragover", "drop"]) window.addEventListener(kind, (event) => event.preventDefault());  // beside the field: never leave the page
start.addEventListener("click", () => {
  const ready = rows.filter((row) => row.state === "ready"), wrong = ready.find((row) => !row.complete);
  for (const row of ready.filter((one) => one.complete)) { row.wanted = true; row.state = "waiting"; }
  for (const row of ready.filter((one) => !one.complete)) { row.error = texts.incomplete; draw(row); }
  if (wrong) (wrong.parts.code.checkValidity() ? wrong.parts.task : wrong.parts.code).focus();
  work();
});
document.querySelectorAll("#unfinished [data-forget]").forEach((button) => button.addEventListener("click", () => {
  const begun = button.closest("[data-url]");
  new Transfer({ file: { size: 0 }, url: begun.dataset.url, changed() {} }).cancel();
  begun.remove();
}));
