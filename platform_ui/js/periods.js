// Local days of the shop as "YYYY-MM-DD", and the periods people choose of them.

/** The local day of a moment in a zone. */
export const dayIn = (zone, at = new Date()) => new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(at);

/** Some days after (or before) a day. */
export function addDays(day, count) {
  const date = new Date(`${day}T12:00:00Z`);
  date.setUTCDate(date.getUTCDate() + count);
  return date.toISOString().slice(0, 10);
}

/** How many days from one to the other. */
export const daysBetween = (from, to) => Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);

/** The periods on offer: [key, label]. */
export const PERIODS = [["7", "7 días"], ["30", "30 días"], ["90", "90 días"], ["month", "Este mes"], ["own", "Otro"]];

/** {from, to} of a period that ends today, the end exclusive; null for one that is no key. */
export function periodOf(key, today) {
  if (key === "month") return { from: `${today.slice(0, 8)}01`, to: addDays(today, 1) };
  const days = Number(key);
  return Number.isInteger(days) && days > 0 ? { from: addDays(today, 1 - days), to: addDays(today, 1) } : null;
}

/** "24/11" of a day. */
export const shortDay = (day) => `${day.slice(8, 10)}/${day.slice(5, 7)}`;
