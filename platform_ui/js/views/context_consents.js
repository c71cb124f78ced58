import { h } from "../html.js";
import { toast } from "../toast.js";

const PURPOSES = { reminders: "Recordatorios", stock_notices: "Avisos de reposición", marketing: "Promociones" };

/** For what this customer may be written to, by which words of hers, and a way to note what she asked for. Returns {element, open}. */
export function consentsPart({ api, time, readOnly, nameOf }) {
  let id = null;
  const list = h("ul", { class: "notes-list", "aria-label": "Para qué se le puede escribir" });
  const path = (chat) => `/admin/conversations/${encodeURIComponent(chat)}/consents`;

  async function load() {
    const asked = id;
    list.replaceChildren(h("li", {}, h("span", { class: "bone" })));
    try {
      const { body } = await api.read(path(asked));
      if (asked === id) show(body.items);
    } catch (error) {
      if (asked === id) list.replaceChildren(h("li", { class: "context-quiet" }, `No se pudo traer. ${error.message}`));
    }
  }

  const show = (items) => list.replaceChildren(...items.map(row));

  function row({ purpose, allowed, said }) {
    const name = PURPOSES[purpose] ?? purpose;
    return h("li", {}, h("div", { class: "context-head" }, h("strong", {}, name),
      !readOnly && h("button", { class: "link", type: "button", onclick: () => note(purpose, allowed ? "withdrawn" : "given"), "aria-label": `${name}: anotar que ${allowed ? "no quiere" : "quiere"}` }, allowed ? "No quiere más" : "Quiere de nuevo")),
    h("p", { class: "context-quiet" }, words(allowed, said[0])));
  }

  function words(allowed, last) {
    if (!last) return "Se puede: nunca dijo que no.";
    const how = { message: "por un mensaje suyo", panel: last.author ? `lo anotó ${nameOf(last.author)}` : "anotado en el panel", webhook: "avisado por WhatsApp" }[last.source];
    return `${allowed ? "Sí" : "No quiere"}, ${how}, el ${time.date(last.at)}.`;
  }

  async function note(purpose, state) {
    const asked = id;
    try {
      const found = await api.put(`${path(asked)}/${purpose}`, { state });
      if (asked === id) show(found.items);
    } catch (error) {
      toast(`No se pudo anotar. ${error.message}`);
    }
  }

  return {
    element: h("section", { class: "context-part" }, h("h3", {}, "Se le puede escribir por"), list),
    open(chatId) {
      id = chatId;
      load();
    },
  };
}
