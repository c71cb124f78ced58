import { h, icon } from "./dom.js";
import { phone as readable } from "./format.js";

/** How a customer is told apart: her number, or her username while she hides it. */
export const handleOf = (customer) => (customer.hidden_phone ? `@${customer.username || "sin número"} · sin número` : readable(customer.phone));

/** The parts of one phone; `composer`, `chips` and `drawer` are put where they belong. */
export function phoneFrame(customer, number, { chips, composer, drawer }) {
  const shop = number.store_name || "Negocio";
  const parts = {
    handle: h("span", { class: "phone-handle" }, handleOf(customer)),
    presence: h("p", { "aria-live": "polite" }, readable(number.phone)),
    log: h("div", { class: "log", role: "log", tabindex: "0", "aria-label": `Chat de ${customer.name} con ${shop}` }),
    typing: h("div", { class: "bubble typing", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
    blank: h("div", { class: "log-blank" }, `Escribí como ${customer.name} o tocá una sugerencia.`),
    toEnd: h("button", { class: "to-end", type: "button", hidden: true }, icon("down"), "Mensajes nuevos"),
    offline: h("p", { class: "offline", role: "status", hidden: true }, "Sin conexión. Reintentando…"),
    warning: h("p", { class: "notice", role: "status", hidden: true }),
  };
  parts.element = h("section", { class: "phone", "aria-label": `Teléfono de ${customer.name}` },
    h("div", { class: "phone-top" },
      h("div", { class: "phone-owner-line" },
        h("span", {}, h("span", { class: "phone-whose" }, "Teléfono de "), h("strong", {}, customer.name)), parts.handle),
      h("header", { class: "phone-bar" },
        h("span", { class: "phone-disc" }, icon("shop")),
        h("div", { class: "phone-shop" }, h("h2", {}, shop), parts.presence)),
      parts.warning),
    h("div", { class: "wall" }, parts.log, parts.toEnd, parts.offline),
    chips, composer, drawer);
  return parts;
}

/** Keeps the focus where it was when its bubble is drawn anew: the control of the same key takes it over. */
export function keepFocus(log, draw) {
  const active = document.activeElement;
  const id = log.contains(active) ? active.closest("[data-id]")?.dataset.id : null;
  const key = active?.dataset?.key;
  draw();
  if (id && key && !active.isConnected) control(log, id, key)?.focus({ preventScroll: true });
}

/** A control inside the bubble of that id. */
export const control = (log, id, key) => log.querySelector(`[data-id="${CSS.escape(id)}"] [data-key="${key}"]`);
