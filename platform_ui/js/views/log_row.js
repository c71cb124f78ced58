import { h, icon } from "../html.js";
import { copyButton } from "./copy.js";

const LEVELS = { error: ["ban", "Error"], warn: ["alert", "Aviso"], info: ["info", "Información"] };

const FACTS = {
  conversation_id: "Chat", source: "Quién", reason: "Motivo", status: "Estado", error: "Falla", tool: "Herramienta", attempts: "Intentos", to: "Para",
  status_code: "Código", template: "Plantilla", kind: "Tipo", code: "Código", burst_id: "Consulta", message_id: "Mensaje", key: "De qué", upstream: "Servicio",
};

/** A fact as it is read: a chat is where it can be opened. */
function factOf(name, value) {
  if (name === "conversation_id") return h("a", { href: `#/chats/${encodeURIComponent(value)}` }, "Abrir el chat");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** An event as two rows: what is seen at once, and what opens below it. */
export function logRow(item, { time, onCorrelation, chosen }) {
  const [sign, word] = LEVELS[item.level];
  const details = h("tr", { class: "log-details", hidden: true }, h("td", { colspan: "4" }));
  const toggle = h("button", { class: "log-open", type: "button", "aria-expanded": "false", onclick: (event) => { event.stopPropagation(); flip(); } }, item.label ?? item.event_type);
  const row = h("tr", { class: `log-row ${item.level}`, onclick: (event) => !event.target.closest("button, a") && !getSelection().toString() && flip() },
    h("td", { class: "log-time" }, h("time", { datetime: item.created_at, title: time.exact(item.created_at) }, time.short(item.created_at))),
    h("td", { class: "log-level" }, icon(sign), word),
    h("td", { class: "log-what" }, toggle),
    h("td", { class: "log-message" }, item.message));

  function flip() {
    const open = details.hidden;
    if (open && !details.firstChild.hasChildNodes()) details.firstChild.append(contents());
    details.hidden = !open;
    row.classList.toggle("open", open);
    toggle.setAttribute("aria-expanded", String(open));
  }

  function contents() {
    const facts = Object.entries(item.metadata).filter(([, value]) => value !== null && value !== "");
    return h("dl", { class: "facts" },
      h("dt", {}, "Mensaje"), h("dd", {}, item.message),
      h("dt", {}, "Cuándo"), h("dd", {}, time.exact(item.created_at)),
      h("dt", {}, "Tipo"), h("dd", {}, item.event_type),
      facts.map(([name, value]) => [h("dt", {}, FACTS[name] ?? name.replaceAll("_", " ")), h("dd", {}, factOf(name, value))]),
      item.correlation_id && [h("dt", {}, "Mismo hilo"), h("dd", { class: "correlation" },
        item.correlation_id === chosen ? h("span", {}, item.correlation_id) : h("button", { class: "link", type: "button", onclick: () => onCorrelation(item.correlation_id) }, item.correlation_id),
        copyButton(item.correlation_id, "Copiar el identificador"))]);
  }

  return [row, details];
}
