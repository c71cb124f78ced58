import { initials, phone } from "../format.js";
import { h, icon, put } from "../html.js";
import { assigneePicker } from "./assignee_picker.js";
import { chatName } from "./chat_row.js";
import { appointmentsPart } from "./context_appointments.js";
import { ordersPart } from "./context_orders.js";
import { copyButton } from "./copy.js";
import { labelsEditor } from "./labels_editor.js";
import { notesPart } from "./notes_part.js";

const BESIDE = matchMedia("(min-width: 1200px)");

/**
 * What is known of the customer of the open chat: beside the thread where there is room, else a drawer over it.
 * Returns {element, open, update, toggle, stop}.
 */
export function contextPanel({ api, person, time, readOnly, mayManage, staff, actions, onClose }) {
  let id = null;
  let chat = null;
  let loaded = null; // what the customer's part was loaded for
  let isOpen = false;
  const title = h("h2", { tabindex: "-1" }, "Datos del cliente");
  const close = h("button", { class: "icon-button", type: "button", "aria-label": "Cerrar los datos", onclick: () => show(false) }, icon("close"));
  const who = h("p", { class: "context-name" });
  const disc = h("span", { class: "disc", "aria-hidden": "true" });
  const customer = h("div", { class: "context-customer" });
  const assignee = assigneePicker({ person, readOnly, staff, onPick: (somebody) => actions.assign(id, somebody) });
  const labels = labelsEditor({ api, readOnly, mayManage, staff, onChange: (chosen) => actions.label(id, chosen) });
  const orders = ordersPart({ api, time });
  const appointments = appointmentsPart({ time });
  const notes = notesPart({ api, time, readOnly, nameOf: staff.nameOf });
  const more = h("div", { class: "context-more" });
  const element = h("aside", { class: "context", "aria-label": "Datos del cliente", hidden: true },
    h("div", { class: "context-top" }, title, close),
    h("div", { class: "context-scroll" },
      h("section", { class: "context-part context-who" }, h("div", { class: "context-title" }, disc, who), customer),
      h("section", { class: "context-part" }, h("h3", {}, "A cargo de"), assignee.element),
      h("section", { class: "context-part" }, h("h3", {}, "Etiquetas"), labels.element),
      orders.element, appointments.element, notes.element, more));

  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || BESIDE.matches) return;
    event.preventDefault();
    show(false);
  });
  BESIDE.addEventListener("change", sync);

  const isShown = () => Boolean(id) && (BESIDE.matches || isOpen);

  function show(open) {
    isOpen = open;
    sync();
    if (open && !BESIDE.matches) title.focus();
    if (!open) onClose();
  }

  function sync() {
    element.hidden = !isShown();
    close.hidden = BESIDE.matches;
    if (isShown()) load();
  }

  function load() {
    assignee.render(chat);
    labels.render(chat);
    const asked = `${id} ${chat?.last_message_at}`;
    if (!chat || loaded === asked) return;
    const isOther = !loaded?.startsWith(id);
    loaded = asked;
    put(who, chatName(chat));
    put(disc, initials(chatName(chat)));
    if (isOther) {
      customer.replaceChildren(h("span", { class: "bone" }), h("span", { class: "bone" }));
      appointments.wait();
      orders.open(id);
      notes.open(id);
      openMore(id);
    }
    loadCustomer(id);
  }

  async function openMore(asked) {
    // What few look at comes when somebody looks; without a connection the rest is there all the same.
    const module = await import("./context_privacy.js").catch(() => null);
    if (!module || asked !== id) return;
    const parts = module.privacyParts({ api, time, readOnly, mayManage, nameOf: staff.nameOf, chat });
    more.replaceChildren(parts.element);
    parts.open(asked);
  }

  async function loadCustomer(asked) {
    try {
      const { body } = await api.read(`/admin/conversations/${encodeURIComponent(asked)}/context`);
      if (asked !== id) return;
      customer.replaceChildren(...customerLines(body.customer));
      appointments.render(body.appointments);
    } catch (error) {
      if (asked !== id) return;
      customer.replaceChildren(h("p", { class: "context-quiet" }, `No se pudieron traer los datos. ${error.message}`),
        h("button", { class: "button", type: "button", onclick: () => loadCustomer(id) }, "Reintentar"));
      appointments.render([]);
    }
  }

  function customerLines({ numbers, user_scoped_id: username, first_seen_at: since, messages_in: theirs, messages_out: ours, earlier_numbers: earlier }) {
    return [
      ...numbers.flatMap(numberLines),
      username && h("p", { class: "context-line" }, h("span", { class: "context-key" }, "Usuario"), h("span", { class: "context-value" }, username), copyButton(username, "Copiar el usuario")),
      earlier?.length > 0 && h("p", { class: "context-quiet" }, `Antes escribía desde ${earlier.map((number) => phone(number.e164 ?? number)).join(", ")}.`),
      h("p", { class: "context-quiet" }, [since && `Desde el ${time.date(since)}`, `${count(theirs, "mensaje suyo", "mensajes suyos")}, ${count(ours, "nuestro", "nuestros")}`].filter(Boolean).join(" · ")),
    ].filter(Boolean);
  }

  return {
    element,
    open(chatId) {
      id = chatId;
      chat = null;
      isOpen = false;
      sync();
    },
    update(item) {
      chat = item ?? null;
      if (isShown()) load();
    },
    toggle: () => show(!isOpen),
    stop: () => BESIDE.removeEventListener("change", sync),
  };
}

/** WhatsApp writes an Argentine mobile with a 9, everybody else dials it without: both, each to copy. */
function numberLines({ e164, with_nine: withNine, without_nine: without, readable }) {
  const both = withNine && without && withNine !== without ? [["En WhatsApp", withNine], ["Para llamar", without]] : [["Número", e164]];
  return both.map(([key, number]) => h("p", { class: "context-line" }, h("span", { class: "context-key" }, key),
    h("span", { class: "context-value" }, number === e164 && readable ? readable : phone(number)), copyButton(number, `Copiar ${phone(number)}`)));
}

const count = (number, one, many) => `${number.toLocaleString("es-AR")} ${number === 1 ? one : many}`;
