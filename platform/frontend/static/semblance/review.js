// Review page: the strip of frame states follows the player and leads it.
const player = document.getElementById("player"), strip = document.getElementById("strip"), now = document.getElementById("now");
const mark = () => {
  const x = player.duration ? 100 * player.currentTime / player.duration : 0;
  now.setAttribute("x1", x); now.setAttribute("x2", x);
};
player.addEventListener("timeupdate", mark);
player.addEventListener("seeked", mark);
strip.addEventListener("click", (event) => {
  const box = strip.getBoundingClientRect();
  if (player.duration) player.currentTime = player.duration * (event.clientX - box.left) / box.width;
});
document.querySelectorAll(".seek").forEach((button) =>
  button.addEventListener("click", () => { player.currentTime = Number(button.dataset.seconds); player.focus(); }));
