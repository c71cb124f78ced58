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
  discarded: ["ban", "No se envió"],
};

const REASONS = {
  send_failed: "no se pudo entregar un mensaje",
  burst_parked: "el bot no pudo responder",
  effect_not_told: "el bot hizo algo (un turno) y el cliente no se enteró",
  derivhumano: "el bot se la derivó",
  panel_handoff: "la derivaron desde el panel",
};

/** Why a chat needs a person: the words of a known code, a free reason as it was written. */
export function whyWaiting(reason) {
  if (!reason) return "";
  return REASONS[reason] ?? (/^[a-z_]+$/.test(reason) ? "" : reason);
}

const PICTURE = /^https?:\/\/\S+\.(?:png|jpe?g|webp|gif)(?:\?\S*)?$/i;

/** A chat's last message as one line of the list: plain words; a picture, which is kept as its address, by its name. */
export function preview(text) {
  if (!text) return "Sin mensajes";
  return PICTURE.test(text) ? "Imagen" : words(text);
}

/** For how long a person has been waited for: "12 min"; nothing in the first minute. */
export function waitedFor(since, now = Date.now()) {
  const waited = now - Date.parse(since);
  return waited < 60_000 ? "" : span(waited);
}

/** Who answers this chat now: "waiting" (a person must act), "human" (bot paused) or "bot". */
export function owner(chat, now = Date.now()) {
  if (chat.needs_human_since) return "waiting";
  return isPaused(chat, now) ? "human" : "bot";
}

export const isPaused = (chat, now = Date.now()) => Date.parse(chat.human_override_until ?? 0) > now;
