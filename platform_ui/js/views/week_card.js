import { ApiError } from "../api.js";
import { h, icon } from "../html.js";
import { markUnsaved } from "../unsaved.js";
import { DAYS, byDay, dayProblem, flatWeek, readTime } from "../week.js";

const FIRST = { from: "09:00", to: "18:00" };
const SECOND = { from: "16:00", to: "20:00" };
let cards = 0;

/**
 * A card with the hours of a week; `spans` is [{day, from, to}], `save(spans)` writes them. Returns its element.
 */
export function weekCard({ title, lead, spans, save, closedWord = "Cerrado" }) {
  const id = `week-${(cards += 1)}`;
  let saved = flatWeek(byDay(spans));
  let days = byDay(spans);
  const rows = h("div", { class: "week" });
  const status = h("span", { class: "card-status", role: "status" });
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const button = h("button", { class: "button primary", type: "submit" }, "Guardar");
  const copy = h("button", { class: "button", type: "button", onclick: copyMonday }, "Copiar el lunes de martes a viernes");
  const form = h("form", { class: "card", novalidate: true, "aria-labelledby": id, onsubmit: submit },
    h("h2", { id }, title), lead && h("p", { class: "card-lead" }, lead), rows, problem,
    h("div", { class: "card-foot" }, button, copy, status));
  draw();

  function draw(focus) {
    rows.replaceChildren(...DAYS.map((name, day) => dayRow(name, day)));
    if (focus) rows.querySelector(focus)?.focus();
    note();
  }

  function note() {
    const is = JSON.stringify(flatWeek(days)) !== JSON.stringify(saved);
    button.disabled = !is;
    copy.disabled = days[0].length === 0;
    markUnsaved(form, is);
    if (is) status.replaceChildren();
  }

  function dayRow(name, day) {
    const error = h("span", { class: "field-error", hidden: true });
    const check = () => {
      error.textContent = dayProblem(days[day]);
      error.hidden = !error.textContent;
      note();
    };
    const spansOf = days[day].map((span, index) => h("div", { class: "week-span" },
      clockInput(span, "from", `${name}, abre`, `${day}-${index}`, check), "a", clockInput(span, "to", `${name}, cierra`, null, check),
      h("button", { class: "icon-button", type: "button", "aria-label": `Quitar este horario del ${name.toLowerCase()}`, onclick: () => remove(day, index) }, icon("close"))));
    return h("div", { class: "week-day", role: "group", "aria-label": name }, h("span", { class: "week-name" }, name),
      h("div", { class: "week-spans" }, spansOf.length ? spansOf : h("span", { class: "week-closed" }, closedWord), error),
      h("div", { class: "week-add" }, h("button", { class: "icon-button", type: "button", "aria-label": `Agregar un horario al ${name.toLowerCase()}`, title: "Agregar un horario", "data-add": day, onclick: () => add(day) }, icon("plus"))));
  }

  function clockInput(span, end, label, place, check) {
    const input = h("input", { class: "input", type: "text", inputmode: "numeric", autocomplete: "off", maxlength: "5", "aria-label": label, value: span[end], "data-span": place,
      onchange() {
        span[end] = readTime(input.value);
        if (span[end]) input.value = span[end];
        input.toggleAttribute("aria-invalid", span[end] === null);
        check();
      } });
    return input;
  }

  function add(day) {
    days[day].push({ ...(days[day].length ? SECOND : FIRST) });
    draw(`[data-span="${day}-${days[day].length - 1}"]`);
  }

  function remove(day, index) {
    days[day].splice(index, 1);
    draw(`[data-add="${day}"]`);
  }

  function copyMonday() {
    for (let day = 1; day <= 4; day += 1) days[day] = days[0].map((span) => ({ ...span }));
    draw();
    copy.focus();
  }

  async function submit(event) {
    event.preventDefault();
    const bad = days.findIndex((spansOfDay) => dayProblem(spansOfDay));
    problem.textContent = bad >= 0 ? `${DAYS[bad]}: ${dayProblem(days[bad])}` : "";
    problem.hidden = bad < 0;
    if (bad >= 0) return;
    button.disabled = true;
    try {
      const wanted = flatWeek(days);
      await save(wanted);
      saved = wanted;
      status.replaceChildren(icon("tick"), "Guardado.");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      problem.textContent = error.message;
      problem.hidden = false;
    }
    note();
  }

  return form;
}
