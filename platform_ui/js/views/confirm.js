import { h } from "../html.js";

/**
 * Asks before something that cannot be undone; the result is a promise of yes or no. With `typed` the person has to
 * write exactly that.
 */
export function confirmWith({ title, text, action, danger = false, typed = "" }) {
  return new Promise((resolve) => {
    let said = false;
    const name = h("input", { class: "input", type: "text", autocomplete: "off", spellcheck: "false", oninput: () => { yes.disabled = name.value.trim() !== typed; } });
    const yes = h("button", { class: danger ? "button danger" : "button primary", type: "submit", disabled: Boolean(typed) }, action);
    const dialog = h("dialog", { "aria-labelledby": "confirm-title" },
      h("form", { method: "dialog", onsubmit: () => { said = true; } },
        h("h2", { id: "confirm-title" }, title), h("p", {}, text),
        typed && h("label", { class: "field" }, h("span", {}, "Escribí ", h("strong", {}, typed), " para confirmar"), name),
        h("div", { class: "dialog-actions" },
          h("button", { class: "button", type: "button", onclick: () => dialog.close() }, "Cancelar"), yes)));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(said);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
