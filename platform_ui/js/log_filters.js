// The filters of the log as they stand in the address and as the API takes them.

export const LEVELS = [["error", "Errores"], ["warn", "Avisos"], ["info", "Información"]];
export const SPANS = [["1", "Hoy"], ["7", "7 días"], ["30", "30 días"], ["", "Siempre"]];

/** {levels, types, corr, q, days} of an address's query. */
export const readFilters = (query) => ({
  levels: query.getAll("level").filter((level) => LEVELS.some(([key]) => key === level)),
  types: query.getAll("type"),
  corr: query.get("corr") ?? "",
  q: query.get("q") ?? "",
  days: SPANS.some(([key]) => key && key === query.get("dias")) ? query.get("dias") : "",
});

/** The query of an address with these filters. */
export function filterQuery({ levels, types, corr, q, days }) {
  const query = new URLSearchParams();
  for (const level of levels) query.append("level", level);
  for (const type of types) query.append("type", type);
  if (corr) query.set("corr", corr);
  if (q) query.set("q", q);
  if (days) query.set("dias", days);
  return query;
}

/** What the API is asked; `period(days)` gives {from, to} in local days. */
export function apiQuery({ levels, types, corr, q, days }, { limit, before = null, period }) {
  const query = new URLSearchParams({ limit });
  for (const level of levels) query.append("level", level);
  for (const type of types) query.append("event_type", type);
  if (corr) query.set("correlation_id", corr);
  if (q) query.set("q", q);
  if (days) for (const [name, day] of Object.entries(period(days))) query.set(name, day);
  if (before) query.set("before", before);
  return query;
}

/** The list with the value in it when it was out, and out when it was in. */
export const flipped = (list, value) => (list.includes(value) ? list.filter((each) => each !== value) : [...list, value]);
