import { h } from "../html.js";

/** Asks why, then hands the chat to a person (S-090): the bot pauses and the e-mail goes out. */
export function askForHandoff(name, onReason) {
  const reason = h("textarea", { class: "input", rows: "3", required: true, maxlength: "500" });
  const dialog = h("dialog", { "aria-labelledby": "handoff-title" });
  const form = h("form", { method: "dialog", onsubmit: submit },
    h("h2", { id: "handoff-title" }, `Derivar a ${name}`),
    h("p", {}, "El bot se pausa y sale un e-mail a quien atiende. Al cliente no se le manda nada."),
    h("label", { class: "field" }, h("span", {}, "Motivo"), reason),
    h("div", { class: "dialog-actions" },
      h("button", { class: "button", type: "button", onclick: () => dialog.close() }, "Cancelar"),
      h("button", { class: "button primary", type: "submit" }, "Derivar")));

  function submit() {
    onReason(reason.value.trim());
  }

  dialog.append(form);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
