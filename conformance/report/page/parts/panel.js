/* One test in a panel: its plot, with others laid over it; histogram, worst cases, and each region. */

class Panel {
  constructor(data, points, goTo) {
    Object.assign(this, { data, points, goTo, shown: [], opener: null });
    this.dialog = byId("cell");
    byId("cell-close").addEventListener("click", () => this.close());
    this.dialog.addEventListener("close", () => this.opener && this.opener.isConnected && this.opener.focus());
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.close();
    });
  }

  close() {
    this.dialog.close();
  }

  /* To a finding: the focus goes there, and not back to what opened the panel. */
  leaveFor(cell) {
    this.opener = null;
    this.close();
    this.goTo(cell);
  }

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
      if (
        fields.every((name) => other[name] === t[name]) &&
        this.data.cellsOf[k].some((cell) => !this.data.invarianceOf(cell))
      )
        found.push(other);
    }
    return found;
  }

  switcher(t, field) {
    const options = this.siblings(t, field);
    if (options.length < 2) return el("span", { class: "fact" }, el("i", {}, field), t[field]);
    const select = el(
      "select",
      {
        id: `switch-${field}`,
        "aria-label": field,
        onchange: () => {
          this.open(Number(select.value), this.shown.slice(1));
          byId(`switch-${field}`)?.focus();
        },
      },
      options.map((other) => el("option", { value: other.k, selected: other.k === t.k }, other[field])),
    );
    return el("label", { class: "fact" }, el("i", {}, field), select);
  }

  draw() {
    const { data } = this,
      t = data.test(this.shown[0]),
      state = standing(data, t.k);
    byId("cell-title").textContent = t.entry;
    const head = [
      el("span", { class: "fact" }, el("i", {}, "framework"), t.adapter),
      t.config === "-" ? null : el("span", { class: "fact" }, el("i", {}, "config"), t.config.replaceAll(",", ", ")),
      ...["quantity", "dtype", "mode"].map((field) => this.switcher(t, field)),
    ];
    const findings = state.kinds.map((kind) => chip(SYMBOLS[kind] || "?", kind, state.unexpected ? "bad" : "known"));
    replaced(
      byId("cell-body"),
      el("div", { class: "facts" }, head),
      el(
        "p",
        { class: "verdicts" },
        findings.length ? findings : [chip("✓", state.documented ? "as documented" : "no finding", "good")],
        el("span", { class: "quiet" }, state.text && state.text !== "-" ? ` worst ${state.text} ULP` : ""),
      ),
      this.drawing(t),
      worstCases(this),
      regions(this, t),
    );
  }

  drawing(t) {
    const { data } = this;
    const all = [...this.earlier(t.k), ...this.shown.map((k, n) => this.series(k, n))]; // what was lies below what is
    const drawn = all.filter(Boolean);
    const examined = data.cellsOf[t.k].every((cell) => data.invarianceOf(cell));
    const why = examined
      ? "An examination asks what no single case answers, so there is no plot."
      : data.texts[data.columns["test.undrawn"][t.k]];
    if (!drawn.length)
      return el(
        "div",
        { class: "empty" },
        el("p", {}, why || "The bits of this test were not kept, so there is no plot."),
      );
    const first = drawn[0],
      alone = drawn.length === 1;
    first.byLabel = alone;
    const limits = data.cellsOf[t.k].map((cell) => data.number("cell.limit", cell)).filter((limit) => limit !== null);
    const tip = el("div", { class: "tip", role: "status", "aria-live": "polite", hidden: true });
    const picture = plot(drawn, {
      axis: first.axis,
      columns: data.drawing.columnsOfAxis,
      limit: limits.length ? Math.max(...limits) : null,
      tell: (spot, root) => tell(tip, spot, root),
      width: window.innerWidth < 620 ? 420 : 760,
    });
    return el(
      "div",
      { class: "drawing" },
      legend(this, drawn, alone),
      el("div", { class: "plot-box" }, picture, tip),
      el(
        "p",
        { id: "plot-help", class: "quiet small" },
        first.swept
          ? "The worst error of each binade of inputs is drawn, of all inputs that were swept."
          : `The worst case of each of ${data.drawing.columnsOfAxis} columns. Point at one, or use the arrow keys.`,
      ),
      adder(this, t, first),
      el(
        "h4",
        {},
        "Errors of the results, in ULP ",
        el("span", { class: "quiet small" }, "(the square root of a bar's share is drawn)"),
      ),
      histogram(
        drawn.map((one) => ({ counts: one.histogram, hue: one.byLabel ? "var(--accent)" : one.hue })),
        data.bins,
        data.kinds,
      ),
    );
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
    return [
      { ...this.points.of(before), k, name: `before: ${document.body.dataset.other}`, hue: HUES[1], before: true },
    ];
  }

  /* In what the tests that are drawn differ. */
  difference(k) {
    const fields = ["adapter", "entry", "config", "mode", "dtype", "quantity"],
      all = this.shown.map((one) => this.data.test(one));
    const own = this.data.test(k);
    return fields
      .filter((field) => all.some((one) => one[field] !== own[field]))
      .map((field) => (field === "entry" ? own.entry.split(".").pop() : own[field]))
      .join(" · ");
  }

  name(k) {
    const t = this.data.test(k);
    return [t.adapter, t.entry.split(".").pop(), t.config === "-" ? "" : t.config, t.mode, t.dtype, t.quantity]
      .filter(Boolean)
      .join(" · ");
  }
}
