/* The worst cases of what is drawn, and the regions of a test. */

/* Of each kind some: a hundred NaNs would hide the rest. */
function worstCases(panel) {
  const drawn = panel.shown.map((k, n) => panel.series(k, n)).filter(Boolean);
  const points = drawn.flatMap((one) =>
    one.points
      .filter((p) => p.inputs && (p.kind || p.ulp))
      .map((p) => ({ ...p, name: panel.difference(one.k), hue: one.hue })),
  );
  points.sort((one, other) => (other.kind > 0) - (one.kind > 0) || one.kind - other.kind || other.ulp - one.ulp);
  const kinds = new Map();
  const worst = points.filter((p) => {
    kinds.set(p.kind, (kinds.get(p.kind) || 0) + 1);
    return kinds.get(p.kind) <= (p.kind ? 4 : 10);
  });
  if (!worst.length) return null;
  const several = drawn.length > 1,
    names = worst[0].inputs.map(([name]) => name);
  return [
    el("h4", {}, "Worst cases"),
    el(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "worst cases" },
      el(
        "table",
        { class: "cases" },
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            several ? el("th", {}, "of") : null,
            names.map((name) => el("th", {}, name)),
            el("th", {}, "got"),
            el("th", {}, "exact, rounded"),
            el("th", { class: "num" }, "ULP"),
          ),
        ),
        el(
          "tbody",
          {},
          worst.map((p) =>
            el(
              "tr",
              {},
              several
                ? el(
                    "td",
                    {},
                    el("span", { class: "key" }, el("span", { class: "dot", style: `background:${p.hue}` }), p.name),
                  )
                : null,
              p.inputs.map(([, value]) => valueCell(value, p.inputDtype)),
              valueCell(p.got, p.dtype),
              valueCell(p.due, p.dtype),
              el(
                "td",
                { class: "num" },
                p.kind ? STRIPS.find(({ kind }) => kind === p.kind).name : `≈ ${ulpText(p.ulp)}`,
              ),
            ),
          ),
        ),
      ),
    ),
  ];
}

function regions(panel, t) {
  const { data } = panel,
    cells = data.cellsOf[t.k].filter((cell) => cell < data.own || data.cellsOf[t.k].every((one) => one >= data.own));
  const verdictWords = (cell) =>
    data
      .judgement(cell)
      .pairs.map(([kind, count]) =>
        el("span", { class: data.rank.has(kind) ? "bad" : "fine" }, `${count.toLocaleString("en")} ${kind}`),
      );
  return [
    el("h4", {}, "By region of the inputs"),
    el(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "regions" },
      el(
        "table",
        { class: "regions" },
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            el("th", {}, "region"),
            el("th", {}, "labels"),
            el("th", { class: "num" }, "worst ULP"),
            el("th", {}, "verdicts"),
            el("th", {}),
          ),
        ),
        el(
          "tbody",
          {},
          cells.map((cell) =>
            el(
              "tr",
              {},
              el("td", {}, data.region(cell)),
              el("td", {}, data.label(cell)),
              el("td", { class: "num" }, ulpText(data.number("cell.most", cell))),
              el("td", { class: "tally" }, verdictWords(cell)),
              el(
                "td",
                {},
                data.judgement(cell).kinds.length
                  ? el(
                      "button",
                      {
                        type: "button",
                        class: "button small",
                        onclick: () => {
                          panel.leaveFor(cell);
                        },
                      },
                      "finding",
                    )
                  : null,
              ),
            ),
          ),
        ),
      ),
    ),
  ];
}

function valueCell(value, dtype) {
  return el(
    "td",
    {},
    el("span", { class: "num block" }, decimal(value, dtype)),
    el("span", { class: "code block quiet" }, hexadecimal(value)),
  );
}
