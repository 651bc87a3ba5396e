/* A finding as the text of an upstream report: title, case, script, cause, versions. */

function cameBack(data, cell) {
  const witness = data.witness(cell);
  if (!witness) return "–";
  return { nan: "NaN", inf: "inf", "-inf": "−inf" }[witness.got] || (witness.got.includes("0x") ? "finite" : "–");
}

function issueText(data, cell) {
  const t = data.test(data.columns["cell.test"][cell]),
    witness = data.witness(cell),
    cause = data.cause(cell);
  const kind = data.judgement(cell).kinds[0] || "documented",
    script = data.script(cell),
    lines = [];
  const name = data.invarianceOf(cell)
    ? `${data.region(cell)} (${data.label(cell)})`
    : t.quantity === "loss"
      ? "the loss"
      : `the derivative ${t.quantity}`;
  const message = data.texts[data.columns["cell.message"][cell]];
  const size = witness && witness.ulp !== null ? `, ${ulpText(witness.ulp)} ULP off` : "";
  const told = {
    lost: "is zero where it is not",
    "wrong-class": `is ${cameBack(data, cell)} where another is due`,
    "wrong-sign": "has the wrong sign",
    flushed: "is flushed to zero",
    "beyond-limit": "is inaccurate",
  };
  const words = (!data.invarianceOf(cell) && told[kind]) || kind;
  lines.push(`${t.entry}: ${name} ${words} (${t.dtype}, ${t.mode})`, "");
  if (witness) {
    lines.push("| | value | hexadecimal |", "|---|---|---|");
    if (!witness.inputs.length && witness.case) lines.push(`| case | ${witness.case} | |`);
    for (const [input, value] of witness.inputs) lines.push(`| ${input} | ${both(value, t.dtype)[1]} | \`${value}\` |`);
    lines.push(
      `| got | ${both(witness.got, t.dtype)[1] || witness.got} | \`${witness.got}\` |`,
      `| exact | ${witness.exact || "not defined"} | |`,
      "",
    );
    lines.push(`Verdict: ${witness.verdict || kind}${size}.`, "");
  }
  if (message) lines.push(`Message: ${message}`, "");
  if (script) lines.push("```python", script.trimEnd(), "```", "");
  for (const { name: id, why, link: address } of cause.named)
    lines.push(`Cause (${id}): ${why || ""}`, address || "", "");
  const python = (data.adapters.find((one) => one.name === t.adapter) || {}).python || "unknown";
  lines.push(
    `Versions: ${data.versions(t.adapter)}; Python ${python}; ${document.body.dataset.machine}`,
    `Found by bce-conformance: ${data.id(cell)}`,
  );
  return lines.join("\n").replace(/\n{3,}/g, "\n\n") + "\n";
}
