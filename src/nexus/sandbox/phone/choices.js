import { h, icon, safeUrl } from "./dom.js";

/**
 * What a person can tap under a message of the business: reply buttons, a list, a link, a template's buttons.
 * `onChoose(message, answer)` gets {type, content, text}, the customer's answer as WhatsApp sends it.
 */
export function buttonsOf(message, onChoose) {
  if (message.author === "customer") return null;
  const buttons = message.type === "template" ? templateButtons(message, onChoose) : interactiveButtons(message, onChoose);
  return buttons.length ? h("div", { class: "choices" }, buttons) : null;
}

function interactiveButtons(message, onChoose) {
  const { type, action = {} } = message.interactive ?? {};
  if (type === "list") return [listButton(message, action, onChoose)];
  if (type === "cta_url") return [outside(action.parameters?.display_text ?? "Abrir", action.parameters?.url)];
  return (action.buttons ?? []).map(({ reply }, index) => choice(reply.title, "reply", index, () => onChoose(message, {
    type: "interactive",
    content: { type: "button_reply", button_reply: { id: reply.id, title: reply.title } },
    text: reply.title,
  })));
}

function templateButtons(message, onChoose) {
  return (message.template?.buttons ?? []).map((button, index) => {
    const text = button.text ?? String(button);
    if (button.url) return outside(text, button.url);
    return choice(text, "reply", index, () => onChoose(message, {
      type: "button", content: { payload: button.payload ?? text, text }, text,
    }));
  });
}

function choice(text, image, index, act) {
  return h("button", { type: "button", class: "choice", "data-key": `choice-${index}`, onclick: act }, icon(image), h("span", {}, text));
}

function outside(text, url) {
  return h("a", { class: "choice", href: safeUrl(url), target: "_blank", rel: "noopener noreferrer" }, icon("link"), h("span", {}, text));
}

function listButton(message, action, onChoose) {
  return choice(action.button ?? "Ver opciones", "list", 0, () => openList(action, (row) => onChoose(message, {
    type: "interactive",
    content: { type: "list_reply", list_reply: { id: row.id, title: row.title, ...(row.description && { description: row.description }) } },
    text: row.title,
  })));
}

function openList(action, choose) {
  const rows = (section) => (section.rows ?? []).map((row) => h("button", {
    type: "button",
    class: "list-row",
    onclick: () => {
      dialog.close();
      choose(row);
    },
  }, h("strong", {}, row.title), row.description && h("small", {}, row.description)));
  const dialog = h("dialog", { class: "list", "aria-labelledby": "dialog-title" },
    h("h2", { id: "dialog-title" }, action.button ?? "Opciones"),
    (action.sections ?? []).map((section) => h("div", { class: "list-section", role: "group", "aria-label": section.title },
      section.title && h("p", { class: "list-title", "aria-hidden": "true" }, section.title), rows(section))),
    h("div", { class: "dialog-actions" },
      h("button", { class: "button quiet", type: "button", onclick: () => dialog.close() }, "Cerrar")));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
