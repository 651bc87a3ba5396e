/* The matrix from the keyboard, and its filter. */

const NOTHING = "Nothing was measured case by case.";

/* One tile that is to be seen can be reached with Tab. */
function reachTile(table) {
  const reached = table.querySelector('.tile[tabindex="0"]');
  if (reached && reached.offsetParent) return;
  if (reached) reached.tabIndex = -1;
  const first = [...table.querySelectorAll(".tile")].find((tile) => tile.offsetParent);
  if (first) first.tabIndex = 0;
}

/* Arrow keys go from tile to tile; Tab leaves the matrix. */
function matrixKeys(table) {
  const tiles = () => [...table.querySelectorAll(".tile")].filter((tile) => tile.offsetParent !== null);
  for (const tile of table.querySelectorAll(".tile")) tile.tabIndex = -1;
  reachTile(table);
  table.addEventListener("focusin", (event) => {
    if (!event.target.classList.contains("tile")) return;
    for (const tile of table.querySelectorAll('.tile[tabindex="0"]')) tile.tabIndex = -1;
    event.target.tabIndex = 0;
  });
  table.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way || !event.target.classList.contains("tile")) return;
    event.preventDefault();
    const here = event.target.getBoundingClientRect(),
      all = tiles();
    let best = null,
      least = Infinity;
    for (const tile of all) {
      const there = tile.getBoundingClientRect();
      const along = way[0] ? (there.left - here.left) * way[0] : (there.top - here.top) * way[1];
      const across = way[0] ? Math.abs(there.top - here.top) : Math.abs(there.left - here.left);
      if (along > 4 && along + 50 * across < least) [best, least] = [tile, along + 50 * across];
    }
    if (best) best.focus();
  });
}

function filterMatrix(text) {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean),
    table = byId("matrix-table");
  for (const row of table.querySelectorAll("tr[data-text]"))
    row.hidden = !wanted.every((word) => row.dataset.text.includes(word));
  for (const body of table.querySelectorAll("tbody:not(.adapter)")) {
    let heading = null,
      seen = false,
      any = false;
    for (const row of [...body.rows, null]) {
      if (row === null || row.classList.contains("entry")) {
        if (heading) heading.hidden = !seen;
        [heading, seen] = [row, false];
      } else if (!row.hidden) seen = any = true;
    }
    const fold = body.previousElementSibling,
      toggle = fold.querySelector(".fold");
    fold.hidden = !any;
    toggle.dataset.open ||= toggle.getAttribute("aria-expanded"); // as the reader left it before the filter
    const open = wanted.length ? any : toggle.dataset.open === "true";
    if (!wanted.length) delete toggle.dataset.open;
    body.hidden = !open;
    toggle.setAttribute("aria-expanded", String(open));
  }
  byId("matrix-empty").hidden = Boolean(table.querySelector("tbody.adapter:not([hidden])"));
  byId("matrix-empty-words").textContent = wanted.length ? `Nothing here is called “${text.trim()}”.` : NOTHING;
  reachTile(table);
}
