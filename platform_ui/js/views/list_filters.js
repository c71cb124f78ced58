import { h, icon } from "../html.js";
import { personName } from "../words.js";

const TABS = [["all", "Todas"], ["unread", "Sin leer"], ["human", "Humano"], ["bot", "Bot"]];

/**
 * Which chats are listed: the tabs with their counts, and by whose and by label. `load()` brings {people, labels}
 * when the choices are opened. Returns {tabs, panel, opener, question, counts, reset}.
 */
export function listFilters({ mine, load, onChange }) {
  const question = { tab: "all", assigned: "", label: "" };
  const buttons = TABS.map(([tab, word]) => {
    const count = h("span", { class: "filter-count" });
    const button = h("button", { class: "filter", type: "button", "aria-pressed": String(tab === "all"), onclick: () => choose({ tab }) }, word, " ", count);
    return { tab, button, count };
  });
  const assigned = h("select", { class: "input", onchange: () => choose({ assigned: assigned.value }) });
  const label = h("select", { class: "input", onchange: () => choose({ label: label.value }) });
  const clear = h("button", { class: "button plain", type: "button", onclick: () => choose({ assigned: "", label: "" }) }, "Quitar filtros");
  const panel = h("div", { class: "filter-panel", id: "chat-filters", hidden: true },
    h("label", { class: "field" }, h("span", {}, "A cargo de"), assigned),
    h("label", { class: "field" }, h("span", {}, "Etiqueta"), label), clear);
  const opener = h("button", { class: "icon-button", type: "button", "aria-label": "Filtrar por persona o etiqueta", title: "Filtrar", "aria-expanded": "false", "aria-controls": panel.id, onclick: toggle }, icon("filter"));
  const options = (choices, chosen) => choices.map(([value, word]) => h("option", { value, selected: String(value) === String(chosen) }, word));
  fill({ people: [], labels: [] });

  function fill({ people, labels }) {
    const others = people.filter(({ user_id: id }) => id !== mine).map((person) => [person.user_id, personName(person)]);
    assigned.replaceChildren(...options([["", "Cualquiera"], ...(mine ? [["me", "Vos"]] : []), ["none", "Nadie"], ...others], question.assigned));
    label.replaceChildren(...options([["", "Todas"], ...labels.map(({ id, name, chats }) => [id, `${name} (${chats})`])], question.label));
  }

  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault(); // one step back, not out of the chat
    open(false);
    opener.focus();
  });

  async function toggle() {
    open(panel.hidden);
    if (!panel.hidden) fill(await load());
  }

  function open(on) {
    panel.hidden = !on;
    opener.setAttribute("aria-expanded", String(on));
  }

  function choose(change) {
    Object.assign(question, change);
    for (const { tab, button } of buttons) button.setAttribute("aria-pressed", String(tab === question.tab));
    assigned.value = question.assigned;
    label.value = question.label;
    const narrowed = Boolean(question.assigned || question.label);
    clear.hidden = !narrowed;
    opener.classList.toggle("on", narrowed);
    onChange();
  }

  clear.hidden = true;
  return {
    tabs: h("div", { class: "filters", role: "group", "aria-label": "Qué conversaciones" }, buttons.map(({ button }) => button)),
    panel,
    opener,
    /** What the API is asked. */
    question: () => Object.fromEntries(Object.entries(question).filter(([, value]) => value && value !== "all")),
    isNarrow: () => Boolean(question.assigned || question.label),
    counts(counts) {
      for (const { tab, count, button } of buttons) {
        const words = counts ? counts[tab].toLocaleString("es-AR") : "";
        if (count.textContent !== words) count.textContent = words;
        if (tab === "unread") button.classList.toggle("due", counts?.unread > 0);
      }
    },
  };
}
