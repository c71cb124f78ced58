import { h } from "../html.js";

const KINDS = { added: "nuevo", removed: "se quita" };
const SIGNS = { added: "+", removed: "−" };

/** What is different between two versions: a heading per part, then its lines; `none` when nothing is. */
export const versionDiff = ({ items }, none) => (items.length
  ? h("div", { class: "version-diff" }, items.map(({ title, kind, lines }) => h("section", {},
    h("h3", {}, title, KINDS[kind] && [" ", h("span", { class: "badge" }, KINDS[kind])]),
    h("div", { class: "diff-lines" }, lines.map(lineOf)))))
  : h("p", { class: "field-hint" }, none));

function lineOf({ kind, text }) {
  if (kind === "gap") return h("p", { class: "diff-line gap" }, text);
  const words = kind === "added" ? h("ins", {}, text) : kind === "removed" ? h("del", {}, text) : h("span", {}, text);
  return h("p", { class: `diff-line ${kind}` }, h("span", { "aria-hidden": "true" }, SIGNS[kind] ?? ""), words);
}
