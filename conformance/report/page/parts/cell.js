/* One test in a panel: its plot, with others laid over it; histogram, worst cases, and each region. */

const MOST_OVERLAID = 6;

class Panel {
  constructor(data, points, goTo) {
    Object.assign(this, { data, points, goTo, shown: [], opener: null });
    this.dialog = byId("cell");
    byId("cell-close").addEventListener("click", () => this.close());
    this.dialog.addEventListener("close", () => this.opener && this.opener.isConnected && this.opener.focus());
    this.dialog.addEventListener("click", (event) => { if (event.target === this.dialog) this.close(); });
  }

  close() { this.dialog.close(); }

  open(k, others = []) {
    if (!this.dialog.open) this.opener = document.activeElement;
    this.shown = [k, ...others];
    this.draw();
    if (!this.dialog.open) this.dialog.showModal();
    this.dialog.scrollTop = 0;
  }

  siblings(t, field) {
    const fields = ["adapter", "entry", "config", "mode", "dtype", "quantity"].filter((name) => name !== field);
    const found = [];
    for (let k = 0; k < this.data.cellsOf.length; k++) {
      const other = this.data.test(k);
      if (fields.every((name) => other[name] === t[name]) && this.data.cellsOf[k].some((cell) => !this.data.invarianceOf(cell))) found.push(other);
    }
    return found;
  }

  switcher(t, field) {
    const options = this.siblings(t, field);
    if (options.length < 2) return el("span", { class: "fact" }, el("i", {}, field), t[field]);
    const select = el("select", { "aria-label": field, onchange: () => this.open(Number(select.value), this.shown.slice(1)) },
      options.map((other) => el("option", { value: other.k, selected: other.k === t.k }, other[field])));
    return el("label", { class: "fact" }, el("i", {}, field), select);
  }

  draw() {
    const { data } = this, t = data.test(this.shown[0]), state = standing(data, t.k);
    byId("cell-title").textContent = t.entry;
    const head = [
      el("span", { class: "fact" }, el("i", {}, "framework"), t.adapter),
      t.config === "-" ? null : el("span", { class: "fact" }, el("i", {}, "config"), t.config.replaceAll(",", ", ")),
      ...["quantity", "dtype", "mode"].map((field) => this.switcher(t, field)),
    ];
    const findings = state.kinds.map((kind) => chip(SYMBOLS[kind] || "?", kind, state.unexpected ? "bad" : "known"));
    replaced(byId("cell-body"),
      el("div", { class: "facts" }, head),
      el("p", { class: "verdicts" }, findings.length ? findings : [chip("✓", state.documented ? "as documented" : "no finding", "good")],
        el("span", { class: "quiet" }, state.text && state.text !== "-" ? ` worst ${state.text} ULP` : "")),
      this.drawing(t), this.worstCases(), this.regions(t));
  }

  drawing(t) {
    const { data } = this;
    const all = [...this.earlier(t.k), ...this.shown.map((k, n) => this.series(k, n))]; // what was lies below what is
    const drawn = all.filter(Boolean);
    const examined = data.cellsOf[t.k].every((cell) => data.invarianceOf(cell));
    const why = examined ? "An examination asks what no single case answers, so there is no plot." : data.texts[data.columns["test.undrawn"][t.k]];
    if (!drawn.length) return el("div", { class: "empty" }, el("p", {}, why || "The bits of this test were not kept, so there is no plot."));
    const first = drawn[0], alone = drawn.length === 1;
    first.byLabel = alone;
    const limits = data.cellsOf[t.k].map((cell) => data.number("cell.limit", cell)).filter((limit) => limit !== null);
    const tip = el("div", { class: "tip", role: "status", "aria-live": "polite", hidden: true });
    const picture = plot(drawn, { axis: first.axis, columns: data.drawing.columnsOfAxis, limit: limits.length ? Math.max(...limits) : null,
      tell: (spot, root, event) => this.tell(tip, spot, root, event), width: window.innerWidth < 620 ? 420 : 760 });
    return el("div", { class: "drawing" }, this.legend(drawn, alone), el("div", { class: "plot-box" }, picture, tip),
      el("p", { id: "plot-help", class: "quiet small" }, first.swept ? "The worst error of each binade of inputs is drawn, of all inputs that were swept." : `The worst case of each of ${data.drawing.columnsOfAxis} columns is drawn. Point at one, or use the arrow keys, to read it.`),
      this.adder(t, first), el("h4", {}, "Errors of all cases, in ULP ", el("span", { class: "quiet small" }, "(the square root of a bar's share is drawn)")),
      histogram(drawn.map((one) => ({ counts: one.histogram, hue: one.byLabel ? "var(--accent)" : one.hue })), data.bins, data.kinds));
  }

