// Phones, dates and spans as people here read them. Times are shown in the tenant's zone.

const DEFAULT_ZONE = "America/Argentina/Buenos_Aires";
const DAY_MS = 86_400_000;
const WEEKDAYS = ["dom", "lun", "mar", "mié", "jue", "vie", "sáb"];
const AREA_LENGTHS = { 11: 2, 351: 3, 341: 3, 261: 3, 221: 3, 223: 3, 381: 3, 299: 3 };

/** The formatters of one zone: {hour, short, exact, dayKey, dayName, date, moment}; all take an RFC 3339 time. */
export function clock(zone = DEFAULT_ZONE) {
  const of = (options) => {
    const format = new Intl.DateTimeFormat("es-AR", { timeZone: zone, hourCycle: "h23", ...options });
    return (at) => format.format(new Date(at));
  };
  const hour = of({ hour: "2-digit", minute: "2-digit" });
  const date = of({ day: "2-digit", month: "2-digit", year: "numeric" });
  const longDay = of({ weekday: "long", day: "numeric", month: "long" });
  const dayKey = (at) => date(at).split("/").reverse().join("-");
  const daysAgo = (at, now) => Math.round((Date.parse(dayKey(now)) - Date.parse(dayKey(at))) / DAY_MS);

  return {
    hour,
    dayKey,
    date,

    /** The instant of "2026-11-27" and "09:00" on the zone's clock, as RFC 3339. */
    moment(day, clockTime) {
      const wanted = Date.parse(`${day}T${clockTime}:00Z`);
      // Where the clock stands at a guess tells how far it was off; twice, for a guess across a change of the clocks.
      let guess = wanted;
      for (let round = 0; round < 2; round += 1) guess += wanted - Date.parse(`${dayKey(guess)}T${hour(guess)}:00Z`);
      return new Date(guess).toISOString();
    },

    exact: of({ dateStyle: "full", timeStyle: "medium" }),

    /** Today "14:05", within the week "mar 14:05", else "05/03/2026". */
    short(at, now = new Date()) {
      const days = daysAgo(at, now);
      if (days === 0) return hour(at);
      if (days > 6 || days < -6) return date(at);
      return `${WEEKDAYS[new Date(dayKey(at)).getUTCDay()]} ${hour(at)}`;
    },

    /** "Hoy", "Ayer" or "lunes, 3 de marzo". */
    dayName(at, now = new Date()) {
      return { 0: "Hoy", 1: "Ayer" }[daysAgo(at, now)] ?? longDay(at);
    },
  };
}

/** A span in words: "recién", "12 min", "3 h 5 min", "2 días". */
export function span(milliseconds) {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return "recién";
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return days === 1 ? "1 día" : `${days} días`;
}

/** "+5493515550123" as "+54 9 351 555-0123"; what is no Argentine number stays as it is. */
export function phone(number) {
  const match = /^\+?54(9?)(\d{10})$/.exec(String(number));
  if (!match) return /^\d{8,15}$/.test(number) ? `+${number}` : String(number);
  const length = Object.entries(AREA_LENGTHS).find(([area]) => match[2].startsWith(area))?.[1] ?? 3;
  const rest = match[2].slice(length);
  return ["+54", match[1], match[2].slice(0, length), `${rest.slice(0, -4)}-${rest.slice(-4)}`].filter(Boolean).join(" ");
}

/** "LF" for "Lucía Fernández"; the last two digits when there is no name. */
export function initials(name) {
  const words = String(name).match(/\p{L}+/gu);
  if (!words) return String(name).replace(/\D/g, "").slice(-2) || "?";
  return [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => word.charAt(0)).join("").toLocaleUpperCase("es-AR");
}

/** Bytes as "120 KB" or "3,4 MB". */
export function size(bytes) {
  if (bytes < 1024 * 1000) return `${Math.max(1, Math.round(bytes / 1024))} KB`;
  return `${(bytes / 1024 / 1024).toLocaleString("es-AR", { maximumFractionDigits: 1 })} MB`;
}

/** Seconds of a recording as "0:07" or "1:02:03". */
export function playLength(seconds) {
  const whole = Math.max(0, Math.round(Number.isFinite(seconds) ? seconds : 0));
  const pad = (part) => String(part).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
}

/** "$ 18.999,00"; a currency that nobody knows is named after the number. */
export function money(amount, currency = "ARS") {
  try {
    return new Intl.NumberFormat("es-AR", { style: "currency", currency }).format(amount);
  } catch {
    return `${amount.toLocaleString("es-AR", { minimumFractionDigits: 2 })} ${currency}`;
  }
}
