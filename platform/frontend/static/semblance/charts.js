// Draws every figure of the page from the JSON beside it, in the page's colours: paper, text and lines follow the scheme,
// and are black on white in print. A mark that carries an address leads there; every other click is told to the page.
// Figures of fragments that come later are drawn when they are there.
"use strict";
(() => {
  const inPrint = { paper: "#ffffff", ink: "#000000", line: "#b9c1c8", edge: "#3b444c" };
  const onScreen = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const AXIS = "#55616d"; // how figures name the colour of axes and of lines that are no data

  const TITLE = 14; // pixels of an axis's title: as other words, so that it is not cut on a tablet

  // Lines that are no data: of the axes' colour in every scheme.
  const lined = (parts, colour) => parts?.map((one) => (one.line?.color === AXIS ? { ...one, line: { ...one.line, color: colour("edge") } } : one));

  function dressed(layout, colour) {
    const look = { paper_bgcolor: colour("paper"), plot_bgcolor: colour("paper"), font: { ...layout.font, color: colour("ink") } };
    const axes = Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key));
    const lines = { gridcolor: colour("line"), zerolinecolor: colour("edge"), linecolor: colour("edge") };
    const titled = ({ title }) => (title ? { title: { ...(title.text ? title : { text: title }), font: { size: TITLE } } } : {});
    return { ...layout, ...look, ...(layout.shapes && { shapes: lined(layout.shapes, colour) }), ...Object.fromEntries(axes.map((key) => [key, { ...layout[key], ...titled(layout[key]), ...lines }])) };
  }

  function pick(place, event) {
    const address = event.points[0]?.customdata?.[0];
    if (typeof address === "string" && address.startsWith("/")) location.assign(address);
    else place.dispatchEvent(new CustomEvent("picked", { bubbles: true, detail: event }));
  }

  function tell(place) {
    if (!place.dataset.drawn) {
      place.on("plotly_click", (event) => pick(place, event));
      // In another width the legend has other rows: only drawn anew does it stand above the plot and not over it.
      place.on("plotly_relayout", (change) => change.autosize && drawOne(place));
    }
    place.dataset.drawn = "yes";
    place.dispatchEvent(new CustomEvent("drawn", { bubbles: true }));
  }

  let colours = onScreen;

  function drawOne(place) {
    const figure = JSON.parse(document.getElementById(place.dataset.figure).textContent);
    const options = { responsive: true, displayModeBar: false };
    // Plotly takes the height of its place when the window changes: the place has the figure's own.
    if (figure.layout.height) place.style.height = place.style.minHeight = `${figure.layout.height}px`;
    Plotly.react(place, lined(figure.data, colours), dressed(figure.layout, colours), options).then(() => tell(place));
  }

  function draw(colour = onScreen) {
    colours = colour;
    document.querySelectorAll("[data-figure]").forEach(drawOne);
  }

  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw());
  document.addEventListener("htmx:afterSwap", (event) => event.detail.target.querySelector("[data-figure]") && draw());
  addEventListener("beforeprint", () => draw((name) => inPrint[name]));
  addEventListener("afterprint", () => draw());
})();
