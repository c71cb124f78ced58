import { clock } from "../format.js";
import { h, icon, keeper, reconcile } from "../html.js";
import { troubles } from "../health_watch.js";
import { TEST_TIMEOUT_MS } from "./live_test.js";
import { page } from "./page.js";
import { empty, failed } from "./states.js";

const LEVELS = {
  ok: ["done", "Anda bien"],
  warn: ["alert", "Atención"],
  error: ["ban", "Hay que arreglarlo"],
};
const GROUPS = ["WhatsApp", "Tienda Nube", "Modelo", "Correo", "Nexus"];

export const view = { mount };

/** How everything is that the shop needs: a row each, what is wrong first, then group by group what is well. */
function mount(root, { api, health, tenant, can }) {
  const time = clock(tenant.time_zone);
  const keep = keeper();
  const verdict = h("p", { class: "health-verdict", role: "status" });
  const again = h("button", { class: "button", type: "button", onclick: () => health.now() }, icon("refresh"), "Mirar de nuevo");
  const trying = h("button", { class: "button", type: "button", onclick: tryNow }, "Probar ahora");
  const rows = h("ul", { class: "health-rows", "aria-label": "Para mirar" });
  const well = h("ul", { "aria-labelledby": "health-well" });
  const wellPart = h("section", { class: "health-well" }, h("h2", { id: "health-well" }, "Anda bien"), well);
  const shown = h("div", {}, rows, wellPart);
  const frame = page("Salud");
  frame.body.append(bones());
  frame.actions.append(...(can("settings") ? [trying] : []), again);
  frame.element.querySelector("h1").after(verdict);
  frame.element.classList.add("health");
  document.title = "Salud · Nexus";
  root.append(frame.element);

  function render({ items, error, checkedAt }) {
    if (!items) {
      if (error) frame.body.replaceChildren(failed(error, () => health.now()));
      return;
    }
    const wrong = troubles(items).length;
    const seen = checkedAt ? ` Mirado a las ${time.hour(checkedAt)}.` : "";
    if (error) say(`No se pudo mirar de nuevo. ${error.message}`);
    else say(wrong === 0 ? `Todo anda bien.${seen}` : wrong === 1 ? `Hay una cosa para mirar.${seen}` : `Hay ${wrong} cosas para mirar.${seen}`);
    if (!items.length) {
      frame.body.replaceChildren(empty("Todavía no hay nada para contar", "Cuando conectes WhatsApp y Tienda Nube, acá se ve cómo andan."));
      return;
    }
    const byGroup = (one, other) => rank(one) - rank(other);
    const kept = (list, make) => list.map((item) => keep(`${item.group} ${item.key}`, JSON.stringify(item), () => make(item)));
    const fine = items.filter(({ level }) => level === "ok").toSorted(byGroup);
    reconcile(rows, kept(troubles(items), rowOf));
    reconcile(well, kept(fine, lineOf));
    rows.hidden = wrong === 0;
    wellPart.hidden = fine.length === 0;
    if (shown.parentElement !== frame.body) frame.body.replaceChildren(shown);
  }

  /** Asks everything that lies outside, which may take as long as the slowest of it. */
  async function tryNow() {
    trying.disabled = true;
    trying.textContent = "Probando…";
    try {
      await api.write("/admin/health/tries", {}, TEST_TIMEOUT_MS);
      await health.now();
    } catch (error) {
      say(error.message);
    }
    trying.disabled = false;
    trying.textContent = "Probar ahora";
  }

  const triedAt = (at) => at && h("time", { class: "health-tried", datetime: at, title: time.exact(at) }, `Probado: ${time.short(at)}`);

  function rowOf({ level, group, title, message, fix, since, waiting, link, tried_at: tried }) {
    const [sign, word] = LEVELS[level];
    return h("li", { class: `health-row ${level}` },
      h("span", { class: "health-level" }, icon(sign), word),
      h("div", { class: "health-words" },
        h("h2", {}, title, " ", h("small", {}, group)), h("p", {}, message),
        waiting > 0 && h("p", { class: "health-waiting" }, icon("clock"), waiting === 1 ? "Una persona espera por esto." : `${waiting} personas esperan por esto.`),
        fix && h("p", { class: "health-fix" }, h("strong", {}, "Qué hacer: "), fix),
        link && can("settings") && h("a", { class: "health-link", href: link }, whereTo(link))),
      tried ? triedAt(tried) : since && h("time", { class: "health-since", datetime: since, title: time.exact(since) }, `desde ${time.short(since)}`));
  }

  function lineOf({ group, title, message, tried_at: tried }) {
    return h("li", { class: "health-line" }, icon("done", LEVELS.ok[1]), h("strong", {}, title), h("p", {}, message, " ", triedAt(tried)), h("small", {}, group));
  }

  function say(words) {
    if (verdict.textContent !== words) verdict.textContent = words;
  }

  const stop = health.onChange(render);
  render(health.state());
  return stop;
}

const PLACES = { chats: "Ver los chats", tienda: "Abrir Tienda", ajustes: "Abrir Ajustes", registro: "Ver el Registro", conocimiento: "Abrir Conocimiento", privacidad: "Abrir Privacidad" };
const whereTo = (link) => PLACES[link.split(/[/?]/)[1]] ?? "Abrir";

const rank = ({ group }) => GROUPS.indexOf(group);

function bones() {
  return h("div", { "aria-label": "Cargando" }, Array.from({ length: 4 }, () => h("div", { class: "health-row" }, h("span", { class: "bone" }), h("span", { class: "bone" }))));
}
