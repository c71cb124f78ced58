import { h, icon } from "../html.js";

const STATUSES = { ok: ["tick", "Salió bien"], empty: ["question", "No encontró nada"], error: ["alert", "Falló"], refused: ["ban", "Se le negó"] };

/** Why the bot answered that: what it looked up, with what, and how long it took. */
export function showWhy({ api, time, burstId }) {
  const body = h("div", { class: "why-body", "aria-live": "polite" }, h("span", { class: "bone" }), h("span", { class: "bone" }), h("span", { class: "bone" }));
  const dialog = h("dialog", { class: "why", "aria-labelledby": "why-title" },
    h("form", { method: "dialog" }, h("h2", { id: "why-title" }, "Por qué respondió eso"), body,
      h("div", { class: "dialog-actions" }, h("button", { class: "button primary", type: "submit" }, "Cerrar"))));
  dialog.addEventListener("close", () => dialog.remove());
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
    const tools = trace.tools ?? [];
    const seconds = trace.model_seconds;
    const spent = [seconds != null && `${seconds < 0.1 ? "menos de 0,1" : seconds.toLocaleString("es-AR", { maximumFractionDigits: 1 })} s de modelo`,
      trace.tokens_in != null && `${(trace.tokens_in + (trace.tokens_out ?? 0)).toLocaleString("es-AR")} tokens`].filter(Boolean).join(" · ");
    return [
      tools.length ? h("ol", { class: "why-tools" }, tools.map(toolRow)) : h("p", {}, "No consultó nada: respondió con lo que sabe de la tienda y lo que se habló."),
      trace.reason && h("p", { class: "field-hint" }, `Motivo: ${trace.reason}`),
      h("p", { class: "field-hint" }, [trace.finished_at && time.exact(trace.finished_at), spent].filter(Boolean).join(" · ")),
    ].filter(Boolean);
  }
}

function toolRow({ name, label, arguments: given, status, milliseconds, found }) {
  const [sign, word] = STATUSES[status] ?? ["question", status];
  const asked = Object.entries(given ?? {}).filter(([, value]) => value !== null && value !== "");
  return h("li", { class: `why-tool ${status}` },
    h("p", { class: "why-name" }, h("strong", {}, label || name), h("span", { class: "why-time" }, `${milliseconds} ms`)),
    asked.length > 0 && h("p", { class: "why-asked" }, asked.map(([, value]) => (typeof value === "object" ? JSON.stringify(value) : String(value))).join(" · ")),
    h("p", { class: "why-status" }, icon(sign), status === "ok" && found != null ? (found === 1 ? "Encontró 1" : `Encontró ${found}`) : word));
}
