"use strict";
/* Elements. Whatever comes from a run is set as text, never as markup. */

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false && child !== "") node.append(child);
  }
  return node;
}

const el = (name, attributes, ...children) => fill(document.createElement(name), attributes, children);
const svg = (name, attributes, ...children) => fill(document.createElementNS(SVG, name), attributes, children);
const replaced = (node, ...children) => {
  node.replaceChildren();
  return fill(node, {}, children);
};
const byId = (id) => document.getElementById(id);

function announce(words) {
  byId("said").textContent = words;
}

async function copyText(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = el("textarea", { class: "offscreen", readonly: true });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy"); // a page from a file has no clipboard of its own everywhere
    area.remove();
    button.focus();
  }
  const before = button.dataset.label || button.textContent;
  button.dataset.label = before;
  button.textContent = "Copied";
  announce("Copied");
  setTimeout(() => {
    button.textContent = before;
  }, 1600);
}

/* A word of a shell's command line. */
function quoted(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
}

function copyButton(label, text, kind = "") {
  const button = el(
    "button",
    { type: "button", class: `button ${kind}`, onclick: () => copyText(text(), button) },
    label,
  );
  return button;
}

function link(address) {
  return /^https?:\/\//.test(address)
    ? el("a", { href: address, rel: "noreferrer" }, address)
    : el("span", {}, address);
}

function chip(symbol, words, kind) {
  return el("span", { class: `chip chip-${kind}` }, el("b", { "aria-hidden": "true" }, symbol), " ", words);
}
