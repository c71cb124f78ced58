// The hours of a week as people write them, and what is wrong with them.

export const DAYS = ["Lunes", "Martes", "Miércoles", "Jueves", "Viernes", "Sábado", "Domingo"];

const CLOCK = /^([01]?\d|2[0-4])(?:[:.]?([0-5]\d))?$/;

/** "9", "9:30", "0930" or "24" as "09:00", "09:30", "24:00"; null for what is no time. */
export function readTime(text) {
  const compact = /^\d{3,4}$/.test(text.trim()) ? text.trim().replace(/(\d{2})$/, ":$1") : text.trim();
  const match = CLOCK.exec(compact);
  if (!match || (match[1] === "24" && match[2] && match[2] !== "00")) return null;
  return `${match[1].padStart(2, "0")}:${match[2] ?? "00"}`;
}

/** [{day, from, to}] as seven lists of {from, to}, Monday first. */
export function byDay(spans) {
  const days = DAYS.map(() => []);
  for (const { day, from, to } of spans) days[day].push({ from, to });
  for (const list of days) list.sort((one, other) => one.from.localeCompare(other.from));
  return days;
}

/** Seven lists as [{day, from, to}] in the order of the week. */
export const flatWeek = (days) => days.flatMap((spans, day) => spans.map(({ from, to }) => ({ day, from, to })))
  .sort((one, other) => one.day - other.day || one.from.localeCompare(other.from));

/** What is wrong with one day's spans, in a sentence; "" when nothing is. */
export function dayProblem(spans) {
  for (const { from, to } of spans) {
    if (from === null || to === null) return "Escribí las horas así: 9:30.";
    if (from >= to) return "Tiene que cerrar después de abrir. Lo que pasa de medianoche va en el día siguiente.";
  }
  const ordered = [...spans].sort((one, other) => one.from.localeCompare(other.from));
  const overlaps = ordered.some(({ from }, index) => index > 0 && from < ordered[index - 1].to);
  return overlaps ? "Dos horarios de este día se pisan." : "";
}
