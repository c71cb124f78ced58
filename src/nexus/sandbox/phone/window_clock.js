import { span } from "./format.js";

const MINUTE_MS = 60_000;
const WINDOW_HOURS = 24;

/**
 * The 24 h window as the provider sees it: it opens with the newest message of the customer, and the chat's clock
 * may have been moved on. Returns {closed, words}; without the
 * time where only the provider knows it, and not closed (nothing is lost yet) before her first message.
 */
export function windowOf(chat, now = Date.now()) {
  const newest = chat.messages.filter((message) => message.direction === "in").at(-1);
  if (!newest) return { closed: false, words: "Sin ventana: todavía no escribió" };
  const sent = Date.parse(newest.send_time || newest.at);
  const moved = (chat.clock_hours ?? 0) - (newest.clock_hours ?? 0);
  const minutes = (WINDOW_HOURS - moved) * 60 - (now - sent) / MINUTE_MS;
  const open = chat.window_open ?? minutes > 0;
  const known = open === minutes > 0;
  if (open) return { closed: false, words: known ? `Ventana abierta: quedan ${span(minutes)}` : "Ventana abierta" };
  return { closed: true, words: known ? `Ventana cerrada hace ${span(-minutes)}` : "Ventana cerrada" };
}
