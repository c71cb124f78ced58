// What people read: states, dates and counts in the Spanish of Argentina.

import type { Status } from "./shapes";

/** Each state's word, and the icon that says it, too. */
export const STATUS: Record<Status, { word: string; icon: string }> = {
  scheduled: { word: "Sin confirmar", icon: "question" },
  confirmed: { word: "Confirmado", icon: "tick" },
  attended: { word: "Vino", icon: "ticks" },
  no_show: { word: "No vino", icon: "ban" },
  cancelled: { word: "Cancelado", icon: "close" },
};

/** What can be done from each state, the likeliest first; cancelling is asked for apart. */
export const NEXT: Record<Status, { to: Status; word: string }[]> = {
  scheduled: [{ to: "confirmed", word: "Confirmar" }, { to: "attended", word: "Vino" }, { to: "no_show", word: "No vino" }],
  confirmed: [{ to: "attended", word: "Vino" }, { to: "no_show", word: "No vino" }, { to: "scheduled", word: "Volver a sin confirmar" }],
  attended: [{ to: "no_show", word: "No vino" }, { to: "confirmed", word: "Volver a confirmado" }],
  no_show: [{ to: "attended", word: "Vino" }, { to: "confirmed", word: "Volver a confirmado" }],
  cancelled: [{ to: "scheduled", word: "Reactivar" }],
};

const utc = (options: Intl.DateTimeFormatOptions) => {
  const format = new Intl.DateTimeFormat("es-AR", { timeZone: "UTC", ...options });
  return (wall: string) => format.format(new Date(`${wall.slice(0, 10)}T00:00:00Z`));
};
const longDay = utc({ weekday: "long", day: "numeric", month: "long" });
const shortDay = utc({ weekday: "short", day: "numeric", month: "short" });
const fullDay = utc({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
const monthYear = utc({ month: "long", year: "numeric" });
const dayShortMonth = utc({ day: "numeric", month: "short" });
const dayMonth = utc({ day: "numeric", month: "long" });

const capital = (text: string) => text.charAt(0).toLocaleUpperCase("es-AR") + text.slice(1);

/** "Miércoles, 26 de noviembre", with the year when it is another one. */
export const dayWords = (wall: string, today: string): string =>
  capital(wall.slice(0, 4) === today.slice(0, 4) ? longDay(wall) : fullDay(wall));

/** "mié, 26 nov, 15:00". */
export const momentWords = (wall: string): string => `${shortDay(wall).replaceAll(".", "")}, ${wall.slice(11, 16)}`;

/** The title of the days from `first` to `last`: a day, a week "24 al 30 de noviembre de 2027", or a month. */
export function rangeWords(view: string, first: string, last: string, today: string, narrow = false): string {
  if (view === "day") return narrow ? capital(shortDay(first).replaceAll(".", "")) : dayWords(first, today);
  if (view === "month") return capital(monthYear(first));
  const ofMonth = narrow ? (wall: string) => dayShortMonth(wall).replaceAll(".", "") : dayMonth;
  const year = last.slice(0, 4) === today.slice(0, 4) ? "" : ` de ${last.slice(0, 4)}`;
  const from = first.slice(0, 7) === last.slice(0, 7) ? String(Number(first.slice(8, 10))) : ofMonth(first);
  return `${from} al ${ofMonth(last)}${year}`;
}

/** "5 turnos, 2 sin confirmar". */
export function countWords(all: number, open: number): string {
  if (all === 0) return "Sin turnos";
  const turnos = all === 1 ? "1 turno" : `${all} turnos`;
  return open === 0 ? turnos : `${turnos}, ${open} sin confirmar`;
}

const weekday = utc({ weekday: "short" });

/** ["mié", "26"], or ["X"…] where there is no room: one letter, as printed on wall calendars (L M X J V S D). */
export function weekdayWords(wall: string, narrow: boolean): [string, string] {
  const short = weekday(wall).replaceAll(".", "");
  const letter = short === "mié" ? "X" : short.charAt(0).toLocaleUpperCase("es-AR");
  return [narrow ? letter : short, String(Number(wall.slice(8, 10)))];
}
