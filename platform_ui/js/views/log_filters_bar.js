import { h, icon } from "../html.js";
import { LEVELS, SPANS, flipped } from "../log_filters.js";

const WAIT_MS = 350;

/** Search, level, time and kinds as chips. Returns {element, show(filters), setTypes(items)}. */
export function logFilters({ onChange }) {
  let filters = null;
  let types = [];
  let timer = null;
  const search = h("input", { class: "input search-input", type: "search", placeholder: "Buscar en el registro…", "aria-label": "Buscar en el registro", maxlength: "100", oninput: onType });
  const levels = h("div", { class: "chips", role: "group", "aria-label": "Nivel" });
  const spans = h("div", { class: "chips", role: "group", "aria-label": "Cuándo" });
  const chosen = h("div", { class: "chips" });
  const choices = h("div", { class: "menu-scroll" });
  const menu = h("div", { class: "card-menu type-menu", id: "log-types", popover: "auto" }, h("p", { class: "menu-title" }, "Qué pasó"), choices);
  const element = h("div", { class: "logs-filters" },
    h("label", { class: "search logs-search" }, icon("search"), search), levels, spans,
    h("button", { class: "chip", type: "button", popovertarget: "log-types" }, icon("plus"), "Qué pasó"), chosen, menu);

  function onType() {
    clearTimeout(timer);
    timer = setTimeout(() => element.isConnected && onChange({ ...filters, q: search.value.trim() }), WAIT_MS);
  }

  const chip = (label, pressed, onPress) => h("button", { class: "chip", type: "button", "aria-pressed": String(pressed), onclick: onPress }, label);
  const removable = (label, onPress) => h("button", { class: "chip chosen", type: "button", "aria-label": `Quitar el filtro ${label}`, onclick: onPress }, label, icon("close"));
  const nameOf = (type) => types.find(({ event_type: each }) => each === type)?.label ?? type;

  function show(next) {
    filters = next;
    if (document.activeElement !== search) search.value = next.q;
    keepFocus(levels, LEVELS.map(([key, label]) => chip(label, next.levels.includes(key), () => onChange({ ...filters, levels: flipped(filters.levels, key) }))));
    keepFocus(spans, SPANS.map(([key, label]) => chip(label, next.days === key, () => onChange({ ...filters, days: key }))));
    chosen.replaceChildren(
      ...next.types.map((type) => removable(nameOf(type), () => onChange({ ...filters, types: flipped(filters.types, type) }))),
      ...(next.corr ? [removable(`Mismo hilo: ${next.corr.slice(0, 8)}…`, () => onChange({ ...filters, corr: "" }))] : []));
    drawTypes();
  }

  function drawTypes() {
    keepFocus(choices, types.map(({ event_type: type, label, count }) => h("button", { class: "menu-item", type: "button", "aria-pressed": String(filters?.types.includes(type) ?? false), onclick: () => onChange({ ...filters, types: flipped(filters.types, type) }) },
      h("span", { class: "menu-words" }, label), h("small", {}, String(count)), filters?.types.includes(type) && icon("tick"))));
    if (!types.length) choices.replaceChildren(h("p", { class: "field-hint" }, "Todavía no pasó nada."));
  }

  return {
    element,
    show,
    setTypes(items) {
      types = items;
      if (filters) show(filters);
    },
  };
}

/** The same place keeps the focus when its buttons are drawn anew. */
function keepFocus(parent, nodes) {
  const at = [...parent.children].indexOf(document.activeElement);
  parent.replaceChildren(...nodes);
  if (at >= 0) nodes[at]?.focus();
}