  series(k, n) {
    const number = this.data.columns["test.series"][k];
    if (number === NO_SERIES) return null;
    return { ...this.points.of(number), k, name: this.name(k), hue: HUES[n % HUES.length] };
  }

  /* The same test in the run that this one is compared with. */
  earlier(k) {
    const before = this.data.columns["test.before"][k];
    if (before === NO_SERIES || !this.data.drawing.compared || this.shown.length > 1) return [];
    if (before === this.data.columns["test.series"][k]) return [];
    return [{ ...this.points.of(before), k, name: `before: ${document.body.dataset.other}`, hue: HUES[1], before: true }];
  }

  /* In what the tests that are drawn differ. */
  difference(k) {
    const fields = ["adapter", "entry", "config", "mode", "dtype", "quantity"], all = this.shown.map((one) => this.data.test(one));
    const own = this.data.test(k);
    return fields.filter((field) => all.some((one) => one[field] !== own[field])).map((field) => (field === "entry" ? own.entry.split(".").pop() : own[field])).join(" · ");
  }

  name(k) {
    const t = this.data.test(k);
    return [t.adapter, t.entry.split(".").pop(), t.config === "-" ? "" : t.config, t.mode, t.dtype, t.quantity].filter(Boolean).join(" · ");
  }

  legend(drawn, alone) {
    const shapes = CLASSES.filter((label) => drawn.some((one) => one.points.some((p) => p.label === label)));
    const key = shapes.map((label) => el("span", { class: "key" },
      svg("svg", { viewBox: "0 0 14 14", width: 14, height: 14, "aria-hidden": "true" }, marker(label, 7, 7, alone ? HUES[CLASSES.indexOf(label)] : "currentColor", 4)), CLASS_WORDS[label]));
    const names = alone ? [] : drawn.map((one) => el("span", { class: "key named" }, el("span", { class: "dot", style: `background:${one.hue}` }), one.name,
      one.k === this.shown[0] ? null : el("button", { type: "button", class: "remove", "aria-label": `remove ${one.name}`, onclick: () => {
        this.shown = this.shown.filter((k) => k !== one.k);
        this.draw();
      } }, "×")));
    return el("div", { class: "keys" }, names, key);
  }

  adder(t, first) {
    if (this.shown.length >= MOST_OVERLAID) return el("p", { class: "quiet small" }, `No more than ${MOST_OVERLAID} are laid over each other.`);
    const { data } = this, options = [];
    for (let k = 0; k < data.cellsOf.length; k++) {
      const series = data.columns["test.series"][k];
      if (series === NO_SERIES || this.shown.includes(k)) continue;
      const other = data.test(k);
      if (other.quantity !== t.quantity) continue;
      const axis = data.drawing.axes[data.drawing.keys[data.columns["series.key"][series]].argument];
      if (axis === first.axis) options.push({ k, other, same: other.dtype === t.dtype });
    }
    if (!options.length) return null;
    options.sort((one, two) => Number(two.same) - Number(one.same));
    const select = el("select", { id: "overlay", onchange: () => {
      this.shown.push(Number(select.value));
      this.draw();
      byId("overlay")?.focus();
    } }, el("option", { value: "" }, "choose a framework or mode …"), options.slice(0, 600).map(({ k }) => el("option", { value: k }, this.name(k))));
    return el("label", { class: "adder" }, "Lay over it ", select);
  }

