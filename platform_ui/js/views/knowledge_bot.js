import { costWords, dollars, modelWords } from "../bot_words.js";
import { count } from "../figures.js";
import { h, icon } from "../html.js";
import { formCard } from "./form_card.js";
import { loadInto } from "./states.js";

const PATH = "/admin/bot-settings";

/** What the bot may do, which holds at once; what it takes in a month, and the models that answer. */
export function botPart(place, { api }) {
  const read = async (path) => (await api.read(path)).body;
  const { stop } = loadInto(place, {
    load: async () => {
      const [settings, templates, usage, models] = await Promise.all([
        read(PATH), read("/admin/templates").then(({ items }) => items, () => []), read("/admin/usage"), read("/admin/models"),
      ]);
      return { settings, templates, usage, models };
    },
    draw: ({ settings, templates, usage, models }) => {
      const save = (changed) => api.put(PATH, changed);
      return h("div", { class: "column" }, formCard({ ...mayCard(settings, templates), values: settings, save }).element,
        usageCard(usage), modelsCard(models), formCard({ ...CEILINGS, values: settings, save }).element);
    },
    what: "Los ajustes del bot",
  });
  return stop;
}

const mayCard = (settings, templates) => ({
  title: "Lo que puede hacer",
  lead: "Vale desde el próximo mensaje.",
  fields: [
    { name: "shadow_mode", kind: "switch", label: "Sólo deja borradores", hint: "El bot escribe y una persona manda: el borrador aparece en el chat, arriba de donde se escribe." },
    { name: "vision", kind: "select", label: "Mirar las fotos de los clientes", options: [["auto", "Si el modelo puede"], ["on", "Siempre"], ["off", "Nunca"]], hint: "Si no las mira, contesta por lo que diga el texto y pregunta." },
    {
      name: "draft_orders", kind: "select", label: "Armar pedidos y mandar el link de pago",
      options: [["off", "No"], ["dry_run", "A prueba: lo hace sin crear nada"], ["on", "Sí"]],
      hint: settings.draft_orders === "off" ? "Primero a prueba; después, de verdad." : null,
    },
    { name: "back_in_stock", kind: "switch", label: "Ofrecer avisar cuando vuelve", hint: "Si un talle no está. Se manda un solo mensaje, a quien dijo que sí." },
    {
      name: "back_in_stock_template", kind: "select", label: "Plantilla del aviso, pasadas las 24 h",
      options: [["", "Ninguna: sólo dentro de las 24 h"], ...templateChoices(templates, settings.back_in_stock_template)],
    },
  ],
});

function templateChoices(templates, chosen) {
  const usable = templates.filter(({ can_send: can }) => can).map(({ name }) => name);
  return [...new Set([...usable, ...(chosen ? [chosen] : [])])].map((name) => [name, name]);
}

const CEILINGS = {
  title: "Topes y modelo de reserva",
  lead: "Cuando se llega a un tope, el bot deriva en vez de contestar hasta el mes que viene.",
  fields: [
    { name: "monthly_cost_ceiling_usd", kind: "number", label: "Dólares por mes", optional: true },
    { name: "monthly_token_ceiling", kind: "number", label: "Tokens por mes", optional: true, inputmode: "numeric" },
    { name: "fallback_model", label: "Modelo de reserva", optional: true, max: 255, placeholder: "gpt-5-mini", hint: "Contesta si el otro no anda. Con la misma clave." },
  ],
};

function usageCard(usage) {
  const { ceiling, by_model: models } = usage;
  return h("section", { class: "card", "aria-labelledby": "usage-title" },
    h("h2", { id: "usage-title" }, "Lo que gastó este mes"),
    ceiling.reached && h("p", { class: "outcome bad" }, icon("alert"), "Se llegó al tope: el bot deriva en vez de contestar."),
    h("dl", { class: "facts" },
      h("dt", {}, "Costo"), h("dd", {}, costWords(usage), ceiling.cost_usd !== null && ` de ${dollars(ceiling.cost_usd)}`),
      h("dt", {}, "Tokens"), h("dd", {}, count(usage.tokens), ceiling.tokens !== null && ` de ${count(ceiling.tokens)}`, usage.tokens_cached > 0 && ` (${count(usage.tokens_cached)} ya leídos antes, más baratos)`),
      h("dt", {}, "Consultas"), h("dd", {}, count(usage.calls))),
    models.length > 1 && h("ul", { class: "lines" }, models.map((each) => h("li", { class: "line" }, h("div", { class: "line-words" }, h("strong", {}, each.model), h("span", {}, `${count(each.tokens_in + each.tokens_out)} tokens · ${costWords(each)}`))))));
}

const modelsCard = ({ items, prices_as_of: asOf, replacement }) => h("section", { class: "card", "aria-labelledby": "models-title" },
  h("h2", { id: "models-title" }, "Modelos"),
  h("ul", { class: "lines" }, items.map((item) => h("li", { class: "line" },
    h("div", { class: "line-words" }, h("strong", {}, item.model, item.role === "fallback" && [" ", h("span", { class: "badge" }, "de reserva")], item.ended && [" ", h("span", { class: "badge waiting" }, "apagado")]),
      h("span", {}, modelWords(item, replacement)))))),
  h("p", { class: "field-hint" }, `Precios al ${asOf.split("-").reverse().join("/")}. La clave y el modelo se cambian en `, h("a", { class: "link", href: "#/ajustes/llm" }, "Ajustes, Modelo"), "."));
