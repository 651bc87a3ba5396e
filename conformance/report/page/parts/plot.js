/* The plot: error in ULP, logarithmic, over the logit or probability; strips for what has no error to draw. */

const STRIPS = [
  { kind: 1, name: "NaN", words: "NaN came back" },
  { kind: 2, name: "inf", words: "infinite, or finite where infinite is due" },
  { kind: 3, name: "→ 0", words: "flushed or lost: zero came back" },
];
const HUES = ["var(--hue0)", "var(--hue1)", "var(--hue2)", "var(--hue3)", "var(--hue4)", "var(--hue5)"];
const FLOOR = 2 ** -5;
const FAR = 1e20; // beyond it no size tells anything more: such an error is drawn at the upper edge

function marker(shape, x, y, hue, size = 3.4) {
  const common = { fill: hue, class: "mark" };
  if (shape === "hard0") return svg("circle", { ...common, cx: x, cy: y, r: size });
  if (shape === "hard1")
    return svg("path", { ...common, d: `M${x} ${y - size - 0.6}l${size + 0.6} ${2 * size}h${-2 * size - 1.2}z` });
  if (shape === "soft")
    return svg("rect", { ...common, x: x - size + 0.5, y: y - size + 0.5, width: 2 * size - 1, height: 2 * size - 1 });
  return svg("path", {
    ...common,
    d: `M${x} ${y - size - 1}l${size + 1} ${size + 1}l${-size - 1} ${size + 1}l${-size - 1} ${-size - 1}z`,
  });
}

function tickWords(value) {
  if (value < 1) return "½";
  if (value < 1e4) return value.toLocaleString("en");
  const power = Math.round(Math.log10(value));
  return "10" + String(power).replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]);
}

function tickValues(top) {
  const power = Math.ceil(Math.log10(top)),
    step = Math.max(1, Math.ceil(power / 6));
  const found = [0.5, 1];
  for (let p = step; p <= power; p += step) found.push(10 ** p);
  return found;
}

