/* What a test comes to: its kinds of finding, whether one is unexpected, its figure; and the signs for them. */

const SYMBOLS = {
  crashed: "✕",
  "timed-out": "✕",
  "out-of-memory": "✕",
  "wrong-class": "≠",
  "wrong-sign": "±",
  lost: "∅",
  raised: "!",
  "not-raised": "!",
  "wrong-shape": "□",
  "wrong-denominator": "÷",
  "wrong-dtype": "□",
  "not-repeatable": "≁",
  "identity-broken": "≁",
  "mode-dependent": "≁",
  "position-dependent": "≁",
  "batch-dependent": "≁",
  "layout-dependent": "≁",
  "thread-dependent": "≁",
  "beyond-limit": "›",
  "by-source": "§",
  daz: "⌊",
  flushed: "↓",
  documented: "d",
  "documented-rounded": "d",
};

const MEANINGS = {
  "≠": "another class: NaN, infinite or finite where another is due",
  "±": "the wrong sign",
  "∅": "lost: zero for a number the format has",
  "!": "raised, or should have",
  "↓": "flushed to zero",
  "⌊": "subnormal input taken for zero",
  "›": "beyond its limit",
  "§": "as the source says, not the documentation",
  d: "as documented",
  "✕": "crashed or never came back",
  "□": "wrong dtype or shape",
  "÷": "wrong denominator",
  "≁": "changes where it must not",
};

const LEVELS = [0.5, 1, 32, 2 ** 10, 2 ** 16, 2 ** 24, Infinity];
const LEVEL_WORDS = ["≤ ½", "≤ 1", "≤ 32", "≤ 1,024", "≤ 65,536", "≤ 2²⁴", "> 2²⁴"];

const SHORT = { binary16: "b16", bfloat16: "bf16", binary32: "b32", binary64: "b64" };

function levelOf(figure) {
  return figure === null ? -1 : LEVELS.findIndex((end) => figure <= end);
}

/* What the matrix says of a test: its kinds of finding, whether one is unexpected, its figure. */
function standing(data, k) {
  const kinds = new Map();
  let unexpected = false,
    documented = false,
    delivered = false;
  for (const cell of data.cellsOf[k]) {
    if (cell >= data.own || data.invarianceOf(cell)) continue;
    const judged = data.judgement(cell);
    delivered ||= judged.pairs.some(([kind]) => kind !== "unsupported");
    documented ||= judged.documented.length > 0;
    for (const kind of judged.kinds) kinds.set(kind, data.rank.get(kind));
    unexpected ||= judged.kinds.length > 0 && !data.cause(cell).expected;
  }
  const sorted = [...kinds.keys()].sort((one, other) => kinds.get(one) - kinds.get(other));
  const figure = data.figures[data.columns["test.ulp"][k]];
  const sign = data.texts[data.columns["test.sign"][k]];
  const text = data.texts[data.columns["test.figure"][k]];
  return { kinds: sorted, unexpected, documented: documented && !sorted.length, delivered, figure, sign, text };
}

function symbolsOf(kinds) {
  return [...new Set(kinds.map((kind) => SYMBOLS[kind] || "?"))];
}
