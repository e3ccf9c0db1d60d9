// A question that is answered by one key or one touch, in the place of the items: why not sure, why changed, a comment,
// seen before. While it is open the items rest.

export class Prompt {
  constructor(element, behind) {
    this.element = element;
    this.behind = behind;
    this.title = element.querySelector("h2");
    this.row = element.querySelector(".choices");
    this.text = element.querySelector("textarea");
    // The second half of a double click on what opened the question falls on whatever has come there.
    element.addEventListener("click", (event) => event.detail > 1 && event.stopPropagation(), { capture: true });
    element.querySelector("[data-cancel]").addEventListener("click", () => this.#end(null));
    element.querySelector("[data-keep]").addEventListener("click", () => this.#end(this.text.value.trim()));
    this.row.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button && !button.disabled) this.#end(button.dataset.value);
    });
  }

  get open() {
    return !this.element.hidden;
  }

  // `choices` are [key, value, label]; `only` leaves one of them possible. The chosen value, or null.
  choose(title, choices, only = null) {
    this.row.replaceChildren(
      ...choices.map(([key, value, label]) => {
        const button = document.createElement("button");
        const [bold, span] = [document.createElement("b"), document.createElement("span")];
        bold.textContent = key.toUpperCase();
        span.textContent = label;
        Object.assign(button, { type: "button", disabled: only !== null && value !== only });
        Object.assign(button.dataset, { key, value });
        button.append(bold, " ", span);
        return button;
      }),
    );
    return this.#ask(title, false);
  }

  // A text of the rater, or null.
  write(title, text) {
    this.text.value = text;
    return this.#ask(title, true);
  }

  #ask(title, text) {
    this.#end(null); // a question that was left open
    this.title.textContent = title;
    this.element.querySelector(".writing").hidden = !text;
    this.row.hidden = text;
    this.behind.inert = true;
    this.element.hidden = false;
    (text ? this.text : this.element).focus({ preventScroll: true });
    return new Promise((answer) => (this.answer = answer));
  }

  #end(value) {
    const { answer } = this;
    this.answer = null;
    this.element.hidden = true;
    this.behind.inert = false;
    answer?.(value);
  }

  cancel() {
    this.#end(null);
  }

  // True when the key was meant for the question.
  press(event, key) {
    if (key === "escape") this.#end(null);
    else if (!this.row.hidden) {
      const button = this.row.querySelector(`[data-key="${CSS.escape(key)}"]`);
      if (!button || button.disabled) return false;
      this.#end(button.dataset.value);
    } else if (key === "enter" && event.target === this.text && !event.shiftKey) this.#end(this.text.value.trim());
    else return false;
    return true;
  }
}
