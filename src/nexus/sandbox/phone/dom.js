// The page's only way to make elements. Text always becomes text nodes, never markup.

import { parse } from "./rich_text.js";

/** Builds an element: `h("a", { class: "x", href, onclick }, "text", node)`. Null and false are left out. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** One icon of the sprite; without a label it is decoration for the word beside it. */
export function icon(name, label = "") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `/phone/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/** Puts `nodes` as the children of `parent`, touching only what changed, so nothing flickers or is read twice. */
export function reconcile(parent, nodes) {
  nodes.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
  });
  while (parent.children.length > nodes.length) parent.lastElementChild.remove();
}

/** A message as nodes: WhatsApp's marks become strong, em and s, web addresses links; all else is text. */
export const richText = (text) => parse(text).map(nodeOf);

function nodeOf(piece) {
  // A price never breaks between its sign and its number.
  if (typeof piece === "string") return piece.replace(/\$ (?=\d)/g, "$\u00a0");
  const link = piece.tag === "a" ? { href: piece.href, target: "_blank", rel: "noopener noreferrer" } : {};
  return h(piece.tag, link, piece.children.map(nodeOf));
}

/** An address only if it may be opened: http or https; else null. */
export function safeUrl(address) {
  if (!address || !URL.canParse(address, location.href)) return null;
  const url = new URL(address, location.href);
  return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
}
