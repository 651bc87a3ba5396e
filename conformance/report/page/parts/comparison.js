/* What changed since another run: by kind, each change with the case that shows it, and both runs in one plot. */

const CHANGE_WORDS = {
  new: "New findings",
  worse: "Worse",
  vanished: "Vanished",
  appeared: "Appeared",
  fixed: "Fixed",
  better: "Better",
  bits: "Other bits only",
  "cannot-tell": "Cannot tell",
};
const CHANGE_MARKS = {
  new: "+",
  worse: "▲",
  vanished: "–",
  appeared: "○",
  fixed: "✓",
  better: "▼",
  bits: "≈",
  "cannot-tell": "?",
};

class Changes {
  constructor(data, open) {
    Object.assign(this, { data, open, shown: STEP, kind: "" });
    const counts = new Map();
    for (const change of data.changes) counts.set(change[1], (counts.get(change[1]) || 0) + 1);
    const kinds = Object.keys(CHANGE_WORDS).filter((kind) => counts.has(kind));
    this.kind = kinds[0] || "";
    byId("change-kinds").append(
      ...kinds.map((kind) =>
        el(
          "button",
          {
            type: "button",
            class: `tab change-${kind}`,
            "aria-pressed": String(kind === this.kind),
            "data-kind": kind,
            onclick: () => this.choose(kind),
          },
          el("b", { "aria-hidden": "true" }, CHANGE_MARKS[kind]),
          ` ${CHANGE_WORDS[kind]} `,
          el("span", { class: "num quiet" }, counts.get(kind).toLocaleString("en")),
        ),
      ),
    );
    byId("change-empty").hidden = kinds.length > 0;
    byId("change-more").addEventListener("click", () => {
      this.shown += STEP;
      this.show();
    });
    this.show();
  }

  choose(kind) {
    this.kind = kind;
    this.shown = STEP;
    for (const tab of byId("change-kinds").children)
      tab.setAttribute("aria-pressed", String(tab.dataset.kind === kind));
    this.show();
  }

  show() {
    const { data } = this,
      list = data.changes.filter((change) => change[1] === this.kind);
    byId("change-list").replaceChildren(
      ...list.slice(0, this.shown).map(([cell, , verdicts, shown, why, cause]) => {
        const test = data.columns["cell.test"][cell],
          t = data.test(test);
        return el(
          "li",
          { class: "change" },
          el(
            "div",
            { class: "change-head" },
            el("b", {}, t.adapter),
            " ",
            el("span", { class: "path" }, t.entry),
            " ",
            el(
              "span",
              { class: "quiet" },
              [t.config === "-" ? "" : t.config, t.quantity, t.mode, t.dtype, data.region(cell), data.label(cell)]
                .filter(Boolean)
                .join(" · "),
            ),
          ),
          el("div", { class: "change-verdict" }, verdicts),
          el("div", { class: "code" }, shown),
          why && why !== shown ? el("div", { class: "quiet" }, why) : null,
          cause ? el("div", { class: "quiet" }, `cause: ${cause}`) : null,
          data.columns["test.series"][test] === NO_SERIES
            ? null
            : el(
                "button",
                { type: "button", class: "button small", onclick: () => this.open(test) },
                "Plot before and after",
              ),
        );
      }),
    );
    byId("change-more").hidden = list.length <= this.shown;
    byId("change-more").textContent = `Show more of ${(list.length - this.shown).toLocaleString("en")}`;
  }
}
