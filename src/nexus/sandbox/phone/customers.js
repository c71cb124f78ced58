import { addCustomer } from "./api.js";
import { h } from "./dom.js";
import { phone as readable, readPhone } from "./format.js";

const NAMES = ["Lucía Fernández", "Marcos Gómez", "Sofía Pereyra", "Julián Ríos", "Camila Ortiz", "Tomás Quiroga", "Valentina Sosa",
  "Bruno Medina", "Martina Luna", "Franco Ibarra", "Abril Cabrera", "Nicolás Vega"];
const AREAS = ["351", "341", "261", "11", "223", "381"];

const pick = (list) => list[Math.floor(Math.random() * list.length)];

/** A person who does not exist yet: a free name and an Argentine mobile number nobody here has. */
export function inventCustomer(customers) {
  const free = NAMES.filter((name) => !customers.some((customer) => customer.name === name));
  const area = pick(AREAS);
  const tail = String(Math.floor(Math.random() * 10 ** (10 - area.length - 2))).padStart(8 - area.length, "0");
  const phone = `+549${area}55${tail}`;
  if (customers.some((customer) => customer.phone === phone)) return inventCustomer(customers);
  return { name: pick(free.length ? free : NAMES), phone };
}

/** Asks for name and number, with a made-up person filled in; calls onAdded with the customer. */
export function askForCustomer(customers, onAdded) {
  const proposal = inventCustomer(customers);
  const name = h("input", { name: "name", value: proposal.name, required: true, maxlength: "60", autocomplete: "off" });
  const phone = h("input", { name: "phone", value: readable(proposal.phone), required: true, inputmode: "tel", autocomplete: "off", "aria-describedby": "phone-hint" });
  const hint = h("small", { id: "phone-hint" }, "Celular argentino, con código de área.");
  const dialog = h("dialog", { "aria-labelledby": "customer-title" });
  const form = h("form", { method: "dialog" },
    h("h2", { id: "customer-title" }, "Agregar cliente"),
    h("label", { class: "field" }, h("span", {}, "Nombre"), name),
    h("label", { class: "field" }, h("span", {}, "Número"), phone, hint),
    h("div", { class: "dialog-actions" },
      h("button", { class: "button quiet", type: "button", onclick: () => dialog.close() }, "Cancelar"),
      h("button", { class: "button", type: "submit" }, "Agregar")));

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const customer = { name: name.value.trim(), phone: readPhone(phone.value) };
    if (!customer.name || !customer.phone) return complain("Ese número no es de un celular: probá con 351 555 0123.");
    try {
      await addCustomer(customer);
    } catch {
      return complain("No se pudo agregar: el simulador no contesta.");
    }
    dialog.close();
    onAdded(customer);
  });

  function complain(text) {
    hint.textContent = text;
    hint.className = "wrong";
    phone.focus();
  }

  dialog.addEventListener("close", () => dialog.remove());
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  name.select();
}
