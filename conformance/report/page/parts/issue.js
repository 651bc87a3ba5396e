/* A finding as the text of an upstream report: title, case, script, cause, versions. */

function cameBack(data, cell) {
  const witness = data.witness(cell);
  if (!witness) return "–";
  return { nan: "NaN", inf: "inf", "-inf": "−inf" }[witness.got] || (witness.got.includes("0x") ? "finite" : "–");
}

const TOLD = {
  crashed: "crashes the interpreter",
  "timed-out": "never comes back",
  "out-of-memory": "asks for more memory than there is",
  lost: "is zero where it is not",
  "wrong-sign": "has the wrong sign",
  flushed: "is flushed to zero",
  daz: "takes a subnormal input for zero",
  "beyond-limit": "is inaccurate",
  "by-source": "is what the source computes, and not what is documented",
  raised: "raises where a result is documented",
  "not-raised": "returns a result where an error is documented",
  "wrong-dtype": "has another dtype than documented",
  "wrong-shape": "has another shape than documented",
};

/* Words of a run on one line, as code: nothing in them is markup. */
function asCode(text) {
  return "`" + text.replaceAll("`", "'").split(/\s+/).join(" ").trim() + "`";
}

/* Words of a run on one line that Markdown leaves as they are. */
function asText(text) {
  return text
    .replace(/[\\|`*_<>[\]]/g, "\\$&")
    .split(/\s+/)
    .join(" ")
    .trim();
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
  const told = { ...TOLD, "wrong-class": `is ${cameBack(data, cell)} where another is due` };
  const words = (!data.invarianceOf(cell) && told[kind]) || `is ${kind}`;
  lines.push(`${t.entry}: ${name} ${words} (${t.dtype}, ${t.mode})`, "");
  if (witness) {
    lines.push("| | value | hexadecimal |", "|---|---|---|");
    if (!witness.inputs.length && witness.case) lines.push(`| case | ${asCode(witness.case)} | |`);
    for (const [input, value] of witness.inputs) lines.push(`| ${input} | ${both(value, t.dtype)[1]} | \`${value}\` |`);
    lines.push(
      `| got | ${both(witness.got, t.dtype)[1] || witness.got} | \`${witness.got}\` |`,
      `| exact | ${witness.exact || "not defined"} | |`,
    );
    if (witness.contract) lines.push(`| documented | ${witness.contract} | |`);
    lines.push("");
    lines.push(`Verdict: ${witness.verdict || kind}${size}.`, "");
  }
  if (message) lines.push(`Message: ${asCode(message)}`, "");
  if (script) lines.push("```python", script.trimEnd(), "```", "");
  for (const { name: id, why, link: address } of cause.named)
    lines.push(`Cause (${id}): ${why || ""}`, address || "", "");
  const python = (data.adapters.find((one) => one.name === t.adapter) || {}).python || "unknown";
  lines.push(
    `Versions: ${asText(`${data.versions(t.adapter)}; Python ${python}; ${document.body.dataset.machine}`)}`,
    `Found by bce-conformance: ${asCode(data.id(cell))}`,
  );
  return lines.join("\n").replace(/\n{3,}/g, "\n\n") + "\n";
}
