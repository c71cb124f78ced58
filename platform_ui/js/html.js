// The dashboard's only way to make elements. Text always becomes text nodes, never markup (S-092).

import { parse } from "./rich_text.js";

const SVG = "http://www.w3.org/2000/svg";

/** Builds an element: `h("a", { class: "x", href, onclick }, "text", node)`. Null and false are left out. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** One icon of the sprite; without a label it is decoration for the word beside it. */
export function icon(name, label = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/** Puts `nodes` as the children of `parent`, touching only what changed, so focus, scroll and pictures stay. */
export function reconcile(parent, nodes) {
  const held = focusWithin(parent);
  for (const child of [...parent.children]) if (!nodes.includes(child)) child.remove();
  nodes.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
  });
  held?.();
}

/** Keeps one element per key for as long as its signature stays the same; `make` draws it anew. */
export function keeper() {
  const kept = new Map();
  return (key, signature, make) => {
    if (kept.get(key)?.signature !== signature) {
      const node = keyed(make(), key);
      kept.set(key, { signature, node });
    }
    return kept.get(key).node;
  };
}

const keys = new WeakMap();

/** `node`, which stands for `key`: a later node of the same key inherits its focus. */
export function keyed(node, key) {
  keys.set(node, key);
  return node;
}

const STOPS = "a[href], button, input, select, textarea, video, summary, [tabindex]";

/**
 * An element drawn anew or moved loses the focus: the result gives it back to the same stop of the same key, or
 * to the whole list when that stop is gone.
 */
function focusWithin(parent) {
  const focused = document.activeElement;
  const owner = [...parent.children].find((child) => child.contains(focused));
  const key = owner && keys.get(owner);
  if (key === undefined) return null;
  const stop = [...owner.querySelectorAll(STOPS)].indexOf(focused);
  return () => {
    if (document.activeElement === focused) return;
    const heir = [...parent.children].find((child) => keys.get(child) === key);
    const next = stop < 0 ? heir : [...(heir?.querySelectorAll(STOPS) ?? [])].at(stop);
    (next ?? parent.closest("[tabindex]"))?.focus({ preventScroll: true });
  };
}

/** `text` with the [start, end] stretches of `ranges` marked, as nodes. */
export function marked(text, ranges) {
  const nodes = [];
  let at = 0;
  for (const [start, end] of ranges) {
    if (start < at || end > text.length) continue;
    nodes.push(text.slice(at, start), h("mark", {}, text.slice(start, end)));
    at = end;
  }
  return [...nodes, text.slice(at)];
}

/** Writes `text` only where it is another: the same words again would be read out again. */
export function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A message as nodes: WhatsApp's marks become strong, em and s, web addresses links; all else is text. */
export const richText = (text) => parse(text).map(nodeOf);

function nodeOf(piece) {
  // A price never breaks between its sign and its number.
  if (typeof piece === "string") return piece.replace(/\$ (?=\d)/g, "$\u00a0");
  const link = piece.tag === "a" ? { href: piece.href, target: "_blank", rel: "noopener noreferrer" } : {};
  return h(piece.tag, link, piece.children.map(nodeOf));
}
