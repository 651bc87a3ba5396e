/* The matrix: adapter, entry point, config and mode down; loss and gradient in each dtype across. */

function matrixRows(data) {
  const adapters = new Map();
  for (let k = 0; k < data.cellsOf.length; k++) {
    if (data.cellsOf[k].every((cell) => cell >= data.own || data.invarianceOf(cell))) continue;
    const t = data.test(k),
      entryKey = [t.entry, t.config, t.device].join("\n");
    if (!adapters.has(t.adapter)) adapters.set(t.adapter, new Map());
    const entries = adapters.get(t.adapter);
    if (!entries.has(entryKey))
      entries.set(entryKey, { entry: t.entry, config: t.config, loss: t.loss, modes: new Map() });
    const modes = entries.get(entryKey).modes;
    if (!modes.has(t.mode)) modes.set(t.mode, []);
    modes.get(t.mode).push({ ...t, ...standing(data, k) });
  }
  return adapters;
}

/* Modes that say the same in every column stand in one row. */
function joinedModes(modes) {
  const found = new Map();
  for (const [mode, tests] of modes) {
    const says = tests
      .map((t) =>
        [t.dtype, t.quantity, t.text, t.sign, t.kinds.join(), t.unexpected, t.documented, t.delivered].join("/"),
      )
      .sort()
      .join("\n");
    if (!found.has(says)) found.set(says, { modes: [], tests });
    found.get(says).modes.push(mode);
  }
  return [...found.values()];
}

function matrixCell(data, tests, what, open) {
  if (!tests.length) return el("td", { class: "void" }, el("span", { class: "sr" }, "not measured"));
  const t = tests[0];
  if (!t.delivered) {
    return el(
      "td",
      {},
      el(
        "button",
        {
          type: "button",
          class: "tile none",
          "data-test": t.k,
          title: `${what}: not supported`,
          "aria-label": `${what}: not supported`,
          onclick: () => open(t.k),
        },
        "–",
      ),
    );
  }
  const plain = t.kinds.length ? t.kinds.filter((kind) => kind !== "beyond-limit") : t.documented ? ["documented"] : [];
  const level = t.documented ? "doc" : t.kinds.length && t.figure === null ? "class" : Math.max(levelOf(t.figure), 0);
  const size = t.text === "-" ? "no figure" : `${t.text} ULP`;
  const kinds = t.kinds.length ? t.kinds.join(", ") : t.documented ? "documented" : "no finding";
  const said = `${what}: ${size}, ${kinds}${t.unexpected ? ", unexpected" : ""}`;
  return el(
    "td",
    {},
    el(
      "button",
      {
        type: "button",
        class: `tile level-${level}${t.unexpected ? " unexpected" : ""}`,
        "data-test": t.k,
        title: said,
        "aria-label": said,
        onclick: () => open(t.k),
      },
      el("span", { class: "figure" }, t.text === "-" ? "" : t.text),
      el("span", { class: "marks", "aria-hidden": "true" }, symbolsOf(plain).join("")),
    ),
  );
}

function othersCell(data, tests, whose, open) {
  const others = tests.filter((t) => t.quantity !== "loss" && !data.gradients.includes(t.quantity) && t.delivered);
  if (!others.length) return el("td", { class: "void" });
  const kinds = new Set(others.flatMap((t) => t.kinds));
  const ordered = data.severity.filter((kind) => kinds.has(kind));
  const worst = others.find((t) => t.kinds[0] === ordered[0]) || others[0];
  const names = [...new Set(others.map((t) => t.quantity))].join(", ");
  const said = `${whose} other derivatives (${names}): ${ordered.length ? ordered.join(", ") : "no finding"}`;
  return el(
    "td",
    {},
    el(
      "button",
      {
        type: "button",
        class: `tile others${others.some((t) => t.unexpected) ? " unexpected" : ""}`,
        "data-test": worst.k,
        title: said,
        "aria-label": said,
        onclick: () => open(worst.k),
      },
      el("span", { class: "marks", "aria-hidden": "true" }, symbolsOf(ordered).join("") || "✓"),
    ),
  );
}

