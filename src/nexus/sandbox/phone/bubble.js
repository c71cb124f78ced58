import { contentOf, lineOf, words } from "./bubble_content.js";
import { audioPlayer } from "./audio_player.js";
import { h, icon } from "./dom.js";
import { dayKey, dayName, exact, hour } from "./format.js";
import { listenForLongPress } from "./message_menu.js";

const STATES = {
  pending: ["clock", "Enviando"],
  sent: ["tick", "Enviado"],
  delivered: ["ticks", "Entregado"],
  read: ["ticks", "Leído"],
  failed: ["alert", "No se pudo enviar"],
};
const AUTHORS = { owner: "Desde el teléfono del dueño", inbox: "Desde el Inbox web de YCloud" };
/** Why WhatsApp did not deliver, by Meta's code. */
const FAILURES = {
  131026: "WhatsApp no lo pudo entregar en ese número.",
  131047: "Pasaron más de 24 h desde el último mensaje del cliente.",
  131048: "WhatsApp frenó al negocio por mensajes no deseados.",
  131049: "WhatsApp no quiso cansar al cliente con más mensajes.",
  131050: "El cliente no quiere promociones.",
  131053: "El archivo no sirve para WhatsApp.",
  131056: "Demasiados mensajes seguidos a la misma persona.",
  130429: "El negocio manda más de lo que su número permite.",
};

/** Draws chat messages and keeps the elements of those that did not change. */
export function bubblePainter({ onRetry, onMenu, onChoose, onQuoted }) {
  const kept = new Map();
  const players = new Map();

  const keep = (key, signature, make) => {
    if (kept.get(key)?.signature !== signature) kept.set(key, { signature, node: make() });
    return kept.get(key).node;
  };

  // A player outlives the drawing of its bubble, so that a tick does not stop the music.
  const player = (message, name) => {
    const key = `${message.wamid} ${message.media.url}`;
    if (!players.has(key)) players.set(key, audioPlayer(message.media.url, name));
    return players.get(key);
  };

  const draw = (message, first) => (lineOf(message)
    ? h("div", { class: "event", "data-id": message.id, title: exact(message.at) }, lineOf(message))
    : bubble(message, first, { onRetry, onMenu, onChoose, onQuoted, player }));

  /** The children of the log, in order: day chips, quiet lines and bubbles. */
  return function paint(messages) {
    const nodes = [];
    let previous = null;
    for (const message of messages.filter((one) => one.type !== "reaction" && !(one.hidden && !lineOf(one)))) {
      const day = dayKey(message.at);
      const newDay = !previous || dayKey(previous.at) !== day;
      if (newDay) {
        const name = dayName(message.at);
        nodes.push(keep(`day ${day}`, name, () => h("div", { class: "day" }, name)));
      }
      const first = newDay || previous.author !== message.author || Boolean(lineOf(previous));
      nodes.push(keep(message.id, JSON.stringify([first, shown(message)]), () => draw(message, first)));
      previous = message;
    }
    return nodes;
  };
}

/** What of a message is on the screen: the ticks of the business's own are not, until one fails. */
function shown(message) {
  const ticks = message.author === "customer" || message.status === "failed";
  return { ...message, status: ticks ? message.status : "", seq: 0, image_url: message.media ? "" : message.image_url };
}

function bubble(message, first, acts) {
  const mine = message.author === "customer";
  const lost = !mine && message.status === "failed";
  const state = mine || lost ? (STATES[message.status] ?? STATES.sent) : null;
  const bare = message.type === "sticker";
  const names = ["bubble", mine && "mine", first && "first", lost && "lost", bare && "bare", message.reactions?.length && "reacted"];
  const handle = message.local || lost ? null : menuButton(message, acts);
  const element = h("div", { class: names.filter(Boolean).join(" "), "data-id": message.id },
    h("span", { class: "unseen" }, mine ? "Cliente: " : "Negocio: "),
    AUTHORS[message.author] && h("div", { class: "bubble-from" }, AUTHORS[message.author]),
    message.referral && adCard(message.referral),
    message.quoted && quotedStrip(message.quoted, acts.onQuoted),
    contentOf(message, acts),
    h("div", { class: "bubble-foot" },
      message.edited && h("span", {}, "Editado"),
      h("time", { datetime: message.at, title: exact(message.at) }, hour(message.at)),
      state && h("span", { class: message.status, title: state[1] }, icon(state[0], state[1]))),
    lost && h("div", { class: "bubble-trouble" }, "No llegó al teléfono. ", failure(message.error)),
    message.trouble && h("div", { class: "bubble-trouble" }, message.trouble, " ",
      message.local && h("button", { type: "button", onclick: () => acts.onRetry(message) }, "Reintentar")),
    reactions(message.reactions),
    handle);
  if (handle) listenForLongPress(element, () => handle.click());
  return element;
}

function menuButton(message, { onMenu }) {
  const button = h("button", {
    type: "button", class: "bubble-menu", tabindex: "-1", "data-key": "menu",
    "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": "Reaccionar o responder", title: "Reaccionar o responder",
  }, icon("unfold"));
  button.addEventListener("click", () => onMenu(message, button));
  return button;
}

/** The quoted words over an answer; a touch shows the message they are from. */
function quotedStrip(quoted, onQuoted) {
  return h("button", { type: "button", class: "quoted", "data-key": "quoted", onclick: () => onQuoted(quoted.wamid) },
    h("strong", {}, quoted.author === "customer" ? "Vos" : "Negocio"),
    h("span", {}, words(quoted)));
}

/** The advertisement that a customer came from. */
function adCard(referral) {
  return h("div", { class: "card" }, icon("link"), h("span", { class: "card-words" },
    h("strong", {}, referral.headline || "Anuncio"), h("small", {}, referral.body || "Llegó desde un anuncio")));
}

function reactions(list = []) {
  if (!list.length) return null;
  const told = list.map(({ author, emoji }) => `${author === "customer" ? "el cliente" : "el negocio"} ${emoji}`).join(", ");
  return h("div", { class: "reactions", title: `Reaccionó: ${told}` },
    h("span", { class: "unseen" }, `Reaccionó: ${told}`),
    h("span", { "aria-hidden": "true" }, [...new Set(list.map((reaction) => reaction.emoji))].join(" ")));
}

function failure(error) {
  if (!error) return "";
  return `${FAILURES[error.code] ?? error.title ?? ""} (${error.code})`;
}
