/* The points of a series, taken from the columns when a plot wants them. */

const CLASSES = ["hard0", "hard1", "soft", "outside"];
const CLASS_WORDS = { hard0: "label 0", hard1: "label 1", soft: "soft labels", outside: "labels outside 0…1" };
const NO_SERIES = 0xffff;

class Points {
  constructor(data) {
    this.data = data;
    const c = data.columns,
      detailed = data.drawing.detailed;
    this.from = starts(c["series.points"]);
    // how many detailed points there are before each
    this.detail = new Uint32Array(this.from[this.from.length - 1] + 1);
    for (let series = 0; series + 1 < this.from.length; series++) {
      const known = data.drawing.keys[c["series.key"][series]].space >= 0; // a sweep keeps no cases
      for (let k = this.from[series]; k < this.from[series + 1]; k++) {
        const kept = known && (c["point.place"][k] > 3 || c["point.error"][k] >= detailed);
        this.detail[k + 1] = this.detail[k] + (kept ? 1 : 0);
      }
    }
    const modes = c["point.mode"];
    this.near = new Uint32Array(modes.length + 1);
    this.other = new Uint32Array(modes.length + 1);
    for (let k = 0; k < modes.length; k++) {
      this.near[k + 1] = this.near[k] + (modes[k] === 1 ? 1 : 0);
      this.other[k + 1] = this.other[k] + (modes[k] === 2 ? 1 : 0);
    }
    this.keyFrom = starts(c["key.cases"]);
    this.spaceFrom = starts(c["space.cases"]);
    this.argumentFrom = this.argumentStarts();
    this.known = new Map();
  }

  argumentStarts() {
    const { spaces } = this.data.drawing,
      most = Math.max(0, ...spaces.map((space) => space.arguments.length));
    const found = Array.from({ length: most }, () => []),
      sums = found.map(() => 0);
    spaces.forEach((space, k) => {
      const size = this.data.columns["space.cases"][k];
      found.forEach((list, n) => {
        list.push(sums[n]);
        if (n < space.arguments.length) sums[n] += size;
      });
    });
    return found;
  }

  of(series) {
    if (!this.known.has(series)) this.known.set(series, this.read(series));
    return this.known.get(series);
  }

  read(series) {
    const { data } = this,
      c = data.columns,
      { steps, least } = data.code;
    const number = c["series.key"][series],
      key = data.drawing.keys[number];
    let column = 0,
      ref = 0;
    const points = [];
    for (let k = this.from[series]; k < this.from[series + 1]; k++) {
      column = (column + c["point.column"][k]) & 0xff;
      const place = c["point.place"][k],
        code = c["point.error"][k];
      const point = {
        kind: place >> 2,
        label: CLASSES[place & 3],
        column,
        ulp: code ? 2 ** (code / steps + least) : 0,
      };
      if (this.detail[k + 1] > this.detail[k]) {
        const spot = this.detail[k];
        ref = (ref + c["point.case"][spot]) & 0xffff;
        Object.assign(point, this.details(number, key, ref, spot));
      }
      points.push(point);
    }
    const bins = data.bins.length + data.kinds.length - 1;
    const counts = c["series.histogram"],
      from = series * bins;
    const histogram = Array.from({ length: bins }, (_, k) => counts.high[from + k] * 2 ** 32 + counts.low[from + k]);
    return { points, histogram, axis: data.drawing.axes[key.argument], swept: key.space < 0 };
  }

  details(number, key, ref, spot) {
    const c = this.data.columns,
      at = this.keyFrom[number] + ref;
    const due = [c["key.due"].low[at], c["key.due"].high[at]];
    const mode = c["point.mode"][spot];
    let got = due;
    if (mode === 1) {
      const away = (c["point.near"][this.near[spot]] << 24) >> 24;
      const sum = BigInt.asUintN(64, (BigInt(due[1]) << 32n) + BigInt(due[0]) + BigInt(away));
      got = [Number(sum & 0xffffffffn), Number(sum >> 32n)];
    } else if (mode === 2) {
      const place = this.other[spot];
      got = [c["point.other"].low[place], c["point.other"].high[place]];
    }
    const space = this.data.drawing.spaces[key.space],
      row = this.caseOf(number, ref);
    const inputs = space.arguments.map((name, n) => {
      const values = c[`space.argument${n}`],
        k = this.argumentFrom[n][key.space] + row;
      return [name, ofBits(values.low[k], values.high[k], space.dtype)];
    });
    return {
      inputs,
      inputDtype: space.dtype,
      got: ofBits(...got, key.container),
      due: ofBits(...due, key.container),
      dtype: key.container,
    };
  }

  /* The place in its space of a key's case: the places are kept as steps from one to the next. */
  caseOf(number, ref) {
    if (!this.places) this.places = new Map();
    if (!this.places.has(number)) {
      const steps = this.data.columns["key.case"].subarray(this.keyFrom[number], this.keyFrom[number + 1]);
      let sum = 0;
      this.places.set(
        number,
        steps.map((step) => (sum = (sum + step) & 0xffff)),
      );
    }
    return this.places.get(number)[ref];
  }
}
