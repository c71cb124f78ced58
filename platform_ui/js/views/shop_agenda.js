import { h, icon } from "../html.js";
import { toast } from "../toast.js";
import { addDays } from "../periods.js";
import { formCard } from "./form_card.js";
import { lineEditor } from "./line_editor.js";
import { loadInto } from "./states.js";
import { weekCard } from "./week_card.js";

const AHEAD_DAYS = 360;
const COLORS = [["teal", "Verde azulado"], ["blue", "Azul"], ["green", "Verde"], ["amber", "Ámbar"], ["violet", "Violeta"], ["pink", "Rosa"], ["orange", "Naranja"], ["gray", "Gris"]];

/** What can be booked, with whom, when, and the days that are otherwise. */
export function agendaPart(place, { api, tenant }) {
  const today = new Intl.DateTimeFormat("en-CA", { timeZone: tenant.time_zone }).format(new Date());
  const read = async (path) => (await api.read(`/admin/agenda/${path}`)).body;
  const { again, stop } = loadInto(place, {
    load: async () => {
      const [services, resources, weeks, settings, exceptions, templates] = await Promise.all([
        read("services"), read("resources"), read("hours"), read("settings"),
        read(`exceptions?start_date=${today}&end_date=${addDays(today, AHEAD_DAYS)}`),
        api.read("/admin/templates").then(({ body }) => body.items, () => []),
      ]);
      return { services: services.items, resources: resources.items, weeks: weeks.items, settings, exceptions: exceptions.items, templates };
    },
    draw: (found) => h("div", { class: "column" },
      h("p", {}, h("a", { href: "agenda/" }, "Abrir la agenda"), " para ver y dar turnos."),
      servicesCard(api, found), resourcesCard(api, found, again),
      found.resources.filter(({ active }) => active).map((resource) => weekOf(api, found, resource)),
      exceptionsCard(api, found, today), remindersCard(api, found)),
    what: "La agenda",
  });
  return stop;
}

const servicesCard = (api, { services }) => lineEditor({
  title: "Servicios",
  lead: "Lo que se puede reservar. El bot ofrece el primero cuando no le dicen cuál.",
  items: services,
  addLabel: "Agregar servicio",
  none: "Todavía no hay servicios.",
  describe: ({ name, minutes, buffer_before: before, buffer_after: after }) => [name, `${minutes} min${before ? `, ${before} min libres antes` : ""}${after ? `, ${after} min libres después` : ""}`],
  fresh: { minutes: 30, buffer_before: 0, buffer_after: 0 },
  fields: () => [
    { name: "name", label: "Nombre", required: true, max: 255 },
    { name: "minutes", kind: "number", label: "Minutos que dura", required: true },
    { name: "buffer_before", kind: "number", label: "Minutos libres antes", required: true, hint: "Para preparar; nadie puede reservarlos." },
    { name: "buffer_after", kind: "number", label: "Minutos libres después", required: true },
  ],
  create: (values) => api.write("/admin/agenda/services", values),
  change: ({ id }, changed) => api.put(`/admin/agenda/services/${id}`, changed),
  remove: ({ id }) => api.remove(`/admin/agenda/services/${id}`),
});

const resourcesCard = (api, { resources }, again) => lineEditor({
  title: "Con quién o dónde",
  lead: "Una persona, una sala, una silla: cada una con su semana y su color en la agenda.",
  items: resources,
  addLabel: "Agregar",
  none: "Todavía no hay nadie.",
  describe: ({ name, active, feed_on: feed }) => [name, [active ? "" : "no toma turnos nuevos", feed ? "su calendario se puede suscribir" : ""].filter(Boolean).join(" · ")],
  fresh: { color: "teal" },
  fields: (item) => [
    { name: "name", label: "Nombre", required: true, max: 255 },
    { name: "color", kind: "select", label: "Color", options: COLORS },
    ...(item ? [{ name: "active", kind: "switch", label: "Toma turnos nuevos", hint: "Apagado, los que ya tiene se quedan." }] : []),
  ],
  create: async (values) => {
    const made = await api.write("/admin/agenda/resources", values);
    // Its week is one more card.
    setTimeout(again, 0);
    return made;
  },
  change: ({ id }, changed) => api.put(`/admin/agenda/resources/${id}`, changed),
  remove: ({ id }) => api.remove(`/admin/agenda/resources/${id}`),
  actions: (item, refresh) => [feedButton(api, item, refresh)],
});

