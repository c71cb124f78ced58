import { clock } from "../format.js";
import { h, icon } from "../html.js";
import { apiQuery, filterQuery, readFilters } from "../log_filters.js";
import { dayIn, periodOf } from "../periods.js";
import { poll } from "../poller.js";
import { toast } from "../toast.js";
import { logFilters } from "./log_filters_bar.js";
import { logRow } from "./log_row.js";
import { page } from "./page.js";
import { empty, lineBones, loadInto } from "./states.js";

const PAGE = 50;
const LOOK_EVERY_MS = 15_000;

export const view = { mount };

/** What happened: dense, filtered by chips that stand in the address, a row opens its details. */
function mount(root, { api, tenant }, route) {
  const time = clock(tenant.time_zone);
  const period = (days) => periodOf(days, dayIn(tenant.time_zone));
  const frame = page("Registro", { wide: true });
  const body = h("div", {});
  const fresh = h("button", { class: "pill logs-fresh", type: "button", hidden: true, onclick: load }, "Hay más nuevos");
  let filters = readFilters(route.query);
  let loader = null;
  let newest = null;
  let token = 0;
  const bar = logFilters({ onChange: (next) => change(next) });
  document.title = "Registro · Nexus";
  frame.actions.append(h("button", { class: "button", type: "button", onclick: load }, icon("refresh"), "Actualizar"));
  frame.body.append(h("div", { class: "logs" }, bar.element, h("div", { class: "logs-body" }, fresh, body)));
  root.append(frame.element);
  api.read("/admin/logs/types").then(({ body: { items } }) => bar.setTypes(items), () => {});

  const ask = async (before, limit = PAGE) => (await api.read(`/admin/logs?${apiQuery(filters, { limit, before, period })}`)).body;

  function change(next) {
    filters = next;
    route.setQuery(filterQuery(filters));
    load();
  }

  function load() {
    fresh.hidden = true;
    newest = null;
    token += 1;
    bar.show(filters);
    loader?.stop();
    loader = loadInto(body, { load: () => ask(null), draw, bones: () => lineBones(10), what: "El registro" });
  }

  const byId = (corr) => change({ levels: [], types: [], corr, q: "", days: "" });
  const rows = (items) => items.flatMap((item) => logRow(item, { time, onCorrelation: byId, chosen: filters.corr }));

  function draw({ items, next }) {
    newest = items[0]?.id ?? 0;
    if (!items.length) {
      const none = { levels: [], types: [], corr: "", q: "", days: "" };
      return String(filterQuery(filters))
        ? empty("Nada con estos filtros", "Probá con menos filtros o con otras palabras.", h("button", { class: "button", type: "button", onclick: () => change(none) }, "Quitar los filtros"))
        : empty("Todavía no pasó nada", "Acá queda escrito lo que hace el sistema: envíos, derivaciones, fallas.");
    }
    const list = h("tbody", {}, rows(items));
    const more = h("button", { class: "button", type: "button", hidden: !next, onclick: bring }, "Ver más");
    return [h("table", { class: "log-table" }, h("thead", {}, h("tr", {}, ["Cuándo", "Nivel", "Qué", "Detalle"].map((word) => h("th", { scope: "col" }, word)))), list), more];

    async function bring() {
      more.disabled = true;
      try {
        const found = await ask(next);
        list.append(...rows(found.items));
        next = found.next;
        more.hidden = !next;
      } catch (error) {
        toast(`No se pudieron traer más. ${error.message}`);
      }
      more.disabled = false;
    }
  }

  // What is read stays where it is: newer rows wait behind a pill.
  const poller = poll(async () => {
    if (newest === null) return;
    const asked = token;
    const { items } = await ask(null, 1);
    if (asked === token && items[0] && items[0].id !== newest) fresh.hidden = false;
  }, { everyMs: LOOK_EVERY_MS });
  route.onChange(() => {
    filters = readFilters(route.query);
    load();
  });
  load();
  return () => {
    poller.stop();
    loader.stop();
  };
}
