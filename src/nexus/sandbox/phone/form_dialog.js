import { reason } from "./api.js";
import { h } from "./dom.js";

let fieldCount = 0;

/** A labelled input (or the given control) as {element, control}; `hint` stands under it. */
export function field(label, props, { hint = "", control = null } = {}) {
  const input = control ?? h("input", { autocomplete: "off", ...props });
  input.id = `field-${(fieldCount += 1)}`;
  const hintId = `${input.id}-hint`;
  if (hint) input.setAttribute("aria-describedby", hintId);
  const element = h("div", { class: "field" }, h("label", { for: input.id }, label), input, hint && h("small", { id: hintId }, hint));
  return { element, control: input };
}

/**
 * Asks in a dialog; `onSubmit` may throw: the dialog stays open and says why. Returns the dialog.
 * The first control of `body` has the focus.
 */
export function formDialog({ title, body, submit, cancel = "Cancelar", onSubmit, onCancel = () => {} }) {
  const trouble = h("p", { class: "wrong", role: "alert" });
  const send = h("button", { class: "button", type: "submit" }, submit);
  const heading = h("h2", { id: "dialog-title" }, title);
  const form = h("form", { method: "dialog" }, heading, body, trouble,
    h("div", { class: "dialog-actions" },
      h("button", { class: "button quiet", type: "button", onclick: () => dialog.close() }, cancel), send));
  const dialog = h("dialog", { "aria-labelledby": "dialog-title" }, form);
  let done = false;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (send.disabled) return;
    send.disabled = true;
    try {
      await onSubmit();
      done = true;
      dialog.close();
    } catch (error) {
      trouble.textContent = reason(error);
    } finally {
      send.disabled = false;
    }
  });
  // Enter sends from a text area too; Shift+Enter breaks the line.
  form.addEventListener("keydown", (event) => {
    if (event.target.tagName !== "TEXTAREA" || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (!done) onCancel();
  });
  document.body.append(dialog);
  dialog.showModal();
  form.querySelector("input:not([hidden]), textarea, select")?.focus();
  return dialog;
}
