import { ApiError } from "../api.js";
import { draftWords, versionWords } from "../bot_words.js";
import { clock } from "../format.js";
import { h } from "../html.js";
import { toast, toastFailure } from "../toast.js";
import { confirmWith } from "./confirm.js";
import { formCard } from "./form_card.js";
import { loadInto } from "./states.js";
import { versionDiff } from "./version_diff.js";

const PATH = "/admin/prompt";
const PAGE = 20;

/** What waits to be published with what is different in it, and every version there was: see, go back, bring back. */
export function versionsPart(place, { api, tenant }) {
  const time = clock(tenant.time_zone);
  const read = async (path) => (await api.read(`${PATH}${path}`)).body;
  let names = new Map();
  const { again, stop } = loadInto(place, {
    load: async () => {
      const [state, diff, versions, people] = await Promise.all([
        read(""), read("/diff?from=published&to=draft"), read(`/versions?limit=${PAGE}`), api.read("/admin/people").then(({ body }) => body.items, () => []),
      ]);
      names = new Map(people.map(({ email, name }) => [email, name || email]));
      return { state, diff, versions };
    },
    draw: ({ state, diff, versions }) => h("div", { class: "column" }, waitingCard(state, diff), versionsCard(state, versions)),
    what: "Las versiones",
  });

  function waitingCard(state, diff) {
    const newest = state.published?.number ?? 0;
    // Before the first one, publishing what the bot says anyway is a way to keep it.
    const may = diff.items.length > 0 || !newest;
    const form = formCard({
      title: may ? "Sin publicar" : "Al día",
      lead: draftWords(state),
      fields: may ? [{ name: "note", label: "Qué cambiaste", optional: true, max: 200, placeholder: "Las cuotas de diciembre", hint: "Para encontrarla después." }] : [],
      values: {},
      alwaysSend: true,
      readOnly: !may,
      action: "Publicar",
      done: "Publicado.",
      foot: may && h("a", { class: "button plain", href: "#/conocimiento/probar?con=borrador" }, "Probar este borrador"),
      save: async ({ note }) => {
        const made = await api.write(`${PATH}/publish`, { note: note ?? "", after: newest });
        toast(`Publicada la versión ${made.number}: el bot contesta con ella desde ahora.`);
        // Once the form has said that it is saved.
        setTimeout(again, 0);
        return {};
      },
    });
    form.element.querySelector(".card-lead").after(versionDiff(diff, newest ? "Todo lo que escribiste está publicado." : "No escribiste nada distinto de lo que el bot ya dice."));
    return form.element;
  }

  function versionsCard(state, { items, next }) {
    const list = h("ul", { class: "lines" }, items.map((item) => lineOf(item, state)));
    const more = h("button", { class: "button", type: "button", hidden: !next, onclick: bring }, "Ver anteriores");
    return h("section", { class: "card", "aria-labelledby": "versions-title" }, h("h2", { id: "versions-title" }, "Versiones"),
      items.length ? list : h("p", { class: "field-hint" }, "Todavía no publicaste ninguna. Cada una queda guardada con quién, cuándo y qué cambió, y podés volver a ella."), more);

    async function bring() {
      more.disabled = true;
      try {
        const page = await read(`/versions?limit=${PAGE}&before=${next}`);
        list.append(...page.items.map((item) => lineOf(item, state)));
        next = page.next;
        more.hidden = !next;
      } catch (error) {
        toastFailure("No se pudieron traer.", error);
      }
      more.disabled = false;
    }
  }

  function lineOf(item, { published }) {
    const { number } = item;
    const isCurrent = number === published?.number;
    const detail = h("div", { class: "version-detail", id: `version-${number}`, hidden: true });
    const toggle = h("button", { class: "button plain", type: "button", "aria-expanded": "false", "aria-controls": detail.id, "aria-label": `Qué cambió en la versión ${number}`, onclick: open }, "Qué cambió");
    return h("li", { class: "line version" },
      h("div", { class: "line-words" },
        h("strong", {}, `Versión ${number}`, isCurrent && [" ", h("span", { class: "badge" }, "en uso")]),
        h("span", { title: time.exact(item.published_at) }, versionWords(item, time.short(item.published_at), (email) => names.get(email) ?? email)), item.note && h("span", {}, item.note)),
      h("div", { class: "line-actions" }, toggle,
        !isCurrent && h("button", { class: "button plain", type: "button", "aria-label": `Volver a esta: versión ${number}`, onclick: () => goBack(number, published.number) }, "Volver a esta"),
        h("button", { class: "button plain", type: "button", "aria-label": `Traer la versión ${number} al borrador`, onclick: () => bringBack(number) }, "Al borrador")),
      detail);

    async function open() {
      const opening = detail.hidden;
      detail.hidden = !opening;
      toggle.setAttribute("aria-expanded", String(opening));
      if (!opening || detail.childElementCount) return;
      loadInto(detail, {
        load: () => Promise.all([read(`/diff?from=${number === 1 ? "base" : number - 1}&to=${number}`), read(`/text?of=${number}`)]),
        draw: ([diff, whole]) => [versionDiff(diff, number === 1 ? "Lo mismo que trae de fábrica." : `Lo mismo que la versión ${number - 1}.`), wholeText(whole)],
        bones: () => h("span", { class: "bone" }),
        what: "Las versiones",
      });
    }
  }

  async function goBack(number, newest) {
    const sure = await confirmWith({
      title: `Volver a la versión ${number}`,
      text: `El bot contesta con ella desde el próximo mensaje. Queda como versión ${newest + 1}, y lo que tenés sin publicar no se toca.`,
      action: `Volver a la ${number}`,
    });
    if (sure) await doIt(() => api.write(`${PATH}/versions/${number}/restore`, { note: "", after: newest }), `El bot contesta otra vez con la versión ${number}.`);
  }

  async function bringBack(number) {
    const sure = await confirmWith({
      title: `Traer la versión ${number} al borrador`,
      text: "Los textos, el tono y los temas quedan como estaban en ella, para seguir desde ahí. Lo que no publicaste se pierde.",
      action: "Traer al borrador",
      danger: true,
    });
    if (sure) await doIt(() => api.write(`${PATH}/versions/${number}/draft`, {}), `El borrador dice lo mismo que la versión ${number}.`);
  }

  async function doIt(act, done) {
    try {
      await act();
      toast(done);
      again();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toastFailure("No se pudo.", error);
    }
  }

  return stop;
}

const wholeText = ({ id, prompt }) => h("details", { class: "whole-text" }, h("summary", {}, "Cómo lo lee el modelo"),
  h("p", { class: "field-hint" }, `${id} · ${prompt.length.toLocaleString("es-AR")} letras`), h("pre", { tabindex: "0", role: "region", "aria-label": "Texto que lee el modelo" }, prompt));
