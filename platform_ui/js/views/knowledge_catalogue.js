import { ApiError } from "../api.js";
import { wordsIn } from "../bot_words.js";
import { count } from "../figures.js";
import { clock } from "../format.js";
import { h, icon } from "../html.js";
import { poll } from "../poller.js";
import { toastFailure } from "../toast.js";
import { lineEditor } from "./line_editor.js";
import { failed, loadInto } from "./states.js";

const EVERY_MS = 4000;
const PATH = "/admin/catalogue";

/** The shop's products as the bot has them: how many, how fresh, read them again; and what customers call them. */
export function cataloguePart(place, { api, tenant }) {
  const state = stateCard(api, clock(tenant.time_zone));
  const synonyms = h("div", {});
  place.append(h("div", { class: "column" }, state.element, synonyms));
  const { stop } = loadInto(synonyms, {
    load: async () => (await api.read(`${PATH}/synonyms`)).body.items,
    draw: (items) => synonymsCard(items, api),
    what: "Los sinónimos",
  });
  return () => {
    stop();
    state.stop();
  };
}

function stateCard(api, time) {
  const body = h("div", { role: "status" }, h("span", { class: "bone" }));
  const button = h("button", { class: "button", type: "button", onclick: refresh }, icon("refresh"), "Leer de nuevo");
  const foot = h("div", { class: "card-foot" }, button);
  const element = h("section", { class: "card", "aria-labelledby": "catalogue-title" },
    h("h2", { id: "catalogue-title" }, "Productos de Tienda Nube"),
    h("p", { class: "card-lead" }, "El bot busca en esta copia, y antes de decir un precio o un stock lo lee otra vez de la tienda."),
    body, foot);
  let drawn = "";
  const poller = poll(async () => draw((await api.read(PATH)).body), {
    everyMs: EVERY_MS,
    onError: (error) => { if (!drawn) body.replaceChildren(failed(error, () => poller.now())); },
  });

  function draw(found) {
    const now = JSON.stringify(found);
    if (now === drawn) return;
    drawn = now;
    const loading = found.state === "loading";
    foot.hidden = found.state === "off";
    button.disabled = loading;
    if (found.state === "off") {
      body.replaceChildren(h("p", {}, "La tienda no está conectada: el bot no tiene productos para mostrar. ", h("a", { class: "link", href: "#/ajustes/tiendanube" }, "Conectar Tienda Nube")));
      return;
    }
    const row = (title, value) => value && [h("dt", {}, title), h("dd", {}, value)];
    const at = (moment) => moment && h("time", { datetime: moment, title: time.exact(moment) }, time.short(moment));
    body.replaceChildren(...[
      found.error && h("p", { class: "outcome bad" }, icon("alert"), found.error),
      loading && h("p", { class: "light waiting" }, "Leyendo los productos…"),
      h("dl", { class: "facts" },
        row("Productos", count(found.products)), row("Categorías", count(found.categories)),
        row("Última lectura", at(found.refreshed_at) ?? "todavía ninguna"), row("Lectura entera", at(found.full_at)),
        row("Último aviso", at(found.webhooks_at) ?? "Tienda Nube no avisó cambios todavía")),
    ].filter(Boolean));
  }

  async function refresh() {
    button.disabled = true;
    try {
      await api.write(`${PATH}/refresh`, {});
      poller.now();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      button.disabled = false;
      toastFailure("No se pudo pedir.", error);
    }
  }

  return { element, stop: () => poller.stop() };
}

/** The list is written whole each time; one that meanwhile vanished does not come back. */
function synonymsCard(items, api) {
  let kept = items;
  const write = async (next) => { kept = (await api.put(`${PATH}/synonyms`, { items: next })).items; };
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  const ofForm = ({ words, means }) => ({ words: wordsIn(words), means: wordsIn(means) });
  const toForm = ({ words, means }) => ({ words: words.join(", "), means: means.join(", ") });
  return lineEditor({
    title: "Cómo lo llaman los clientes",
    lead: "Si dicen una cosa por otra, escribilo acá y el bot la encuentra. Vale enseguida.",
    items: items.map(toForm),
    addLabel: "Agregar palabra",
    none: "Todavía no hay ninguna. Por ejemplo: «mallot» es «malla».",
    describe: ({ words, means }) => [words, `es ${means}`],
    fresh: {},
    fields: () => [
      { name: "words", label: "Dicen", required: true, max: 300, placeholder: "mallot, body", hint: "Una o varias, con comas." },
      { name: "means", label: "Es", required: true, max: 300, placeholder: "malla" },
    ],
    create: async (values) => {
      const made = ofForm(values);
      await write([...kept, made]);
      return toForm(made);
    },
    change: async (item, changed) => {
      const made = ofForm({ ...item, ...changed });
      await write(kept.map((each) => (same(each, ofForm(item)) ? made : each)));
      return toForm(made);
    },
    remove: (item) => write(kept.filter((each) => !same(each, ofForm(item)))),
  });
}
