import { SUBJECT_CHOICES, actionWords, fieldWords, valueWords, worthReading } from "../audit_words.js";
import { clock } from "../format.js";
import { h } from "../html.js";
import { toast } from "../toast.js";
import { empty, lineBones, loadInto } from "./states.js";

const PAGE = 50;

/** Who changed what and when, the newest first, with the fields before and after. */
export function auditPart(place, { api, tenant }) {
  const time = clock(tenant.time_zone);
  const subject = h("select", { class: "input", "aria-label": "De qué", onchange: load }, h("option", { value: "" }, "Todo"), SUBJECT_CHOICES.map(([key, words]) => h("option", { value: key }, words)));
  const actor = h("select", { class: "input", "aria-label": "De quién", onchange: load }, h("option", { value: "" }, "De cualquiera"));
  const body = h("div", {});
  let loader = null;
  const people = api.read("/admin/people").then(({ body: { items } }) => items, () => []);
  let names = new Map();
  place.append(h("div", { class: "filters-row" }, subject, actor), body);
  people.then((items) => actor.append(...items.map(({ email, name }) => h("option", { value: email }, name || email))));
  load();

  function read(before) {
    const query = new URLSearchParams({ limit: PAGE, ...(before && { before }), ...(subject.value && { subject: subject.value }), ...(actor.value && { actor: actor.value }) });
    return api.read(`/admin/audit?${query}`).then(({ body: found }) => found);
  }

  function load() {
    loader?.stop();
    loader = loadInto(body, { load: async () => {
      names = new Map((await people).flatMap((each) => [[String(each.user_id), each.name || each.email], [each.email, each.name || each.email]]));
      return read(null);
    }, draw, draw, bones: lineBones, what: "El registro de cambios" });
  }

  function draw({ items, next }) {
    if (!items.length) return empty("Nadie cambió nada", subject.value || actor.value ? "Con estos filtros no hay cambios." : "Cuando alguien cambie algo del panel, queda escrito acá.");
    const list = h("ul", { class: "changes" }, groups(items));
    const more = h("button", { class: "button", type: "button", hidden: !next, onclick: bring }, "Ver más");
    return h("div", { class: "column" }, list, more);

    async function bring() {
      more.disabled = true;
      try {
        const page = await read(next);
        list.append(...groups(page.items));
        next = page.next;
        more.hidden = !next;
      } catch (error) {
        toast(`No se pudieron traer más. ${error.message}`);
      }
      more.disabled = false;
    }
  }

  const groups = (items) => items.map((item) => h("li", { class: "change" },
    h("p", {}, h("strong", { title: item.actor }, names.get(item.actor) ?? item.actor), " ", actionWords(item, (id) => names.get(id)), " ", h("time", { datetime: item.created_at, title: time.exact(item.created_at) }, time.short(item.created_at))),
    diffOf(item.changes.filter(worthReading))));

  return () => loader?.stop();
}

function diffOf(changes) {
  if (!changes.length) return null;
  return h("dl", { class: "diff" }, changes.flatMap(({ field, before, after }) => [
    h("dt", {}, fieldWords(field)),
    h("dd", {}, before !== null && [h("del", {}, valueWords(before, field)), " ", h("span", { "aria-hidden": "true" }, "→"), " "], h("ins", {}, valueWords(after, field))),
  ]));
}
