import { h } from "../html.js";

const KEYS = [
  ["J · K", "La conversación siguiente · la anterior"],
  ["/", "Buscar"],
  ["R", "Responder"],
  ["P", "Pausar el bot, o devolverle el chat"],
  ["Esc", "Volver a la lista, o cerrar lo abierto"],
  ["/ en el mensaje", "Respuestas rápidas"],
  ["?", "Esta hoja"],
];

/** The sheet of the keys. */
export function showKeys() {
  if (document.querySelector(".keys-sheet")) return;
  const dialog = h("dialog", { class: "keys-sheet", "aria-labelledby": "keys-title" },
    h("form", { method: "dialog" }, h("h2", { id: "keys-title" }, "Atajos del teclado"),
      h("dl", { class: "keys" }, KEYS.map(([key, does]) => h("div", {}, h("dt", {}, key.split(" · ").flatMap((one, at) => (at ? [" ", h("kbd", {}, one)] : [h("kbd", {}, one)]))), h("dd", {}, does)))),
      h("div", { class: "dialog-actions" }, h("button", { class: "button primary", type: "submit" }, "Listo"))));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
