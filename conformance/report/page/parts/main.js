/* Everything in its place. */

async function main() {
  if (!("DecompressionStream" in window)) {
    throw new Error("This browser is too old for the page: it needs DecompressionStream (of 2023).");
  }
  const data = new Data(unpacked(await inflated(byId("data").textContent.trim())));
  const points = new Points(data);
  let findings = null;
  const panel = new Panel(data, points, (cell) => findings.goTo(cell));
  const open = (k) => panel.open(k);
  matrix(data, open);
  findings = new Findings(data, open);
  if (data.drawing.compared) new Changes(data, open);
  byId("matrix-filter").addEventListener("input", (event) => filterMatrix(event.target.value));
  for (const button of document.querySelectorAll("[data-copy]"))
    button.addEventListener("click", () => copyText(button.dataset.copy, button));
  window.addEventListener("hashchange", () => findings.follow(location.hash));
  findings.follow(location.hash);
  document.body.dataset.ready = "yes";
}

main().catch((error) => {
  byId("trouble").hidden = false;
  byId("trouble").textContent = `The page cannot show its data: ${error.message}`;
  throw error;
});