/* Series: a list of { name, hue, points, byLabel }, where byLabel gives each label class its own hue. */
function plot(series, { axis, columns, limit, tell, width = 760 }) {
  const strip = 20,
    left = 58,
    right = 14,
    high = 250,
    topOf = 8;
  const strips = STRIPS.filter(({ kind }) => series.some((one) => one.points.some((p) => p.kind === kind)));
  const top = topOf + strips.length * strip + (strips.length ? 10 : 0);
  const exact = top + high + 12,
    bottom = exact + strip,
    height = bottom + 44;
  const most = Math.max(4, limit || 0, ...series.flatMap((one) => one.points.map((p) => p.ulp)));
  const ceiling = Math.log2(Math.min(most, FAR)) + 0.7,
    floor = Math.log2(FLOOR);
  const toX = (column) => left + ((column + 0.5) / columns) * (width - left - right);
  const toY = (ulp) => top + high * (1 - (Math.max(Math.log2(Math.min(ulp, FAR)), floor) - floor) / (ceiling - floor));
  const root = svg("svg", {
    viewBox: `0 0 ${width} ${height}`,
    class: "plot",
    tabindex: 0,
    role: "application",
    "aria-label": "Error in ULP over the input. Arrow keys go from case to case.",
    "aria-describedby": "plot-help",
  });

  strips.forEach(({ name, words }, n) => {
    const y = topOf + n * strip;
    root.append(
      svg("rect", { class: "strip", x: left, y: y + 1, width: width - left - right, height: strip - 3, rx: 3 }),
      svg("text", { class: "tick end", x: left - 8, y: y + strip / 2 + 3 }, name, svg("title", {}, words)),
    );
  });
  root.append(
    svg("rect", { class: "strip", x: left, y: exact, width: width - left - right, height: strip - 3, rx: 3 }),
    svg(
      "text",
      { class: "tick end", x: left - 8, y: exact + strip / 2 + 2 },
      "exact",
      svg("title", {}, "no error at all"),
    ),
  );
  for (const value of tickValues(2 ** ceiling)) {
    if (toY(value) < top || (value < 1 && toY(value) - toY(1) < 15)) continue;
    root.append(
      svg("line", { class: "grid", x1: left, x2: width - right, y1: toY(value), y2: toY(value) }),
      svg(
        "text",
        { class: "tick end", x: left - 8, y: toY(value) + 4 },
        (value === FAR && most > FAR ? "≥ " : "") + tickWords(value),
      ),
    );
  }
  if (limit) {
    root.append(
      svg("line", { class: "limit", x1: left, x2: width - right, y1: toY(limit), y2: toY(limit) }),
      svg("text", { class: "tick limit-words", x: width - right - 4, y: toY(limit) - 5 }, `limit ${ulpText(limit)}`),
    );
  }
  for (const [words, place] of axis.ticks) {
    const x = left + Math.min(Math.max(place, 0), 1) * (width - left - right);
    root.append(
      svg("line", { class: "grid faint", x1: x, x2: x, y1: topOf, y2: bottom }),
      svg("text", { class: "tick middle", x, y: bottom + 16 }, words),
    );
  }
  root.append(
    svg(
      "text",
      { class: "tick middle title", x: (left + width - right) / 2, y: height - 6 },
      `${axis.argument} (${axis.argument === "probability" ? "log-odds" : "symmetric-log"})`,
    ),
    svg(
      "text",
      {
        class: "tick title",
        x: 12,
        y: top + high / 2,
        transform: `rotate(-90 12 ${top + high / 2})`,
        "text-anchor": "middle",
      },
      "error in ULP",
    ),
  );

  const placed = [];
  const layers = svg("g", {});
  series.forEach((one) => {
    for (const label of CLASSES) {
      const own = one.points.filter((p) => p.label === label);
      const hue = one.byLabel ? HUES[CLASSES.indexOf(label)] : one.hue;
      const line = own
        .filter((p) => p.kind === 0 && p.ulp > 0)
        .map((p) => `${toX(p.column).toFixed(1)},${toY(p.ulp).toFixed(1)}`);
      if (line.length > 1) layers.append(svg("polyline", { class: "thread", points: line.join(" "), stroke: hue }));
      for (const point of own) {
        const n = strips.findIndex(({ kind }) => kind === point.kind);
        const y = point.kind
          ? topOf + n * strip + strip / 2 - 0.5
          : point.ulp
            ? toY(point.ulp)
            : exact + strip / 2 - 1.5;
        const x = toX(point.column);
        layers.append(marker(label, x, y, hue, point.kind || !point.ulp ? 2.8 : 3.4));
        placed.push({ x, y, point, series: one, hue });
      }
    }
  });
  const ring = svg("circle", { class: "ring", r: 7, hidden: true });
  root.append(layers, ring);
  placed.sort((one, other) => one.x - other.x || one.y - other.y);

  let here = -1;
  const show = (n) => {
    here = n;
    const spot = placed[n];
    ring.removeAttribute("hidden");
    ring.setAttribute("cx", spot.x);
    ring.setAttribute("cy", spot.y);
    tell(spot, root);
  };
  root.addEventListener("pointermove", (event) => {
    if (!placed.length) return;
    const box = root.getBoundingClientRect(),
      scale = width / box.width;
    const x = (event.clientX - box.left) * scale,
      y = (event.clientY - box.top) * scale;
    let best = 0,
      least = Infinity;
    placed.forEach((spot, n) => {
      const far = (spot.x - x) ** 2 + (spot.y - y) ** 2;
      if (far < least) [best, least] = [n, far];
    });
    if (least < 1600) show(best);
  });
  root.addEventListener("keydown", (event) => {
    const way = { ArrowRight: 1, ArrowLeft: -1, PageDown: 10, PageUp: -10, Home: -1e6, End: 1e6 }[event.key];
    if (!way || !placed.length) return;
    event.preventDefault();
    show(Math.min(Math.max(here + way, 0), placed.length - 1));
  });
  const leave = () => {
    ring.setAttribute("hidden", "");
    tell(null);
  };
  root.addEventListener("pointerleave", leave);
  root.addEventListener("blur", leave);
  return root;
}

function histogram(list, bins, kinds) {
  const names = bins.map((end, n) =>
    end === null
      ? "> 2⁵³"
      : n === 0
        ? "0"
        : { 65536: "≤ 2¹⁶", 16777216: "≤ 2²⁴", 9007199254740992: "≤ 2⁵³", 0.5: "≤ ½" }[end] || `≤ ${end}`,
  );
  names.push(...kinds.slice(1).map((kind) => (kind === "zero" ? "→ 0" : kind)));
  const total = list.map(({ counts }) => counts.reduce((sum, count) => sum + count, 0) || 1);
  const width = (share) => (share ? Math.max(0.6, 100 * Math.sqrt(share / most)) : 0); // a bar of one case is seen
  const most = Math.max(...list.flatMap(({ counts }, n) => counts.map((count) => count / total[n])), 1e-9);
  const used = names.map((_, k) => k).filter((k) => list.some(({ counts }) => counts[k]));
  return el(
    "div",
    { class: "histogram", role: "list", "aria-label": "How many cases have which error in ULP" },
    used.map((k) =>
      el(
        "div",
        { class: "bin", role: "listitem" },
        el("span", { class: "bin-name" }, names[k]),
        el(
          "span",
          { class: "bars" },
          list.map(({ counts, hue }, n) =>
            el(
              "span",
              { class: "bar-line" },
              el("span", {
                class: "bar-fill",
                style: `width:${width(counts[k] / total[n])}%;background:${hue}`,
              }),
              el("span", { class: "bin-count" }, counts[k].toLocaleString("en")),
            ),
          ),
        ),
      ),
    ),
  );
}
