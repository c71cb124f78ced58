// What the bot's draft, tone and settings are in words and in forms; no element is touched here.

const plural = (count, one, many) => `${count} ${count === 1 ? one : many}`;

/** What the bot goes by, of GET /admin/prompt. */
export function draftWords({ published, changes }) {
  if (changes) return `${plural(changes, "cambio", "cambios")} sin publicar: el bot contesta con ${published ? `la versión ${published.number}` : "lo que trae de fábrica"}.`;
  return published ? `El bot usa todo lo que ves acá (versión ${published.number}).` : "El bot contesta con lo que trae de fábrica y los datos de tu tienda.";
}

/** The tone as its form has it: one forbidden phrase a line; what is empty is null, as the form gives it back. */
export const toneForm = ({ voseo, emoji, longest, forbidden }) => ({ voseo, emoji, longest, forbidden: forbidden.join("\n") || null });

/** The whole tone, after these fields of its form changed. */
export function toneOf(tone, changed) {
  const next = { ...tone, ...changed };
  if ("forbidden" in changed) next.forbidden = phrases(changed.forbidden);
  return next;
}

/** The lines of a text that say something, each once. */
export const phrases = (text) => [...new Set((text ?? "").split("\n").map((line) => line.trim()).filter(Boolean))];

/** "zapatilla, tenis" as its words. */
export const wordsIn = (text) => [...new Set((text ?? "").split(/[,;\n]/).map((word) => word.trim()).filter(Boolean))];

/** US dollars, with cents. */
export const dollars = (amount) => `US$ ${amount.toLocaleString("es-AR", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;

/** A month's cost in dollars; what has no known price is not invented. */
export function costWords({ cost_usd: cost, unpriced_calls: unpriced }) {
  const known = cost === null || cost === undefined ? "sin precio conocido" : dollars(cost);
  return unpriced && cost !== null && cost !== undefined ? `${known}, más ${plural(unpriced, "consulta sin precio", "consultas sin precio")}` : known;
}

/** What a published version is, besides its number and its note: who, when, what it goes back to. */
export const versionWords = ({ published_by: who, copy_of: copy }, when, nameOf = (email) => email) =>
  [nameOf(who), when, copy && `vuelve a la ${copy}`].filter(Boolean).join(" · ");

/** A model's price and until when it answers. */
export function modelWords({ price, ends, ended }, replacement) {
  const cost = price ? `${dollars(price.fresh)} leer y ${dollars(price.out)} escribir un millón de tokens` : "precio desconocido";
  const day = ends?.split("-").reverse().join("/");
  return [cost, day && (ended ? `OpenAI lo apagó el ${day}: pasate a ${replacement}` : `OpenAI lo apaga el ${day}`)].filter(Boolean).join(" · ");
}