  tell(tip, spot, root, event) {
    if (!spot) { tip.hidden = true; return; }
    const { point, series } = spot, rows = [];
    if (point.inputs) {
      for (const [name, value] of point.inputs) rows.push([name, hexadecimal(value), decimal(value, point.inputDtype)]);
      rows.push(["got", hexadecimal(point.got), decimal(point.got, point.dtype)]);
      rows.push(["exact", hexadecimal(point.due), decimal(point.due, point.dtype)]);
    }
    const words = point.kind ? STRIPS.find(({ kind }) => kind === point.kind).words : point.ulp ? `≈ ${ulpText(point.ulp)} ULP` : "no error";
    replaced(tip, el("b", {}, words), el("span", { class: "quiet" }, ` ${CLASS_WORDS[point.label]}`),
      series.byLabel ? null : el("div", { class: "tip-name" }, series.name),
      rows.length ? el("table", {}, rows.map((row) => el("tr", {}, el("th", {}, row[0]), el("td", { class: "code" }, row[1]), el("td", { class: "num" }, row[2]))))
        : el("p", { class: "quiet small" }, series.swept ? "The worst of all inputs of this binade; a sweep keeps no other case." : "In a run of this size, small errors are kept without their case."),
      rows.length ? el("p", { class: "quiet small" }, `exact: rounded once to ${point.dtype}`) : null);
    tip.hidden = false;
    const box = root.getBoundingClientRect(), scale = box.width / root.viewBox.baseVal.width;
    const x = spot.x * scale, y = spot.y * scale;
    tip.style.left = `${Math.max(0, Math.min(x + 14, box.width - tip.offsetWidth))}px`;
    tip.style.top = `${y + 16 + tip.offsetHeight > box.height && y > tip.offsetHeight ? y - tip.offsetHeight - 14 : y + 16}px`;
  }

  worstCases() {
    const drawn = this.shown.map((k, n) => this.series(k, n)).filter(Boolean);
    const points = drawn.flatMap((one) => one.points.filter((p) => p.inputs && (p.kind || p.ulp)).map((p) => ({ ...p, name: this.difference(one.k), hue: one.hue })));
    points.sort((one, other) => (other.kind > 0) - (one.kind > 0) || one.kind - other.kind || other.ulp - one.ulp);
    const kinds = new Map();
    const worst = points.filter((p) => { // of each kind some: a hundred NaNs would hide the rest
      kinds.set(p.kind, (kinds.get(p.kind) || 0) + 1);
      return kinds.get(p.kind) <= (p.kind ? 4 : 10);
    });
    if (!worst.length) return null;
    const several = drawn.length > 1, names = worst[0].inputs.map(([name]) => name);
    return [el("h4", {}, "Worst cases"), el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "worst cases" }, el("table", { class: "cases" },
      el("thead", {}, el("tr", {}, several ? el("th", {}, "of") : null, names.map((name) => el("th", {}, name)), el("th", {}, "got"), el("th", {}, "exact, rounded"), el("th", { class: "num" }, "ULP"))),
      el("tbody", {}, worst.map((p) => el("tr", {}, several ? el("td", {}, el("span", { class: "key" }, el("span", { class: "dot", style: `background:${p.hue}` }), p.name)) : null,
        p.inputs.map(([, value]) => valueCell(value, p.inputDtype)), valueCell(p.got, p.dtype), valueCell(p.due, p.dtype),
        el("td", { class: "num" }, p.kind ? STRIPS.find(({ kind }) => kind === p.kind).name : ulpText(p.ulp))))))) ];
  }

  regions(t) {
    const { data } = this, cells = data.cellsOf[t.k].filter((cell) => cell < data.own || data.cellsOf[t.k].every((one) => one >= data.own));
    const verdictWords = (cell) => data.judgement(cell).pairs.map(([kind, count]) => el("span", { class: data.rank.has(kind) ? "bad" : "fine" }, `${count.toLocaleString("en")} ${kind}`));
    return [el("h4", {}, "By region of the inputs"), el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "regions" }, el("table", { class: "regions" },
      el("thead", {}, el("tr", {}, el("th", {}, "region"), el("th", {}, "labels"), el("th", { class: "num" }, "worst ULP"), el("th", {}, "verdicts"), el("th", {}))),
      el("tbody", {}, cells.map((cell) => el("tr", {}, el("td", {}, data.region(cell)), el("td", {}, data.label(cell)),
        el("td", { class: "num" }, ulpText(data.number("cell.most", cell))), el("td", { class: "tally" }, verdictWords(cell)),
        el("td", {}, data.judgement(cell).kinds.length ? el("button", { type: "button", class: "button small", onclick: () => { this.close(); this.goTo(cell); } }, "finding") : null))))))];
  }
}

function valueCell(value, dtype) {
  return el("td", {}, el("span", { class: "num block" }, decimal(value, dtype)), el("span", { class: "code block quiet" }, hexadecimal(value)));
}
