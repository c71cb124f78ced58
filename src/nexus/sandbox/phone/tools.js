import { changeNumber, moveClock, putCustomer, reason, sendAsOwner, sendFromInbox } from "./api.js";
import { askCaption, pickFile } from "./attachments.js";
import { textBox } from "./composer.js";
import { freePhone } from "./customers.js";
import { field, formDialog } from "./form_dialog.js";
import { h, icon } from "./dom.js";
import { phone as readable, readPhone } from "./format.js";
import { windowOf } from "./window_clock.js";

/** A click on an advertisement, as the first message carries it (ycloud.md section 1.4). */
const AD = {
  text: "Hola, quiero más información",
  referral: {
    source_url: "https://fb.me/anuncio", source_type: "ad", source_id: "120210000000000001", media_type: "image",
    headline: "Puntas con 20 % de descuento", body: "Sólo esta semana en Danza Demo", ctwa_clid: "ARAkLkA8rmlFeiCktEJQ",
  },
};
const STEPS = [[1, "+1 h"], [25, "+25 h"]];

/**
 * What lies outside of the phone: who answers for the business, the provider's clock, what may happen to a number.
 * `say` and `act` are the customer's; `onMoved(phone)` when she is to be found under another number.
 */
export function toolsDrawer(customer, number, { act, say, warn, onMoved }) {
  const clock = h("span", { class: "tools-window" });
  const moved = h("p", { class: "tools-note" });
  const back = small("Volver a la hora real", () => shift(-shown));
  const hide = action("eye", "", () => attempt(async () => {
    Object.assign(customer, await putCustomer({ ...customer, hidden_phone: !customer.hidden_phone }));
    onMoved(customer.phone);
  }));
  let shown = 0;

  /** Runs what may fail; false then, and the phone says why. */
  async function attempt(work) {
    try {
      await work();
      warn("");
      return true;
    } catch (error) {
      warn(reason(error));
      return false;
    }
  }

  const shift = (hours) => attempt(() => moveClock({ number: number.phone, customer: customer.phone, hours }));

  const section = (title, ...children) => h("section", { class: "tools-section" }, h("h3", {}, title), children);
  const element = h("details", { class: "tools" },
    h("summary", {}, icon("tools"), h("span", { class: "tools-name" }, "Más"), clock, icon("unfold")),
    h("div", { class: "tools-body" },
      section("Contesta una persona del negocio", ...peopleForms(customer, number, attempt)),
      section("Reloj de la ventana de 24 h", moved,
        h("div", { class: "tools-row" }, STEPS.map(([hours, label]) => small(label, () => shift(hours))), back)),
      section("Cosas que pasan en este teléfono", h("div", { class: "tools-list" },
        action("door", "Abrir el chat sin escribir", () => act({ type: "request_welcome" }, "El negocio recibió el aviso: abrió el chat y no escribió nada.")),
        action("poll", "Mandar una encuesta", () => say({ type: "unsupported", text: "", request: { type: "unsupported", content: { type: "poll_creation" } } })),
        action("link", "Llegar desde un anuncio", () => say(AD)),
        action("swap", "Cambiar de número", () => askNumber(customer, number, onMoved)), hide))));

  function update() {
    hide.lastElementChild.textContent = customer.hidden_phone ? "Mostrar su número" : "Ocultar su número";
    hide.hidden = !customer.user_id;
  }

  function show(chat) {
    const state = windowOf(chat);
    shown = chat.clock_hours ?? 0;
    clock.textContent = state.words;
    clock.classList.toggle("closed", state.closed);
    back.hidden = !shown;
    moved.textContent = shown
      ? `Para el proveedor pasaron ${shown} h más en este chat. ${state.words}.`
      : `${state.words}. Mové el reloj para ver qué pasa cuando se cierra.`;
  }

  update();
  return { element, update, show };
}

/** The two ways in which a person of the business answers: her phone, and YCloud's web Inbox. */
function peopleForms(customer, number, attempt) {
  const to = { to: customer.phone, from: number.phone };
  const picture = h("button", {
    type: "button", class: "compose-quiet", "aria-label": "Foto desde el teléfono del dueño", title: "Foto desde el teléfono del dueño",
    onclick: () => pickFile("image/jpeg,image/png", (file) => askCaption(file, (message) => sendAsOwner({
      ...to, text: message.text, media_id: message.request.media_id,
    }))),
  }, icon("image"));
  const owner = textBox({
    label: "Respuesta del dueño", placeholder: "Teléfono del dueño", before: picture,
    onSend: (text) => attempt(() => sendAsOwner({ ...to, text })),
  });
  const inbox = textBox({
    label: "Respuesta del Inbox", placeholder: "Inbox web de YCloud",
    onSend: (text) => attempt(() => sendFromInbox({ ...to, text })),
  });
  return [h("p", { class: "tools-note" }, "El bot se calla en este chat cuando contesta una persona."), owner.form, inbox.form];
}

function askNumber(customer, number, onMoved) {
  const next = field("Número nuevo", { value: readable(freePhone()), required: true, inputmode: "tel" },
    { hint: "WhatsApp le avisa al negocio; la conversación sigue siendo la misma." });
  formDialog({
    title: `${customer.name} cambia de número`,
    body: next.element,
    submit: "Cambiar",
    onSubmit: async () => {
      const phone = readPhone(next.control.value);
      if (!phone) throw new Error("Ese número no es de un celular: probá con 351 555 0123.");
      await changeNumber(customer.phone, { new_phone: phone, to: number.phone });
      onMoved(phone);
    },
  });
}

const small = (label, act) => h("button", { type: "button", class: "button quiet small", onclick: act }, label);
const action = (image, label, act) => h("button", { type: "button", class: "tool", onclick: act }, icon(image), h("span", {}, label));
