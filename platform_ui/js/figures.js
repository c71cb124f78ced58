// Figures as people read them, and against the period before.

const whole = new Intl.NumberFormat("es-AR", { maximumFractionDigits: 0 });
const oneDecimal = new Intl.NumberFormat("es-AR", { maximumFractionDigits: 1 });

/** 12345 as "12.345". */
export const count = (value) => whole.format(value);

/** 12345 as "12,3 mil", 1234567 as "1,2 M": for axes and large sums. */
export function compact(value) {
  if (Math.abs(value) >= 1_000_000) return `${oneDecimal.format(value / 1_000_000)} M`;
  if (Math.abs(value) >= 10_000) return `${oneDecimal.format(value / 1000)} mil`;
  return oneDecimal.format(value);
}

/** Seconds as "4,2 s", "3 min 10 s" or "2 h 5 min"; null as "sin datos". */
export function seconds(value) {
  if (value === null || value === undefined) return "sin datos";
  if (value < 60) return `${oneDecimal.format(value)} s`;
  const minutes = Math.floor(value / 60);
  if (minutes < 60) return Math.round(value % 60) ? `${minutes} min ${Math.round(value % 60)} s` : `${minutes} min`;
  return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${Math.floor(minutes / 60)} h`;
}

/** 3 of 4 as "75 %"; "" of nothing. */
export const share = (part, all) => (all > 0 ? `${whole.format((part / all) * 100)} %` : "");

/**
 * Against the period before: {words, tone}; `better` says whether "more" or "less" is good, or neither. The words
 * carry the direction, so the tone is never alone.
 */
export function compare(now, before, { better = "", format = count } = {}) {
  if (now === null || now === undefined || before === null || before === undefined) return { words: "sin período anterior", tone: "" };
  if (now === before) return { words: `igual que antes (${format(before)})`, tone: "" };
  const more = now > before;
  const change = before > 0 ? `${whole.format(Math.abs((now - before) / before) * 100)} % ` : "";
  return { words: `${change}${more ? "más" : "menos"} que antes (${format(before)})`, tone: better ? (more === (better === "more") ? "good" : "bad") : "" };
}

/** The address of a table's CSV, below the API's base. */
export const csvPath = (table, { from, to }) => `/admin/metrics.csv?${new URLSearchParams({ table, from, to })}`;
