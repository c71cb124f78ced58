import { ApiError } from "../api.js";
import { problems } from "../form.js";
import { h, icon } from "../html.js";
import { toast, undoable } from "../toast.js";
import { markUnsaved } from "../unsaved.js";
import { control } from "./form_card.js";
import { outcomeOf, testButton } from "./live_test.js";

/**
 * A kind's credentials: what is kept is never read back, only `•••• 4f2a` with who and when; "Probar" says in words
 * what works. `save(values)` gives the fields as they are now, `test()` {ok, message}.
 */
export function credentialCard({ title, lead, kind, fields, values, tested, time, save, test }) {
  let kept = values;
  const rows = h("div", { class: "column" });
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const status = h("span", { class: "card-status", role: "status" });
  const outcome = h("div", { "aria-live": "polite" }, tested?.tested_at ? outcomeOf({ ok: tested.tested_ok, message: tested.tested_message }, about(tested.tested_at, tested.tested_by)) : null);
  const saveButton = h("button", { class: "button primary", type: "submit" }, "Guardar");
  let writing = Promise.resolve();
  // What is tried is what was just written: a save on its way is waited for.
  const tryButton = testButton({ test: () => writing.then(test), outcome });
  const form = h("form", { class: "card", novalidate: true, autocomplete: "off", "aria-labelledby": `credential-${kind}`, onsubmit: submit },
    h("h2", { id: `credential-${kind}` }, title), h("p", { class: "card-lead" }, lead), rows, problem, outcome,
    h("div", { class: "card-foot" }, saveButton, tryButton, status));
  let inputs = [];
  let changing = new Set();
  draw();

  function draw(focus) {
    inputs = [];
    rows.replaceChildren(...fields.map((field) => (kept[field.name]?.set && !changing.has(field.name) ? keptRow(field) : inputRow(field))));
    if (focus) inputs.find(({ field }) => field.name === focus)?.input.focus();
    note();
  }

  function about(at, by) {
    return at ? `${time.short(at)}${by ? ` · ${by}` : ""}` : "";
  }

  function keptRow(field) {
    const { value, updated_at: at, updated_by: by } = kept[field.name];
    return h("div", { class: "field", role: "group", "aria-label": field.label }, h("span", { class: "field-label" }, field.label),
      h("div", { class: "secret" }, h("span", { class: "secret-value" }, value ?? "••••"), h("span", { class: "secret-about", title: at ? time.exact(at) : null }, at && `guardado ${about(at, by)}`),
        h("button", { class: "button", type: "button", "aria-label": `Cambiar: ${field.label}`, onclick: () => open(field.name) }, "Cambiar")));
  }

  function open(name) {
    changing.add(name);
    draw(name);
  }

  function inputRow(field) {
    const secret = !field.shown;
    const made = control({ ...field, kind: secret ? "secret" : "text" }, `credential-${kind}-${field.name}`, false, note);
    if (!secret) made.input.value = kept[field.name]?.value ?? "";
    inputs.push({ ...made, before: made.input.value });
    if (!kept[field.name]?.set) return made.row;
    made.row.append(h("div", { class: "card-foot" },
      h("button", { class: "button plain", type: "button", onclick: () => { changing.delete(field.name); draw(); } }, "Dejar lo que está"),
      h("button", { class: "button plain", type: "button", onclick: () => forget(field) }, "Olvidar")));
    return made.row;
  }

  function written() {
    return Object.fromEntries(inputs.filter(({ input, before }) => input.value.trim() !== before).map(({ field, input }) => [field.name, input.value.trim()]));
  }

  function note() {
    const is = Object.keys(written()).length > 0;
    saveButton.disabled = !is;
    saveButton.hidden = inputs.length === 0;
    markUnsaved(form, is);
    if (is) status.replaceChildren();
  }

  function complain({ byField, general }) {
    for (const { field, input, error } of inputs) {
      error.textContent = byField[field.name] ?? "";
      error.hidden = !error.textContent;
      input.toggleAttribute("aria-invalid", !error.hidden);
    }
    problem.textContent = general;
    problem.hidden = !general;
  }

  async function submit(event) {
    event.preventDefault();
    saveButton.disabled = true;
    outcome.replaceChildren();
    const saved = write(written());
    writing = saved.catch(() => {});
    try {
      await saved;
      status.replaceChildren(icon("tick"), "Guardado. Probalo para ver si anda.");
      tryButton.focus();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      complain(problems(error, fields.map(({ name }) => name)));
      note();
    }
  }

  async function write(fieldsWritten) {
    complain({ byField: {}, general: "" });
    kept = { ...kept, ...(await save(fieldsWritten)) };
    changing = new Set();
    draw();
  }

  function forget(field) {
    undoable(`Se olvida ${field.label.toLowerCase()} de ${title}.`, {
      undo: () => {},
      act: () => write({ [field.name]: "" }).catch((error) => toast(`No se pudo olvidar. ${error.message}`)),
    });
  }

  return form;
}
