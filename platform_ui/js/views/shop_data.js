import { h } from "../html.js";
import { draftBar } from "./draft_bar.js";
import { formCard } from "./form_card.js";
import { loadInto } from "./states.js";

const ZONES = [
  ["America/Argentina/Buenos_Aires", "Buenos Aires"], ["America/Argentina/Cordoba", "Córdoba"], ["America/Argentina/Mendoza", "Mendoza"],
  ["America/Argentina/Tucuman", "Tucumán"], ["America/Argentina/Salta", "Salta"], ["America/Argentina/Ushuaia", "Ushuaia"],
  ["America/Montevideo", "Montevideo"], ["America/Santiago", "Santiago de Chile"], ["America/Asuncion", "Asunción"], ["America/Sao_Paulo", "São Paulo"],
  ["America/Bogota", "Bogotá"], ["America/Mexico_City", "Ciudad de México"],
];

/** The bot's switch for the whole shop, who the shop is, where, and how the bot makes room for people. */
export function dataPart(place, context) {
  const { api, tenant } = context;
  const path = `/admin/tenants/${tenant.id}`;
  const bar = draftBar(api, { waitingOnly: true });
  const save = (changed) => bar.after(api.put(path, changed));
  const { stop } = loadInto(place, {
    load: async () => (await api.read(path)).body,
    draw: (shop) => h("div", { class: "column" }, bar.element, switchCard(shop, save).element, whoCard(shop, async (changed) => {
      const saved = await save(changed);
      // Its name and zone stand in the frame, too.
      Object.assign(tenant, { store_name: saved.store_name, time_zone: saved.time_zone });
      context.renamed();
      return saved;
    }).element, placeCard(shop, save).element, pausesCard(shop, save).element),
    what: "Los datos de la tienda",
  });
  return stop;
}

const switchCard = (shop, save) => formCard({
  title: "El bot",
  lead: "Apagado, los mensajes siguen llegando a Chats y los contesta una persona.",
  values: shop,
  save,
  fields: [{ name: "bot_enabled", kind: "switch", label: "El bot contesta en toda la tienda", hint: "Para un solo chat, pausalo desde el chat." }],
});

function whoCard(shop, save) {
  const zones = ZONES.some(([zone]) => zone === shop.time_zone) ? ZONES : [[shop.time_zone, shop.time_zone], ...ZONES];
  return formCard({
    title: "La tienda",
    values: shop,
    save,
    fields: [
      { name: "store_name", label: "Nombre", required: true, max: 255, hint: "Así la nombra el bot." },
      { name: "bot_phone_number", kind: "tel", label: "Número de WhatsApp del bot", required: true, max: 32, inputmode: "tel", hint: "Con + y el país: +54 9 11 5555 0123." },
      { name: "store_website", kind: "url", label: "Sitio web", optional: true, placeholder: "https://" },
      { name: "time_zone", kind: "select", label: "Hora de", options: zones, hint: "Con esta hora se muestran los chats y se dan los turnos." },
    ],
  });
}

const placeCard = (shop, save) => formCard({
  title: "Dónde están y cómo envían",
  lead: "El bot lo usa cuando preguntan por el local o por los envíos.",
  values: shop,
  save,
  fields: [
    { name: "store_location", label: "Ciudad o zona", optional: true, placeholder: "Nueva Córdoba, Córdoba" },
    { name: "store_address", label: "Dirección del local", optional: true, placeholder: "Bv. San Juan 123, de 9 a 18" },
    { name: "shipping_partners", kind: "area", rows: 3, label: "Envíos", optional: true, hint: "Con quién mandan, cuánto tarda, desde cuánto es gratis." },
  ],
});

const pausesCard = (shop, save) => formCard({
  title: "Cuando contesta una persona",
  values: shop,
  save,
  fields: [
    { name: "lockout_hours", kind: "number", label: "Horas que el bot se queda callado", required: true, hint: "Después de que contesta una persona o se deriva el chat." },
    { name: "inbox_replies_pause", kind: "switch", label: "Contestar desde YCloud también pausa el bot", hint: "Apagalo si otra herramienta escribe por YCloud sin que haya una persona." },
    { name: "ignore_app_greeting", kind: "switch", label: "El saludo automático del teléfono no pausa el bot", hint: "El mensaje de bienvenida de WhatsApp Business no cuenta como una persona." },
  ],
});
