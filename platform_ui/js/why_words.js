// What an answer took, as people here read figures.

const COUNT = new Intl.NumberFormat("es-AR");
const SHORT = new Intl.NumberFormat("es-AR", { maximumFractionDigits: 1 });
const MONEY = new Intl.NumberFormat("es-AR", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const TINY = new Intl.NumberFormat("es-AR", { maximumSignificantDigits: 2 });
const PARTS = [["queue", "Espera"], ["model", "Modelo"], ["tools", "Consultas"], ["gate", "Revisión"]];

/** "1,4 s"; what is too short to be told is told so. */
export const seconds = (value) => (value < 0.1 ? "menos de 0,1 s" : `${SHORT.format(value)} s`);

/** "140 ms" below a second, else in seconds. */
export const milliseconds = (value) => (value < 1000 ? `${Math.round(value)} ms` : seconds(value / 1000));

/** "US$ 0,0004": as many digits as it takes to be told from nothing. */
export const dollars = (value) => `US$ ${value >= 1 ? MONEY.format(value) : TINY.format(value)}`;

/** "$ 49.900,00"; a product without a price is to be asked for. */
export function price(value) {
  const amount = Number(value);
  return value === null || value === undefined || Number.isNaN(amount) ? "a consultar" : `$\u00a0${MONEY.format(amount)}`;
}

/** [name, value] of the figures that are known: how long, tokens, what it cost. */
export function sumOf({ timings = {}, model_seconds: model, tokens_in: read, tokens_out: written, cost_usd: cost, calls = [] }) {
  const took = timings.total != null ? timings.total / 1000 : model;
  return [
    took != null && [timings.total != null ? "en responder" : "de modelo", seconds(took)],
    read != null && ["tokens", COUNT.format(read + (written ?? 0))],
    cost != null ? ["costo", dollars(cost)] : calls.length > 0 && read != null && ["costo", "sin precio"],
  ].filter(Boolean);
}

/** The parts that took time; the wait before the run is no part of it. */
export const timesOf = (timings = {}) => PARTS.filter(([key]) => timings[key] != null)
  .map(([key, name]) => ({ name, took: timings[key], outside: key === "queue" }));

/** "1.100 leídos (128 ya sabidos), 80 escritos" of one call; "" where its server tells nothing. */
export function callWords({ tokens_in: read, cached, tokens_out: written, reasoning }) {
  if (read == null) return "";
  const known = cached ? ` (${COUNT.format(cached)} de la memoria del proveedor)` : "";
  const thought = reasoning ? ` (${COUNT.format(reasoning)} pensando)` : "";
  return `${COUNT.format(read)} tokens leídos${known}, ${COUNT.format(written ?? 0)} escritos${thought}`;
}

const REASONS = {
  draft: "quedó como borrador, para que lo envíe una persona",
  superseded: "el cliente escribió de nuevo y se respondió todo junto",
  lockout: "el bot estaba en pausa",
  lockout_began: "una persona tomó el chat mientras el bot respondía",
  bot_off: "el bot de la tienda está apagado",
  too_late: "llegó tarde para responderse sola",
  monthly_ceiling: "se llegó al tope de gasto del mes",
  limit: "dio demasiadas vueltas sin llegar a una respuesta",
  empty: "no quedó nada para decir",
  model_timeout: "el modelo no contestó a tiempo",
  model_unavailable: "no se pudo hablar con el proveedor del modelo",
  model_auth: "el proveedor del modelo rechaza la clave",
  model_quota: "la cuenta del proveedor del modelo no tiene saldo",
  model_missing: "el modelo elegido no existe",
  model_refused: "el proveedor del modelo rechazó la consulta",
  model_garbage: "el modelo contestó algo que no se entiende",
};

/** Why a burst ended as it did; a code that nobody named stays as it is. */
export const reasonWords = (reason) => REASONS[reason] ?? reason;

/** What the checks came to. */
export function verdictWords({ outcome, violations }) {
  const many = violations.length !== 1;
  if (outcome === "passed") return "Los precios, el stock, los links y las fechas salen de lo que consultó o de lo que dijo la tienda.";
  if (outcome === "repaired") return `El primer borrador tenía ${many ? `${violations.length} cosas` : "una cosa"} sin respaldo; se corrigió antes de enviarlo.`;
  if (outcome === "stripped") return `Salió sin ${many ? "los links" : "el link"} que no ${many ? "son" : "es"} de la tienda.`;
  if (outcome === "noted") return `Se envió igual: ${many ? "son detalles" : "es un detalle"} de tono.`;
  return `${many ? "Hubo cosas" : "Hubo algo"} que nada respaldaba: en su lugar salió el texto fijo y se pidió una persona.`;
}
