import { h } from "../html.js";

const STATUSES = { scheduled: "A confirmar", confirmed: "Confirmado", cancelled: "Cancelado", attended: "Vino", no_show: "No vino" };

/** The customer's appointments, those to come first. Returns {element, wait, render}. */
export function appointmentsPart({ time }) {
  const body = h("div", {});

  function row({ title, start, status }) {
    const isPast = Date.parse(start) < Date.now();
    return h("li", { class: `context-appointment ${status}${isPast ? " past" : ""}` },
      h("time", { datetime: start, title: time.exact(start) }, `${time.dayName(start)}, ${time.hour(start)}`),
      h("span", {}, title), h("span", { class: "appointment-state" }, STATUSES[status] ?? status));
  }

  return {
    element: h("section", { class: "context-part" }, h("div", { class: "context-head" }, h("h3", {}, "Turnos"), h("a", { class: "link", href: "agenda/" }, "Agenda")), body),
    wait: () => body.replaceChildren(h("span", { class: "bone" })),
    render: (items) => body.replaceChildren(items.length ? h("ul", { class: "context-appointments" }, items.map(row)) : h("p", { class: "context-quiet" }, "Ninguno.")),
  };
}