function matrix(data, open) {
  const adapters = matrixRows(data),
    body = byId("matrix-body");
  const lines = [...adapters.values()].reduce((sum, entries) => sum + entries.size, 0);
  const folded = lines > 80;
  for (const [adapter, entries] of adapters) {
    const shut = folded && body.children.length > 0; // the first shows what the others hold
    const rows = el("tbody", { hidden: shut });
    const bad = [...entries.values()].flatMap((one) => [...one.modes.values()].flat());
    const findings = bad.filter((t) => t.kinds.length).length;
    const toggle = el(
      "button",
      {
        type: "button",
        class: "fold",
        "aria-expanded": String(!shut),
        onclick: () => {
          rows.hidden = !rows.hidden;
          toggle.setAttribute("aria-expanded", String(!rows.hidden));
          reachTile(byId("matrix-table"));
        },
      },
      el("b", {}, adapter),
      el("span", { class: "quiet" }, data.versions(adapter)),
    );
    body.append(
      el(
        "tbody",
        { class: "adapter" },
        el(
          "tr",
          {},
          el(
            "th",
            { colspan: 11, scope: "rowgroup" },
            toggle,
            el(
              "span",
              { class: "quiet tally" },
              findings
                ? `findings in ${findings} of ${bad.length} measurements`
                : `no finding in ${bad.length} measurements`,
            ),
          ),
        ),
      ),
    );
    for (const one of entries.values()) {
      rows.append(
        el(
          "tr",
          { class: "entry" },
          el(
            "th",
            { colspan: 11, scope: "rowgroup" },
            one.entry,
            one.config === "-" ? null : el("span", { class: "config" }, one.config.replaceAll(",", ", ")),
          ),
        ),
      );
      for (const row of joinedModes(one.modes)) {
        const config = one.config === "-" ? "" : ` ${one.config}`;
        const whose = `${adapter} ${one.entry}${config} ${row.modes.join(", ")}`;
        const cells = [];
        for (const group of ["loss", "gradient"]) {
          for (const dtype of data.dtypes) {
            const tests = row.tests.filter(
              (t) =>
                t.dtype === dtype && (group === "loss" ? t.quantity === "loss" : data.gradients.includes(t.quantity)),
            );
            const td = matrixCell(data, tests, `${whose} ${dtype} ${group}`, open);
            if (group === "gradient" && dtype === data.dtypes[0]) td.classList.add("gap");
            cells.push(td);
          }
        }
        rows.append(
          el(
            "tr",
            { "data-text": `${adapter} ${one.entry} ${one.config} ${row.modes.join(" ")}`.toLowerCase() },
            el(
              "th",
              { scope: "row", class: "mode", title: row.modes.length > 1 ? "these modes agree in every column" : null },
              row.modes.join(" · "),
            ),
            cells,
            othersCell(data, row.tests, whose, open),
          ),
        );
      }
    }
    body.append(rows);
  }
  for (const record of data.adapters.filter((one) => one.status !== "ok")) {
    byId("missing").append(el("li", {}, el("b", {}, record.name), ` ${record.status}: ${record.reason}`));
  }
  byId("matrix-table").append(...body.childNodes);
  matrixKeys(byId("matrix-table"));
  matrixLegend(data);
  byId("matrix-empty").hidden = adapters.size > 0;
  byId("matrix-scroll").hidden = adapters.size === 0;
}

function matrixLegend(data) {
  const scale = LEVEL_WORDS.map((words, level) => el("span", { class: `swatch level-${level}` }, words));
  const table = byId("matrix-table");
  if (table.querySelector(".level-class")) scale.push(el("span", { class: "swatch level-class" }, "no figure"));
  byId("legend-scale").append(...scale);
  const used = new Set(data.counts.flatMap((one) => symbolsOf(one.kinds)));
  if (data.counts.some((one) => one.documented.length)) used.add("d");
  const words = Object.entries(MEANINGS).filter(([symbol]) => used.has(symbol));
  byId("legend-symbols").append(...words.map(([symbol, meaning]) => el("li", {}, el("b", {}, symbol), meaning)));
  if (table.querySelector(".unexpected")) {
    byId("legend-symbols").append(
      el(
        "li",
        {},
        el("span", { class: "ring-key", "aria-hidden": "true" }),
        "framed: a finding without a recorded cause",
      ),
    );
  }
}
