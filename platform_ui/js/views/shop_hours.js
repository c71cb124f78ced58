import { h } from "../html.js";
import { draftBar } from "./draft_bar.js";
import { loadInto } from "./states.js";
import { weekCard } from "./week_card.js";

/** When somebody of the shop answers: the bot tells it and promises no person outside of it. */
export function hoursPart(place, { api, tenant }) {
  const path = `/admin/tenants/${tenant.id}`;
  const bar = draftBar(api, { waitingOnly: true });
  const { stop } = loadInto(place, {
    load: async () => (await api.read(path)).body,
    draw: ({ business_hours: spans }) => h("div", { class: "column" }, bar.element, weekCard({
      title: "Horario de atención",
      lead: "Fuera de este horario el bot avisa cuándo va a contestar una persona. Los turnos tienen su propia semana, en Servicios y agenda.",
      spans,
      save: (wanted) => bar.after(api.put(path, { business_hours: wanted })),
    })),
    what: "Los horarios",
  });
  return stop;
}
