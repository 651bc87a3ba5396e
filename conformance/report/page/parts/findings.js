/* The findings, worst first: filters, groups, and each in full with its cause, its script and its text for an issue. */

const STEP = 40;
const CLEARED = ["by-framework", "by-kind", "by-dtype", "by-quantity", "by-expected", "by-text"];

class Findings {
  constructor(data, open) {
    Object.assign(this, { data, open, shown: STEP });
    this.all = this.ordered();
    this.numbers = new Map(this.all.filter((one) => one.kind !== "documented").map((one, n) => [one.cell, n + 1]));
    this.filters();
    this.show();
  }

  ordered() {
    const { data } = this,
      found = [];
    for (let k = 0; k < data.own; k++) {
      const judged = data.judgement(k);
      if (!judged.kinds.length && !judged.documented.length) continue;
      const kind = judged.kinds[0] || "documented";
      found.push({
        cell: k,
        kind,
        rank: data.rank.has(kind) ? data.rank.get(kind) : 99,
        figure: data.number(judged.kinds.length ? "cell.figure" : "cell.most", k),
        test: data.columns["cell.test"][k],
      });
    }
    const size = (one) => one.figure || 0;
    return found.sort(
      (one, other) =>
        one.rank - other.rank || size(other) - size(one) || (data.id(one.cell) < data.id(other.cell) ? -1 : 1),
    );
  }

  filters() {
    const { data } = this,
      tests = [...new Set(this.all.map((one) => one.test))].map((k) => data.test(k));
    const choose = (id, values, words = (value) => value) => {
      const select = byId(id);
      for (const value of values) select.append(el("option", { value }, words(value)));
      select.addEventListener("change", () => this.reset());
    };
    const distinct = (values) => [...new Set(values)];
    choose("by-framework", distinct(tests.map((t) => t.adapter)));
    choose(
      "by-kind",
      data.severity.filter((kind) => this.all.some((one) => data.judgement(one.cell).kinds.includes(kind))),
    );
    choose(
      "by-dtype",
      data.dtypes.filter((dtype) => tests.some((t) => t.dtype === dtype)),
    );
    choose("by-quantity", distinct(tests.map((t) => t.quantity)));
    for (const id of ["by-expected", "by-documented", "grouped"])
      byId(id).addEventListener("change", () => this.reset());
    byId("by-text").addEventListener("input", () => this.reset());
    for (const id of ["clear", "clear-empty"]) {
      byId(id).addEventListener("click", () => {
        this.clear();
        byId("by-framework").focus();
      });
    }
    byId("more").addEventListener("click", () => {
      const before = byId("finding-list").children.length;
      this.shown += STEP;
      this.show();
      byId("finding-list").children[before]?.querySelector("summary").focus();
    });
  }

  reset() {
    this.shown = STEP;
    this.show();
  }

  clear() {
    for (const id of CLEARED) byId(id).value = "";
    byId("by-documented").value = "no";
    this.reset();
  }

