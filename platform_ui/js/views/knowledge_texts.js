import { h } from "../html.js";
import { formCard } from "./form_card.js";
import { loadInto } from "./states.js";

/** What the shop tells its bot, in cards that are saved one by one. Products and prices come from Tienda Nube. */
export function knowledgePart(place, { api, tenant }) {
  const path = `/admin/tenants/${tenant.id}`;
  const save = (changed) => api.put(path, changed);
  const { stop } = loadInto(place, {
    load: async () => (await api.read(path)).body,
    draw: (shop) => h("div", { class: "column" },
      h("p", {}, "Los productos, precios y stock los lee solo de Tienda Nube. Acá va lo demás. Después, ", h("a", { href: "#/conocimiento/probar" }, "preguntale algo"), "."),
      CARDS.map((card) => formCard({ ...card, values: shop, save }).element)),
    what: "Lo que sabe el bot",
  });
  return stop;
}

const CARDS = [
  {
    title: "De qué se trata la tienda",
    fields: [{ name: "store_description", kind: "area", rows: 4, label: "Descripción", hint: "Qué venden, para quién, qué los distingue. Dos o tres frases alcanzan." }],
  },
  {
    title: "Lo que hay que saber del catálogo",
    lead: "Talles, cuidados, qué combina con qué: lo que una vendedora con años sabe de memoria.",
    fields: [{ name: "store_catalog_knowledge", kind: "area", rows: 8, label: "Saber del catálogo", placeholder: "Las puntas calzan un número menos que la zapatilla de calle." }],
  },
  {
    title: "Envíos, cambios y pagos",
    fields: [{ name: "shipping_partners", kind: "area", rows: 4, label: "Envíos", hint: "Con quién, cuánto tarda, desde cuánto es gratis." }],
  },
  {
    title: "Cómo tiene que contestar",
    lead: "Se suma a lo que ya trae: amable, corto y de vos.",
    fields: [{ name: "system_prompt", kind: "area", rows: 6, label: "Instrucciones", placeholder: "No ofrezcas descuentos. Si preguntan por mayorista, derivá." }],
  },
  {
    title: "Palabras de los audios",
    lead: "Marcas y términos que se entienden mal al pasar los audios a texto.",
    fields: [{ name: "voice_vocabulary", kind: "area", rows: 4, max: 4000, label: "Vocabulario", placeholder: "Capezio, demi plié, puntas Grishko", hint: "Uno por renglón o separados con comas." }],
  },
];
