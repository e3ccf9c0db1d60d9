// On the rater's home: answers that this browser still keeps are sent from here too, and said to be waiting until then.
import { Outbox } from "./outbox.js";

const notice = document.getElementById("outbox"), words = notice.dataset;
const outbox = new Outbox({ user: words.user, who: words.who });
let refused = "";

function say() {
  const n = outbox.waiting().length;
  notice.firstElementChild.textContent = refused || `${words.kept} (${n})`;
  notice.hidden = !refused && !n;
}

outbox.addEventListener("entries", say);
outbox.addEventListener("result", ({ detail }) => {
  if (detail.refused && detail.entry.first) refused = `${words.refused}: ${detail.refused.detail}`;
  say();
});
outbox.start();