  passing() {
    const { data } = this,
      get = (id) => byId(id).value;
    const [framework, kind, dtype, quantity] = ["by-framework", "by-kind", "by-dtype", "by-quantity"].map(get);
    const expected = get("by-expected"),
      documented = get("by-documented");
    const words = get("by-text").toLowerCase().split(/\s+/).filter(Boolean);
    const fitting = this.fittingTests(framework, dtype, quantity);
    return this.all.filter((one) => {
      if (!fitting.has(one.test)) return false;
      const isDocumented = one.kind === "documented";
      if (documented !== "any" && isDocumented !== (documented === "yes")) return false;
      if (kind && !data.judgement(one.cell).kinds.includes(kind)) return false;
      if (expected && data.cause(one.cell).expected !== (expected === "yes")) return false;
      if (!words.length) return true;
      const reason = data.texts[data.columns["cell.reason"][one.cell]];
      const text = `${data.id(one.cell)} ${data.test(one.test).adapter} ${reason}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }

  fittingTests(framework, dtype, quantity) {
    const found = new Set();
    for (let k = 0; k < this.data.cellsOf.length; k++) {
      const t = this.data.test(k);
      if (
        (!framework || t.adapter === framework) &&
        (!dtype || t.dtype === dtype) &&
        (!quantity || t.quantity === quantity)
      )
        found.add(k);
    }
    return found;
  }

  groups(list) {
    if (!byId("grouped").checked) return list.map((one) => [one]);
    const { data } = this,
      found = new Map();
    for (const one of list) {
      const t = data.test(one.test),
        key = [
          t.adapter,
          t.entry,
          t.config,
          t.quantity.split("@")[0],
          one.kind,
          data.columns["cell.reason"][one.cell],
        ].join("\n");
      if (!found.has(key)) found.set(key, []);
      found.get(key).push(one);
    }
    return [...found.values()];
  }

  show() {
    const list = this.passing(),
      groups = this.groups(list);
    const documented = list.filter((one) => one.kind === "documented").length,
      proper = list.length - documented;
    const words = [
      proper || !documented ? countText(proper, "finding") : "",
      documented ? countText(documented, "documented deviation") : "",
    ]
      .filter(Boolean)
      .join(" and ");
    byId("finding-count").textContent =
      groups.length < list.length ? `${words} in ${countText(groups.length, "group")}` : words;
    byId("finding-list").replaceChildren(...groups.slice(0, this.shown).map((group) => this.row(group)));
    byId("more").hidden = groups.length <= this.shown;
    byId("more").textContent =
      `Show ${Math.min(STEP, groups.length - this.shown)} more of ${(groups.length - this.shown).toLocaleString("en")}`;
    byId("finding-empty").hidden = list.length > 0;
    byId("finding-empty-words").textContent = this.all.length
      ? "No finding passes these filters."
      : "No findings: every result is within its limit, or as documented.";
    byId("clear-empty").hidden = !this.all.length;
    byId("clear").hidden =
      !this.all.length || (CLEARED.every((id) => !byId(id).value) && byId("by-documented").value === "no");
  }

  row(group) {
    const { data } = this,
      one = group[0],
      t = data.test(one.test),
      cause = data.cause(one.cell);
    const isDocumented = one.kind === "documented";
    const details = el(
      "details",
      { class: "finding", "data-cell": one.cell },
      el(
        "summary",
        {},
        el("span", { class: "number num" }, isDocumented ? "" : this.numbers.get(one.cell)),
        chip(SYMBOLS[one.kind] || "?", one.kind, isDocumented ? "doc" : cause.expected ? "known" : "bad"),
        el("span", { class: "size num" }, sizeOf(data, one)),
        el(
          "span",
          { class: "what" },
          el("b", {}, t.adapter),
          " ",
          el("span", { class: "path" }, t.entry),
          " ",
          el("span", { class: "quiet" }, [t.config === "-" ? "" : t.config, t.quantity].filter(Boolean).join(" · ")),
        ),
        el(
          "span",
          { class: "where quiet" },
          group.length > 1
            ? `${group.length.toLocaleString("en")} cells`
            : `${t.mode} · ${t.dtype} · ${data.region(one.cell)} · ${data.label(one.cell)}`,
        ),
      ),
    );
    details.addEventListener("toggle", () => {
      if (details.open && details.children.length === 1) details.append(findingInFull(this, one.cell, group));
    });
    return details;
  }

  /* One finding by itself, whatever the filters were. */
  goTo(cell) {
    this.clear();
    byId("by-documented").value = "any";
    byId("by-text").value = this.data.id(cell);
    this.reset();
    const row = byId("finding-list").querySelector(`[data-cell="${cell}"]`) || byId("finding-list").firstElementChild;
    if (!row) return;
    row.open = true;
    row.scrollIntoView({ block: "start" });
    row.querySelector("summary").focus();
  }

  /* The finding that the page's address names, where it names one. */
  follow(hash) {
    const named = /^#finding=(.+)$/.exec(hash);
    if (!named) return;
    const id = decoded(named[1]),
      found = this.all.find((one) => this.data.id(one.cell) === id);
    if (found) this.goTo(found.cell);
    else announce("This page has no such finding.");
  }
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
