/* What stands around a plot: its legend, others to lay over it, and the words beside a point. */

const MOST_OVERLAID = 6;

function legend(panel, drawn, alone) {
  const shapes = CLASSES.filter((label) => drawn.some((one) => one.points.some((p) => p.label === label)));
  const key = shapes.map((label) =>
    el(
      "span",
      { class: "key" },
      svg(
        "svg",
        { viewBox: "0 0 14 14", width: 14, height: 14, "aria-hidden": "true" },
        marker(label, 7, 7, alone ? HUES[CLASSES.indexOf(label)] : "currentColor", 4),
      ),
      CLASS_WORDS[label],
    ),
  );
  const names = alone
    ? []
    : drawn.map((one) =>
        el(
          "span",
          { class: "key named" },
          el("span", { class: "dot", style: `background:${one.hue}` }),
          one.name,
          one.k === panel.shown[0]
            ? null
            : el(
                "button",
                {
                  type: "button",
                  class: "remove",
                  "aria-label": `remove ${one.name}`,
                  onclick: () => {
                    panel.shown = panel.shown.filter((k) => k !== one.k);
                    panel.draw();
                    byId("overlay")?.focus();
                  },
                },
                "×",
              ),
        ),
      );
  return el("div", { class: "keys" }, names, key);
}

function adder(panel, t, first) {
  if (panel.shown.length >= MOST_OVERLAID)
    return el("p", { class: "quiet small" }, `No more than ${MOST_OVERLAID} are laid over each other.`);
  const { data } = panel,
    options = [];
  for (let k = 0; k < data.cellsOf.length; k++) {
    const series = data.columns["test.series"][k];
    if (series === NO_SERIES || panel.shown.includes(k)) continue;
    const other = data.test(k);
    if (other.quantity !== t.quantity) continue;
    const axis = data.drawing.axes[data.drawing.keys[data.columns["series.key"][series]].argument];
    if (axis === first.axis) options.push({ k, other, same: other.dtype === t.dtype });
  }
  if (!options.length) return null;
  options.sort((one, two) => Number(two.same) - Number(one.same));
  const select = el(
    "select",
    {
      id: "overlay",
      onchange: () => {
        panel.shown.push(Number(select.value));
        panel.draw();
        byId("overlay")?.focus();
      },
    },
    el("option", { value: "" }, "choose a framework or mode …"),
    options.slice(0, 600).map(({ k }) => el("option", { value: k }, panel.name(k))),
  );
  return el("label", { class: "adder" }, "Lay over it ", select);
}

/* The words beside a point. */
function tell(tip, spot, root) {
  if (!spot) {
    tip.hidden = true;
    return;
  }
  const { point, series } = spot,
    rows = [];
  if (point.inputs) {
    for (const [name, value] of point.inputs) rows.push([name, hexadecimal(value), decimal(value, point.inputDtype)]);
    rows.push(["got", hexadecimal(point.got), decimal(point.got, point.dtype)]);
    rows.push(["exact", hexadecimal(point.due), decimal(point.due, point.dtype)]);
  }
  const words = point.kind
    ? STRIPS.find(({ kind }) => kind === point.kind).words
    : point.ulp
      ? `≈ ${ulpText(point.ulp)} ULP`
      : "no error";
  replaced(
    tip,
    el("b", {}, words),
    el("span", { class: "quiet" }, ` ${CLASS_WORDS[point.label]}`),
    series.byLabel ? null : el("div", { class: "tip-name" }, series.name),
    rows.length
      ? el(
          "table",
          {},
          rows.map((row) =>
            el("tr", {}, el("th", {}, row[0]), el("td", { class: "code" }, row[1]), el("td", { class: "num" }, row[2])),
          ),
        )
      : el(
          "p",
          { class: "quiet small" },
          series.swept
            ? "The worst of all inputs of this binade; a sweep keeps no other case."
            : "In a run of this size, small errors are kept without their case.",
        ),
    rows.length ? el("p", { class: "quiet small" }, `exact: rounded once to ${point.dtype}`) : null,
  );
  tip.hidden = false;
  const box = root.getBoundingClientRect(),
    scale = box.width / root.viewBox.baseVal.width;
  const x = spot.x * scale,
    y = spot.y * scale;
  tip.style.left = `${Math.max(0, Math.min(x + 14, box.width - tip.offsetWidth))}px`;
  const above = y + 16 + tip.offsetHeight > box.height && y > tip.offsetHeight;
  tip.style.top = `${above ? y - tip.offsetHeight - 14 : y + 16}px`;
}