function feedButton(api, item, refresh) {
  const act = async () => {
    try {
      if (item.feed_on) {
        await api.remove(`/admin/agenda/resources/${item.id}/feed`);
        refresh(item, { feed_on: false });
        toast("La dirección del calendario dejó de funcionar.");
      } else {
        const { url } = await api.write(`/admin/agenda/resources/${item.id}/feed`, {});
        refresh(item, { feed_on: true });
        showFeed(item.name, url);
      }
    } catch (error) {
      toast(`No se pudo. ${error.message}`);
    }
  };
  return h("button", { class: "icon-button", type: "button", onclick: act, "aria-label": `${item.feed_on ? "Dejar de compartir" : "Compartir"} el calendario de ${item.name}`, title: item.feed_on ? "Dejar de compartir el calendario" : "Compartir el calendario" }, icon(item.feed_on ? "ban" : "calendar"));
}

function showFeed(name, url) {
  const input = h("input", { class: "input", type: "text", readonly: true, value: url, "aria-label": "Dirección del calendario" });
  const dialog = h("dialog", { "aria-labelledby": "feed-title" }, h("form", { method: "dialog" },
    h("h2", { id: "feed-title" }, `Calendario de ${name}`),
    h("p", {}, "Agregala en Google Calendar o en el teléfono como «calendario por URL». Quien la tenga puede ver los turnos; se muestra una sola vez."), input,
    h("div", { class: "dialog-actions" }, h("button", { class: "button primary", type: "submit" }, "Listo"))));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  input.select();
}

function weekOf(api, { weeks, resources }, { id, name }) {
  const spans = (weeks.find((week) => week.resource_id === id)?.hours ?? []).map(({ weekday, opens, closes }) => ({ day: weekday, from: opens, to: closes }));
  return weekCard({
    title: resources.length > 1 ? `Turnos con ${name}` : "Horario de turnos",
    lead: "Cuándo se pueden reservar. Los turnos ya dados se quedan donde están.",
    spans,
    closedWord: "Sin turnos",
    save: (wanted) => api.put("/admin/agenda/hours", { resource_id: id, hours: wanted.map(({ day, from, to }) => ({ weekday: day, opens: from, closes: to })) }),
  });
}

const exceptionsCard = (api, { exceptions, resources }, today) => lineEditor({
  title: "Días distintos",
  lead: "Vacaciones, un feriado que se trabaja, una tarde que se cierra antes.",
  items: exceptions,
  addLabel: "Agregar un día",
  none: "Ninguno por delante.",
  describe: ({ date, opens, closes, reason, resource_id: resource }) => [
    date.split("-").reverse().join("/"),
    [opens ? `de ${opens} a ${closes}` : "cerrado", resources.find(({ id }) => id === resource)?.name, reason].filter(Boolean).join(" · "),
  ],
  fresh: { date: today },
  fields: () => [
    { name: "date", kind: "date", label: "Día", required: true },
    { name: "opens", kind: "time", label: "Abre", optional: true, hint: "Sin horas, ese día está cerrado." },
    { name: "closes", kind: "time", label: "Cierra", optional: true },
    { name: "reason", label: "Motivo", optional: true, max: 255 },
  ],
  create: (values) => api.write("/admin/agenda/exceptions", values),
  remove: ({ id }) => api.remove(`/admin/agenda/exceptions/${id}`),
});

function remindersCard(api, { settings, templates }) {
  const chosen = settings.reminder_template ? `${settings.reminder_template.name}|${settings.reminder_template.language}` : "";
  const usable = templates.filter((template) => template.can_send).map(({ name, language }) => [`${name}|${language}`, `${name} (${language})`]);
  if (chosen && !usable.some(([value]) => value === chosen)) usable.push([chosen, chosen.replace("|", " (") + ")"]);
  const shown = ({ closes_on_holidays, reminder_hours: hours }) => ({ closes_on_holidays, hours: hours.map((each) => String(each).replace(".", ",")).join("; ") });
  return formCard({
    title: "Feriados y recordatorios",
    values: { ...shown(settings), template: chosen },
    fields: [
      { name: "closes_on_holidays", kind: "switch", label: "Cerrar los feriados nacionales" },
      { name: "hours", label: "Recordar cuántas horas antes", optional: true, hint: "Varias, separadas con punto y coma: 24; 2. Vacío, no se recuerda.", inputmode: "decimal" },
      { name: "template", kind: "select", label: "Plantilla para recordar pasadas las 24 h", options: [["", "Ninguna: si la ventana está cerrada, no se recuerda"], ...usable] },
    ].filter(({ name }) => name !== "template" || usable.length > 0),
    save: async ({ hours, template, ...rest }) => {
      const body = { ...rest };
      if (hours !== undefined) body.reminder_hours = (hours ?? "").split(";").map((each) => each.trim().replace(",", ".")).filter(Boolean).map(Number);
      if (template !== undefined) {
        const [name, language] = (template ?? "").split("|");
        body.reminder_template = name ? { name, language } : null;
      }
      return shown(await api.put("/admin/agenda/settings", body));
    },
  }).element;
}
