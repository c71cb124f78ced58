import { ApiError } from "../api.js";
import { changes, problems, valueOf } from "../form.js";
import { h, icon } from "../html.js";
import { markUnsaved } from "../unsaved.js";

const DONE_MS = 4000;
let cards = 0;

/**
 * A card with fields and its own save button. `fields` are {name, label, kind, hint, ...}, kind being text, email,
 * tel, url, number, area, select, switch, secret or password; `values` what stands in them; `save(changed)` writes what is
 * different and gives the new values. Returns {element, values(), setValues(values)}.
 */
export function formCard({ title, lead = "", fields, values, save, readOnly = false, action = "Guardar", done = "Guardado.", alwaysSend = false, foot = null }) {
  const prefix = `card-${(cards += 1)}`;
  let before = { ...values };
  const built = fields.map((field) => control(field, `${prefix}-${field.name}`, readOnly, onInput));
  const status = h("span", { class: "card-status", role: "status" });
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const button = h("button", { class: "button primary", type: "submit", disabled: !alwaysSend }, action);
  const element = h("form", { class: "card", novalidate: true, "aria-labelledby": `${prefix}-title`, onsubmit: submit },
    h("h2", { id: `${prefix}-title` }, title), lead && h("p", { class: "card-lead" }, lead),
    built.map(({ row }) => row), problem,
    !readOnly && h("div", { class: "card-foot" }, button, status, foot));
  let timer = null;
  write(before);

  const standing = ({ field, input }) => (field.kind === "switch" ? input.checked : input.value);

  function now() {
    return Object.fromEntries(built.map((part) => [part.field.name, valueOf(part.field, standing(part))]));
  }

  function write(given, untouched = () => true) {
    for (const { field, input } of built.filter(untouched)) {
      if (field.kind === "switch") input.checked = Boolean(given[field.name]);
      else input.value = given[field.name] ?? "";
    }
  }

  const changed = () => changes(fields, before, now());

  function onInput() {
    const is = Object.keys(changed()).length > 0;
    button.disabled = !is && !alwaysSend;
    markUnsaved(element, is);
    if (is) say("");
  }

  function say(words) {
    clearTimeout(timer);
    status.replaceChildren(...(words ? [icon("tick"), words] : []));
    if (words) timer = setTimeout(say, DONE_MS, "");
  }

  function complain(byField, general) {
    for (const { field, input, error } of built) {
      const sentence = byField[field.name] ?? "";
      error.textContent = sentence;
      error.hidden = !sentence;
      if (sentence) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
    problem.textContent = general;
    problem.hidden = !general;
    built.find(({ field }) => byField[field.name])?.input.focus();
  }

  async function submit(event) {
    event.preventDefault();
    const missing = {};
    for (const { field, input } of built) if (field.required && !input.disabled && !String(input.value).trim()) missing[field.name] = "Hace falta.";
    for (const { field } of built) if (Number.isNaN(now()[field.name])) missing[field.name] = "Tiene que ser un número.";
    complain(missing, "");
    if (Object.keys(missing).length) return;
    button.disabled = true;
    button.textContent = "Guardando…";
    try {
      const sent = alwaysSend ? now() : changed();
      const then = new Map(built.map((part) => [part, standing(part)]));
      before = { ...before, ...sent, ...(await save(sent)) };
      write(before, (part) => standing(part) === then.get(part)); // what was typed meanwhile stays, unsaved
      markUnsaved(element, false);
      say(done);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { byField, general } = problems(error, fields.map(({ name }) => name));
      complain(byField, general);
    } finally {
      button.textContent = action;
      onInputQuietly();
    }
  }

  function onInputQuietly() {
    const is = Object.keys(changed()).length > 0;
    button.disabled = !is && !alwaysSend;
    markUnsaved(element, is);
  }

  return {
    element,
    values: now,
    setValues(given) {
      before = { ...before, ...given };
      write(before);
      onInputQuietly();
    },
  };
}

/** A field's row: label, control, hint and the place of its error, tied together for screen readers. */
export function control(field, id, readOnly, onInput = () => {}) {
  const { kind = "text", label, hint } = field;
  const about = [hint && `${id}-hint`, `${id}-error`].filter(Boolean).join(" ");
  const shared = { id, name: field.name, "aria-describedby": about, disabled: readOnly, oninput: onInput, onchange: onInput, required: Boolean(field.required) };
  const input = inputOf(kind, field, shared);
  const error = h("span", { class: "field-error", id: `${id}-error`, hidden: true });
  const note = hint && h("span", { class: "field-hint", id: `${id}-hint` }, hint);
  const row = kind === "switch"
    ? h("div", { class: "switch-row" }, h("div", {}, h("label", { for: id }, label), note, error), input)
    : h("div", { class: "field" }, h("label", { for: id }, label, field.optional && h("span", { class: "field-optional" }, " (si querés)")), input, note, error);
  return { field, input, error, row };
}

function inputOf(kind, field, shared) {
  if (kind === "area") return h("textarea", { ...shared, class: "input area", rows: field.rows ?? 4, maxlength: field.max ?? 20_000, placeholder: field.placeholder });
  if (kind === "select") return h("select", { ...shared, class: "input" }, field.options.map(([value, label]) => h("option", { value }, label)));
  if (kind === "switch") return h("input", { ...shared, required: false, class: "switch", type: "checkbox", role: "switch" });
  const type = { secret: "password", number: "text" }[kind] ?? kind;
  return h("input", {
    ...shared, class: "input", type, maxlength: field.max ?? 4096, placeholder: field.placeholder,
    autocomplete: field.autocomplete ?? (["secret", "password"].includes(kind) ? "new-password" : "off"), spellcheck: kind === "text" ? null : "false",
    inputmode: kind === "number" ? "decimal" : field.inputmode,
  });
}
