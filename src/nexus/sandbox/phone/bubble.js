import { dayKey, dayName, exact, hour } from "./format.js";
import { h, icon, richText, safeUrl } from "./dom.js";

const STATES = {
  pending: ["clock", "Enviando"],
  sent: ["tick", "Enviado"],
  delivered: ["ticks", "Entregado"],
  read: ["ticks", "Leído"],
  failed: ["alert", "No se pudo enviar"],
};

/** Draws chat messages and keeps the elements of those that did not change. */
export function bubblePainter({ onRetry }) {
  const kept = new Map();

  const keep = (key, signature, make) => {
    if (kept.get(key)?.signature !== signature) kept.set(key, { signature, node: make() });
    return kept.get(key).node;
  };

  /** The children of the log, in order: day chips and bubbles. */
  return function paint(messages) {
    const nodes = [];
    let previous = null;
    for (const message of messages) {
      const day = dayKey(message.at);
      const newDay = !previous || dayKey(previous.at) !== day;
      if (newDay) {
        const name = dayName(message.at);
        nodes.push(keep(`day ${day}`, name, () => h("li", { class: "day" }, name)));
      }
      const first = newDay || previous.author !== message.author;
      // Ticks stand only on the customer's own messages: another state of the business's changes nothing here.
      const ticks = message.author === "customer" && message.status;
      const signature = JSON.stringify([first, ticks, message.trouble, message.text, message.image_url]);
      nodes.push(keep(message.id, signature, () => bubble(message, first, onRetry)));
      previous = message;
    }
    return nodes;
  };
}

function bubble(message, first, onRetry) {
  const mine = message.author === "customer";
  const state = mine ? (STATES[message.status] ?? STATES.sent) : null;
  return h("li", { class: ["bubble", mine && "mine", first && "first"].filter(Boolean).join(" ") },
    h("span", { class: "unseen" }, mine ? "Cliente: " : "Negocio: "),
    message.author === "owner" && h("div", { class: "bubble-from" }, "Desde el teléfono del dueño"),
    picture(message),
    message.text && h("div", { class: "bubble-text" }, richText(message.text)),
    h("div", { class: "bubble-foot" },
      h("time", { datetime: message.at, title: exact(message.at) }, hour(message.at)),
      state && h("span", { class: message.status, title: state[1] }, icon(state[0], state[1]))),
    message.trouble && h("div", { class: "bubble-trouble" }, message.trouble, " ",
      message.local && h("button", { type: "button", onclick: () => onRetry(message) }, "Reintentar")));
}

function picture(message) {
  const address = safeUrl(message.image_url);
  if (!address) return null;
  const image = h("img", { src: address, alt: message.text ? "" : "Imagen del negocio", loading: "lazy", decoding: "async" });
  image.addEventListener("error", () => image.replaceWith(h("span", { class: "picture-lost" }, "No se pudo cargar la imagen")));
  return h("a", { class: "bubble-picture", href: address, target: "_blank", rel: "noopener noreferrer", "aria-label": "Abrir la imagen" }, image);
}
