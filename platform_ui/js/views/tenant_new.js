import { formCard } from "./form_card.js";

/** The card that makes a shop; it is entered at its guided set-up. */
export function newTenantCard({ api, enterShop }) {
  return formCard({
    title: "Tienda nueva",
    lead: "Con el nombre y el número alcanza para empezar; lo demás lo pide la puesta en marcha.",
    values: {},
    action: "Crear la tienda",
    done: "Creada.",
    alwaysSend: true,
    fields: [
      { name: "store_name", label: "Nombre", required: true, max: 255 },
      { name: "bot_phone_number", kind: "tel", label: "Número de WhatsApp del bot", required: true, max: 32, inputmode: "tel", hint: "Con + y el país: +54 9 11 5555 0123." },
    ],
    save: async (values) => {
      const made = await api.write("/admin/tenants", values);
      // The form is done with; nothing of it is unsaved any more.
      setTimeout(enterShop, 0, made.id, "#/tienda");
      return {};
    },
  }).element;
}
