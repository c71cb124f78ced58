import { h } from "../html.js";
import { draftBar } from "./draft_bar.js";
import { formCard } from "./form_card.js";
import { loadInto } from "./states.js";

const PATH = "/admin/bot-settings";
const FIELDS = [
  { name: "exchanges", label: "Cambios y devoluciones" },
  { name: "shipping_policy", label: "Envíos", hint: "Costos, plazos y zonas." },
  { name: "custom_orders", label: "Pedidos personalizados", hint: "A medida, bordados, con nombre." },
  { name: "wholesale", label: "Compras por mayor" },
  { name: "order_changes", label: "Cambiar un pedido hecho", hint: "Modificarlo o cancelarlo." },
  { name: "order_status", label: "Estado de un pedido", hint: "El bot tampoco puede consultar los pedidos." },
];

/** What only people answer: six switches. */
export function topicsPart(place, { api }) {
  const bar = draftBar(api);
  const { stop } = loadInto(place, {
    load: async () => (await api.read(PATH)).body.human_topics,
    draw: (topics) => {
      let now = topics;
      return h("div", { class: "column" }, bar.element, formCard({
        title: "Lo que contesta sólo una persona",
        lead: "Cuando preguntan por algo prendido, el bot no contesta: deriva el chat y avisa.",
        values: topics,
        fields: FIELDS.map((field) => ({ ...field, kind: "switch" })),
        save: async (changed) => {
          now = (await bar.after(api.put(PATH, { human_topics: { ...now, ...changed } }))).human_topics;
          return now;
        },
      }).element, h("p", { class: "field-hint" }, "A quién le llega y qué se le dice al cliente está en ", h("a", { class: "link", href: "#/ajustes/handoff" }, "Ajustes, Derivación"), "."));
    },
    what: "Los temas de la gente",
  });
  return stop;
}
