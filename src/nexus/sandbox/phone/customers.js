import { putCustomer } from "./api.js";
import { field, formDialog } from "./form_dialog.js";
import { h } from "./dom.js";
import { phone as readable, readPhone } from "./format.js";

const NAMES = ["Lucía Fernández", "Marcos Gómez", "Sofía Pereyra", "Julián Ríos", "Camila Ortiz", "Tomás Quiroga", "Valentina Sosa",
  "Bruno Medina", "Martina Luna", "Franco Ibarra", "Abril Cabrera", "Nicolás Vega"];
const AREAS = ["351", "341", "261", "11", "223", "381"];

const pick = (list) => list[Math.floor(Math.random() * list.length)];
const digits = (count) => Array.from({ length: count }, () => Math.floor(Math.random() * 10)).join("");

/** An Argentine mobile number nobody of `customers` has. */
export function freePhone(customers = []) {
  const area = pick(AREAS);
  const phone = `+549${area}55${digits(8 - area.length)}`;
  return customers.some((customer) => customer.phone === phone) ? freePhone(customers) : phone;
}

/** A person who does not exist yet: a free name and a free number. */
function inventCustomer(customers) {
  const free = NAMES.filter((name) => !customers.some((customer) => customer.name === name));
  return { name: pick(free.length ? free : NAMES), phone: freePhone(customers) };
}

/** "Lucía Fernández" as a username: "lucia.fernandez". */
const usernameOf = (name) => name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^a-z0-9]+/g, ".").replace(/^\.|\.$/g, "");

/** Asks for name and number or username, with a made-up person filled in; calls onAdded with the customer. */
export function askForCustomer(customers, onAdded) {
  const proposal = inventCustomer(customers);
  const name = field("Nombre", { name: "name", value: proposal.name, required: true, maxlength: "60" });
  const phone = field("Número", { name: "phone", value: readable(proposal.phone), required: true, inputmode: "tel" },
    { hint: "Celular argentino, con código de área." });
  const username = field("Usuario", { name: "username", value: usernameOf(proposal.name), required: true, maxlength: "35", pattern: "[a-z0-9._]{3,35}", autocapitalize: "none" },
    { hint: "WhatsApp no le da su número al negocio: sólo este usuario y un id." });
  const hidden = h("input", { type: "checkbox", name: "hidden", onchange: choose });

  function choose() {
    phone.element.hidden = phone.control.disabled = hidden.checked;
    username.element.hidden = username.control.disabled = !hidden.checked;
  }

  async function add() {
    const customer = { name: name.control.value.trim(), phone: hidden.checked ? proposal.phone : readPhone(phone.control.value) };
    if (!customer.phone) throw new Error("Ese número no es de un celular: probá con 351 555 0123.");
    if (!customer.name) throw new Error("Falta el nombre.");
    // WhatsApp knows people with a username by an id of their own, whether they show their number or not.
    if (hidden.checked) Object.assign(customer, { hidden_phone: true, username: username.control.value, user_id: `AR.${digits(16)}` });
    await putCustomer(customer);
    onAdded(customer);
  }

  choose();
  formDialog({
    title: "Agregar cliente",
    body: [name.element, phone.element, username.element, h("label", { class: "check" }, hidden, h("span", {}, "Oculta su teléfono: sólo da un usuario"))],
    submit: "Agregar",
    onSubmit: add,
  });
  name.control.select();
}
