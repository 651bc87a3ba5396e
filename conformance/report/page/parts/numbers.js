/* Numbers for readers: bits as numbers, numbers in hexadecimal and decimal, errors in ULP. */

const VIEW = new DataView(new ArrayBuffer(8));

function ofBits(low, high, dtype) {
  if (dtype === "binary64") {
    VIEW.setUint32(0, high);
    VIEW.setUint32(4, low);
    return VIEW.getFloat64(0);
  }
  if (dtype === "binary16") {
    const sign = low & 0x8000 ? -1 : 1,
      exponent = (low >> 10) & 31,
      fraction = low & 1023;
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -24 * fraction);
  }
  VIEW.setUint32(0, dtype === "bfloat16" ? low << 16 : low);
  return VIEW.getFloat32(0);
}

function hexadecimal(value) {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  VIEW.setFloat64(0, value);
  const high = VIEW.getUint32(0),
    low = VIEW.getUint32(4);
  const sign = high >>> 31 ? "-" : "",
    exponent = (high >>> 20) & 2047;
  const digits = ((high & 0xfffff).toString(16).padStart(5, "0") + low.toString(16).padStart(8, "0")).replace(
    /0+$/,
    "",
  );
  if (!exponent && !digits) return `${sign}0x0p+0`;
  const power = exponent ? exponent - 1023 : -1022;
  return `${sign}0x${exponent ? 1 : 0}${digits ? "." + digits : ""}p${power < 0 ? "-" : "+"}${Math.abs(power)}`;
}

function ofHexadecimal(text) {
  const found = /^(-?)0x([01])(?:\.([0-9a-f]+))?p([+-]\d+)$/.exec(text);
  if (!found) return { nan: NaN, inf: Infinity, "-inf": -Infinity }[text];
  const [, sign, lead, digits = "", power] = found;
  const fraction = digits ? Number(BigInt(`0x${digits}`)) / 16 ** digits.length : 0;
  const size = Number(lead) + fraction,
    exponent = Number(power);
  // In two steps: a subnormal number has no power of its own.
  return (sign ? -1 : 1) * size * 2 ** Math.trunc(exponent / 2) * 2 ** (exponent - Math.trunc(exponent / 2));
}

const PLACES = { binary16: 5, bfloat16: 4, binary32: 9, binary64: 17 };

function decimal(value, dtype) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value < 0 ? "−inf" : "inf";
  if (value === 0) return Object.is(value, -0) ? "−0" : "0";
  let text = String(value);
  if (text.length > 12 && dtype !== "binary64") text = String(Number(value.toPrecision(PLACES[dtype] || 9)));
  return text.replace(/^-/, "−").replace("e-", "e−").replace("e+", "e");
}

function both(text, dtype) {
  const value = ofHexadecimal(text);
  return value === undefined ? [text, ""] : [text, decimal(value, dtype)];
}

/* As the terminal has it: 0.5, 12, 340, 2.6e6, inf. */
function ulpText(figure) {
  if (figure === null || figure === undefined) return "–";
  if (figure > 1.79e308) return "inf";
  if (figure < 10) return figure < 0.01 && figure > 0 ? "<0.01" : String(Number(figure.toFixed(2)));
  if (figure < 9999.5) return figure.toFixed(0);
  return figure.toExponential(1).replace("e+", "e");
}

function countText(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

function briefDecimal(text) {
  return (
    text.replace(
      /^(-?\d+\.\d{0,11})\d*(e[+-]?\d+)?$/,
      (all, head, power) => head.replace(/\.?0*$/, "") + (power || ""),
    ) || "–"
  );
}
