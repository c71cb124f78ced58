import { h, icon, keeper, richText } from "../html.js";
import { STATES } from "../words.js";

const LABELS = { bot: "Bot", human: "Persona" };

/** Draws the messages of a thread, keeping the elements of those that did not change. */
export function messagePainter({ time, fileUrl, onRetry }) {
  const keep = keeper();

  /** Day chips and bubbles for `messages` (ascending); neighbours of one author grow together. */
  return function paint(messages) {
    const nodes = [];
    let previous = null;
    for (const message of messages) {
      const day = time.dayKey(message.created_at);
      const newDay = !previous || time.dayKey(previous.created_at) !== day;
      if (newDay) {
        const name = time.dayName(message.created_at);
        nodes.push(keep(`day ${day}`, name, () => h("li", { class: "day" }, name)));
      }
      const first = newDay || previous.author !== message.author;
      const signature = JSON.stringify([first, message.status, message.status_reason, message.content, message.media, message.trouble]);
      nodes.push(keep(message.id ?? message.ref, signature, () => draw(message, first)));
      previous = message;
    }
    return nodes;
  };

  function draw(message, first) {
    if (message.role === "system") return h("li", { class: "system-line", title: time.exact(message.created_at) }, message.content);
    const mine = message.author !== "customer";
    const classes = ["bubble", message.author, mine && "ours", first && "first", message.status === "unknown" && "doubtful"];
    return h("li", { class: classes.filter(Boolean).join(" ") },
      h("span", { class: "unseen" }, mine ? "" : "Cliente: "),
      mine && h("span", { class: first ? "bubble-author" : "unseen" }, LABELS[message.author]),
      content(message),
      h("span", { class: "bubble-foot" },
        h("time", { datetime: message.created_at, title: time.exact(message.created_at) }, time.hour(message.created_at)),
        mine && mark(message.status)),
      mine && trouble(message));
  }

  function content(message) {
    const { media, type } = message;
    const url = media?.url ?? (type === "image" ? message.content : null);
    const address = openable(url);
    const isPicture = type === "image" || media?.type === "image" || type === "sticker";
    const text = message.content && message.content !== url ? h("span", { class: "bubble-text" }, richText(message.content)) : null;
    if (address && isPicture) return [keep(`picture ${message.id}`, address, () => picture(address, text)), text];
    if (address && (type === "audio" || type === "voice")) return [h("audio", { controls: true, preload: "none", src: address }), text];
    if (address) {
      return [h("a", { class: "bubble-file", href: address, target: "_blank", rel: "noopener noreferrer" }, icon("file"), media?.name || "Abrir archivo"), text];
    }
    return text ?? h("span", { class: "bubble-text quiet" }, `Mensaje de tipo ${type}`);
  }

  /** The address as the browser may open it: ours, or http(s); anything else is not linked. */
  function openable(url) {
    if (!url) return null;
    const address = fileUrl(url);
    if (!URL.canParse(address, location.href)) return null;
    return /^https?:$/.test(new URL(address, location.href).protocol) ? address : null;
  }

  function trouble(message) {
    if (message.trouble) {
      return h("span", { class: "bubble-trouble" }, message.trouble, " ",
        message.retry && h("button", { type: "button", onclick: () => onRetry(message) }, "Reintentar"));
    }
    if (!["failed", "unknown", "discarded"].includes(message.status)) return null;
    const reason = message.status_reason?.message;
    return h("span", { class: "bubble-trouble" }, reason ? `${STATES[message.status][1]}: ${reason}` : STATES[message.status][1]);
  }
}

function mark(status) {
  const state = STATES[status];
  return state ? h("span", { class: `mark ${status}`, title: state[1] }, icon(state[0], state[1])) : null;
}

function picture(address, text) {
  const image = h("img", { src: address, alt: text ? "" : "Imagen", loading: "lazy", decoding: "async" });
  image.addEventListener("error", () => image.replaceWith(h("span", { class: "picture-lost" }, "No se pudo cargar la imagen")));
  return h("a", { class: "bubble-picture", href: address, target: "_blank", rel: "noopener noreferrer", "aria-label": "Abrir la imagen" }, image);
}
