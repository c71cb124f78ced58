import { h } from "../html.js";
import { draftBar } from "./draft_bar.js";
import { formCard } from "./form_card.js";
import { lineEditor } from "./line_editor.js";
import { loadInto } from "./states.js";

const LONGEST_SECTION = 8000;

/** What the shop tells its bot, in cards that are saved one by one. Products and prices come from Tienda Nube. */
export function knowledgePart(place, { api, tenant }) {
  const path = `/admin/tenants/${tenant.id}`;
  const bar = draftBar(api);
  const saveShop = (changed) => bar.after(api.put(path, changed));
  const { stop } = loadInto(place, {
    load: async () => {
      const [shop, knowledge] = await Promise.all([api.read(path), api.read("/admin/knowledge")]);
      return { shop: shop.body, knowledge: knowledge.body };
    },
    draw: ({ shop, knowledge }) => h("div", { class: "column" },
      h("p", {}, "Los productos, precios y stock los lee solo de Tienda Nube. Acá va lo demás, como se lo contarías a quien atiende. Lo que cambies vale cuando lo publicás."),
      bar.element,
      knowledge.sections.map((section) => sectionCard(section, api, bar)),
      formCard({ ...CATALOGUE, values: shop, save: saveShop }).element,
      answersCard(knowledge.answers, api, bar),
      formCard({ ...RULES, values: shop, save: saveShop }).element,
      formCard({ ...VOCABULARY, values: shop, save: (changed) => api.put(path, changed) }).element),
    what: "Lo que sabe el bot",
  });
  return stop;
}

/** While a section is empty the bot says what stands in the shop's own fields: that is where its text begins. */
function sectionCard({ kind, text, seed }, api, bar) {
  const { title, lead, label, placeholder } = SECTIONS[kind];
  const card = formCard({
    title,
    lead: lead ?? "",
    values: { [kind]: text || seed || null },
    fields: [{ name: kind, kind: "area", rows: 4, max: LONGEST_SECTION, label, placeholder, hint: seed && !text ? "Viene de los datos de la tienda. Si lo cambiás, el bot usa lo de acá." : null }],
    save: async (changed) => {
      const found = await bar.after(api.put("/admin/knowledge", { sections: { [kind]: changed[kind] ?? "" } }));
      const now = found.sections.find((section) => section.kind === kind);
      return { [kind]: now.text || now.seed || null };
    },
  });
  return card.element;
}

const answersCard = (items, api, bar) => lineEditor({
  title: "Preguntas y respuestas",
  lead: "Lo que preguntan siempre, con la respuesta que querés que dé.",
  items,
  addLabel: "Agregar pregunta",
  none: "Todavía no hay ninguna. Mirá en Chats qué se repite y empezá por ahí.",
  describe: ({ question, answer }) => [question, answer],
  fresh: {},
  fields: () => [
    { name: "question", label: "Pregunta", required: true, max: 300, placeholder: "¿Tienen local a la calle?" },
    { name: "answer", kind: "area", rows: 4, label: "Respuesta", required: true, max: 2000, placeholder: "Sí, en Bv. San Juan 123. Los sábados hasta las 13." },
  ],
  create: (values) => bar.after(api.write("/admin/knowledge/answers", values)),
  change: ({ id, question, answer }, changed) => bar.after(api.put(`/admin/knowledge/answers/${id}`, { question, answer, ...changed })),
  remove: ({ id }) => bar.after(api.remove(`/admin/knowledge/answers/${id}`)),
});

const SECTIONS = {
  shop: { title: "De qué se trata la tienda", label: "Descripción", placeholder: "Ropa y calzado de danza para chicas y grandes, desde 1998." },
  hours: { title: "Horarios", label: "Cuándo atienden", placeholder: "Lunes a viernes de 9 a 18. Los feriados no abrimos." },
  shipping: { title: "Envíos y retiros", label: "Cómo envían", placeholder: "Andreani a todo el país, de 3 a 5 días. Gratis desde $ 50.000." },
  payments: { title: "Pagos y cuotas", label: "Cómo se paga", placeholder: "3 cuotas sin interés con todas las tarjetas. 10 % menos por transferencia." },
  exchanges: { title: "Cambios y devoluciones", label: "Cómo se cambia", placeholder: "30 días, sin uso y con etiqueta. El primer cambio es gratis." },
  sizes: { title: "Talles y medidas", lead: "Las tablas de talles, una línea por talle.", label: "Tabla de talles", placeholder: "S: busto 84, cintura 64\nM: busto 90, cintura 70" },
};
const CATALOGUE = {
  title: "Lo que hay que saber del catálogo",
  lead: "Cuidados, qué combina con qué: lo que una vendedora con años sabe de memoria.",
  fields: [{ name: "store_catalog_knowledge", kind: "area", rows: 6, label: "Saber del catálogo", placeholder: "Las puntas calzan un número menos que la zapatilla de calle." }],
};
const RULES = {
  title: "Cómo tiene que contestar",
  lead: "Se suma a lo que ya trae: amable, corto y de vos.",
  fields: [{ name: "system_prompt", kind: "area", rows: 6, label: "Instrucciones", placeholder: "No ofrezcas descuentos. Si preguntan por mayorista, derivá." }],
};
const VOCABULARY = {
  title: "Palabras de los audios",
  lead: "Marcas y términos que se entienden mal al pasar los audios a texto. Vale enseguida.",
  fields: [{ name: "voice_vocabulary", kind: "area", rows: 4, max: 4000, label: "Vocabulario", placeholder: "Capezio, demi plié, puntas Grishko", hint: "Uno por renglón o separados con comas." }],
};
