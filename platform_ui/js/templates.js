// WhatsApp's templates: the only words that may be sent outside the 24 h window.

const CATEGORIES = { MARKETING: "Promoción", UTILITY: "Servicio", AUTHENTICATION: "Verificación" };
const STATUSES = {
  APPROVED: "Aprobada", PENDING: "En revisión", REJECTED: "Rechazada", PAUSED: "En pausa", DISABLED: "Desactivada",
  ARCHIVED: "Archivada", IN_APPEAL: "Apelada", DELETED: "Borrada", PENDING_DELETION: "Por borrarse", FLAGGED: "Observada",
};
const PLACE = /\{\{\s*(\w+)\s*\}\}/g;

export const categoryName = (category) => CATEGORIES[category] ?? "Sin categoría";
export const statusName = (status) => STATUSES[status] ?? "Sin estado";
export const isApproved = (template) => template.status === "APPROVED";

/** The language in words, unless it is the one that everybody here writes in. */
export function languageName(code) {
  if (/^es/.test(code)) return "";
  try {
    return new Intl.DisplayNames("es-AR", { type: "language" }).of(code.replace("_", "-"));
  } catch {
    return code;
  }
}

/** "turno_recordatorio" as people read it: "Turno recordatorio". */
export function templateTitle(name) {
  const words = name.replace(/_+/g, " ").trim();
  return words.charAt(0).toLocaleUpperCase("es-AR") + words.slice(1);
}

/**
 * A template's text in pieces: strings, and {place, value} for each parameter, whose value is "" until it is
 * typed. A parameter that stands twice is one.
 */
export function pieces(body, values) {
  const found = [];
  let from = 0;
  const order = [];
  for (const match of body.matchAll(PLACE)) {
    if (match.index > from) found.push(body.slice(from, match.index));
    if (!order.includes(match[1])) order.push(match[1]);
    found.push({ place: order.indexOf(match[1]) + 1, value: (values[order.indexOf(match[1])] ?? "").trim() });
    from = match.index + match[0].length;
  }
  if (from < body.length) found.push(body.slice(from));
  return found;
}

/** The text that the customer reads. */
export const filled = (body, values) => pieces(body, values).map((piece) => piece.value ?? piece).join("");

/** The shop's templates, read once and again on request; both answers are {items, synced_at} and throw ApiError. */
export function templateStore(api) {
  let known = null;
  const sync = async () => (known = await api.write("/admin/templates/sync", {}));
  return {
    /** What YCloud held when it was last asked, which is now if it never was. */
    async load() {
      known ??= (await api.read("/admin/templates")).body;
      return known.synced_at ? known : sync();
    },
    /** Asks YCloud for what it holds now. */
    sync,
  };
}
