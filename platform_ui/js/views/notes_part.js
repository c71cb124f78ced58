import { h, icon } from "../html.js";
import { toast, undoable } from "../toast.js";

/** The team's notes on a customer: never sent, and they look it. `nameOf(email)` is what the team calls somebody. Returns {element, open}. */
export function notesPart({ api, time, readOnly, nameOf }) {
  let id = null;
  let items = [];
  const text = h("textarea", { class: "input", rows: "2", maxlength: "4000", placeholder: "Anotá algo para tu equipo", "aria-label": "Nota privada" });
  const form = h("form", { class: "note-form", hidden: readOnly, onsubmit: add }, text, h("button", { class: "button", type: "submit" }, "Guardar nota"));
  const list = h("ul", { class: "notes-list", "aria-label": "Notas" });
  const path = () => `/admin/conversations/${encodeURIComponent(id)}/notes`;

  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.requestSubmit();
  });

  async function load() {
    const asked = id;
    list.replaceChildren(h("li", {}, h("span", { class: "bone" })));
    try {
      const { body } = await api.read(path());
      if (asked === id) show(body.items);
    } catch (error) {
      if (asked === id) list.replaceChildren(h("li", { class: "context-quiet" }, `No se pudieron traer las notas. ${error.message}`));
    }
  }

  function show(next) {
    items = next;
    list.replaceChildren(...(items.length ? items.map(row) : [h("li", { class: "context-quiet" }, "Todavía no hay notas.")]));
  }

  function row(note) {
    return h("li", { class: "note" }, h("p", { class: "note-text" }, note.text),
      h("p", { class: "note-foot" }, h("span", {}, `${nameOf(note.author)} · `, h("time", { datetime: note.created_at, title: time.exact(note.created_at) }, time.short(note.created_at)), note.updated_at && " · editada"),
        note.can_change && [
          h("button", { class: "link", type: "button", onclick: (event) => edit(note, event.target.closest("li")) }, "Editar"),
          h("button", { class: "link", type: "button", onclick: () => remove(note) }, "Borrar")]));
  }

  async function add(event) {
    event.preventDefault();
    const words = text.value.trim();
    if (!words) return;
    text.value = "";
    try {
      const made = await api.write(path(), { text: words });
      show([made, ...items]);
    } catch (error) {
      text.value ||= words;
      toast(`No se pudo guardar la nota. ${error.message}`);
    }
  }

  function edit(note, place) {
    const words = h("textarea", { class: "input", rows: "3", maxlength: "4000", "aria-label": "Nota" });
    words.value = note.text;
    const back = () => show(items);
    place.replaceChildren(h("form", { class: "note-form", onsubmit: save }, words,
      h("div", { class: "note-actions" }, h("button", { class: "button", type: "submit" }, "Guardar"), h("button", { class: "button plain", type: "button", onclick: back }, "Cancelar"))));
    words.focus();
    words.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      back();
    });

    async function save(event) {
      event.preventDefault();
      try {
        const changed = await api.put(`/admin/notes/${note.id}`, { text: words.value.trim() });
        show(items.map((other) => (other.id === note.id ? changed : other)));
      } catch (error) {
        toast(`No se pudo cambiar la nota. ${error.message}`);
      }
    }
  }

  function remove(note) {
    const before = items;
    const chat = id;
    show(items.filter((other) => other.id !== note.id));
    const back = () => chat === id && show(before);
    undoable("Nota borrada.", {
      undo: back,
      async act() {
        try {
          await api.remove(`/admin/notes/${note.id}`);
        } catch (error) {
          back();
          toast(`No se pudo borrar la nota. ${error.message}`);
        }
      },
    });
  }

  return {
    element: h("section", { class: "context-part context-notes" },
      h("div", { class: "context-head" }, h("h3", {}, icon("lock"), "Notas del equipo")),
      h("p", { class: "context-quiet" }, "Sólo las ve tu equipo: no se le mandan al cliente."), form, list),
    open(chatId) {
      id = chatId;
      items = [];
      text.value = "";
      load();
    },
  };
}
