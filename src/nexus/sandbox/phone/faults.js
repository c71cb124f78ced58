import { addFault, clearFault, clearFaults, listFaults, reason } from "./api.js";
import { h } from "./dom.js";

/** What can go wrong at the providers, as a person switches it: {title, hint, fault}. */
const SWITCHES = [
  ["Los envíos dan 429", "WhatsApp frena al negocio: demasiados mensajes a la misma persona (131056).", { target: "ycloud.send", kind: "429", error_code: "131056", retry_after: 2 }],
  ["Los envíos dan 500", "YCloud se rompe sin aceptar nada.", { target: "ycloud.send", kind: "500" }],
  ["Los envíos quedan colgados", "YCloud acepta el mensaje y no contesta: no se sabe si salió.", { target: "ycloud.send", kind: "hang_after_accept" }],
  ["Los mensajes no llegan", "Se aceptan y después fallan por webhook (131026).", { target: "ycloud.status", kind: "fail", error_code: "131026" }],
  ["Los archivos vencieron", "El enlace de audios y fotos que mandan los clientes da 403.", { target: "ycloud.media", kind: "403" }],
  ["El transcriptor está caído", "Nadie pasa los audios a texto: contesta 500.", { target: "stt", kind: "500" }],
  ["Los webhooks llegan dos veces", "Cada aviso se entrega repetido.", { target: "ycloud.webhook", kind: "duplicate" }],
  ["Los webhooks llegan tarde", "Cada aviso se demora 5 segundos.", { target: "ycloud.webhook", kind: "delay", seconds: 5 }],
].map(([title, hint, fault]) => ({ title, hint, fault: { ...fault, times: -1 } }));

/** Whether a fault of the book is what this switch asks for; those of a test, counted or aimed, are not. */
const same = (fault, row) => row.times === -1 && fault.target === row.target && fault.kind === row.kind
  && (fault.error_code ?? null) === (row.error_code ?? null) && !Object.keys(row.match ?? {}).length;

/** The names of the switches that are on in a book of faults. */
export const switchedOn = (book) => SWITCHES.filter(({ fault }) => book.some((row) => same(fault, row))).map(({ title }) => title);

async function turn(wanted, on) {
  if (on) return addFault(wanted);
  for (const row of await listFaults()) if (same(wanted, row)) await clearFault(row.id);
}

/** Everything goes well again. */
export const turnAllOff = clearFaults;

/** The dialog of all switches; `onTurned` after each turn. */
export async function openFaults(onTurned) {
  const trouble = h("p", { class: "wrong", role: "alert" });
  const boxes = SWITCHES.map(({ fault }) => h("input", { type: "checkbox", role: "switch", class: "switch", onchange: (event) => flip(event.target, fault) }));

  async function flip(box, fault) {
    box.disabled = true;
    try {
      await turn(fault, box.checked);
      trouble.textContent = "";
      onTurned();
    } catch (error) {
      box.checked = !box.checked;
      trouble.textContent = reason(error);
    }
    box.disabled = false;
    box.focus();
  }

  const dialog = h("dialog", { "aria-labelledby": "dialog-title", class: "faults" },
    h("h2", { id: "dialog-title" }, "Fallas de los proveedores"),
    h("p", { class: "quiet" }, "Valen para todos los teléfonos hasta que las apagues."),
    h("ul", { class: "switches" }, SWITCHES.map(({ title, hint }, index) => h("li", {},
      h("label", {}, h("span", {}, h("strong", {}, title), h("small", {}, hint)), boxes[index])))),
    trouble,
    h("div", { class: "dialog-actions" }, h("button", { class: "button", type: "button", onclick: () => dialog.close() }, "Listo")));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  try {
    const book = await listFaults();
    SWITCHES.forEach(({ fault }, index) => { boxes[index].checked = book.some((row) => same(fault, row)); });
  } catch (error) {
    trouble.textContent = reason(error);
  }
}
