import { h, icon } from "../html.js";
import { sheets } from "../style_sheets.js";
import { callWords, dollars, milliseconds, price, reasonWords, seconds, sumOf, timesOf, verdictWords } from "../why_words.js";
import { copyButton } from "./copy.js";

const STATUSES = { ok: ["tick", "Salió bien"], empty: ["question", "No encontró nada"], error: ["alert", "Falló"], refused: ["ban", "Se le negó"] };
const VERDICT_ICONS = { passed: "tick", repaired: "refresh", stripped: "refresh", noted: "info", blocked: "ban" };
const MOST_GOODS = 6;

/** Why the bot answered that: what it looked up and found, what was checked, what it cost and how long it took. */
export async function showWhy({ api, time, burstId }) {
  const body = h("div", { class: "why-body", "aria-live": "polite" }, h("span", { class: "bone" }), h("span", { class: "bone" }), h("span", { class: "bone" }));
  const dialog = h("dialog", { class: "why", "aria-labelledby": "why-title" },
    h("form", { method: "dialog" }, h("h2", { id: "why-title" }, "Por qué respondió eso"), body,
      h("div", { class: "dialog-actions" }, h("button", { class: "button primary", type: "submit" }, "Cerrar"))));
  dialog.addEventListener("close", () => dialog.remove());
  await sheets("proof");
  document.body.append(dialog);
  dialog.showModal();
  load();

  async function load() {
    try {
      body.replaceChildren(...contents((await api.read(`/admin/bursts/${encodeURIComponent(burstId)}/trace`)).body));
    } catch (error) {
      const gone = error.status === 404;
      body.replaceChildren(h("p", {}, gone ? "De esta respuesta no quedó el detalle: es anterior a que se guardara." : error.message),
        !gone && h("button", { class: "button", type: "button", onclick: load }, "Reintentar"));
    }
  }

  function contents(trace) {
    if (trace.forgotten) return [h("p", {}, "El detalle de esta respuesta cumplió su plazo y se borró."), foot(trace)];
    return [
      sum(trace),
      part("Qué consultó", trace.tools.length ? h("ol", { class: "why-tools" }, trace.tools.map(toolRow))
        : h("p", {}, "No consultó nada: respondió con lo que sabe de la tienda y lo que se habló.")),
      trace.products.length > 0 && part(trace.products.length === 1 ? "El producto que encontró" : "Los productos que encontró", goods(trace.products)),
      trace.gate && part("Qué se revisó antes de enviar", ...verdict(trace.gate)),
      trace.calls.length > 0 && part("El modelo", h("ul", { class: "why-calls" }, trace.calls.map(callRow))),
      times(trace.timings),
      trace.reason && h("p", { class: "field-hint" }, `Cómo terminó: ${reasonWords(trace.reason)}.`),
      foot(trace),
    ].filter(Boolean);
  }

  function foot(trace) {
    const version = trace.prompt_version && `Indicaciones ${trace.prompt_version}`;
    return h("div", {},
      h("p", { class: "field-hint" }, [trace.finished_at && time.exact(trace.finished_at), version].filter(Boolean).join(" · ")),
      trace.calls.length > 0 && h("p", { class: "why-foot" }, h("span", {}, "Para repetirla: ", h("code", {}, `./nexus replay ${trace.burst_id}`)),
        copyButton(`./nexus replay ${trace.burst_id}`, "Copiar el comando")));
  }
}

const part = (title, ...inside) => h("section", { class: "why-part" }, h("h3", {}, title), inside);

function sum(trace) {
  const figures = sumOf(trace);
  return figures.length > 0 && h("dl", { class: "why-sum" }, figures.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

function toolRow({ name, label, arguments: given, status, milliseconds: took, found }) {
  const [sign, word] = STATUSES[status] ?? ["question", status];
  const asked = Object.entries(given ?? {}).filter(([, value]) => value !== null && value !== "");
  return h("li", { class: `why-tool ${status}` },
    h("p", { class: "why-name" }, h("strong", {}, label || name), h("span", { class: "why-time" }, milliseconds(took))),
    asked.length > 0 && h("p", { class: "why-asked" }, asked.map(([, value]) => (typeof value === "object" ? JSON.stringify(value) : String(value))).join(" · ")),
    h("p", { class: "why-status" }, icon(sign), status === "ok" && found != null ? (found === 1 ? "Encontró 1" : `Encontró ${found}`) : word));
}

function goods(products) {
  const more = products.length - MOST_GOODS;
  return [
    h("ul", { class: "why-goods" }, products.slice(0, MOST_GOODS).map((product) => h("li", {}, h("span", {}, product.name ?? `Producto ${product.id}`), h("span", {}, price(product.price))))),
    more > 0 && h("p", { class: "field-hint" }, more === 1 ? "y uno más" : `y ${more} más`),
  ];
}

function verdict(gate) {
  return [
    h("p", { class: `why-verdict ${gate.outcome}` }, icon(VERDICT_ICONS[gate.outcome] ?? "info"), h("span", {}, verdictWords(gate))),
    gate.violations.length > 0 && h("ul", { class: "why-broken" }, gate.violations.map(({ rule, said }) => h("li", {}, `${rule}: `, h("q", {}, said)))),
  ];
}

function callRow(call) {
  return h("li", {},
    h("span", { class: call.problem ? "failed" : "" }, call.model, call.problem && `: ${call.problem.toLowerCase()}`),
    h("small", {}, [callWords(call), call.cost_usd != null && dollars(call.cost_usd), seconds(call.seconds)].filter(Boolean).join(" · ")));
}

function times(timings) {
  const rows = timesOf(timings);
  if (!rows.length) return null;
  const longest = Math.max(...rows.map(({ took }) => took), 1);
  return part("Cuánto tardó", h("dl", { class: "why-times" }, rows.map(({ name, took, outside }) => h("div", { class: outside ? "outside" : "" },
    h("dt", {}, name), bar(took / longest), h("dd", {}, milliseconds(took))))));
}

function bar(share) {
  const filled = h("i");
  filled.style.width = `${share * 100}%`; // as a property: the page's policy takes no style attributes
  return h("div", { class: "why-bar", "aria-hidden": "true" }, filled);
}
