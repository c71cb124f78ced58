import { h, icon } from "../html.js";
import { toast } from "../toast.js";

/** The labels of a chat: each can be taken off, others put on, new ones made. `onChange(labels)`. Returns {element, render}. */
export function labelsEditor({ api, readOnly, staff, onChange }) {
  let current = [];
  let chatId = null;
  let signature = "";
  const chips = h("ul", { class: "labels", "aria-label": "Etiquetas de este chat" });
  const add = h("button", { class: "button plain", type: "button", "aria-expanded": "false", hidden: readOnly, onclick: toggle }, icon("plus"), "Etiqueta");
  const choices = h("div", { class: "label-choices", role: "group", "aria-label": "Todas las etiquetas" });
  const name = h("input", { class: "input", type: "text", maxlength: "40", placeholder: "Nueva etiqueta", "aria-label": "Nueva etiqueta", autocomplete: "off" });
  const form = h("form", { class: "label-new", onsubmit: make }, name, h("button", { class: "button", type: "submit" }, "Crear"));
  const panel = h("div", { class: "label-panel", hidden: true }, choices, form);

  async function toggle() {
    open(panel.hidden);
    if (panel.hidden) return;
    await fill();
    (choices.querySelector("input") ?? name).focus();
  }

  function open(on) {
    panel.hidden = !on;
    add.setAttribute("aria-expanded", String(on));
  }

  async function fill() {
    try {
      const all = await staff.labels();
      choices.replaceChildren(...all.map((label) => h("label", { class: "check" },
        h("input", { type: "checkbox", checked: current.some(({ id }) => id === label.id), onchange: (event) => change(label, event.target.checked) }), label.name)));
    } catch (error) {
      toast(`No se pudieron traer las etiquetas. ${error.message}`);
    }
  }

  function change({ id, name: word }, on) {
    onChange(on ? [...current.filter((label) => label.id !== id), { id, name: word }] : current.filter((label) => label.id !== id));
  }

  async function make(event) {
    event.preventDefault();
    const word = name.value.trim();
    if (!word) return;
    try {
      const label = await api.write("/admin/labels", { name: word });
      name.value = "";
      staff.forget();
      change(label, true);
      await fill();
    } catch (error) {
      toast(error.message);
    }
  }

  function takeOff(label) {
    change(label, false);
    add.focus();
  }

  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    open(false);
    add.focus();
  });

  return {
    element: h("div", { class: "labels-editor" }, chips, add, panel),
    render(chat) {
      if (chat?.id !== chatId) open(false);
      chatId = chat?.id ?? null;
      current = chat?.labels ?? [];
      const next = JSON.stringify([chatId, current]);
      if (next === signature) return;
      signature = next;
      chips.hidden = !current.length;
      chips.replaceChildren(...current.map((label) => h("li", { class: "label" }, label.name,
        !readOnly && h("button", { class: "label-off", type: "button", "aria-label": `Quitar ${label.name}`, onclick: () => takeOff(label) }, icon("close")))));
      for (const input of choices.querySelectorAll("input")) input.checked = current.some(({ name: word }) => word === input.parentElement.textContent);
    },
  };
}
