import { clock } from "../format.js";
import { h, icon, keeper, reconcile } from "../html.js";
import { troubles } from "../health_watch.js";

const LEVELS = {
  ok: ["tick", "Anda bien"],
  warn: ["alert", "Atención"],
  error: ["ban", "Hay que arreglarlo"],
};

export const healthView = { mount };

/** How the number, its account, its templates, its webhook and our key are: a row each, the worst first. */
function mount(root, { health, tenant }) {
  const time = clock(tenant.time_zone);
  const keep = keeper();
  const verdict = h("p", { class: "health-verdict", role: "status" });
  const again = h("button", { class: "button", type: "button", onclick: () => health.now() }, icon("refresh"), "Mirar de nuevo");
  const rows = h("ul", { class: "health-rows", "aria-label": "Controles" });
  const body = h("div", {}, bones());
  document.title = "Salud · Nexus";
  root.append(h("div", { class: "health" }, h("div", { class: "health-column" },
    h("header", { class: "health-top" }, h("div", {}, h("h1", {}, "Salud del WhatsApp"), verdict), again), body)));

  function render({ items, error }) {
    if (error) say(items ? `No se pudo mirar de nuevo. ${error.message}` : "");
    if (!items) {
      if (error) body.replaceChildren(h("div", { class: "blank", role: "alert" }, h("h2", {}, "No se pudo ver la salud del número"), h("p", {}, error.message),
        h("button", { class: "button", type: "button", onclick: () => health.now() }, "Reintentar")));
      return;
    }
    const wrong = troubles(items).length;
    if (!error) say(!items.length ? "" : wrong === 0 ? "Todo anda bien." : wrong === 1 ? "Hay una cosa para mirar." : `Hay ${wrong} cosas para mirar.`);
    if (!items.length) {
      body.replaceChildren(h("div", { class: "blank" }, h("h2", {}, "Todavía no hay nada para contar"),
        h("p", {}, "YCloud avisa acá cuando cambia algo del número, de la cuenta o de las plantillas.")));
      return;
    }
    reconcile(rows, items.map((item) => keep(`${item.subject} ${item.key}`, JSON.stringify(item), () => rowOf(item))));
    if (rows.parentElement !== body) body.replaceChildren(rows);
  }

  function rowOf({ level, title, message, fix, since }) {
    const [sign, word] = LEVELS[level];
    return h("li", { class: `health-row ${level}` },
      h("span", { class: "health-level" }, icon(sign), word),
      h("div", { class: "health-words" }, h("h2", {}, title), h("p", {}, message),
        fix && level !== "ok" && h("p", { class: "health-fix" }, h("strong", {}, "Qué hacer: "), fix)),
      since && h("time", { class: "health-since", datetime: since, title: time.exact(since) }, `desde ${time.short(since)}`));
  }

  function say(words) {
    if (verdict.textContent !== words) verdict.textContent = words;
  }

  const stop = health.onChange(render);
  render(health.state());
  return stop;
}

function bones() {
  return h("div", { "aria-label": "Cargando" }, Array.from({ length: 3 }, () => h("div", { class: "health-row" }, h("span", { class: "bone" }), h("span", { class: "bone" }))));
}
