import { h, icon } from "../html.js";
import { toast, undoable } from "../toast.js";
import { formCard } from "./form_card.js";

/**
 * A card of things that are lines until one is opened: read, add, change, remove (with 5 s to take it back).
 * `describe(item)` gives [title, words]; `fields(item)` the form; `create(values)`, `change(item, changed)` and
 * `remove(item)` write, the first two giving the item as it is now. `actions(item)` are further controls of a line.
 */
export function lineEditor({ title, lead, items, addLabel, none, describe, fields, fresh, create, change, remove, removeLabel = "Quitar", actions = () => [], readOnly = false }) {
  let list = [...items];
  let open = null;
  const place = h("div", {});
  const card = h("section", { class: "card" },
    h("h2", {}, title), lead && h("p", { class: "card-lead" }, lead), place,
    !readOnly && create && h("div", { class: "card-foot" }, h("button", { class: "button", type: "button", onclick: () => show("new") }, icon("plus"), addLabel)));

  function show(what) {
    open = what;
    draw();
    if (what !== null) place.querySelector("form .input")?.focus();
  }

  function draw() {
    const rows = list.map((item) => (open === item ? editorOf(item) : lineOf(item)));
    if (open === "new") rows.push(editorOf(null));
    place.replaceChildren(rows.length ? h("ul", { class: "lines" }, rows) : h("p", { class: "field-hint" }, none));
  }

  function lineOf(item) {
    const [name, words] = describe(item);
    return h("li", { class: "line" }, h("div", { class: "line-words" }, h("strong", {}, name), words && h("span", {}, words)),
      h("div", { class: "line-actions" }, actions(item, refresh),
        !readOnly && change && h("button", { class: "button plain", type: "button", "aria-label": `Cambiar ${name}`, onclick: () => show(item) }, "Cambiar"),
        !readOnly && remove && h("button", { class: "icon-button", type: "button", "aria-label": `${removeLabel} ${name}`, title: removeLabel, onclick: () => take(item) }, icon("bin"))));
  }

  function editorOf(item) {
    const form = formCard({
      title: item ? `Cambiar ${describe(item)[0]}` : addLabel,
      fields: fields(item),
      values: item ?? fresh,
      alwaysSend: !item,
      foot: h("button", { class: "button plain", type: "button", onclick: () => show(null) }, "Cancelar"),
      save: async (values) => {
        const saved = item ? await change(item, values) : await create(values);
        list = item ? list.map((each) => (each === item ? { ...item, ...saved } : each)) : [...list, saved];
        setTimeout(show, 0, null);
        return saved;
      },
    });
    return h("li", { class: "line-editor" }, form.element);
  }

  function refresh(item, changed) {
    list = list.map((each) => (each === item ? { ...item, ...changed } : each));
    draw();
  }

  function take(item) {
    const before = list;
    list = list.filter((each) => each !== item);
    draw();
    const back = () => {
      list = before;
      draw();
    };
    undoable(`Se quita ${describe(item)[0]}.`, {
      undo: back,
      act: async () => {
        try {
          await remove(item);
        } catch (error) {
          back();
          toast(`No se pudo quitar. ${error.message}`);
        }
      },
    });
  }

  draw();
  return card;
}
