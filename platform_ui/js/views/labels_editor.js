import { h, icon } from "../html.js";
import { toast, undoable } from "../toast.js";

/**
 * The labels of a chat: each can be taken off, others put on, new ones made, and by who `mayManage` done away with.
 * `onChange(labels)`. Returns {element, render}.
 */
export function labelsEditor({ api, readOnly, mayManage, staff, onChange }) {
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
      choices.replaceChildren(...all.map(lineOf));
    } catch (error) {
      toast(`No se pudieron traer las etiquetas. ${error.message}`);
    }
  }

  function lineOf(label) {
    const box = h("input", { type: "checkbox", "data-label": label.id, checked: current.some(({ id }) => id === label.id), onchange: () => change(label, box.checked) });
    const line = h("div", { class: "label-line" }, h("label", { class: "check" }, box, label.name),
      mayManage && h("button", { class: "link", type: "button", "aria-label": `Borrar la etiqueta ${label.name}`, onclick: () => remove(label, line) }, "Borrar"));
    return line;
  }

  /** Away with it, from every chat: there are some seconds to think again. */
  function remove(label, line) {
    line.hidden = true;
    name.focus();
    undoable(label.chats ? `Etiqueta “${label.name}” borrada de ${label.chats === 1 ? "una conversación" : `${label.chats} conversaciones`}.` : `Etiqueta “${label.name}” borrada.`, {
      undo: () => { line.hidden = false; },
      async act() {
        try {
          await api.remove(`/admin/labels/${label.id}`);
          staff.forget();
        } catch (error) {
          line.hidden = false;
          toast(`No se pudo borrar la etiqueta. ${error.message}`);
        }
      },
    });
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
      for (const box of choices.querySelectorAll("input")) box.checked = current.some(({ id }) => String(id) === box.dataset.label);
    },
  };
}
