import { h } from "../html.js";

/** Asks for a number and makes its chat: to silence the bot for somebody who never wrote, or to send a template. */
export function askForConversation({ api, onOpen }) {
  const number = h("input", { class: "input", type: "tel", name: "phone", required: true, autocomplete: "off", inputmode: "tel", maxlength: "30", "aria-describedby": "new-chat-hint" });
  const name = h("input", { class: "input", type: "text", name: "name", maxlength: "120", autocomplete: "off" });
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const start = h("button", { class: "button primary", type: "submit" }, "Abrir el chat");
  const dialog = h("dialog", { "aria-labelledby": "new-chat-title" },
    h("form", { method: "dialog", onsubmit: submit },
      h("h2", { id: "new-chat-title" }, "Nueva conversación"),
      h("p", {}, "Sirve para pausar el bot antes de que alguien escriba, o para mandarle una plantilla."),
      h("label", { class: "field" }, h("span", {}, "Teléfono"), number,
        h("span", { class: "field-hint", id: "new-chat-hint" }, "Con código de área: 11 5555 0123. De otro país, con + y el código del país.")),
      h("label", { class: "field" }, h("span", {}, "Nombre (si lo sabés)"), name), problem,
      h("div", { class: "dialog-actions" },
        h("button", { class: "button", type: "button", onclick: () => dialog.close() }, "Cancelar"), start)));

  async function submit(event) {
    event.preventDefault();
    start.disabled = true;
    problem.hidden = true;
    try {
      const chat = await api.write("/admin/conversations", { phone: number.value.trim(), ...(name.value.trim() && { name: name.value.trim() }) });
      dialog.close();
      onOpen(chat);
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
      start.disabled = false;
      number.focus();
    }
  }

  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
