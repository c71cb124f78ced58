// What stands in a form, as the API takes it, and what the API says about it; no element is touched here.

/** The text of a field as the API takes it: numbers as numbers, an emptied optional text as null. */
export function valueOf({ kind, required }, raw) {
  if (kind === "switch") return Boolean(raw);
  const text = String(raw ?? "");
  if (kind === "number") return text.trim() === "" ? null : Number(text.replace(",", "."));
  if (kind === "secret") return text.trim();
  if (kind === "password") return text;
  const kept = kind === "area" ? text.trimEnd() : text.trim();
  return kept === "" && !required ? null : kept;
}

/** The fields whose value is another one now: {name: value}. An absent text and an empty one are the same. */
export function changes(fields, before, now) {
  const changed = {};
  for (const { name } of fields) {
    const [was, is] = [before[name] ?? null, now[name] ?? null];
    if (was !== is) changed[name] = is;
  }
  return changed;
}

/** What an error says of each named field, and what is left for the form as a whole ("" when all has its place). */
export function problems(error, names) {
  const said = error.details?.fields ?? {};
  const byField = {};
  const left = [];
  for (const [path, sentence] of Object.entries(said)) {
    const name = path.split(".").find((part) => names.includes(part));
    if (name) byField[name] ??= capital(sentence);
    else left.push(sentence);
  }
  if (!Object.keys(said).length) return { byField, general: error.message };
  return { byField, general: left.length ? capital(left.join("; ")) : "" };
}

/** A sentence's end as a sentence. */
export function capital(sentence) {
  const text = sentence.charAt(0).toLocaleUpperCase("es-AR") + sentence.slice(1);
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
