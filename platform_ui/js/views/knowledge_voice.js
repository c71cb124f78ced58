import { toneForm, toneOf } from "../bot_words.js";
import { h } from "../html.js";
import { draftBar } from "./draft_bar.js";
import { formCard } from "./form_card.js";
import { loadInto } from "./states.js";

const PATH = "/admin/bot-settings";

/** Who the bot is, and how it writes. Each answer is checked against the tone before it goes out. */
export function voicePart(place, { api }) {
  const bar = draftBar(api);
  const { stop } = loadInto(place, {
    load: async () => (await api.read(PATH)).body,
    draw: (settings) => h("div", { class: "column" }, bar.element, personaCard(settings, api, bar), toneCard(settings, api, bar)),
    what: "El tono del bot",
  });
  return stop;
}

const personaCard = (settings, api, bar) => formCard({
  title: "Quién es",
  values: settings,
  save: (changed) => bar.after(api.put(PATH, changed)),
  fields: [
    { name: "persona_name", label: "Nombre", optional: true, max: 255, placeholder: "Argentina Buena Onda", hint: "Con este nombre se presenta." },
    { name: "persona_notes", kind: "area", rows: 4, label: "Cómo es", optional: true, placeholder: "Bailaste diez años y se te nota. No apurás a nadie a comprar." },
  ],
}).element;

function toneCard({ tone }, api, bar) {
  let now = tone;
  return formCard({
    title: "Cómo escribe",
    lead: "Cada respuesta se revisa antes de mandarla; si algo no va, el bot la escribe de nuevo.",
    values: toneForm(tone),
    save: async (changed) => {
      now = (await bar.after(api.put(PATH, { tone: toneOf(now, changed) }))).tone;
      return toneForm(now);
    },
    fields: [
      { name: "voseo", kind: "switch", label: "Siempre de vos", hint: "Ni tú ni usted: «podés», «tenés», «contame»." },
      { name: "emoji", kind: "select", label: "Emojis", options: [["none", "Ninguno"], ["few", "Alguno de vez en cuando"], ["free", "Los que quiera"]] },
      { name: "longest", kind: "number", label: "Letras por mensaje, como mucho", optional: true, inputmode: "numeric", hint: "Desde 80. Vacío, sin otro límite que ser breve." },
      { name: "forbidden", kind: "area", rows: 4, label: "Lo que nunca dice", optional: true, placeholder: "mi amor\nprecio especial", hint: "Una frase por renglón." },
    ],
  }).element;
}
