// The check of screen and sound: the page measures what it can, and asks for the rest. Tones come from the left and the
// right in an order by lot.
const part = (id) => document.getElementById(id);
const field = (name) => part(`id_${name}`);
const sound = part("sound");

function measure() {
  field("window_width").value = innerWidth;
  field("window_height").value = innerHeight;
  part("window").textContent = `${innerWidth} × ${innerHeight}`;
}

const film = part("film");
film.addEventListener("ended", () => {
  field("plays_video").value = "True";
  part("film-state").textContent = film.dataset.plays;
});
film.addEventListener("error", () => (part("film-state").textContent = film.dataset.fails));

const SIDES = Math.random() < 0.5 ? ["left", "right"] : ["right", "left"];
const heard = [];
let context = null;

async function tone(side) {
  context ??= new AudioContext();
  await context.resume();
  const source = context.createOscillator(), pan = context.createStereoPanner(), loud = context.createGain();
  source.frequency.value = 440;
  pan.pan.value = side === "left" ? -1 : 1;
  loud.gain.value = 0.2;
  source.connect(loud).connect(pan).connect(context.destination);
  source.start();
  source.stop(context.currentTime + 0.8);
}

function hear(side) {
  heard.push(side);
  const right = heard.every((one, place) => one === SIDES[place]);
  const over = heard.length === SIDES.length || !right;
  if (over) field("sound").value = right ? "heard" : "not_heard";
  part("sound-state").textContent = !over ? sound.dataset.second : right ? sound.dataset.heard : sound.dataset.again;
  if (over) heard.length = 0;
  for (const button of sound.querySelectorAll("[data-side]")) button.disabled = true;
}

if (sound) {
  part("tone").addEventListener("click", () => {
    tone(SIDES[heard.length]);
    for (const button of sound.querySelectorAll("[data-side]")) button.disabled = false;
  });
  for (const button of sound.querySelectorAll("[data-side]")) button.addEventListener("click", () => hear(button.dataset.side));
}
addEventListener("resize", measure);
measure();
film.play().catch(() => {});
document.body.dataset.ready = "";
