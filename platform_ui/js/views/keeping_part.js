import { ApiError } from "../api.js";
import { clock } from "../format.js";
import { h } from "../html.js";
import { outcome } from "../keeping_words.js";
import { confirmWith } from "./confirm.js";
import { formCard } from "./form_card.js";
import { loadInto } from "./states.js";

const LEAST_DAYS = 7;
const PAUSE_MS = 400;
const DAY_MS = 86_400_000;

/** How long the shop keeps what, and whether it hears by mail of what does not work. Returns what stops it. */
export function keepingPart(place, { api, tenant }) {
  const path = `/admin/tenants/${tenant.id}`;
  const { stop } = loadInto(place, {
    load: async () => (await api.read(path)).body,
    draw: (shop) => h("div", { class: "column" }, daysCard(api, path, shop), alertsCard(api, path, shop)),
    what: "Los plazos",
  });
  return stop;
}

function daysCard(api, path, shop) {
  const time = clock(shop.time_zone);
  const said = h("p", { class: "field-hint", role: "status" });
  let asked = 0;
  let timer = null;
  const outlook = async (days) => (await api.read(`${path}/keeping?days=${days}`)).body;
  const card = formCard({
    title: "Cuánto se guarda",
    lead: "Lo que pasa de su plazo se borra solo, de noche, y no vuelve. Vacío, se guarda para siempre.",
    values: shop,
    save,
    fields: [
      { name: "keep_messages_days", kind: "number", label: "Mensajes, fotos y audios: cuántos días", hint: "7 o más. Los turnos y lo que sabe el bot no se tocan." },
      { name: "keep_traces_days", kind: "number", label: "Por qué el bot contestó así: cuántos días", hint: "Después, «Por qué» de esos mensajes queda vacío." },
      { name: "keep_events_days", kind: "number", label: "El registro: cuántos días", hint: "7 o más." },
      { name: "keep_audit_days", kind: "number", label: "Quién cambió qué: cuántos días", hint: "30 o más." },
    ],
  });
  const field = card.element.querySelector("[name=keep_messages_days]");
  field.closest(".field").append(said);
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(tell, PAUSE_MS);
  });
  tell();

  async function tell() {
    const mine = (asked += 1);
    const days = card.values().keep_messages_days;
    if (!Number.isInteger(days) || days < LEAST_DAYS) {
      said.textContent = days === null ? "No se borra ningún mensaje." : "";
      return;
    }
    try {
      const found = await outlook(days);
      if (mine === asked) said.textContent = `${outcome(found, time)} Lo que se escribe hoy se borra el ${time.date(Date.now() + days * DAY_MS)}.`;
    } catch (error) {
      if (mine === asked) said.textContent = `No se pudo contar qué se borraría. ${error.message}`;
    }
  }

  async function save(changed) {
    const days = changed.keep_messages_days;
    const isShorter = days && (shop.keep_messages_days === null || days < shop.keep_messages_days);
    const found = isShorter && days >= LEAST_DAYS ? await outlook(days) : null;
    if (found?.messages && !(await confirmWith({ title: "¿Borrar lo viejo esta noche?", text: `${outcome(found, time)} No se puede deshacer.`, action: "Guardar y borrar", danger: true }))) {
      throw new ApiError(0, "cancelled", "No se cambió nada.");
    }
    const saved = await api.put(path, changed);
    shop.keep_messages_days = saved.keep_messages_days;
    tell();
    return saved;
  }

  return card.element;
}

const alertsCard = (api, path, shop) => formCard({
  title: "Cuando algo no anda",
  lead: "Consultas que el bot no pudo contestar, mensajes que no salen, problemas del número o de una plantilla.",
  values: shop,
  save: (changed) => api.put(path, changed),
  fields: [{ name: "alert_emails", kind: "switch", label: "Avisar por correo", hint: "Al correo de quien atiende (Derivación y correo): cuando empieza, cada 6 horas si sigue, y cuando vuelve a andar." }],
}).element;
