/* One finding in full: the case, its cause, its script, its text for an issue, and the others of its group. */

/* The address of a finding on this page. */
function linkTo(id) {
  return `#finding=${encodeURIComponent(id)}`;
}

/* A figure, or what came back where another class was due. */
function sizeOf(data, one) {
  if (one.figure === null || one.kind === "wrong-class") return cameBack(data, one.cell);
  return [ulpText(one.figure), el("i", {}, " ULP")];
}

/* All of it; `list` opens plots and goes to other findings. */
function findingInFull(list, cell, group) {
  const { data } = list,
    t = data.test(data.columns["cell.test"][cell]),
    cause = data.cause(cell),
    script = data.script(cell);
  const box = el("div", { class: "full" });
  box.append(
    el(
      "div",
      { class: "columns" },
      el("div", {}, caseTable(data, cell, t), causeWords(data, cell, cause)),
      el("div", {}, scriptBox(script)),
    ),
    el(
      "div",
      { class: "actions" },
      copyButton("Copy issue text", () => issueText(data, cell), "first"),
      el(
        "button",
        { type: "button", class: "button", onclick: () => list.open(data.columns["cell.test"][cell]) },
        "Show plot",
      ),
      copyButton(
        "Copy explain command",
        () => `bce-conformance explain ${quoted(data.id(cell))} --run ${quoted(document.body.dataset.folder)}`,
      ),
      el("a", { class: "button", href: linkTo(data.id(cell)) }, "Link to this finding"),
    ),
  );
  if (group.length > 1) box.append(members(list, group));
  return box;
}

function caseTable(data, cell, t) {
  const witness = data.witness(cell),
    message = data.texts[data.columns["cell.message"][cell]];
  const rows = [["cell", el("span", { class: "code" }, data.id(cell))]];
  if (witness) {
    for (const [name, value] of witness.inputs) rows.push([name, pair(both(value, t.dtype))]);
    if (!witness.inputs.length && witness.case) rows.push(["case", witness.case]);
    rows.push(
      ["got", pair(both(witness.got || "nothing", t.dtype))],
      ["exact", el("span", { class: "num" }, witness.exact || "not defined")],
    );
    if (witness.contract) rows.push(["documented", el("span", { class: "num" }, witness.contract)]);
    if (witness.ulp !== null)
      rows.push([
        "error",
        `${ulpText(witness.ulp)} ULP of the scale` +
          (witness.relative === null ? "" : `, ${ulpText(witness.relative)} of the exact value`),
      ]);
  }
  const limit = data.number("cell.limit", cell),
    judged = data.judgement(cell);
  if (limit !== null) rows.push(["limit", `${limit} ULP`]);
  rows.push(["cases", judged.pairs.map(([kind, count]) => `${count.toLocaleString("en")} ${kind}`).join(", ")]);
  if (message) rows.push(["message", message]);
  return el(
    "table",
    { class: "case" },
    el(
      "tbody",
      {},
      rows.map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, value))),
    ),
  );
}

function pair([code, words]) {
  return [
    el("span", { class: "num" }, words || code),
    words && words !== code ? el("span", { class: "code quiet" }, ` ${code}`) : null,
  ];
}

function causeWords(data, cell, cause) {
  if (data.judgement(cell).kinds.length === 0)
    return el("p", { class: "cause" }, "This is what the documentation says, so it is no finding.");
  if (!cause.expected) return el("p", { class: "cause" }, el("b", {}, "No recorded cause. "), cause.reason);
  return cause.named.map(({ name, why, link: address }) =>
    el("p", { class: "cause" }, el("b", {}, name), why ? `: ${why} ` : " ", address ? link(address) : null),
  );
}

function scriptBox(script) {
  if (!script)
    return el(
      "p",
      { class: "quiet" },
      "A few lines do not show this one; ",
      el("span", { class: "code" }, "bce-conformance explain"),
      " writes its script.",
    );
  return el(
    "figure",
    { class: "script" },
    el(
      "figcaption",
      {},
      el("span", {}, "Reproducer"),
      copyButton("Copy", () => script),
    ),
    el("pre", { tabindex: 0 }, el("code", {}, script)),
  );
}

function members(list, group) {
  const { data } = list,
    box = el("ul", { class: "members" });
  const add = (from) => {
    for (const one of group.slice(from, from + 30)) {
      const t = data.test(one.test);
      box.append(
        el(
          "li",
          {},
          el(
            "button",
            { type: "button", class: "plain", onclick: () => list.goTo(one.cell) },
            el("span", { class: "num" }, `${list.numbers.get(one.cell) || ""}`),
            el(
              "span",
              {},
              `${t.mode} · ${t.dtype} · ${t.quantity} · ${data.region(one.cell)} · ${data.label(one.cell)}`,
            ),
            el("span", { class: "num" }, sizeOf(data, one)),
          ),
        ),
      );
    }
    if (from + 30 < group.length) {
      const more = el(
        "li",
        {},
        el(
          "button",
          {
            type: "button",
            class: "button small",
            onclick: () => {
              more.remove();
              add(from + 30);
            },
          },
          `${(group.length - from - 30).toLocaleString("en")} more cells`,
        ),
      );
      box.append(more);
    }
  };
  add(0);
  return el(
    "details",
    { class: "inner" },
    el("summary", {}, `All ${group.length.toLocaleString("en")} cells of this group`),
    box,
  );
}
