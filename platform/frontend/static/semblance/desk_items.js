// The items of the desk: what is answered, what the server has of it, and what it means when another tab or device
// answered too.
import { uuid } from "./outbox.js";

const answerOf = ({ score, not_sure, reason = "", comment = "", client_id }) => ({ score, not_sure, reason, comment, client_id });

export class Items {
  // `answers`: the server's current answer to each item, or null.
  constructor(desk, { prompt, outbox, url, about, words, lists, answers }) {
    Object.assign(this, { desk, prompt, outbox, url, about, words, lists, opened: false, troubled: false });
    this.items = [...desk.querySelectorAll("[data-item]")].map((element) => ({ element, code: element.dataset.item, kept: null, current: null, comment: "" }));
    for (const item of this.items) item.kept = item.current = answers[item.code] ?? null;
    this.items.forEach((item, place) => {
      item.element.tabIndex = -1;
      item.element.addEventListener("focusin", () => this.mark(place, false));
      item.element.addEventListener("click", (event) => {
        const button = event.target.closest("button");
        if (button?.dataset.key) this.answer(place, button.dataset.key);
        else if (button?.dataset.comment !== undefined) this.note(place);
      });
    });
    this.paint();
    this.mark(Math.max(this.items.findIndex((item) => !item.current), 0), false);
  }

  get complete() {
    return this.items.every((item) => item.current);
  }

  get marked() {
    return Math.max(this.items.findIndex((item) => item.element.classList.contains("marked")), 0);
  }

  mark(place, focus = true) {
    const item = this.items[Math.min(Math.max(place, 0), this.items.length - 1)];
    for (const other of this.items) other.element.classList.toggle("marked", other === item);
    if (focus) item?.element.focus({ preventScroll: true });
  }

  // Scores open after a full play; a video that will not play can be answered with just that.
  open(how) {
    Object.assign(this, how);
    this.paint();
  }

  paint() {
    for (const { element, current, comment } of this.items) {
      const key = !current ? "" : current.not_sure ? "n" : String(current.score);
      for (const button of element.querySelectorAll("[data-key]")) {
        button.setAttribute("aria-pressed", String(button.dataset.key === key));
        button.disabled = !this.opened && !(this.troubled && button.dataset.key === "n");
      }
      const why = current?.not_sure ? this.lists.reasons.find(([, value]) => value === current.reason)?.[2] : "";
      const said = current?.comment || comment;
      element.querySelector(".said").textContent = [why, said && `“${said}”`].filter(Boolean).join(" · ");
    }
    this.desk.dispatchEvent(new Event("painted"));
  }

  async answer(place, key) {
    const item = this.items[place];
    const button = item.element.querySelector(`[data-key="${key}"]`);
    if (!button || button.disabled) return;
    this.mark(place);
    const told = { score: key === "n" ? null : Number(key), not_sure: key === "n", reason: "" };
    if (told.not_sure) {
      told.reason = await this.prompt.choose(this.words.whyUnsure, this.lists.reasons, this.opened ? null : "would_not_play");
      if (!told.reason) return this.mark(place);
    }
    const { current } = item;
    if (current && current.score === told.score && current.reason === told.reason) return this.mark(place + 1);
    const why = await this.#whyChanged(item);
    if (why === null) return this.mark(place);
    this.mark(place + 1); // at once: the next key may come before this answer is written down
    await this.#give(item, { ...told, comment: current?.comment || item.comment, change_reason: why });
  }

  // A comment goes with its item's answer: at once where there is one, else when it is given.
  async note(place) {
    const item = this.items[place];
    this.mark(place);
    const comment = await this.prompt.write(this.words.comment, item.current?.comment || item.comment);
    const before = item.current?.comment || item.comment;
    if (comment !== null && comment !== before) {
      item.comment = comment;
      if (item.current) await this.#give(item, { ...item.current, comment, change_reason: "other" });
      this.paint();
    }
    this.mark(place);
  }

  async #whyChanged(item) {
    if (!item.current) return "";
    return this.prompt.choose(this.words.whyChanged, this.lists.changes);
  }

  async #give(item, told) {
    const body = {
      ...told,
      item: item.code,
      client_id: uuid(), // the same for every repeat: the server keeps one row of it
      replaces: item.current?.client_id ?? null,
      answered_at: new Date().toISOString(),
    };
    item.current = answerOf(body);
    this.paint();
    await this.outbox.put({ url: this.url, body, about: this.about });
  }

  // What waits in this browser, of this tab or another, is what the rater said last.
  overlay() {
    const waiting = this.outbox.waiting(this.about).filter(({ body }) => body.item);
    for (const item of this.items) {
      const last = waiting.filter(({ body }) => body.item === item.code).at(-1);
      item.current = last ? answerOf(last.body) : item.kept;
    }
    // Who scored something has seen the video, here or before.
    if (this.items.some(({ current }) => current && current.reason !== "would_not_play")) this.opened = true;
    this.paint();
  }

  // The server's answers as they are now.
  sync(answers) {
    for (const item of this.items) {
      const found = answers.find((answer) => answer.item === item.code);
      item.kept = found ? answerOf(found) : null;
    }
    this.overlay();
  }

  // What became of an entry; words for the rater when their answer does not count.
  result({ entry, saved, refused }) {
    const item = this.items.find(({ code }) => code === entry.body.item);
    if (entry.about !== this.about || !item) return refused ? `${this.words.earlier}: ${refused.detail}` : "";
    if (saved) item.kept = answerOf(entry.body);
    else if (refused.code === "answered_elsewhere") item.kept = refused.current ? answerOf(refused.current) : null;
    this.overlay();
    if (saved) return "";
    if (refused.code !== "answered_elsewhere") return `${this.words.refused}: ${refused.detail}`;
    return `${this.words.elsewhere} ${this.#said(item.kept)}. ${this.words.notKept} ${this.#said(entry.body)}.`;
  }

  #said(answer) {
    if (!answer) return this.words.nothing;
    return answer.not_sure ? this.words.notSure : String(answer.score);
  }
}
