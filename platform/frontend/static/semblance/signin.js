// Signing in again without leaving the page: the dialog opens when the server no longer knows the user, and closes by
// itself when they are back, here or in another tab.
import { csrf, whoIs } from "./outbox.js";

export class SignIn {
  constructor(dialog, { user, who, onback }) {
    Object.assign(this, { dialog, user, who, onback });
    this.words = dialog.dataset;
    this.form = dialog.querySelector("form");
    this.error = dialog.querySelector("[role=alert]");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    dialog.addEventListener("cancel", () => (this.dismissed = true));
    dialog.querySelector("[data-later]").addEventListener("click", () => {
      this.dismissed = true;
      dialog.close();
    });
  }

  // Opened once for each time that the user is found signed out; whoever puts it off is reminded by the status alone.
  show(state) {
    if (state !== "signed_out" && state !== "other_user") return this.close();
    if (this.dialog.open || this.dismissed) return;
    this.say(state === "other_user" ? this.words.other : "");
    this.dialog.showModal();
  }

  close() {
    this.dismissed = false;
    if (this.dialog.open) this.dialog.close();
  }

  say(text) {
    this.error.textContent = text;
    this.error.hidden = !text;
  }

  async send() {
    const button = this.form.querySelector("button.primary");
    button.disabled = true;
    this.say(await this.attempt());
    button.disabled = false;
    this.form.elements.password.value = "";
    if (this.error.hidden) {
      this.close();
      this.onback();
    }
  }

  // What is wrong, in words; nothing when the user is back.
  async attempt() {
    try {
      if (!csrf()) await fetch(this.form.action); // its answer sets the cookie
      const response = await fetch(this.form.action, {
        method: "POST",
        headers: { "X-CSRFToken": csrf(), "X-Requested-With": "XMLHttpRequest" },
        body: new URLSearchParams(new FormData(this.form)),
      });
      if (response.status === 429) return this.words.tooOften;
      if (response.status === 400) return this.words.wrong;
      const user = await whoIs(this.who);
      if (user === this.user) return "";
      return user === undefined ? this.words.unreachable : user === null ? this.words.elsewhere : this.words.other;
    } catch {
      return this.words.unreachable;
    }
  }
}
