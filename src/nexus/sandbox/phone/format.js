// Phones, hours and days as an Argentine reads them.

const ZONE = "America/Argentina/Buenos_Aires";
const HOUR = new Intl.DateTimeFormat("es-AR", { timeZone: ZONE, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const EXACT = new Intl.DateTimeFormat("es-AR", { timeZone: ZONE, dateStyle: "full", timeStyle: "medium", hourCycle: "h23" });
const DAY = new Intl.DateTimeFormat("es-AR", { timeZone: ZONE, weekday: "long", day: "numeric", month: "long" });
const KEY = new Intl.DateTimeFormat("en-CA", { timeZone: ZONE, dateStyle: "short" });
const AREA_LENGTHS = { 11: 2, 351: 3, 341: 3, 261: 3, 221: 3, 223: 3, 381: 3, 299: 3 };

export const hour = (at) => HOUR.format(new Date(at));
export const exact = (at) => EXACT.format(new Date(at));
export const dayKey = (at) => KEY.format(new Date(at));

/** Seconds as "1:05". */
export const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

const SIZE = new Intl.NumberFormat("es-AR", { maximumFractionDigits: 1 });

/** Bytes as "38 kB" or "1,2 MB". */
export const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${SIZE.format(bytes / 1e6)} MB`);

/** Minutes as "21 h 14 m", "1 h" or "5 m". */
export function span(minutes) {
  const [hours, rest] = [Math.floor(minutes / 60), Math.floor(minutes % 60)];
  return [hours && `${hours} h`, (rest || !hours) && `${rest} m`].filter(Boolean).join(" ");
}

/** "Hoy", "Ayer" or "lunes, 3 de marzo". */
export function dayName(at, now = new Date()) {
  const key = dayKey(at);
  if (key === dayKey(now)) return "Hoy";
  if (key === dayKey(now.getTime() - 86_400_000)) return "Ayer";
  return DAY.format(new Date(at));
}

/** "+5493515550123" as "+54 9 351 555-0123"; a number of another country stays as it is. */
export function phone(number) {
  const digits = String(number).replace(/\D/g, "");
  const match = /^54(9?)(\d{10})$/.exec(digits);
  if (!match) return digits ? `+${digits}` : String(number);
  const length = Object.entries(AREA_LENGTHS).find(([area]) => match[2].startsWith(area))?.[1] ?? 3;
  const rest = match[2].slice(length);
  return ["+54", match[1], match[2].slice(0, length), `${rest.slice(0, -4)}-${rest.slice(-4)}`].filter(Boolean).join(" ");
}

/**
 * What a person typed as an Argentine mobile, as WhatsApp writes it ("+5493515550123"), or null.
 * Ten digits are area and number; a trunk 0 and a 54 without the 9 are accepted.
 */
export function readPhone(typed) {
  let digits = typed.replace(/\D/g, "").replace(/^0+/, "");
  if (digits.length === 10) digits = `549${digits}`;
  else if (digits.length === 12 && digits.startsWith("54")) digits = `549${digits.slice(2)}`;
  return /^549\d{10}$/.test(digits) || /^(?!54)\d{8,15}$/.test(digits) ? `+${digits}` : null;
}
