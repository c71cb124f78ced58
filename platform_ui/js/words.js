// What states and reasons are called in front of people (contract section 4, architecture section 4).

import { span } from "./format.js";
import { words } from "./rich_text.js";

/** State of a message we sent: [icon, word]. */
export const STATES = {
  pending: ["clock", "En espera"],
  sending: ["clock", "Enviando"],
  sent: ["tick", "Enviado"],
  delivered: ["ticks", "Entregado"],
  read: ["ticks", "Leído"],
  failed: ["alert", "No se pudo enviar"],
  unknown: ["question", "No sabemos si llegó"],
  discarded: ["ban", "Descartado"],
};

const REASONS = {
  send_failed: "no se pudo entregar un mensaje",
  burst_parked: "el bot no pudo responder",
  effect_not_told: "el bot hizo algo (un turno) y el cliente no se enteró",
  draft_order_unknown: "no se sabe si se armó un link de pago",
  shop_away: "el bot no pudo leer la tienda",
  unproved_reply: "el bot no pudo comprobar lo que iba a decir",
  draft: "el bot propone una respuesta",
  monthly_ceiling: "se llegó al tope de gasto del mes",
  derivhumano: "el bot se la derivó",
  panel_handoff: "la derivaron desde el panel",
};

/** Why a chat needs a person: the words of a known code, a free reason as it was written. */
export function whyWaiting(reason) {
  if (!reason) return "";
  return REASONS[reason] ?? (/^[a-z_]+$/.test(reason) ? "" : reason);
}

// Why the bot is silent, by override_cause: [when somebody else did it or nobody is named, when it was oneself].
const CAUSES = {
  phone_echo: ["respondieron desde el teléfono"],
  inbox_reply: ["respondieron desde YCloud"],
  panel_message: ["escribió una persona", "vos escribiste", "escribió "],
  panel_pause: ["lo pausaron desde el panel", "lo pausaste vos", "lo pausó "],
  panel_off: ["lo apagaron desde el panel", "lo apagaste vos", "lo apagó "],
  panel_handoff: ["lo derivaron desde el panel", "lo derivaste vos", "lo derivó "],
  derivhumano: ["el bot se la derivó a una persona"],
};

/**
 * Why the bot is silent in this chat, in words; "" when nobody knows. `me` is the signed-in person's e-mail,
 * `nameOf(email)` what the team calls somebody.
 */
export function whyPaused(chat, me = "", nameOf = (email) => email) {
  const [nobody, mine, byOther] = CAUSES[chat.override_cause] ?? [""];
  const author = chat.override_author;
  if (!author || !byOther) return nobody;
  return author === me ? mine : `${byOther}${nameOf(author)}`;
}

const NAMES = {
  image: "Foto", video: "Video", audio: "Audio", document: "Documento", sticker: "Sticker", location: "Ubicación",
  contacts: "Contacto", order: "Pedido del catálogo", template: "Plantilla", unsupported: "Mensaje que no se ve acá",
};

/** What a message of this type is called when it has no words. */
export const typeName = (type) => NAMES[type] ?? "Mensaje";

const PICTURE = /^https?:\/\/\S+\.(?:png|jpe?g|webp|gif)(?:\?\S*)?$/i;

/** A chat's last message as one line of the list: plain words; a picture, which is kept as its address, by its name. */
export function preview(text) {
  if (!text) return "Sin mensajes";
  return PICTURE.test(text) ? "Imagen" : words(text);
}

const LEAD = 16; // letters left before the first found word: a row shows little

/** A found stretch of text that begins shortly before what was found: {snippet, ranges}. */
export function aroundHit({ snippet, ranges }) {
  const first = ranges[0]?.[0] ?? 0;
  if (first <= LEAD) return { snippet, ranges };
  const space = snippet.indexOf(" ", first - LEAD);
  const cut = space >= 0 && space < first ? space + 1 : first;
  return { snippet: `…${snippet.slice(cut)}`, ranges: ranges.map(([start, end]) => [start - cut + 1, end - cut + 1]) };
}

const SPEAKERS = { bot: "Bot: ", human: "Equipo: " };

/** Whose a chat's last message is, when it is ours. */
export const speaker = (chat) => SPEAKERS[chat.last_message_author] ?? "";

/** For how long a person has been waited for: "12 min"; nothing in the first minute. */
export function waitedFor(since, now = Date.now()) {
  const waited = now - Date.parse(since);
  return waited < 60_000 ? "" : span(waited);
}

const FOR_EVER = Date.parse("9999-01-01T00:00:00Z");

export const isPaused = (chat, now = Date.now()) => Date.parse(chat.human_override_until ?? 0) > now;

/** Whether the bot stays out of this chat until somebody gives it back. */
export const isOff = (chat) => Date.parse(chat.human_override_until ?? 0) >= FOR_EVER;

/** Who answers this chat now: "waiting" (a person must act), "off" or "human" (the bot is silent) or "bot". */
export function owner(chat, now = Date.now()) {
  if (chat.needs_human_since) return "waiting";
  if (isOff(chat)) return "off";
  return isPaused(chat, now) ? "human" : "bot";
}

const OWNERS = { bot: "Bot", human: "Humano", off: "Apagado" };

/** The owner as the list says it: "Bot", "Humano · espera 12 min", "Espera 3 h". */
export function ownerWords(chat, now = Date.now()) {
  const who = owner(chat, now);
  // In whole hours: a list in which every row ticks is never at rest.
  const waits = (since) => waitedFor(since, now).replace(/ h \d+ min$/, " h");
  if (who === "waiting") return `Espera ${waits(chat.waiting_since ?? chat.needs_human_since)}`.trim();
  const waited = chat.waiting_since ? waits(chat.waiting_since) : "";
  return waited ? `${OWNERS[who]} · espera ${waited}` : OWNERS[who];
}

/** How long WhatsApp still lets a person write freely: {open, left} with `left` in words, "" when it is shut. */
export function windowLeft(chat, now = Date.now()) {
  const left = Date.parse(chat.window_expires_at ?? 0) - now;
  return left > 0 ? { open: true, left: left < 60_000 ? "menos de 1 min" : span(left) } : { open: false, left: "" };
}

/** Somebody of the shop as the others call them. */
export const personName = ({ name, email }) => name || email.split("@")[0];
