/* The data of the page: inflated once, then read as columns of numbers that name texts. */

async function inflated(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function unpacked(bytes) {
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const columns = {};
  let place = 4 + length;
  for (const [name, width, count] of head.columns) {
    columns[name] = column(bytes, place, width, count);
    place += width * count;
  }
  return { ...head, columns };
}

function column(bytes, place, width, count) {
  if (width === 1) return bytes.subarray(place, place + count);
  if (width === 8) {
    return { low: column(bytes, place, 4, count), high: column(bytes, place + 4 * count, 4, count), length: count };
  }
  const found = width === 2 ? new Uint16Array(count) : new Uint32Array(count);
  for (let plane = 0; plane < width; plane++) {
    const start = place + plane * count;
    for (let k = 0; k < count; k++) found[k] |= bytes[start + k] << (8 * plane);
  }
  return found;
}

function starts(lengths) {
  const found = new Uint32Array(lengths.length + 1);
  for (let k = 0; k < lengths.length; k++) found[k + 1] = found[k] + lengths[k];
  return found;
}

const NUMBER = /^(-?0x[01](\.[0-9a-f]+)?p[+-]\d+|nan|-?inf)$/;

class Data {
  constructor(raw) {
    Object.assign(this, raw);
    const c = this.columns;
    this.rank = new Map(this.severity.map((kind, place) => [kind, place]));
    this.counts = [];
    const from = starts(c["counts.length"]);
    for (let k = 0; k < c["counts.length"].length; k++) {
      const pairs = [];
      for (let n = from[k]; n < from[k + 1]; n++) pairs.push([this.texts[c["counts.kind"][n]], c["counts.count"][n]]);
      this.counts.push(this.judged(pairs));
    }
    this.cellsOf = Array.from({ length: c["test.adapter"].length }, () => []);
    for (let k = 0; k < c["cell.test"].length; k++) this.cellsOf[c["cell.test"][k]].push(k);
    this.identities = new Map();
    this.tests = [];
  }

  judged(pairs) {
    const kinds = pairs.filter(([kind]) => this.rank.has(kind)).map(([kind]) => kind);
    kinds.sort((one, other) => this.rank.get(one) - this.rank.get(other));
    const documented = pairs.filter(([kind]) => this.documented.includes(kind)).map(([kind]) => kind);
    return { pairs, kinds, documented, total: pairs.reduce((sum, [, count]) => sum + count, 0) };
  }

  test(k) {
    return (this.tests[k] ||= this.named(k));
  }

  named(k) {
    const get = (name) => this.texts[this.columns[`test.${name}`][k]];
    const [adapter, entry, config, mode] = ["adapter", "entry", "config", "mode"].map(get);
    const [dtype, device, quantity, loss] = ["dtype", "device", "quantity", "loss"].map(get);
    return { k, adapter, entry, config, mode, dtype, device, quantity, loss };
  }

  testId(k) {
    const t = this.test(k);
    const adapter = t.adapter.replaceAll("[", "-").replaceAll("]", "");
    return [adapter, t.entry, t.config, t.mode, t.dtype, t.device, t.quantity].join("/");
  }

  region(k) {
    return this.texts[this.columns["cell.region"][k]];
  }
  label(k) {
    return this.texts[this.columns["cell.label"][k]];
  }
  judgement(k) {
    return this.counts[this.columns["cell.counts"][k]];
  }
  number(name, k) {
    return this.figures[this.columns[name][k]];
  }

  id(k) {
    if (!this.identities.has(k)) {
      this.identities.set(k, `${this.testId(this.columns["cell.test"][k])}/${this.region(k)}/${this.label(k)}`);
    }
    return this.identities.get(k);
  }

  witness(k) {
    const n = this.columns["cell.witness"][k] - 1;
    if (n < 0) return null;
    const text = (name) => this.texts[this.columns[`witness.${name}`][n]];
    const inputs = text("inputs")
      ? text("inputs")
          .split(";")
          .map((pair) => pair.split("="))
      : [];
    return {
      case: text("case"),
      got: text("got"),
      exact: text("exact"),
      contract: text("contract"),
      verdict: text("verdict"),
      ulp: this.number("witness.ulp", n),
      relative: this.number("witness.relative", n),
      inputs,
    };
  }

  cause(k) {
    const reason = this.texts[this.columns["cell.reason"][k]];
    const expected = this.columns["cell.expected"][k] === 1;
    const named = expected ? reason.split("+").map((name) => ({ name, ...(this.causes[name] || {}) })) : [];
    return { expected, named, reason: expected ? "" : reason };
  }

  script(k) {
    if (this.exams[k]) return this.exams[k];
    const number = this.columns["test.script"][this.columns["cell.test"][k]];
    const witness = this.witness(k);
    if (!number || !witness || this.invarianceOf(k)) return "";
    let text = this.scripts[number].map((line) => this.lines[line]).join("\n") + "\n";
    for (const [name, value] of witness.inputs) {
      if (!NUMBER.test(value)) return ""; // a reader runs this: it holds numbers and nothing else
      text = text.replaceAll(`⟨${name}⟩`, () => value);
    }
    return text.includes("⟨") ? "" : text;
  }

  invarianceOf(k) {
    return !["hard0", "hard1", "soft", "outside", "every"].includes(this.label(k));
  }

  versions(adapter) {
    const record = this.adapters.find((one) => one.name === adapter);
    return record
      ? Object.entries(record.versions)
          .map((pair) => pair.join(" "))
          .join(", ")
      : "";
  }
}
