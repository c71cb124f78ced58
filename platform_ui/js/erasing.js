import { confirmWith } from "./views/confirm.js";

const PATIENCE_MS = 120_000;
const COUNTED = {
  chats: ["conversación", "conversaciones"], messages: ["mensaje", "mensajes"], files: ["archivo", "archivos"],
  appointments_cancelled: ["turno cancelado", "turnos cancelados"], appointments_kept: ["turno quedó sin la persona", "turnos quedaron sin la persona"],
};
const BEYOND = "No llega a los teléfonos, a WhatsApp, al proveedor del modelo, a los correos que ya salieron ni a las copias de seguridad hasta que se reemplazan.";

/** What an erasure took, in words: "1 conversación, 12 mensajes". */
export function countWords(counts) {
  const words = Object.entries(COUNTED).filter(([kind]) => counts[kind] > 0).map(([kind, [one, many]]) => `${counts[kind].toLocaleString("es-AR")} ${counts[kind] === 1 ? one : many}`);
  return words.join(", ") || "no había nada guardado";
}

/** The last four characters that somebody has to type before a person is erased. */
export const lastFour = (number) => number.replace(/[^0-9A-Za-z]/g, "").slice(-4);

/** Asks, and erases whoever `who` ({conversation_id} or {phone}) is; what went, or null for a no. Throws ApiError. */
export async function eraseAfterAsking(api, who, name, digits) {
  const yes = await confirmWith({
    title: `¿Borrar los datos de ${name}?`,
    text: `Se borran su conversación, sus archivos, notas, etiquetas y todo rastro suyo en Nexus. Sus turnos por venir se cancelan; los pasados quedan sin su nombre. ${BEYOND} No hay vuelta.`,
    action: "Borrar para siempre", danger: true, typed: digits,
  });
  if (!yes) return null;
  const { counts } = await api.write("/admin/privacy/erase", { ...who, last_four: digits }, PATIENCE_MS);
  return counts;
}
